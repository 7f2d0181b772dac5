# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras, detection, health and metrics over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from api.app import create_app
from api.blobs import Upload
from api.camera_schemas import CAMERA_IN, STATE_IN
from api.config import ApiConfig
from api.detecting import DetectedBox
from api.errors import SchemaOutdated
from api.model import MediaType
from api.routes import cameras
from api.schemas import CASE_IN
from support.trial import Trial, trial

JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 200, np.uint8))[1].tobytes()


def see_a_stall(picture: NDArray[np.uint8]) -> list[DetectedBox]:
    height, width = picture.shape[:2]
    return [DetectedBox("stall", 0.9, (0.0, 0.0, float(width), float(height)))]


class Street:
    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        self.trial: Trial = trial(folder, clock=lambda: self.now, detect=see_a_stall)
        self.http = TestClient(self.trial.app)

    def put(self, path: str, role: str = "patrol", **more: Any) -> httpx2.Response:
        headers = self.trial.headers(role) | more.pop("headers", {})
        return self.http.put(f"/api/v1/cameras/{path}", headers=headers, **more)

    def report(self, *items: dict[str, Any]) -> httpx2.Response:
        return self.http.patch("/api/v1/cameras", headers=self.trial.headers("patrol"), json={"items": items})

    def get(self, path: str, role: str = "viewer", **headers: str) -> httpx2.Response:
        return self.http.get(path, headers=self.trial.headers(role) | headers)

    def remove(self, camera_id: str, role: str = "patrol") -> httpx2.Response:
        return self.http.delete(f"/api/v1/cameras/{camera_id}", headers=self.trial.headers(role))

    def events(self) -> list[str]:
        with self.trial.app.state.services.store.read() as connection:
            rows = connection.exec_driver_sql("SELECT event FROM events").scalars()
            return list(rows)


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path)


def test_a_camera_is_registered_described_and_shown(street: Street) -> None:
    first = street.put("cam-12", json=CAMERA_IN)
    assert first.status_code == 201
    assert {name: first.json()[name] for name in CAMERA_IN} == CAMERA_IN
    assert street.put("cam-12", json=CAMERA_IN).status_code == 200
    renamed = street.put("cam-12", json=CAMERA_IN | {"name": "北门"}).json()
    assert renamed == street.get("/api/v1/cameras/cam-12").json()
    assert [item["name"] for item in street.get("/api/v1/cameras").json()["items"]] == ["北门"]
    assert street.events() == ["camera.updated"] * 2


@pytest.mark.parametrize(
    "zone",
    [
        {"polygon": [[0, 0], [1, 1]]},
        {"polygon": [[0, 0], [1, 1], [2, 0]]},
        {"kind": "forbidden"},
        {"name": ""},
    ],
)
def test_a_zone_that_makes_no_sense_is_refused(street: Street, zone: dict[str, Any]) -> None:
    body = CAMERA_IN | {"zones": [CAMERA_IN["zones"][0] | zone]}
    assert street.put("cam-12", json=body).status_code == 422


def test_a_camera_is_believed_while_the_patrol_speaks(street: Street) -> None:
    street.put("cam-12", json=CAMERA_IN)
    never = street.get("/api/v1/cameras/cam-12").json()
    assert (never["status"], never["silent"], never["state"]) == ("unknown", False, None)
    told = street.put("cam-12/state", json=STATE_IN).json()
    assert (told["status"], told["silent"], told["note"]) == ("live", False, None)
    assert told["state"] == STATE_IN
    street.now += timedelta(seconds=31)
    silent = street.get("/api/v1/cameras/cam-12").json()
    assert (silent["status"], silent["silent"]) == ("unknown", True)
    assert silent["note"].startswith("unknown (patrol silent for 31 s)")
    assert silent["state"]["status"] == "live"


@pytest.mark.parametrize(("age_s", "status"), [(10**9, 200), (10**12, 422)])
def test_a_picture_is_no_older_than_a_page_can_show(street: Street, age_s: float, status: int) -> None:
    street.put("cam-12", json=CAMERA_IN)
    assert street.put("cam-12/state", json=STATE_IN | {"frame_age_s": age_s}).status_code == status
    assert street.get("/").status_code == 200


def test_listeners_hear_of_changes_only(street: Street) -> None:
    street.put("cam-12", json=CAMERA_IN)
    for state in (STATE_IN, STATE_IN, STATE_IN | {"drops": 7}, STATE_IN | {"status": "retrying"}):
        street.put("cam-12/state", json=state)
    assert len(street.events()) == 3


def test_a_removed_camera_leaves_the_lists_and_keeps_what_is_known_of_it(street: Street) -> None:
    covered = STATE_IN["health"] | {"state": "covered", "since": "2026-11-21T07:00:00Z"}
    for name in ("cam-12", "cam-13"):
        street.put(name, json=CAMERA_IN)
        street.put(f"{name}/state", json=STATE_IN | {"health": covered})
    assert street.remove("cam-12").status_code == 204
    assert street.remove("cam-12").status_code == 204
    assert street.events()[-2:] == ["ticket.updated", "camera.updated"]
    assert [item["id"] for item in street.get("/api/v1/cameras").json()["items"]] == ["cam-13"]
    told = street.get("/api/v1/cameras/cam-12").json()
    assert (told["removed_at"], told["status"], told["state"]["status"]) == ("2026-11-21T08:00:00Z", "unknown", "live")
    assert told["note"].startswith("unknown (removed)")
    assert [one["camera_id"] for one in street.get("/api/v1/tickets?status=open").json()["items"]] == ["cam-13"]
    assert 'curbwatch_cameras{status="live"} 1.0' in street.get("/metrics").text


def test_a_removed_cameras_picture_is_deleted(street: Street) -> None:
    street.put("cam-12", json=CAMERA_IN)
    street.put("cam-12/snapshot", content=JPEG, headers={"Content-Type": "image/jpeg"})
    street.remove("cam-12")
    assert street.get("/api/v1/cameras/cam-12/snapshot").status_code == 404
    assert street.get("/api/v1/cameras/cam-12").json()["snapshot"] is None
    assert list(street.trial.config.evidence_dir.glob("snapshots/*")) == []


def test_why_a_removed_camera_saw_nothing_is_told(street: Street) -> None:
    street.put("cam-12", json=CAMERA_IN)
    street.put("cam-12/state", json=STATE_IN)
    street.remove("cam-12")
    street.now += timedelta(hours=1)
    why = street.get("/api/v1/cameras/cam-12/why").json()
    assert (why["verdict"], "removed from the settings at 16:00:00" in why["text"]["en"]) == ("removed", True)
    assert "已于 16:00:00 从配置中移除" in why["text"]["zh"]


@pytest.mark.parametrize(("path", "said"), [("cam-12", CAMERA_IN), ("cam-12/state", STATE_IN)])
def test_a_removed_camera_comes_back_with_its_next_report(street: Street, path: str, said: dict[str, Any]) -> None:
    street.put("cam-12", json=CAMERA_IN)
    street.put("cam-12/state", json=STATE_IN)
    street.remove("cam-12")
    street.put(path, json=said)
    assert [item["removed_at"] for item in street.get("/api/v1/cameras").json()["items"]] == [None]
    assert street.events()[-1] == "camera.updated"
    assert street.events().count("camera.updated") == 4


def test_only_who_reports_removes_and_only_what_there_is(street: Street) -> None:
    street.put("cam-12", json=CAMERA_IN)
    assert [street.remove("cam-12", role).status_code for role in ("viewer", "operator", "admin")] == [403, 403, 204]
    assert street.remove("cam-99").status_code == 404


def test_many_cameras_are_reported_at_once_as_each_alone(street: Street) -> None:
    covered = STATE_IN["health"] | {"state": "covered", "since": "2026-11-21T07:00:00Z"}
    states = [STATE_IN, STATE_IN | {"health": covered}]
    for name in ("cam-1", "cam-2", "cam-3", "cam-4"):
        street.put(name, json=CAMERA_IN)
    one_by_one = [street.put(f"cam-{1 + n}/state", json=state).json() for n, state in enumerate(states)]
    street.remove("cam-4")
    before = street.events()
    together = street.report(*({"camera_id": f"cam-{3 + n}"} | state for n, state in enumerate(states)))
    assert (together.status_code, together.json()) == (200, {"unknown": []})
    shown = [street.get(f"/api/v1/cameras/cam-{3 + n}").json() for n in range(2)]
    assert [each | {"id": None} for each in shown] == [each | {"id": None} for each in one_by_one]
    assert street.events()[len(before) :] == ["camera.updated", "camera.updated", "ticket.updated"]


def test_a_report_of_many_names_those_that_nobody_registered(street: Street) -> None:
    street.put("cam-1", json=CAMERA_IN)
    told = street.report({"camera_id": "cam-9"} | STATE_IN, {"camera_id": "cam-1"} | STATE_IN)
    assert (told.status_code, told.json()) == (200, {"unknown": ["cam-9"]})
    assert street.get("/api/v1/cameras/cam-1").json()["status"] == "live"


def test_a_report_with_one_wrong_state_keeps_none(street: Street) -> None:
    street.put("cam-1", json=CAMERA_IN)
    told = street.report({"camera_id": "cam-1"} | STATE_IN, {"camera_id": "cam-2"} | STATE_IN | {"drops": -1})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, "#/items/1/drops")
    assert street.get("/api/v1/cameras/cam-1").json()["state"] is None


def test_a_state_needs_a_registered_camera(street: Street) -> None:
    refused = street.put("cam-99/state", json=STATE_IN)
    assert (refused.status_code, refused.json()["detail"]) == (
        404,
        "no camera cam-99: register it first with PUT /api/v1/cameras/cam-99",
    )


def test_a_snapshot_replaces_the_one_before(street: Street) -> None:
    jpeg = {"Content-Type": "image/jpeg"}
    assert street.put("cam-12/snapshot", content=JPEG, headers=jpeg).status_code == 404
    street.put("cam-12", json=CAMERA_IN)
    assert street.get("/api/v1/cameras/cam-12/snapshot").status_code == 404
    assert street.put("cam-12/snapshot", content=JPEG, headers=jpeg).status_code == 204
    other = cv2.imencode(".jpg", np.zeros((20, 20, 3), np.uint8))[1].tobytes()
    assert street.put("cam-12/snapshot", content=other, headers=jpeg).status_code == 204
    answer = street.get("/api/v1/cameras/cam-12/snapshot")
    assert (answer.content, answer.headers["content-type"]) == (other, "image/jpeg")
    again = street.get("/api/v1/cameras/cam-12/snapshot", **{"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert street.put("cam-12/snapshot", content=b"GIF89a", headers=jpeg).status_code == 415
    shown = street.get("/api/v1/cameras/cam-12").json()["snapshot"]
    assert shown == {"taken_at": "2026-11-21T08:00:00Z", "url": "/api/v1/cameras/cam-12/snapshot"}


def test_a_snapshot_is_checked_where_it_holds_up_nobody(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(_upload: Upload, _said: MediaType) -> None:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()

    monkeypatch.setattr(cameras, "check_content", check)
    street.put("cam-12", json=CAMERA_IN)
    answer = street.put("cam-12/snapshot", content=JPEG, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 204


def test_a_picture_is_looked_at_and_forgotten(street: Street) -> None:
    headers = street.trial.headers("operator") | {"Content-Type": "image/jpeg"}
    answer = street.http.post("/api/v1/detect", content=JPEG, headers=headers)
    assert answer.json() == {
        "width": 64,
        "height": 48,
        "detections": [{"class": "stall", "confidence": 0.9, "xyxy": [0.0, 0.0, 64.0, 48.0]}],
    }
    for body, status in ((b"no picture", 415), (b"\xff\xd8\xff" + b"\0" * 50, 415)):
        assert street.http.post("/api/v1/detect", content=body, headers=headers).status_code == status


def test_without_a_model_detection_says_so(tmp_path: Path) -> None:
    api = trial(tmp_path)
    headers = api.headers("operator") | {"Content-Type": "image/jpeg"}
    answer = TestClient(api.app).post("/api/v1/detect", content=JPEG, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:curbwatch:problem:unavailable")
    assert "no model is loaded" in answer.json()["detail"]


def test_a_healthy_process_is_alive_and_ready(street: Street) -> None:
    assert street.http.get("/healthz").json() == {"status": "alive"}
    assert street.http.get("/readyz").json() == {"status": "ready"}


def test_readiness_names_what_is_wrong(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    incoming = street.trial.config.evidence_dir / "incoming"
    incoming.rmdir()
    with street.trial.app.state.services.store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    answer = street.http.get("/readyz")
    assert answer.status_code == 503
    faults = answer.json()["faults"]
    assert faults["database"].endswith("run `curbwatch db upgrade -s FILE`")
    assert faults["evidence"].startswith("not writable")


def test_an_app_does_not_start_over_an_old_database(tmp_path: Path) -> None:
    app = create_app(ApiConfig(f"sqlite:///{tmp_path}/empty.db", tmp_path))
    with pytest.raises(SchemaOutdated, match="run `curbwatch db upgrade -s FILE`"), TestClient(app):
        pass


def test_metrics_count_requests_cases_and_cameras(street: Street) -> None:
    street.put("cam-12", json=CAMERA_IN)
    street.put("cam-12/state", json=STATE_IN)
    headers = street.trial.headers("patrol") | {"Idempotency-Key": "a"}
    street.http.post("/api/v1/cases", json=CASE_IN, headers=headers)
    street.http.get("/api/v1/cases/C20261121-0001/../../../nothing/at/all")
    text = street.get("/metrics").text
    assert 'curbwatch_http_requests_total{method="PUT",route="/api/v1/cameras/{camera_id}",status="201"} 1.0' in text
    assert 'curbwatch_cases{class="stall",status="new"} 1.0' in text
    assert 'curbwatch_cameras{status="live"} 1.0' in text
    assert "nothing/at/all" not in text


@pytest.mark.parametrize(("public", "status"), [(True, 200), (False, 401)])
def test_metrics_are_private_unless_wanted_otherwise(tmp_path: Path, *, public: bool, status: int) -> None:
    api = trial(tmp_path, change=lambda c: ApiConfig(c.database_url, c.evidence_dir, public_metrics=public))
    assert TestClient(api.app).get("/metrics").status_code == status
