# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases that are one place or one thing, what that recommends, and device tickets that never become cases."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.camera_schemas import CAMERA_IN, HEALTH, STATE_IN
from api.repetition import recommend
from api.schemas import CASE_IN
from support.trial import Trial, trial

BACK = {"kind": "relapsed", "at": "2026-11-22T06:30:00Z"}


class Desk:
    """An API and a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
        self.trial: Trial = trial(folder, clock=lambda: self.now)
        self.http = TestClient(self.trial.app)

    def ask(self, method: str, path: str, role: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = self.trial.headers(role) | {"Idempotency-Key": uuid.uuid4().hex}
        answer = self.http.request(method, f"/api/v1/{path}", headers=headers, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def report(self, key: str, camera_id: str = "cam-12", **more: Any) -> dict[str, Any]:
        return self.ask("POST", "cases", "patrol", CASE_IN | {"key": key, "camera_id": camera_id, "rule": {}} | more)

    def case(self, case_id: str) -> dict[str, Any]:
        return self.ask("GET", f"cases/{case_id}", "viewer")

    def move(self, case_id: str, *steps: str) -> None:
        for to in steps:
            self.ask("POST", f"cases/{case_id}/transitions", "operator", {"to": to})

    def close(self, case_id: str) -> None:
        self.move(case_id, "confirmed", "dispatched", "handled", "closed")

    def back(self, case_id: str) -> dict[str, Any]:
        return self.ask("POST", f"cases/{case_id}/observations", "patrol", BACK)

    def state(self, *, after_s: float = 0, **state: Any) -> None:
        self.now += timedelta(seconds=after_s)
        self.ask("PUT", "cameras/cam-12/state", "patrol", STATE_IN | state)

    def tickets(self, query: str = "") -> list[tuple[str, str]]:
        return [(t["fault"], t["status"]) for t in self.ask("GET", f"tickets{query}", "viewer")["items"]]

    def events(self, name: str) -> int:
        with self.trial.app.state.services.store.read() as connection:
            rows = connection.exec_driver_sql("SELECT event FROM events").scalars()
            return list(rows).count(name)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_two_cameras_that_see_one_thing_are_linked_both_ways(desk: Desk) -> None:
    first = desk.report("a", "cam-1", ground=[10.0, 5.0])
    far = desk.report("b", "cam-2", ground=[10.0, 9.0])
    same_camera = desk.report("c", "cam-1", ground=[10.5, 5.0])
    other_class = desk.report("d", "cam-3", ground=[10.0, 5.0], **{"class": "debris"})
    unknown = desk.report("e", "cam-3", ground=None)
    second = desk.report("f", "cam-4", ground=[11.0, 5.0])
    assert desk.case(first["id"])["linked_to"] == [second["id"]]
    assert second["linked_to"] == [first["id"], same_camera["id"]]
    assert [desk.case(c["id"])["linked_to"] for c in (far, other_class, unknown)] == [[], [], []]
    told = desk.case(first["id"])["history"][-1]
    assert told["note"] == f"{second['id']} of camera cam-4 stands 1.0 m away: the same thing seen by two cameras"
    assert told["text"]["zh"].startswith("与摄像机 cam-4 的案件")
    assert desk.events("case.updated") == 2


def test_what_stands_just_as_far_apart_as_the_city_says_is_one_thing(desk: Desk) -> None:
    first = desk.report("a", "cam-1", ground=[10.0, 5.0])
    assert desk.report("b", "cam-2", ground=[10.0, 8.0])["linked_to"] == [first["id"]]


def test_who_decided_before_a_case_got_its_link_reads_it_again(desk: Desk) -> None:
    before = desk.report("a", "cam-1", ground=[10.0, 5.0])
    desk.now += timedelta(seconds=1)
    desk.report("b", "cam-2", ground=[11.0, 5.0])
    linked = desk.case(before["id"])
    assert linked["version"] == before["version"] + 1
    assert linked["updated_at"] > before["updated_at"]
    decided = {"to": "confirmed", "version": before["version"]}
    with pytest.raises(httpx2.HTTPStatusError, match="409"):
        desk.ask("POST", f"cases/{before['id']}/transitions", "operator", decided)


def test_what_is_done_or_cleared_is_linked_to_nothing(desk: Desk) -> None:
    done = desk.report("a", "cam-1", ground=[0, 0])
    desk.move(done["id"], "false_alarm")
    cleared = desk.report("b", "cam-2", ground=[0, 0])
    fact = {"kind": "cleared", "at": "2026-11-22T05:00:00Z"}
    desk.ask("POST", f"cases/{cleared['id']}/observations", "patrol", fact)
    assert desk.report("c", "cam-3", ground=[0, 0])["linked_to"] == []


def test_a_place_where_it_happens_again_is_judged_harder(desk: Desk) -> None:
    first = desk.report("site-1")
    assert (first["recommendation"]["action"], first["place"]) == ("educate", "site-1")
    desk.close(first["id"])
    second = desk.report("site-2", history_of="site-1", repeats=1)
    false = desk.report("site-3", chased_from="site-2")
    desk.move(false["id"], "false_alarm")
    third = desk.report("site-4", history_of="site-3", repeats=3)
    assert [case["place"] for case in (second, false, third)] == ["site-1"] * 3
    steps = [case["recommendation"] for case in (second, false, third)]
    assert [(step["action"], step["repetition"]) for step in steps] == [("warn", 1), ("lenient", 2), ("lenient", 2)]
    assert steps[0]["text"] == {"en": "warn: case 2 at this place", "zh": "警告：该地点第 2 次成案"}
    assert desk.report("elsewhere")["recommendation"]["repetition"] == 0


def test_nothing_but_a_new_case_or_a_return_of_a_closed_one_is_a_repetition(desk: Desk) -> None:
    case_id = desk.report("site-1")["id"]
    desk.ask("POST", f"cases/{case_id}/notes", "operator", {"note": "told the owner"})
    desk.ask("POST", f"cases/{case_id}/observations", "patrol", BACK | {"kind": "cleared"})
    desk.back(case_id)
    desk.move(case_id, "false_alarm", "new")
    assert desk.case(case_id)["recommendation"]["repetition"] == 0


@pytest.mark.parametrize(
    ("came", "place"),
    [
        ({"key": "site-2"}, "site-1"),  # its key is known already, and where it stood
        ({"key": "c", "history_of": "site-2", "chased_from": "elsewhere"}, "site-1"),  # the place itself comes first
        ({"key": "c", "history_of": "unheard of", "chased_from": "elsewhere"}, "elsewhere"),
        ({"key": "c", "history_of": "unheard of"}, "unheard of"),  # so the next one there is of the same place
        ({"key": "c"}, "c"),
    ],
)
def test_a_new_case_is_of_the_place_that_is_known(desk: Desk, came: dict[str, str], place: str) -> None:
    for key, before in (("site-1", None), ("elsewhere", None), ("site-2", "site-1")):
        desk.move(desk.report(key, history_of=before)["id"], "false_alarm")
    assert desk.report(**came)["place"] == place


def test_a_return_after_a_closed_case_is_a_repetition(desk: Desk) -> None:
    case_id = desk.report("site-1")["id"]
    desk.close(case_id)
    told = desk.back(case_id)
    assert (told["recommendation"]["action"], told["status"]) == ("warn", "new")
    assert told["history"][-1]["text"] == {"en": "relapsed: it is back", "zh": "复发：再次出现"}


def test_the_next_case_of_a_place_goes_on_from_the_returns_of_the_last_one(desk: Desk) -> None:
    first = desk.report("site-1")["id"]
    for _ in range(2):
        desk.close(first)
        assert desk.back(first)["status"] == "new"
    desk.close(first)
    second = desk.report("site-2", history_of="site-1")
    assert (second["recommendation"]["action"], second["recommendation"]["repetition"]) == ("strict", 3)
    assert desk.case(first)["recommendation"]["repetition"] == 2


def test_of_a_case_whose_return_was_a_false_alarm_only_that_return_is_not_counted(desk: Desk) -> None:
    first = desk.report("site-1")["id"]
    desk.close(first)
    desk.back(first)
    desk.move(first, "false_alarm")
    second = desk.report("site-2", history_of="site-1")["id"]
    assert desk.case(second)["recommendation"]["repetition"] == 1
    desk.move(first, "new")  # it was pressed by mistake
    assert desk.case(second)["recommendation"]["repetition"] == 2


def test_who_moves_on_and_comes_back_has_done_it_three_times(desk: Desk) -> None:
    first = desk.report("site-1")["id"]
    desk.close(first)
    second = desk.report("site-2", chased_from="site-1")["id"]
    assert desk.back(first)["recommendation"]["repetition"] == 2
    assert desk.case(second)["recommendation"]["repetition"] == 1


@pytest.mark.parametrize(
    ("repetition", "grade", "action"),
    [
        (0, None, "educate"),
        (3, "orderly", "strict"),
        (9, None, "strict"),
        (0, "strict", "warn"),
        (2, "strict", "strict"),
    ],
)
def test_a_strict_road_is_one_step_further(repetition: int, grade: str | None, action: str) -> None:
    assert recommend(repetition, grade).action == action


def test_a_fault_that_lasts_is_one_ticket_until_it_is_over(desk: Desk) -> None:
    desk.ask("PUT", "cameras/cam-12", "patrol", CAMERA_IN)
    fault = HEALTH | {"state": "covered", "since": "2026-11-22T06:00:00Z"}
    text = {"en": "covered: clean the lens", "zh": "镜头被遮挡"}
    reason = {"code": "camera_covered", "values": {"share": 0.9}}
    desk.state(health=fault | {"text": text, "reason": reason})
    desk.state(after_s=59, health=fault | {"text": text, "reason": reason})
    assert desk.tickets() == []
    for after_s in (1, 30):
        desk.state(after_s=after_s, health=fault | {"text": text, "reason": reason})
        assert desk.tickets() == [("covered", "open")]
    (ticket,) = desk.ask("GET", "tickets?status=open&camera_id=cam-12", "viewer")["items"]
    assert (ticket["text"], ticket["reason"], ticket["since"]) == (text, reason, "2026-11-22T06:00:00Z")
    assert desk.ask("GET", f"tickets/{ticket['id']}", "viewer") == ticket
    desk.state(after_s=30, health=HEALTH | {"since": "2026-11-22T06:02:00Z"})
    assert desk.tickets() == [("covered", "closed")]
    assert desk.tickets("?status=open") == []
    assert desk.events("ticket.updated") == 2
    assert desk.ask("GET", "cases", "viewer")["items"] == []


def test_another_fault_is_another_ticket_and_no_picture_is_one_too(desk: Desk) -> None:
    error = "no picture for 8 s from cam-12: check power and network"
    desk.ask("PUT", "cameras/cam-12", "patrol", CAMERA_IN)
    desk.state(health=HEALTH | {"state": "moved", "since": "2026-11-22T05:00:00Z"})
    desk.state(after_s=10, status="retrying", error=error)
    desk.state(after_s=20, status="connecting", error=None)
    desk.state(after_s=20, status="retrying", error=f"{error}; retrying in 59 s")
    assert desk.tickets() == [("moved", "closed")]
    desk.state(after_s=25, status="retrying", error=f"{error}; retrying in 59 s")
    assert desk.tickets() == [("offline", "open"), ("moved", "closed")]
    desk.state(after_s=5, status="connecting", error=None)  # it tries again: no news of the fault nor of its end
    desk.state(after_s=5, status="retrying", error=error)
    assert desk.tickets() == [("offline", "open"), ("moved", "closed")]
    (ticket,) = desk.ask("GET", "tickets?status=open", "viewer")["items"]
    assert ticket["text"] == {
        "en": f"the camera gives no picture ({error})",
        "zh": "摄像机没有画面（cam-12 已 8 秒没有画面：请检查供电与网络）",
    }
    desk.state(after_s=5, status="live", error=None)
    assert desk.tickets() == [("offline", "closed"), ("moved", "closed")]


@pytest.mark.parametrize("removed", [False, True])
def test_a_camera_was_not_offline_while_nobody_reported_it(desk: Desk, *, removed: bool) -> None:
    desk.ask("PUT", "cameras/cam-12", "patrol", CAMERA_IN)
    desk.state()
    if removed:
        desk.now += timedelta(seconds=5)
        desk.http.delete("/api/v1/cameras/cam-12", headers=desk.trial.headers("patrol")).raise_for_status()
    desk.state(after_s=600, status="connecting", error=None)
    desk.state(after_s=1, status="retrying", error="no picture for 8 s")
    assert desk.tickets() == []
    for _ in range(3):
        desk.state(after_s=20, status="retrying", error="no picture for 8 s")
    assert desk.tickets() == [("offline", "open")]


def test_listeners_hear_of_a_change_of_health(desk: Desk) -> None:
    desk.ask("PUT", "cameras/cam-12", "patrol", CAMERA_IN)
    for health in (None, HEALTH, HEALTH | {"shift": [0.01, 0.0]}, HEALTH | {"state": "blurred"}):
        desk.state(health=health)
    assert desk.events("camera.updated") == 4
    shown = desk.ask("GET", "cameras/cam-12", "viewer")["state"]["health"]
    assert (shown["state"], shown["shift"]) == ("blurred", [0.0, 0.0])
