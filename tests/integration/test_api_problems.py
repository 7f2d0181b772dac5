# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every refusal is a problem document that says what to do next and repeats no secret."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from sqlalchemy.exc import OperationalError

from api.detecting import DetectedBox
from api.schemas import CASE_IN
from support.trial import Trial, trial


def break_down(_picture: NDArray[np.uint8]) -> list[DetectedBox]:
    raise RuntimeError("the secret of the machine")


@pytest.fixture
def api(tmp_path: Path) -> Trial:
    return trial(tmp_path, detect=break_down, change=lambda config: replace(config, body_bytes=5000))


@pytest.fixture
def http(api: Trial) -> Iterator[TestClient]:
    with TestClient(api.app) as client:
        yield client


def nested(times: int) -> dict[str, Any]:
    """An empty object in so many others."""
    return {"a": nested(times - 1)} if times else {}


def problem_of(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:curbwatch:problem:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    return problem


def test_an_unknown_address(http: TestClient) -> None:
    assert "openapi.json" in problem_of(http.get("/api/v1/nothing"), 404, "not-found")["detail"]


def test_a_wrong_method_names_the_right_ones(http: TestClient) -> None:
    answer = http.delete("/api/v1/cases/summary")
    problem_of(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "cases", "GET, POST"), ("POST", "cameras/cam-12", "GET, PUT, DELETE"), ("PUT", "session", "GET")],
)
def test_a_wrong_method_is_told_those_of_all_routes_of_the_address(
    http: TestClient, method: str, path: str, allowed: str
) -> None:
    assert http.request(method, f"/api/v1/{path}").headers["allow"] == allowed


@pytest.mark.parametrize("said", [{}, {"Content-Type": "text/plain"}])
def test_a_body_that_is_not_said_to_be_json_is_told_how_to_say_it(
    api: Trial, http: TestClient, said: dict[str, str]
) -> None:
    headers = api.headers("patrol") | {"Idempotency-Key": "a"} | said
    problem = problem_of(http.post("/api/v1/cases", content=b"{}", headers=headers), 415, "wrong-media-type")
    assert "Content-Type: application/json" in problem["detail"]


def test_where_json_breaks_off_is_told_in_words(api: Trial, http: TestClient) -> None:
    headers = api.headers("patrol") | {"Idempotency-Key": "a", "Content-Type": "application/json"}
    problem = problem_of(http.post("/api/v1/cases", content=b'{"key": ', headers=headers), 422, "invalid")
    assert problem["errors"] == [{"in": "body", "pointer": "#", "detail": "Expecting value at character 8"}]


def test_a_missing_or_wrong_key(http: TestClient) -> None:
    answer = http.get("/api/v1/cases")
    problem_of(answer, 401, "not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"
    for said in ("Bearer cw_wrong", "Basic Zm9vOmJhcg==", "Bearer", ""):
        problem_of(http.get("/api/v1/cases", headers={"Authorization": said}), 401, "not-signed-in")


def test_a_role_that_may_not(api: Trial, http: TestClient) -> None:
    answer = http.get("/api/v1/cases", headers=api.headers("patrol"))
    assert "the role patrol may not list cases" in problem_of(answer, 403, "not-allowed")["detail"]


def test_an_unknown_case(api: Trial, http: TestClient) -> None:
    answer = http.get("/api/v1/cases/C20261121-0404", headers=api.headers("viewer"))
    assert "GET /api/v1/cases" in problem_of(answer, 404, "not-found")["detail"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"class": ""}, "#/class"),
        ({"confidence": 1.5}, "#/confidence"),
        ({"box": [0, 0, 1]}, "#/box/3"),
        ({"first_seen_at": "2026-11-21T01:10:00"}, "#/first_seen_at"),
        ({"last_seen_at": "9999-12-31T23:59:59-12:00"}, "#/last_seen_at"),
        ({"zone": "a\u0000b"}, "#/zone"),
        ({"surprise": 1}, "#/surprise"),
        ({"camera_id": "../etc"}, "#/camera_id"),
        ({"rule": {"a": "\u0000"}}, "#/rule"),
        ({"rule": {"\0": 1}}, "#/rule"),
        ({"rule": nested(100)}, "#/rule"),
        ({"trace": [nested(300)]}, "#/trace"),
        ({"rule": {"hit_ratio": 10**400}}, "#/rule"),
        ({"trace": [{"confidence": -(10**400)}]}, "#/trace"),
    ],
)
def test_a_wrong_field_is_named(api: Trial, http: TestClient, changes: dict[str, Any], pointer: str) -> None:
    headers = api.headers("patrol") | {"Idempotency-Key": "a"}
    answer = http.post("/api/v1/cases", json=CASE_IN | changes, headers=headers)
    problem = problem_of(answer, 422, "invalid")
    assert [(entry["in"], entry["pointer"]) for entry in problem["errors"]] == [("body", pointer)]


@pytest.mark.parametrize(
    ("path", "unknown", "told"),
    [
        ("cases?camera=nix&status=new", "camera", "camera_id"),
        ("cases/summary?stauts=closed", "stauts", "none"),
        ("events?last=1", "last", "after"),
        ("session?x", "x", "none"),
    ],
)
def test_a_mistyped_parameter_is_named_beside_those_that_there_are(
    api: Trial, http: TestClient, path: str, unknown: str, told: str
) -> None:
    problem = problem_of(http.get(f"/api/v1/{path}", headers=api.headers("viewer")), 422, "invalid")
    assert [(entry["in"], entry["pointer"]) for entry in problem["errors"]] == [("query", f"#/{unknown}")]
    assert told in problem["errors"][0]["detail"]
    problem_of(http.get(f"/api/v1/{path}"), 401, "not-signed-in")


@pytest.mark.parametrize("rule", [nested(99), {"path": "C:\\u0000dir"}, {"path": "C:\\\\u0000dir"}])
def test_json_that_is_only_odd_is_taken_and_given_back(api: Trial, http: TestClient, rule: dict[str, Any]) -> None:
    headers = api.headers("admin") | {"Idempotency-Key": "a"}
    case = http.post("/api/v1/cases", json=CASE_IN | {"rule": rule}, headers=headers).json()
    assert http.get(f"/api/v1/cases/{case['id']}", headers=headers).json()["rule"] == rule


@pytest.mark.parametrize("rule", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": "\\ud800"}', b"[" * 3000])
def test_json_that_no_one_can_read_back_is_refused(api: Trial, http: TestClient, rule: bytes) -> None:
    headers = api.headers("patrol") | {"Idempotency-Key": "a", "Content-Type": "application/json"}
    body = b'{"rule": ' + rule + b"}"
    answer = http.post("/api/v1/cases", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "a b"])
def test_an_idempotency_key_is_needed_and_bounded(api: Trial, http: TestClient, key: str) -> None:
    headers = api.headers("patrol") | {"Idempotency-Key": key}
    answer = http.post("/api/v1/cases", json=CASE_IN, headers=headers)
    assert problem_of(answer, 422, "invalid")["errors"][0]["pointer"] == "#/Idempotency-Key"


@pytest.mark.parametrize("cursor", ["%%%", "bm8", "c-1", "é", "czk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_a_foreign_cursor(api: Trial, http: TestClient, cursor: str) -> None:
    answer = http.get("/api/v1/cases", params={"cursor": cursor}, headers=api.headers("viewer"))
    problem_of(answer, 422, "invalid")


def test_a_body_over_the_limit(api: Trial, http: TestClient) -> None:
    headers = api.headers("patrol") | {"Idempotency-Key": "a"}
    answer = http.post("/api/v1/cases", json=CASE_IN | {"trace": ["x" * 6000]}, headers=headers)
    problem_of(answer, 413, "too-large")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "cases"), ("PUT", "cameras/snapshot"), ("PUT", "cameras/detect")]
)
def test_a_stranger_cannot_make_the_server_read_a_large_body_by_calling_it_a_picture(
    http: TestClient, method: str, path: str
) -> None:
    answer = http.request(method, f"/api/v1/{path}", content=b"x" * 6000, headers={"Content-Type": "image/jpeg"})
    problem_of(answer, 413, "too-large")


@pytest.mark.parametrize("path", ["cameras/snapshot/snapshot", "cameras/cam-12/snapshot"])
def test_a_picture_may_be_larger_than_other_bodies(api: Trial, http: TestClient, path: str) -> None:
    headers = api.headers("patrol") | {"Content-Type": "image/jpeg"}
    problem_of(http.put(f"/api/v1/{path}", content=b"x" * 6000, headers=headers), 404, "not-found")


def test_what_was_sent_is_not_repeated(http: TestClient) -> None:
    answer = http.post("/login", data={"name": "li", "password": "hunter2" * 100})
    problem_of(answer, 422, "invalid")
    assert "hunter2" not in answer.text


def test_something_broken_is_answered_and_logged_once(
    api: Trial, http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    picture = (np.arange(48 * 48 * 3) % 255).astype(np.uint8).reshape(48, 48, 3)
    body = cv2.imencode(".png", picture)[1].tobytes()
    headers = api.headers("admin") | {"Content-Type": "image/png"}
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            answer = http.post("/api/v1/detect", content=body, headers=headers)
            problem_of(answer, 500, "internal-error")
            assert "secret" not in answer.text
    records = [record for record in caplog.records if record.name == "api.access"]
    assert [record.getMessage() for record in records] == ["POST /api/v1/detect broke: RuntimeError"]
    assert records[0].exc_info


def test_a_database_that_is_away_asks_for_a_retry(
    api: Trial, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("database is locked"))

    monkeypatch.setattr("api.case_rows.counts", away)
    answer = http.get("/api/v1/cases/summary", headers=api.headers("viewer"))
    assert "full" in problem_of(answer, 503, "database-away")["detail"]
    assert answer.headers["retry-after"] == "2"
    assert "secret" not in answer.text
