# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases over HTTP on a real database: opened once, moved, observed, listed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.camera_schemas import CAMERA_IN, STATE_IN
from api.schemas import CASE_IN, CaseIn, ObservationIn, TransitionIn
from api.shapes import ShapeIn
from support.trial import Trial, served, trial

START = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
MORNING = datetime(2026, 11, 21, 2, tzinfo=UTC)  # when the case of CASE_IN has stood for 50 minutes


class City:
    """One API under test: `clock` can be moved, each call names the role that makes it."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.trial: Trial = trial(folder, clock=lambda: self.now)
        self.http = TestClient(self.trial.app)
        self.sent = 0

    def report(self, idempotency_key: str | None = None, **changes: Any) -> httpx2.Response:
        return self.post("patrol", "/api/v1/cases", CASE_IN | changes, idempotency_key)

    def move(self, case_id: str, to: str, role: str = "operator", **more: Any) -> httpx2.Response:
        return self.post(role, f"/api/v1/cases/{case_id}/transitions", {"to": to} | more)

    def observe(self, case_id: str, kind: str, at: datetime | None = None, **more: Any) -> httpx2.Response:
        body = {"kind": kind, "at": (at or self.now).isoformat()} | more
        return self.post("patrol", f"/api/v1/cases/{case_id}/observations", body)

    def post(self, role: str, path: str, body: object, key: str | None = None) -> httpx2.Response:
        self.sent += 1
        headers = self.trial.headers(role) | {"Idempotency-Key": key or f"k{self.sent}"}
        return self.http.post(path, json=body, headers=headers)

    def get(self, path: str, role: str = "viewer", **params: Any) -> Any:
        return self.http.get(path, headers=self.trial.headers(role), params=params).json()


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


def test_a_report_becomes_a_numbered_case(city: City) -> None:
    answer = city.report()
    case = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/cases/C20261121-0001"
    assert {name: case[name] for name in CASE_IN} == CASE_IN
    assert (case["status"], case["relapses"], case["version"], case["cleared_at"]) == ("new", 0, 1, None)
    assert case["created_at"] == "2026-11-21T15:30:00Z"
    assert [(row["from"], row["to"], row["actor"]) for row in case["history"]] == [(None, "new", "key:patrol-1")]
    assert city.get("/api/v1/cases/C20261121-0001") == case


def test_a_case_says_where_its_camera_stands_beside_the_key_of_its_place(city: City) -> None:
    case = city.report().json()
    assert (case["place"], case["camera_name"], case["camera_place"]) == (CASE_IN["key"], None, None)
    city.http.put("/api/v1/cameras/cam-12", json=CAMERA_IN, headers=city.trial.headers("patrol"))
    for found in (city.get(f"/api/v1/cases/{case['id']}"), city.get("/api/v1/cases")["items"][0]):
        assert found["place"] == CASE_IN["key"]
        assert (found["camera_name"], found["camera_place"]) == (CAMERA_IN["name"], CAMERA_IN["place"])


def test_numbers_follow_the_citys_day_and_have_no_gaps(city: City) -> None:
    ids = [city.report(key="a").json()["id"], city.report(key="b").json()["id"]]
    city.report(key="b")
    city.now += timedelta(hours=1)  # past midnight in Shanghai, still the same day in UTC
    ids += [city.report(key="c").json()["id"]]
    assert ids == ["C20261121-0001", "C20261121-0002", "C20261122-0001"]


def test_the_same_request_again_gets_the_same_answer(city: City) -> None:
    first = city.report("once")
    city.move(first.json()["id"], "confirmed")
    again = city.report("once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replay"] == "true"
    assert "idempotent-replay" not in first.headers


def test_a_key_with_another_body_is_refused(city: City) -> None:
    city.report("once")
    refused = city.report("once", confidence=0.5)
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:curbwatch:problem:key-reused"
    assert city.get("/api/v1/cases/summary")["total"] == 1


@pytest.mark.parametrize(
    ("shape", "newest", "path", "body"),
    [
        (CaseIn, "chased_from", "", {name: value for name, value in CASE_IN.items() if name != "chased_from"}),
        (TransitionIn, "version", "/C20261121-0001/transitions", {"to": "confirmed"}),
        (ObservationIn, "text", "/C20261121-0001/observations", {"kind": "cleared", "at": "2026-11-21T02:00:00Z"}),
    ],
)
def test_a_request_is_known_again_after_an_upgrade_that_adds_a_field(
    city: City, monkeypatch: pytest.MonkeyPatch, shape: type[ShapeIn], newest: str, path: str, body: dict[str, Any]
) -> None:
    city.report()
    dump = shape.model_dump

    def dump_without_it(self: ShapeIn, **how: Any) -> dict[str, Any]:
        return {name: value for name, value in dump(self, **how).items() if name != newest}

    with monkeypatch.context() as before_the_upgrade:
        before_the_upgrade.setattr(shape, "model_dump", dump_without_it)
        first = city.post("admin", f"/api/v1/cases{path}", body, "once")
    again = city.post("admin", f"/api/v1/cases{path}", body, "once")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replay"] == "true"


def test_a_place_with_an_open_case_gets_that_case(city: City) -> None:
    first = city.report().json()
    second = city.report(last_seen_at="2026-11-21T01:20:00Z")
    assert (second.status_code, second.json()["id"]) == (200, first["id"])
    assert second.json()["last_seen_at"] == "2026-11-21T01:20:00Z"
    assert city.get("/api/v1/cases/summary")["total"] == 1


def test_a_place_gets_a_new_case_when_the_last_one_was_a_false_alarm(city: City) -> None:
    first = city.report().json()["id"]
    city.move(first, "false_alarm")
    second = city.report()
    assert (second.status_code, second.json()["id"]) == (201, "C20261121-0002")
    refused = city.move(first, "new")
    assert (refused.status_code, refused.json()["open_case"]) == (409, "C20261121-0002")


@pytest.mark.parametrize("same_idempotency_key", [True, False])
def test_a_case_reported_by_many_at_once_is_one_case(city: City, *, same_idempotency_key: bool) -> None:
    with served(city.trial.app) as url, ThreadPoolExecutor(8) as pool:

        def report(number: int) -> httpx2.Response:
            key = "same" if same_idempotency_key else f"n{number}"
            headers = city.trial.headers("patrol") | {"Idempotency-Key": key}
            return httpx2.post(f"{url}/api/v1/cases", json=CASE_IN, headers=headers, timeout=30)

        answers = list(pool.map(report, range(24)))
    assert {answer.json()["id"] for answer in answers} == {"C20261121-0001"}
    fresh = [a for a in answers if a.status_code == 201 and "idempotent-replay" not in a.headers]
    assert len(fresh) == 1
    case = city.get("/api/v1/cases/C20261121-0001")
    assert len(case["history"]) == 1


def test_a_case_goes_its_whole_way(city: City) -> None:
    case_id = city.report().json()["id"]
    for to in ("confirmed", "dispatched", "handled", "dispatched", "handled", "closed"):
        assert city.move(case_id, to, note=f"to {to}").json()["status"] == to
    story = city.get(f"/api/v1/cases/{case_id}")["history"]
    assert [row["to"] for row in story][-3:] == ["dispatched", "handled", "closed"]
    assert story[-1] == {
        "at": "2026-11-21T15:30:00Z",
        "actor": "key:operator-1",
        "from": "handled",
        "to": "closed",
        "note": "to closed",
        "text": None,
        "fact": None,
        "fact_at": None,
    }


def test_two_operators_cannot_overwrite_each_other(city: City) -> None:
    case_id = city.report().json()["id"]
    assert city.move(case_id, "confirmed", version=1).status_code == 200
    late = city.move(case_id, "false_alarm", version=1)
    assert (late.status_code, late.json()["case_version"], late.json()["case_status"]) == (409, 2, "confirmed")
    assert city.get(f"/api/v1/cases/{case_id}")["status"] == "confirmed"


def test_a_note_is_kept_without_a_move_on_a_closed_case_too(city: City) -> None:
    case_id = closed_case(city)
    before = city.get(f"/api/v1/cases/{case_id}")
    note = {"note": "crew delayed"}
    told, again = (city.post("operator", f"/api/v1/cases/{case_id}/notes", note, "once") for _ in range(2))
    assert (told.status_code, told.json()) == (200, again.json())
    case = city.get(f"/api/v1/cases/{case_id}")
    assert case == told.json()
    assert (case["status"], case["version"]) == ("closed", before["version"] + 1)
    (row,) = case["history"][len(before["history"]) :]
    assert (row["from"], row["to"], row["note"], row["text"]) == ("closed", "closed", "crew delayed", None)
    assert (row["actor"], row["at"]) == ("key:operator-1", "2026-11-21T15:30:00Z")


def test_an_idempotency_key_of_another_person_is_another_one(city: City) -> None:
    path = f"/api/v1/cases/{city.report().json()['id']}/notes"
    told = [city.post(role, path, {"note": "told the owner"}, "1") for role in ("operator", "admin", "operator")]
    assert ["idempotent-replay" in answer.headers for answer in told] == [False, False, True]
    actors = [row["actor"] for row in told[1].json()["history"]]
    assert actors == ["key:patrol-1", "key:operator-1", "key:admin-1"]


def test_an_idempotency_key_says_nothing_of_requests_to_another_address(city: City) -> None:
    cases = [city.report("1", key="a").json()["id"], city.report("2", key="b").json()["id"]]
    told = [city.post("operator", f"/api/v1/cases/{each}/notes", {"note": "told the owner"}, "1") for each in cases]
    assert [answer.json()["id"] for answer in told] == cases


def test_a_fact_is_the_same_whoever_tells_it(city: City) -> None:
    told = [city.post(role, "/api/v1/cases", CASE_IN, "1") for role in ("patrol", "admin")]
    assert ["idempotent-replay" in answer.headers for answer in told] == [False, True]


def test_lines_of_a_note_may_end_as_in_windows(city: City) -> None:
    path = f"/api/v1/cases/{city.report().json()['id']}/notes"
    told = city.post("operator", path, {"note": "crew delayed\r\nuntil 16:00\rat least"})
    assert told.json()["history"][-1]["note"] == "crew delayed\nuntil 16:00\nat least"


@pytest.mark.parametrize(
    ("role", "note", "status"),
    [("viewer", "a", 403), ("patrol", "a", 403), ("operator", " \n", 422), ("admin", "a", 200)],
)
def test_notes_are_of_whoever_may_move_and_say_something(city: City, role: str, note: str, status: int) -> None:
    case_id = city.report().json()["id"]
    assert city.post(role, f"/api/v1/cases/{case_id}/notes", {"note": note}).status_code == status
    assert city.post("operator", "/api/v1/cases/C20261121-0009/notes", {"note": "a"}).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("patrol", 403), ("viewer", 403), ("admin", 200)])
def test_only_people_in_charge_move_cases(city: City, role: str, status: int) -> None:
    case_id = city.report().json()["id"]
    assert city.move(case_id, "confirmed", role=role).status_code == status


def test_a_place_that_is_free_is_noted_and_a_return_is_a_relapse(city: City) -> None:
    case_id = city.report().json()["id"]
    cleared = city.observe(case_id, "cleared").json()
    assert (cleared["status"], cleared["cleared_at"]) == ("new", "2026-11-21T15:30:00Z")
    city.now += timedelta(minutes=5)
    back = city.observe(case_id, "relapsed").json()
    assert (back["status"], back["cleared_at"], back["relapses"]) == ("new", None, 1)
    assert back["last_seen_at"] == "2026-11-21T15:35:00Z"
    assert [row["note"] for row in back["history"]] == [
        None,
        "cleared: the place is free",
        "relapsed: it is back",
    ]
    assert [(row["fact"], row["fact_at"]) for row in back["history"]] == [
        (None, None),
        ("cleared", "2026-11-21T15:30:00Z"),
        ("relapsed", "2026-11-21T15:35:00Z"),
    ]


def test_a_false_alarm_stays_one_for_a_day_and_then_gets_a_new_look(city: City) -> None:
    case_id = city.report().json()["id"]
    city.move(case_id, "false_alarm")
    for hours, status in ((2, "false_alarm"), (20, "false_alarm"), (26, "new")):
        city.now = START + timedelta(hours=hours)
        city.observe(case_id, "cleared")
        assert city.observe(case_id, "relapsed").json()["status"] == status


def test_a_false_alarm_holds_for_a_day_after_people_last_said_so(city: City) -> None:
    case_id = city.report().json()["id"]
    for hours, to in ((0, "false_alarm"), (10, "new"), (20, "false_alarm")):
        city.now = START + timedelta(hours=hours)
        city.move(case_id, to).raise_for_status()
    city.observe(case_id, "cleared")
    city.now = START + timedelta(hours=26)
    assert city.observe(case_id, "relapsed").json()["status"] == "false_alarm"


def test_a_thing_that_had_not_gone_is_no_relapse_and_leaves_the_status_as_it_was(city: City) -> None:
    case_id = city.report().json()["id"]
    city.move(case_id, "confirmed")
    city.observe(case_id, "cleared")
    city.now += timedelta(minutes=5)
    back = city.observe(case_id, "resumed").json()
    assert (back["status"], back["cleared_at"], back["relapses"]) == ("confirmed", None, 0)
    assert back["history"][-1]["text"] == {"en": "still there: it had not gone", "zh": "仍在原处：此前并未离开"}
    again = city.observe(case_id, "resumed").json()
    assert again["version"] == back["version"]


def test_after_people_have_closed_a_case_what_had_not_gone_is_a_relapse(city: City) -> None:
    case_id = closed_case(city)
    back = city.observe(case_id, "resumed").json()
    assert (back["status"], back["relapses"]) == ("new", 1)


def test_a_closed_case_that_relapses_is_new_again(city: City) -> None:
    case_id = closed_case(city)
    back = city.observe(case_id, "relapsed").json()
    assert (back["status"], back["relapses"]) == ("new", 1)
    assert (back["history"][-1]["from"], back["history"][-1]["to"]) == ("closed", "new")


def test_a_closed_case_stays_closed_when_its_place_has_a_newer_one(city: City) -> None:
    old = closed_case(city)
    new = city.report().json()["id"]
    told = city.observe(old, "relapsed")
    assert (told.status_code, told.json()["status"], told.json()["relapses"]) == (200, "closed", 0)
    assert f"{new} is already open" in told.json()["history"][-1]["note"]


def test_a_clearing_that_comes_late_clears_nothing_that_has_been_seen_since(city: City) -> None:
    case_id = city.report().json()["id"]
    city.observe(case_id, "cleared", MORNING)
    back = city.observe(case_id, "relapsed", MORNING + timedelta(hours=1)).json()
    late = city.observe(case_id, "cleared", MORNING + timedelta(minutes=30)).json()
    assert (late["cleared_at"], late["last_seen_at"]) == (None, back["last_seen_at"])
    assert late["history"][-1]["text"] == {
        "en": "had been free, told late: seen again since",
        "zh": "曾清除（消息迟到）：此后又被看到",
    }
    cleared = city.observe(case_id, "cleared", MORNING + timedelta(hours=2)).json()
    assert cleared["cleared_at"] == "2026-11-21T04:00:00Z"


@pytest.mark.parametrize("kind", ["relapsed", "resumed"])
@pytest.mark.parametrize(
    "steps", [(), ("confirmed",), ("false_alarm",), ("confirmed", "dispatched", "handled", "closed")]
)
def test_a_return_that_comes_late_undoes_no_clearing_of_later(city: City, kind: str, steps: tuple[str, ...]) -> None:
    case_id = city.report().json()["id"]
    for to in steps:
        city.move(case_id, to)
    cleared = city.observe(case_id, "cleared", MORNING).json()
    late = city.observe(case_id, kind, MORNING - timedelta(minutes=30)).json()
    kept = ("status", "cleared_at", "relapses", "last_seen_at")
    assert {name: late[name] for name in kept} == {name: cleared[name] for name in kept}
    assert "told late: gone since" in late["history"][-1]["note"]
    back = city.observe(case_id, "relapsed", MORNING).json()
    assert (back["cleared_at"], back["relapses"]) == (None, 1)


def test_what_is_gone_already_is_not_cleared_again(city: City) -> None:
    case_id = city.report().json()["id"]
    cleared = city.observe(case_id, "cleared", MORNING).json()
    for at in (MORNING + timedelta(hours=1), MORNING - timedelta(minutes=55)):  # after it was last seen, and before
        assert city.observe(case_id, "cleared", at).json() == cleared


@pytest.mark.parametrize("status", ["new", "false_alarm"])
def test_what_has_not_gone_cannot_be_back(city: City, status: str) -> None:
    case_id = city.report().json()["id"]
    if status != "new":
        city.move(case_id, status)
    before = city.get(f"/api/v1/cases/{case_id}")
    told = city.observe(case_id, "relapsed", MORNING).json()
    assert told == before | {"last_seen_at": "2026-11-21T02:00:00Z"}


@pytest.mark.parametrize("kind", ["relapsed", "resumed"])
def test_a_return_that_comes_late_makes_nothing_seen_earlier_than_it_was(city: City, kind: str) -> None:
    case_id = city.report().json()["id"]
    cleared = city.observe(case_id, "cleared", MORNING).json()
    seen = city.observe(case_id, "seen", MORNING + timedelta(hours=1)).json()
    back = city.observe(case_id, kind, MORNING + timedelta(minutes=30)).json()
    assert (cleared["last_seen_at"], seen["last_seen_at"]) == ("2026-11-21T01:12:00Z", "2026-11-21T03:00:00Z")
    assert (back["cleared_at"], back["last_seen_at"]) == (None, "2026-11-21T03:00:00Z")


def test_what_is_told_late_of_a_thing_that_has_gone_brings_it_not_back(city: City) -> None:
    case_id = city.report().json()["id"]
    cleared = city.observe(case_id, "cleared", MORNING).json()
    told = city.observe(case_id, "seen", MORNING - timedelta(minutes=30)).json()
    again = city.report(last_seen_at="2026-11-21T01:40:00Z").json()
    assert told == cleared | {"last_seen_at": "2026-11-21T01:30:00Z"}
    assert again == cleared | {"last_seen_at": "2026-11-21T01:40:00Z"}


def test_nothing_is_back_only_after_it_was_seen_back(city: City) -> None:
    case_id = city.report().json()["id"]
    city.observe(case_id, "cleared", MORNING)
    back_at = MORNING + timedelta(hours=1)
    told = city.observe(case_id, "relapsed", back_at, since=(back_at + timedelta(hours=1)).isoformat())
    assert told.json()["history"][-1]["fact_at"] == "2026-11-21T03:00:00Z"


def test_a_clock_that_was_set_back_hides_neither_a_clearing_nor_a_return(city: City) -> None:
    case_id = city.report().json()["id"]
    city.observe(case_id, "seen", city.now + timedelta(hours=8))
    assert city.observe(case_id, "cleared").json()["cleared_at"] == "2026-11-21T15:30:00Z"
    city.observe(case_id, "resumed")
    city.observe(case_id, "cleared", city.now + timedelta(hours=8))
    assert city.observe(case_id, "relapsed").json()["cleared_at"] is None


def test_a_patrol_that_lost_its_memory_reports_a_relapse_by_reporting_again(city: City) -> None:
    case_id = city.report().json()["id"]
    city.observe(case_id, "cleared", datetime(2026, 11, 21, 2, tzinfo=UTC))
    again = city.report(last_seen_at="2026-11-21T03:00:00Z").json()
    assert (again["id"], again["relapses"], again["cleared_at"]) == (case_id, 1, None)


def test_seen_moves_only_forward_and_disturbs_nobody(city: City) -> None:
    case_id = city.report().json()["id"]
    city.observe(case_id, "seen", datetime(2026, 11, 21, 2, tzinfo=UTC))
    case = city.observe(case_id, "seen", datetime(2026, 11, 21, 1, tzinfo=UTC)).json()
    assert (case["last_seen_at"], case["version"]) == ("2026-11-21T02:00:00Z", 1)


def test_a_false_alarm_stays_one_whatever_the_patrol_sees(city: City) -> None:
    case_id = city.report().json()["id"]
    city.observe(case_id, "cleared")
    city.move(case_id, "false_alarm")
    told = city.observe(case_id, "relapsed").json()
    assert (told["status"], told["relapses"]) == ("false_alarm", 1)


def test_pages_hold_each_case_once_though_new_ones_arrive(city: City) -> None:
    expected = [city.report(key=f"k{n}").json()["id"] for n in range(7)][::-1]
    seen, cursor = [], None
    while True:
        page = city.get("/api/v1/cases", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        city.report(key=f"late-{len(seen)}")
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == expected
    assert "trace" not in page["items"][0]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"status": "confirmed"}, ["a"]),
        ({"status": ["confirmed", "new"]}, ["c", "b", "a"]),
        ({"class": "debris"}, ["b"]),
        ({"camera_id": "cam-9"}, ["c"]),
        ({"zone": "步行街"}, ["c"]),
        ({"since": "2026-11-21T16:00:00Z"}, ["c"]),
        ({"until": "2026-11-21T16:00:00+00:00"}, ["b", "a"]),
        ({"q": "DEBRIS"}, ["b"]),
        ({"q": "行街"}, ["c"]),
        ({"q": "%"}, []),
    ],
)
def test_lists_can_be_narrowed(city: City, params: dict[str, Any], expected: list[str]) -> None:
    city.move(city.report(key="a").json()["id"], "confirmed")
    city.report(key="b", **{"class": "debris"})
    city.now += timedelta(hours=1)
    city.report(key="c", camera_id="cam-9", zone="步行街")
    assert [item["key"] for item in city.get("/api/v1/cases", **params)["items"]] == expected


def test_the_summary_counts_by_status_and_class(city: City) -> None:
    city.move(city.report(key="a").json()["id"], "false_alarm")
    city.report(key="b", **{"class": "debris"})
    found = city.get("/api/v1/cases/summary")
    assert (found["total"], found["open"]) == (2, 1)
    assert found["by_status"]["new"] == 1
    assert found["by_class"] == {"stall": 1, "debris": 1}
    assert {"status": "false_alarm", "class": "stall", "count": 1} in found["counts"]


def closed_case(city: City) -> str:
    case_id = str(city.report().json()["id"])
    for to in ("confirmed", "dispatched", "handled", "closed"):
        city.move(case_id, to)
    return case_id


def stands(city: City, *, key: str = CASE_IN["key"]) -> None:
    """The patrol reports that a thing stands there now."""
    headers = city.trial.headers("patrol")
    city.http.put("/api/v1/cameras/cam-12", headers=headers, json=CAMERA_IN).raise_for_status()
    standing = [
        {"key": key, "last_seen_at": city.now.isoformat()},
        {"key": "no case", "last_seen_at": "2026-11-21T00:00:00Z"},
    ]
    state = STATE_IN | {"standing": standing}
    city.http.put("/api/v1/cameras/cam-12/state", headers=headers, json=state).raise_for_status()


def test_what_stands_on_is_seen_again_once_a_minute_without_a_new_version(city: City) -> None:
    case_id = city.report().json()["id"]
    told = []
    for seconds in (0, 59, 60, 90, 130):
        city.now = START + timedelta(seconds=seconds)
        stands(city)
        case = city.get(f"/api/v1/cases/{case_id}")
        told.append((case["last_seen_at"], case["version"]))
    assert told == [
        (at, 1) for at in ("2026-11-21T15:30:00Z",) * 2 + ("2026-11-21T15:31:00Z",) * 2 + ("2026-11-21T15:32:10Z",)
    ]


@pytest.mark.parametrize(("dwell_s", "minutes"), [(120, 5), (900, 15), ("long", 5)])
def test_a_case_closed_while_its_thing_stands_on_is_new_again(city: City, dwell_s: object, minutes: int) -> None:
    case_id = city.report(rule={"dwell_s": dwell_s}).json()["id"]
    for to in ("confirmed", "dispatched", "handled", "closed"):
        city.move(case_id, to).raise_for_status()
    city.now += timedelta(minutes=minutes, seconds=-1)
    stands(city)
    assert city.get(f"/api/v1/cases/{case_id}")["status"] == "closed"
    city.post("operator", f"/api/v1/cases/{case_id}/notes", {"note": "the crew has left"})  # it was closed before
    city.now += timedelta(seconds=1)
    stands(city)
    case = city.get(f"/api/v1/cases/{case_id}")
    assert (case["status"], case["relapses"], case["cleared_at"]) == ("new", 0, None)
    assert datetime.fromisoformat(case["last_seen_at"]) == city.now
    row = case["history"][-1]
    assert (row["from"], row["to"], row["text"]["zh"]) == ("closed", "new", "已结案，但现场仍未清除")
    stands(city)
    assert len(city.get(f"/api/v1/cases/{case_id}")["history"]) == len(case["history"])


def test_a_case_that_is_closed_once_more_has_its_minutes_once_more(city: City) -> None:
    case_id = closed_case(city)
    city.now += timedelta(minutes=6)
    stands(city)
    for to in ("confirmed", "dispatched", "handled", "closed"):
        city.move(case_id, to).raise_for_status()
    city.now += timedelta(minutes=1)
    stands(city)
    assert city.get(f"/api/v1/cases/{case_id}")["status"] == "closed"


def test_closing_too_early_is_no_repetition(city: City) -> None:
    case_id = city.report().json()["id"]
    for _ in range(2):
        for to in ("confirmed", "dispatched", "handled", "closed"):
            city.move(case_id, to).raise_for_status()
        city.now += timedelta(minutes=6)
        stands(city)
    assert city.get(f"/api/v1/cases/{case_id}")["status"] == "new"
    assert city.get(f"/api/v1/cases/{case_id}")["recommendation"]["repetition"] == 0


def test_what_was_judged_a_false_alarm_or_seen_gone_is_not_new_again_because_it_stands(city: City) -> None:
    rejected, cleared = (city.report(key=key).json()["id"] for key in ("a", "b"))
    city.move(rejected, "false_alarm").raise_for_status()
    city.observe(cleared, "cleared").raise_for_status()
    for to in ("confirmed", "dispatched", "handled", "closed"):
        city.move(cleared, to).raise_for_status()
    before = [city.get(f"/api/v1/cases/{each}") for each in (rejected, cleared)]
    assert [case["status"] for case in before] == ["false_alarm", "closed"]
    city.now += timedelta(hours=1)
    for key in ("a", "b"):
        stands(city, key=key)  # of what was cleared its return comes first, by itself
    after = [city.get(f"/api/v1/cases/{each}") for each in (rejected, cleared)]
    assert [case | {"camera_name": None, "camera_place": None} for case in after] == before


def test_a_closed_place_with_a_newer_open_case_is_left_alone(city: City) -> None:
    first = city.report("one").json()["id"]
    for to in ("confirmed", "dispatched", "handled", "closed"):
        city.move(first, to).raise_for_status()
    second = city.report("two").json()["id"]
    city.now += timedelta(hours=1)
    stands(city)
    found = [city.get(f"/api/v1/cases/{each}") for each in (first, second)]
    assert [case["status"] for case in found] == ["closed", "new"]
    assert [datetime.fromisoformat(case["last_seen_at"]) == city.now for case in found] == [False, True]


def test_a_closed_case_whose_older_one_was_taken_up_again_is_left_alone(city: City) -> None:
    older = city.report("one").json()["id"]
    city.move(older, "false_alarm").raise_for_status()
    newer = closed_case(city)
    city.move(older, "new").raise_for_status()
    city.now += timedelta(hours=1)
    stands(city)
    assert [city.get(f"/api/v1/cases/{each}")["status"] for each in (older, newer)] == ["new", "closed"]


def test_a_period_is_summed_up(city: City) -> None:
    true, false, undone, open_ = (city.report(key=key).json()["id"] for key in "abcd")
    other = city.report(key="e", camera_id="cam-9", **{"class": "debris"}).json()["id"]
    for minutes, case_id, to in (
        (1, true, "confirmed"), (2, false, "false_alarm"), (3, undone, "false_alarm"), (4, undone, "new"),
        (10, true, "dispatched"), (20, true, "confirmed"), (30, true, "dispatched"), (60, true, "handled"),
        (90, true, "closed"), (100, other, "confirmed"),
    ):  # fmt: skip
        city.now = START + timedelta(minutes=minutes)
        city.move(case_id, to).raise_for_status()
    city.observe(true, "cleared", START + timedelta(minutes=50)).raise_for_status()
    city.observe(true, "relapsed").raise_for_status()
    found = city.get("/api/v1/cases/report")
    assert (found["since"], found["until"]) == ("2026-10-22T17:10:00Z", "2026-11-21T17:10:00Z")
    total = found["total"]
    spans = {name: (span["cases"], span["mean_s"], span["longest_s"]) for name, span in total.pop("spans").items()}
    assert total == {
        "registered": 5, "waiting": 2, "true": 2, "false": 1, "true_share": 0.6667, "returned": 1,
    }  # fmt: skip
    assert spans == {
        "decided": (4, (1 + 2 + 3 + 100) * 15.0, 6000.0), "dispatched": (1, 600.0, 600.0),
        "handled": (1, 3600.0, 3600.0), "cleared": (1, 3000.0, 3000.0), "closed": (1, 5400.0, 5400.0),
    }  # fmt: skip
    assert found["by_class"]["debris"] == found["by_camera"]["cam-9"]
    assert found["by_camera"]["cam-9"]["spans"]["decided"]["median_s"] == 6000
    assert found["by_camera"]["cam-9"]["spans"]["closed"] == {
        "cases": 0, "mean_s": None, "median_s": None, "longest_s": None,
    }  # fmt: skip
    assert open_ in {row["id"] for row in city.get("/api/v1/cases", status="new")["items"]}
    empty = city.get("/api/v1/cases/report", until=START.isoformat())
    assert (empty["total"]["registered"], empty["total"]["true_share"], empty["by_class"]) == (0, None, {})


def test_a_report_counts_no_clearing_that_was_a_mistake_and_no_return_as_a_verdict_taken_back(city: City) -> None:
    stood, false = (city.report(key=key).json()["id"] for key in "ab")
    city.move(stood, "confirmed").raise_for_status()
    city.move(false, "false_alarm").raise_for_status()
    for minutes, kind in ((5, "cleared"), (10, "resumed")):
        city.observe(stood, kind, START + timedelta(minutes=minutes)).raise_for_status()
    assert city.get("/api/v1/cases/report")["total"]["spans"]["cleared"]["cases"] == 0
    city.observe(stood, "cleared", START + timedelta(hours=2)).raise_for_status()
    city.observe(false, "cleared", START + timedelta(hours=2)).raise_for_status()
    city.now += timedelta(days=2)
    city.observe(false, "relapsed").raise_for_status()
    total = city.get("/api/v1/cases/report")["total"]
    assert city.get(f"/api/v1/cases/{false}")["status"] == "new"
    assert (total["true"], total["false"], total["true_share"]) == (1, 1, 0.5)
    assert total["spans"]["cleared"]["mean_s"] == 7200


def test_a_report_counts_what_stood_on_after_its_case_was_closed_as_returned(city: City) -> None:
    closed_case(city)
    city.now += timedelta(minutes=10)
    stands(city)
    assert city.get("/api/v1/cases/report")["total"]["returned"] == 1
