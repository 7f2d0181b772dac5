# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence: whole or not at all, once, and out again in ranges."""

import hashlib
import os
import time
from collections.abc import Iterator
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
from api.blobs import LEFTOVER_AGE_S, Blobs
from api.errors import StorageFull
from api.schemas import CASE_IN
from support.trial import Trial, trial

NOISE = np.random.default_rng(7).integers(0, 255, (240, 320, 3), dtype=np.uint8)
JPEG = cv2.imencode(".jpg", NOISE)[1].tobytes()
PNG = cv2.imencode(".png", NOISE)[1].tobytes()
LIMIT = 300_000
TAKEN = "2026-11-21T01:12:00Z"


@pytest.fixture
def api(tmp_path: Path) -> Trial:
    return trial(tmp_path, change=lambda config: replace(config, evidence_bytes=LIMIT))


@pytest.fixture
def http(api: Trial) -> Iterator[TestClient]:
    with TestClient(api.app) as client:
        headers = api.headers("patrol") | {"Idempotency-Key": "case"}
        client.post("/api/v1/cases", json=CASE_IN, headers=headers).raise_for_status()
        yield client


def case_id(api: Trial, http: TestClient) -> str:
    found = http.get("/api/v1/cases", headers=api.headers("viewer")).json()["items"]
    return str(found[0]["id"])


def send(
    api: Trial, http: TestClient, body: bytes, *, said: str = "image/jpeg", key: str = "e1", kind: str = "before"
) -> httpx2.Response:
    return http.post(
        f"/api/v1/cases/{case_id(api, http)}/evidence",
        params={"kind": kind, "taken_at": TAKEN},
        content=body,
        headers=api.headers("patrol") | {"Idempotency-Key": key, "Content-Type": said},
    )


def files(api: Trial) -> list[Path]:
    return [path for path in api.config.evidence_dir.rglob("*") if path.is_file()]


def test_a_picture_goes_in_and_comes_out_unchanged(api: Trial, http: TestClient) -> None:
    stored = send(api, http, JPEG)
    assert stored.status_code == 201
    about = stored.json()
    assert (about["bytes"], about["sha256"]) == (len(JPEG), hashlib.sha256(JPEG).hexdigest())
    assert about["taken_at"] == TAKEN
    answer = http.get(about["url"], headers=api.headers("viewer"))
    assert answer.content == JPEG
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"] == f'"{about["sha256"]}"'
    shown = http.get(f"/api/v1/cases/{case_id(api, http)}", headers=api.headers("viewer")).json()
    assert shown["evidence"] == [about]


def test_the_same_bytes_twice_are_one_piece(api: Trial, http: TestClient) -> None:
    first = send(api, http, JPEG, key="e1")
    replayed = send(api, http, JPEG, key="e1")
    again = send(api, http, JPEG, key="e2")
    assert [answer.status_code for answer in (first, replayed, again)] == [201, 201, 200]
    assert replayed.headers["idempotent-replay"] == "true"
    assert first.json() == replayed.json() == again.json()
    after = send(api, http, JPEG, key="e3", kind="after")
    assert after.status_code == 201
    assert len(files(api)) == 1


def test_a_case_with_new_evidence_is_updated_but_its_version_stays(api: Trial, http: TestClient) -> None:
    address = f"/api/v1/cases/{case_id(api, http)}"
    before = http.get(address, headers=api.headers("viewer")).json()
    send(api, http, JPEG).raise_for_status()
    after = http.get(address, headers=api.headers("viewer")).json()
    assert after["updated_at"] > before["updated_at"]
    assert after["version"] == before["version"]  # who decides meanwhile is not held up


def test_a_key_with_other_bytes_is_refused(api: Trial, http: TestClient) -> None:
    send(api, http, JPEG, key="e1")
    refused = send(api, http, PNG, said="image/png", key="e1")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:curbwatch:problem:key-reused")
    assert [path.read_bytes() for path in files(api)] == [JPEG]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (PNG, "image/jpeg"),
        (JPEG[:-100], "image/jpeg"),
        (b"<svg onload=alert(1)>", "image/png"),
        (JPEG, "image/svg+xml"),
        (JPEG, "application/octet-stream"),
        (b"", "video/mp4"),
    ],
)
def test_what_is_not_what_it_says_is_refused(api: Trial, http: TestClient, body: bytes, said: str) -> None:
    refused = send(api, http, body, said=said)
    assert (refused.status_code, refused.json()["type"]) == (415, "urn:curbwatch:problem:wrong-media-type")
    assert files(api) == []


def test_too_large_is_refused_whether_it_says_so_or_not(api: Trial, http: TestClient) -> None:
    body = JPEG + b"\0" * LIMIT
    assert send(api, http, body).status_code == 413

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(body), 50_000):
            yield body[at : at + 50_000]

    answer = http.post(
        f"/api/v1/cases/{case_id(api, http)}/evidence",
        params={"kind": "before", "taken_at": TAKEN},
        content=pieces(),
        headers=api.headers("patrol") | {"Idempotency-Key": "e", "Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:curbwatch:problem:too-large"
    assert files(api) == []


def test_evidence_needs_a_case(api: Trial, http: TestClient) -> None:
    answer = http.post(
        "/api/v1/cases/C20260101-0001/evidence",
        params={"kind": "before", "taken_at": TAKEN},
        content=JPEG,
        headers=api.headers("patrol") | {"Idempotency-Key": "e", "Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 404
    assert files(api) == []


@pytest.mark.parametrize(
    ("said", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-50", 206, slice(-50, None)),
        (f"bytes=10-{len(JPEG) + 10}", 206, slice(10, None)),
        ("bytes=a-b", 200, slice(None)),
        ("bytes=5-2", 200, slice(None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("furlongs=1-2", 200, slice(None)),
    ],
)
def test_ranges_let_players_seek(api: Trial, http: TestClient, said: str, status: int, part: slice) -> None:
    url = send(api, http, JPEG).json()["url"]
    answer = http.get(url, headers=api.headers("viewer") | {"Range": said})
    assert answer.status_code == status
    assert answer.content == JPEG[part]
    assert answer.headers["accept-ranges"] == "bytes"
    assert ("content-range" in answer.headers) == (status == 206)


def test_a_range_behind_the_end_says_how_long_the_file_is(api: Trial, http: TestClient) -> None:
    url = send(api, http, JPEG).json()["url"]
    answer = http.get(url, headers=api.headers("viewer") | {"Range": f"bytes={len(JPEG)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(JPEG)}")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_range_of_another_file_gets_this_one_whole(api: Trial, http: TestClient) -> None:
    url = send(api, http, JPEG).json()["url"]
    another = {"Range": f"bytes={len(JPEG)}-", "If-Range": '"of another file"'}
    answer = http.get(url, headers=api.headers("viewer") | another)
    assert (answer.status_code, answer.content) == (200, JPEG)


def test_a_known_etag_is_not_sent_again(api: Trial, http: TestClient) -> None:
    url = send(api, http, JPEG).json()["url"]
    etag = http.get(url, headers=api.headers("viewer")).headers["etag"]
    answer = http.get(url, headers=api.headers("viewer") | {"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_who_has_signed_out_sees_no_picture_of_before(api: Trial, http: TestClient) -> None:
    url = send(api, http, JPEG).json()["url"]
    answer = http.get(url, headers=api.headers("viewer"))
    assert answer.headers["cache-control"] == "private, no-cache"
    assert http.get(url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 401


def test_a_file_that_is_cut_off_is_never_served(api: Trial, http: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    url = send(api, http, JPEG).json()["url"]
    files(api)[0].write_bytes(JPEG[:1000])
    answer = http.get(url, headers=api.headers("viewer"))
    assert answer.status_code == 404
    assert "restore the evidence folder" in answer.json()["detail"]
    assert "missing or cut off" in caplog.text
    send(api, http, JPEG, key="again")
    assert http.get(url, headers=api.headers("viewer")).content == JPEG


def test_a_full_disk_is_a_refusal_that_can_be_repeated(
    api: Trial, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise StorageFull("the evidence folder is full: free space, then send again")

    with monkeypatch.context() as patch:
        patch.setattr("api.blobs.Upload.flush", full)
        refused = send(api, http, JPEG)
    assert (refused.status_code, refused.json()["type"]) == (507, "urn:curbwatch:problem:storage-full")
    assert send(api, http, JPEG).status_code == 201


def test_old_leftovers_are_swept_and_young_ones_stay(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    for name, age_s in (("old", LEFTOVER_AGE_S + 60), ("young", 60)):
        path = tmp_path / "incoming" / name
        path.touch()
        os.utime(path, (time.time() - age_s,) * 2)
    assert blobs.sweep() == 1
    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["young"]


def test_an_upload_that_ends_while_leftovers_are_swept_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Blobs(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", lambda folder: iter([folder / "whole by now"]))
        assert blobs.sweep() == 0


def test_a_clip_is_a_video(api: Trial, http: TestClient) -> None:
    answer = send(api, http, JPEG, kind="clip")
    assert answer.status_code == 415
    assert "video/mp4" in answer.json()["detail"]


def test_evidence_goes_so_long_after_its_case_was_done(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 21, 2, tzinfo=UTC)]
    api = trial(tmp_path, clock=lambda: now[0], change=lambda config: replace(config, evidence_days=30))
    services = api.app.state.services
    with TestClient(api.app) as http:
        report(api, http, "done")
        first = send(api, http, JPEG, key="e1").json()
        own = send(api, http, PNG, said="image/png", key="e2").json()
        move(api, http, "false_alarm")
        report(api, http, "open")
        shared = send(api, http, JPEG, key="e3").json()
        for path in files(api):
            os.utime(path, (0, 0))
        now[0] += timedelta(days=29)
        housekeeping.tidy(services)
        assert download(api, http, first).status_code == 200
        done = http.get("/api/v1/cases?status=false_alarm", headers=api.headers("viewer")).json()["items"][0]["id"]
        note = http.post(f"/api/v1/cases/{done}/notes", json={"note": "asked again"}, headers=api.headers("operator"))
        assert note.status_code == 200, "a note keeps nothing for longer"
        now[0] += timedelta(days=2)
        housekeeping.tidy(services)
        gone = download(api, http, own)
        assert (gone.status_code, gone.json()["type"]) == (410, "urn:curbwatch:problem:forgotten")
        assert "2026-12-22 02:00 UTC" in gone.json()["detail"]
        assert download(api, http, first).status_code == 410
        assert download(api, http, shared).content == JPEG, "the open case has the same picture"
        assert [path.name for path in files(api)] == [first["sha256"]]
        kept = http.get("/api/v1/cases?status=false_alarm", headers=api.headers("viewer")).json()["items"][0]
        assert [row["forgotten_at"] for row in kept["evidence"]] == ["2026-12-22T02:00:00Z"] * 2
        assert kept["evidence"][0]["sha256"] == first["sha256"]
        page = http.get(f"/cases/{kept['id']}", headers=api.headers("viewer") | {"Accept-Language": "en"}).text
        assert "its files are deleted" in page
        assert first["url"] not in page


def test_what_comes_of_late_has_its_days_and_what_was_forgotten_comes_back_no_more(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 21, 2, tzinfo=UTC)]
    api = trial(tmp_path, clock=lambda: now[0], change=lambda config: replace(config, evidence_days=30))
    services = api.app.state.services
    with TestClient(api.app) as http:
        report(api, http, "done")
        move(api, http, "false_alarm")
        now[0] += timedelta(days=40)
        late = send(api, http, JPEG, key="e1", kind="after").json()
        housekeeping.tidy(services)
        assert download(api, http, late).content == JPEG
        for path in files(api):
            os.utime(path, (0, 0))
        now[0] += timedelta(days=31)
        housekeeping.tidy(services)
        assert (download(api, http, late).status_code, files(api)) == (410, [])
        again = [send(api, http, JPEG, key=key, kind="after") for key in ("e1", "e2")]
        assert [(answer.status_code, answer.json()["id"]) for answer in again] == [(201, late["id"]), (200, late["id"])]
        assert files(api) == []


def test_evidence_is_told_as_deleted_when_its_file_is(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 21, 2, tzinfo=UTC)]
    api = trial(tmp_path, clock=lambda: now[0], change=lambda config: replace(config, evidence_days=30))
    with TestClient(api.app) as http:
        report(api, http, "done")
        sent = send(api, http, JPEG, key="e1").json()
        move(api, http, "false_alarm")
        now[0] += timedelta(days=31)
        housekeeping.tidy(api.app.state.services)  # its file came within the hour, by the machine's clock
        assert download(api, http, sent).content == JPEG
        os.utime(files(api)[0], (0, 0))
        housekeeping.tidy(api.app.state.services)
        assert (download(api, http, sent).status_code, files(api)) == (410, [])


def test_a_file_that_has_just_come_is_not_forgotten(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.receive() as upload:
        upload.write(JPEG)
        sha256 = blobs.keep(upload)
    blobs.forget(sha256)
    assert blobs.path(sha256).exists()
    os.utime(blobs.path(sha256), (0, 0))
    blobs.forget(sha256)
    blobs.forget(sha256)
    assert not blobs.path(sha256).exists()


def report(api: Trial, http: TestClient, key: str) -> None:
    headers = api.headers("patrol") | {"Idempotency-Key": key}
    http.post("/api/v1/cases", json=CASE_IN | {"key": key}, headers=headers).raise_for_status()


def move(api: Trial, http: TestClient, status: str) -> None:
    url = f"/api/v1/cases/{case_id(api, http)}/transitions"
    http.post(url, json={"to": status}, headers=api.headers("operator")).raise_for_status()


def download(api: Trial, http: TestClient, about: dict[str, Any]) -> httpx2.Response:
    return http.get(about["url"], headers=api.headers("viewer"))
