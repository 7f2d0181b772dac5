# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger over HTTP: what did not become a case, why, and what a camera could see then."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from api import housekeeping
from api.camera_schemas import CAMERA_IN, HEALTH, STATE_IN
from api.config import ApiConfig
from api.ledger_schemas import ENTRY_IN
from api.schemas import CASE_IN
from support.trial import Trial, trial

NOW = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 200, np.uint8))[1].tobytes()
PICTURE = base64.b64encode(JPEG).decode()


class Office:
    """An API and a clock that the test sets."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.now = NOW

        def change(given: ApiConfig) -> ApiConfig:
            return replace(given, **config)

        self.trial: Trial = trial(folder, clock=lambda: self.now, change=change)
        self.http = TestClient(self.trial.app)

    def post(self, path: str = "ledger", role: str = "patrol", sent: str = "one", **body: Any) -> httpx2.Response:
        headers = self.trial.headers(role) | {"Idempotency-Key": sent}
        return self.http.post(f"/api/v1/{path}", headers=headers, json=body)

    def put(self, path: str, **body: Any) -> None:
        self.http.put(f"/api/v1/cameras/{path}", headers=self.trial.headers("patrol"), json=body).raise_for_status()

    def get(self, path: str, role: str = "viewer", **params: Any) -> httpx2.Response:
        return self.http.get(f"/api/v1/{path}", headers=self.trial.headers(role), params=params)

    def why(self, at: datetime) -> dict[str, Any]:
        found: dict[str, Any] = self.get("cameras/cam-12/why", at=at.isoformat()).json()
        return found

    def observe(self, case_id: str, kind: str, at: str) -> None:
        self.post(f"cases/{case_id}/observations", sent=at, kind=kind, at=at).raise_for_status()

    def camera(self, **state: Any) -> None:
        self.put("cam-12", **CAMERA_IN)
        self.put("cam-12/state", **STATE_IN | state)

    def tidy(self) -> None:
        housekeeping.tidy(self.trial.app.state.services)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_an_entry_is_kept_once_with_its_reason_looks_and_picture(office: Office) -> None:
    first = office.post(**ENTRY_IN, picture=PICTURE)
    again = office.post(**ENTRY_IN, picture=PICTURE)
    assert (first.status_code, again.status_code) == (201, 200)
    entry = first.json()
    assert entry == again.json() == office.get(f"ledger/{entry['id']}").json()
    assert {name: entry[name] for name in ENTRY_IN} == ENTRY_IN
    assert first.headers["location"] == f"/api/v1/ledger/{entry['id']}"
    picture = office.http.get(entry["picture"], headers=office.trial.headers("viewer"))
    assert (picture.content, picture.headers["content-type"]) == (JPEG, "image/jpeg")
    assert picture.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": picture.headers["etag"]}
    assert office.http.get(entry["picture"], headers=office.trial.headers("viewer") | known).status_code == 304
    assert office.http.get(entry["picture"], headers=known).status_code == 401


def test_a_candidate_that_was_given_up_twice_is_two_entries(office: Office) -> None:
    times = (ENTRY_IN["given_up_at"], "2026-11-22T06:04:30Z")
    ids = {office.post(sent=at, **ENTRY_IN | {"given_up_at": at}).json()["id"] for at in times}
    assert len(ids) == len(office.get("ledger").json()["items"]) == 2


def test_an_entry_without_a_picture_says_so(office: Office) -> None:
    entry = office.post(**ENTRY_IN).json()
    assert entry["picture"] is None
    assert office.get(f"ledger/{entry['id']}/picture").status_code == 404


def test_a_picture_that_goes_while_it_is_asked_for_is_not_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = office.post(**ENTRY_IN, picture=PICTURE).json()
    monkeypatch.setattr(Path, "is_file", lambda _path: True)  # as it was a moment ago
    office.trial.app.state.services.blobs.forget_ledger_pictures([entry["id"]])
    assert office.get(f"ledger/{entry['id']}/picture").status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"picture": base64.b64encode(b"GIF89a").decode()}, 415),
        ({"picture": "***"}, 422),
        ({"reason": {"code": "Left!"}}, 422),
        ({"reason": {"code": "left", "values": {"stood_s": "\0"}}}, 422),
        ({"text": {"en": "only English"}}, 422),
        ({"stood_s": -1}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(office: Office, change: dict[str, Any], status: int) -> None:
    assert office.post(**ENTRY_IN | change).status_code == status
    assert office.get("ledger").json() == {"items": [], "next_cursor": None}


def test_only_the_patrol_reports_and_only_people_read(office: Office) -> None:
    assert office.post(role="operator", **ENTRY_IN).status_code == 403
    assert office.get("ledger", role="patrol").status_code == 403


def test_entries_are_listed_newest_first_by_pages_and_filters(office: Office) -> None:
    for n in range(5):
        zone, at = f"zone-{n % 2}", f"2026-11-22T06:0{n}:00Z"
        office.post(**ENTRY_IN | {"key": str(n), "zone": zone, "given_up_at": at})
    first = office.get("ledger", limit=3).json()
    rest = office.get("ledger", limit=3, cursor=first["next_cursor"]).json()
    assert [item["key"] for item in first["items"] + rest["items"]] == ["4", "3", "2", "1", "0"]
    assert rest["next_cursor"] is None
    assert "trace" not in first["items"][0]
    for wanted, keys in (
        ({"zone": "zone-1"}, "31"),
        ({"camera_id": "cam-1"}, ""),
        ({"class": "debris"}, ""),
        ({"reason": "left", "since": "2026-11-22T06:02:00Z"}, "432"),
        ({"until": "2026-11-22T06:01:00Z"}, "0"),
    ):
        assert "".join(item["key"] for item in office.get("ledger", **wanted).json()["items"]) == keys, wanted


def test_old_entries_go_with_their_pictures(office: Office) -> None:
    entry = office.post(**ENTRY_IN, picture=PICTURE).json()
    path = office.trial.app.state.services.blobs.ledger_path(entry["id"])
    office.tidy()
    assert path.exists()
    office.now += timedelta(days=15)
    office.tidy()
    assert not path.exists()
    assert office.get(f"ledger/{entry['id']}").status_code == 404


def test_an_entry_whose_picture_cannot_be_deleted_yet_is_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = office.post(**ENTRY_IN, picture=PICTURE).json()
    office.now += timedelta(days=15)

    def fails(*_: object, **__: object) -> None:
        raise OSError("read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fails)
        with pytest.raises(OSError, match="read-only"):
            office.tidy()
    assert office.get(f"ledger/{entry['id']}").status_code == 200
    office.tidy()
    assert not office.trial.app.state.services.blobs.ledger_path(entry["id"]).exists()


def test_too_many_bytes_push_the_oldest_out(tmp_path: Path) -> None:
    office = Office(tmp_path, ledger_bytes=40_000)  # room for two entries
    for n in range(4):
        office.post(**ENTRY_IN | {"key": str(n)}, picture=PICTURE)
    office.tidy()
    assert [item["key"] for item in office.get("ledger").json()["items"]] == ["3", "2"]
    assert len(list(office.trial.config.evidence_dir.glob("ledger/*/*.jpg"))) == 2


def test_why_names_the_candidate_and_its_reason_in_both_languages(office: Office) -> None:
    office.camera()
    office.post(**ENTRY_IN, picture=PICTURE)
    told = office.why(datetime(2026, 11, 22, 6, 3, tzinfo=UTC))
    assert (told["verdict"], told["case"], told["reason"]["code"]) == ("given_up", None, "left")
    assert told["text"] == {
        "en": "no case at 14:03:00 on cam-12: a stall in gate, moved on after 40 s (a case needs 120 s)",
        "zh": "14:03:00 cam-12 未立案：“gate”内的占道经营，停留 40 秒后离开（立案需停留 120 秒）",
    }
    assert [entry["picture"] is not None for entry in told["entries"]] == [True]


def test_why_names_a_candidate_of_a_minute_before_or_after(tmp_path: Path) -> None:
    office = Office(tmp_path, silent_after_s=1e9)
    office.now = NOW - timedelta(minutes=5)
    office.camera()
    office.now = NOW + timedelta(minutes=1)
    office.post(**ENTRY_IN).raise_for_status()  # it stood from 06:02:30 and was given up at 06:04:00
    times = ("06:01:29", "06:01:30", "06:05:00", "06:05:01")
    told = [office.why(datetime.fromisoformat(f"2026-11-22T{at}Z"))["verdict"] for at in times]
    assert told == ["nothing", "given_up", "given_up", "nothing"]


def test_of_several_candidates_why_names_the_one_that_stood_longest(office: Office) -> None:
    office.camera()
    for key, stood_s in (("a", 20.0), ("b", 90.0), ("c", 40.0)):
        office.post(sent=key, **ENTRY_IN | {"key": key, "zone": key, "stood_s": stood_s}).raise_for_status()
    told = office.why(datetime(2026, 11, 22, 6, 3, tzinfo=UTC))
    assert "a stall in b," in told["text"]["en"]
    assert [entry["key"] for entry in told["entries"]] == ["b", "c", "a"]


def test_a_camera_without_pictures_says_more_than_what_had_gone_before(office: Office) -> None:
    office.camera()
    office.now += timedelta(seconds=20)
    office.camera(status="retrying", error="no picture for 8 s")
    office.post(**ENTRY_IN | {"given_up_at": "2026-11-22T06:05:00Z"}).raise_for_status()
    told = [office.why(NOW + timedelta(seconds=seconds))["verdict"] for seconds in (0, 20)]
    assert told == ["given_up", "down"]


@pytest.mark.parametrize(("minutes", "open_"), [(9, True), (10, False)])
def test_why_says_that_what_stood_a_short_time_ago_may_still_become_a_case(
    office: Office, minutes: int, *, open_: bool
) -> None:
    office.camera()
    at, office.now = office.now, office.now + timedelta(minutes=minutes)
    assert ("what is still being watched is told when it is decided" in office.why(at)["text"]["en"]) == open_


def test_why_names_the_case_that_there_was(office: Office) -> None:
    office.camera()
    case = office.post("cases", **CASE_IN).json()
    told = office.why(datetime(2026, 11, 21, 1, 15, tzinfo=UTC))
    assert (told["verdict"], told["case"]) == ("case", case["id"])
    assert told["text"]["en"].endswith(
        f"{case['id']}, a stall in gate, there since 2026-11-21 09:10:00, confirmed 2026-11-21 09:12:00"
    )
    # it stood there before that was long enough
    named = [office.why(datetime(2026, 11, 21, 1, minute, tzinfo=UTC))["case"] for minute in (9, 10, 11)]
    assert named == [None, case["id"], case["id"]]


def test_why_names_all_cases_that_there_were(office: Office) -> None:
    office.camera()
    stall = office.post("cases", **CASE_IN).json()["id"]
    later = {"key": "b", "class": "debris", "zone": "kerb", "confirmed_at": "2026-11-21T01:13:00Z"}
    debris = office.post("cases", sent="two", **CASE_IN | later).json()["id"]
    told = office.why(datetime(2026, 11, 21, 1, 15, tzinfo=UTC))
    assert (told["verdict"], told["case"], told["cases"]) == ("case", debris, [debris, stall])
    assert told["text"] == {
        "en": f"2 cases at 2026-11-21 09:15:00 on cam-12: {debris}, piled debris in kerb, there since "
        "2026-11-21 09:10:00, confirmed 2026-11-21 09:13:00; "
        f"{stall}, a stall in gate, there since 2026-11-21 09:10:00, confirmed 2026-11-21 09:12:00",
        "zh": f"2026-11-21 09:15:00 cam-12 有 2 宗案件：{debris}，“kerb”内的乱堆物料，2026-11-21 09:10:00 出现，"
        f"2026-11-21 09:13:00 确认；{stall}，“gate”内的占道经营，2026-11-21 09:10:00 出现，2026-11-21 09:12:00 确认",
    }
    assert office.why(NOW - timedelta(days=5))["cases"] == []


def test_why_names_no_case_for_the_days_when_its_thing_was_gone(office: Office) -> None:
    office.camera()
    case = office.post("cases", **CASE_IN).json()  # there since 01:10
    # the API was away that day: what it hears of only now was then
    for kind, hour in (("cleared", 2), ("resumed", 3), ("cleared", 4), ("relapsed", 6), ("cleared", 5)):
        office.observe(case["id"], kind, f"2026-11-21T0{hour}:00:00Z")
    there = [office.why(datetime(2026, 11, 21, hour, 30, tzinfo=UTC))["verdict"] == "case" for hour in range(1, 8)]
    assert there == [True, True, True, False, False, True, True]
    back = office.why(datetime(2026, 11, 21, 7, tzinfo=UTC))["text"]["en"]
    assert back.endswith("there since 2026-11-21 14:00:00, confirmed 2026-11-21 14:00:00")


def test_what_nobody_saw_go_had_gone_when_people_closed_its_case_if_it_came_back(office: Office) -> None:
    office.camera()
    case = office.post("cases", **CASE_IN).json()["id"]
    for to in ("confirmed", "dispatched", "handled", "closed"):
        office.post(f"cases/{case}/transitions", role="operator", sent=to, to=to).raise_for_status()
    office.now += timedelta(hours=2)
    office.post(f"cases/{case}/notes", role="operator", sent="note", note="the owner called").raise_for_status()
    office.now += timedelta(hours=1)
    office.observe(case, "relapsed", office.now.isoformat())
    told = [office.why(NOW + timedelta(hours=hours))["case"] for hours in (-1, 1, 3)]
    assert told == [case, None, case]


def test_what_had_not_gone_stood_there_until_people_closed_its_case(office: Office) -> None:
    office.camera()
    case = office.post("cases", **CASE_IN).json()["id"]
    for kind, hour in (("cleared", 2), ("resumed", 3)):
        office.observe(case, kind, f"2026-11-21T0{hour}:00:00Z")
    for to in ("confirmed", "dispatched", "handled", "closed"):
        office.post(f"cases/{case}/transitions", role="operator", sent=to, to=to).raise_for_status()
    office.now += timedelta(hours=2)
    office.observe(case, "relapsed", office.now.isoformat())
    told = [office.why(NOW + timedelta(hours=hours))["case"] for hours in (-1, 1, 2)]
    assert told == [case, None, case]


def test_why_names_the_case_that_stood_there_behind_one_that_did_not(office: Office) -> None:
    office.camera()
    first = office.post("cases", **CASE_IN).json()["id"]
    second = office.post("cases", sent="two", **CASE_IN | {"key": "b"}).json()["id"]
    office.observe(second, "cleared", "2026-11-21T02:00:00Z")
    office.observe(second, "relapsed", "2026-11-21T04:00:00Z")
    told = [office.why(datetime(2026, 11, 21, hour, 30, tzinfo=UTC))["case"] for hour in (1, 3, 4)]
    assert told == [second, first, second]


def test_a_case_was_there_as_long_as_the_patrol_saw_it_stand(office: Office) -> None:
    office.camera()
    case = office.post("cases", **CASE_IN).json()["id"]
    office.camera(standing=[{"key": CASE_IN["key"], "last_seen_at": "2026-11-21T01:50:00Z"}])
    office.post(f"cases/{case}/transitions", role="operator", sent="no", to="false_alarm").raise_for_status()
    told = [office.why(datetime(2026, 11, 21, 1, minute, tzinfo=UTC))["case"] for minute in (30, 49, 55)]
    assert told == [case, case, None]


def test_what_may_stand_there_is_known_for_as_long_as_it_does(office: Office) -> None:
    office.camera()
    text = {"en": "permitted in gate from 14:00–22:00", "zh": "“gate”在 14:00–22:00 时段允许摆放"}
    reason = {"code": "hours", "values": {"zone": "gate", "hours": "14:00–22:00"}}
    office.post(**ENTRY_IN | {"reason": reason, "text": text}).raise_for_status()  # told at 06:04
    office.now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    for at in ("07:30", "07:00"):  # the second report was on its way for longer
        office.camera(standing=[{"key": ENTRY_IN["key"], "last_seen_at": f"2026-11-22T{at}:00Z"}])
    told = [office.why(datetime(2026, 11, 22, hour, minute, tzinfo=UTC)) for hour, minute in ((7, 20), (7, 40))]
    assert [each["verdict"] == "given_up" for each in told] == [True, False]
    assert told[0]["text"]["en"].startswith("no case at 15:20:00 on cam-12: a stall in gate, permitted in gate from")
    office.now += timedelta(days=14, minutes=-31)
    office.tidy()
    assert len(office.get("ledger").json()["items"]) == 1
    office.now += timedelta(minutes=2)
    office.tidy()
    assert office.get("ledger").json()["items"] == []


def test_what_became_a_case_was_permitted_no_longer_than_it_was(office: Office) -> None:
    office.camera()
    office.post(**ENTRY_IN | {"key": CASE_IN["key"]}).raise_for_status()
    office.post("cases", sent="case", **CASE_IN).raise_for_status()
    office.camera(standing=[{"key": CASE_IN["key"], "last_seen_at": "2026-11-22T07:30:00Z"}])
    (entry,) = office.get("ledger").json()["items"]
    assert entry["last_seen_at"] == ENTRY_IN["last_seen_at"]


def test_what_is_back_stands_there_since_it_was_seen_not_since_it_was_sure(office: Office) -> None:
    office.camera()
    case = office.post("cases", **CASE_IN).json()["id"]
    office.observe(case, "cleared", "2026-11-21T02:00:00Z")
    back = {"kind": "relapsed", "at": "2026-11-21T03:10:00Z", "since": "2026-11-21T03:00:00Z"}
    office.post(f"cases/{case}/observations", sent="back", **back).raise_for_status()
    told = [office.why(datetime(2026, 11, 21, hour, minute, tzinfo=UTC)) for hour, minute in ((2, 30), (3, 5), (3, 20))]
    assert [each["case"] for each in told] == [None, case, case]
    assert "there since 2026-11-21 11:00:00" in told[1]["text"]["en"]


def test_why_knows_when_the_camera_was_down(office: Office) -> None:
    office.camera()
    office.now += timedelta(seconds=20)
    error = "no picture for 8 s from cam-12: check power and network"
    office.camera(status="retrying", error=f"{error}; retrying in 67 s")
    office.now += timedelta(seconds=15)
    office.camera(status="connecting", error=None)
    office.now += timedelta(seconds=5)
    office.camera(status="retrying", error=f"{error}; retrying in 67 s")
    office.now += timedelta(seconds=5)
    told = office.why(office.now)
    assert told["verdict"] == "down"
    assert f"gave no pictures since 14:05:20 ({error})" in told["text"]["en"]
    assert "自 14:05:20 起没有画面（cam-12 已 8 秒没有画面：请检查供电与网络）" in told["text"]["zh"]
    office.camera(status="stopped", error=None)
    assert "没有画面（已停止）" in office.why(office.now)["text"]["zh"]
    assert office.why(NOW + timedelta(seconds=10))["verdict"] == "nothing"


def test_why_knows_when_the_patrol_was_silent(office: Office) -> None:
    office.camera()
    office.now += timedelta(minutes=9)
    assert office.why(office.now)["verdict"] == "silent"
    office.camera()
    assert office.why(NOW + timedelta(minutes=5))["verdict"] == "silent"
    assert office.why(office.now)["verdict"] == "nothing"
    assert office.why(NOW - timedelta(minutes=1))["verdict"] == "before"


def test_why_blames_no_camera_for_the_time_when_nobody_reported_it(office: Office) -> None:
    office.camera()
    office.now += timedelta(minutes=10)
    office.camera(status="retrying", error="no picture for 8 s")
    told = office.why(office.now)
    assert told["verdict"] == "down"
    assert "gave no pictures since 14:15:00" in told["text"]["en"]


def test_why_knows_when_the_camera_was_blind(office: Office) -> None:
    text = {"en": "covered: clean the lens", "zh": "镜头被遮挡，请清洁"}
    fault = {"state": "covered", "since": "2026-11-22T06:04:00Z", "text": text}
    office.camera(health=HEALTH | fault | {"reason": {"code": "camera_covered", "values": {"share": 0.9}}})
    told = office.why(NOW)
    assert (told["verdict"], told["reason"]["code"]) == ("blind", "camera_covered")
    assert "自 14:04:00 起画面不可信（镜头被遮挡，请清洁）" in told["text"]["zh"]


def test_what_was_known_of_a_camera_for_longer_than_the_ledger_keeps_outlives_its_next_change(tmp_path: Path) -> None:
    office = Office(tmp_path, silent_after_s=1e9)
    for days, status in ((0, "retrying"), (1, "live"), (21, "retrying")):
        office.now = NOW + timedelta(days=days)
        office.camera(status=status)
        office.tidy()
    told = [office.why(NOW + timedelta(days=days))["verdict"] for days in (3, 20, 21)]
    assert told == ["forgotten", "nothing", "down"]
    office.now += timedelta(days=15)
    office.tidy()
    assert office.why(office.now - timedelta(days=1))["verdict"] == "down"


def test_why_says_what_it_cannot_know(office: Office) -> None:
    for away_s in (20, 7200, 0):
        office.camera()
        office.now += timedelta(seconds=away_s)
    later = {"first_seen_at": "2026-11-22T08:00:00Z", "given_up_at": "2026-11-22T08:02:00Z", "skipped": 7}
    office.post(**ENTRY_IN | later)
    office.now += timedelta(hours=1)
    assert "另有 7 个短暂候选" in office.why(NOW + timedelta(seconds=10))["text"]["zh"]
    assert office.why(NOW + timedelta(days=1))["verdict"] == "future"
    assert office.why(NOW - timedelta(days=30))["verdict"] == "forgotten"
    assert office.get("cameras/cam-99/why").status_code == 404


@pytest.mark.parametrize(("path", "status"), [("ledger?zone=a%00b", 422), ("cases?q=%00", 422), ("cameras/a%00b", 422)])
def test_a_nul_in_an_address_is_refused_before_any_database(office: Office, path: str, status: int) -> None:
    answer = office.http.get(f"/api/v1/{path}", headers=office.trial.headers("viewer"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
