# SPDX-License-Identifier: AGPL-3.0-or-later
"""The OpenAPI document: complete, with examples, and true when hostile requests try it."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import jsonschema_rs
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from support.trial import Trial, trial

AnyCase: TypeAlias = schemathesis.Case[Any]
PATHS = {
    "/api/v1/cases": {"get", "post"},
    "/api/v1/cases/report": {"get"},
    "/api/v1/cases/summary": {"get"},
    "/api/v1/cases/{case_id}": {"get"},
    "/api/v1/cases/{case_id}/evidence": {"post"},
    "/api/v1/cases/{case_id}/notes": {"post"},
    "/api/v1/cases/{case_id}/observations": {"post"},
    "/api/v1/cases/{case_id}/transitions": {"post"},
    "/api/v1/evidence/{evidence_id}": {"get"},
    "/api/v1/cameras": {"get", "patch"},
    "/api/v1/cameras/{camera_id}": {"delete", "get", "put"},
    "/api/v1/cameras/{camera_id}/snapshot": {"get", "put"},
    "/api/v1/cameras/{camera_id}/state": {"put"},
    "/api/v1/cameras/{camera_id}/why": {"get"},
    "/api/v1/detect": {"post"},
    "/api/v1/events": {"get"},
    "/api/v1/ledger": {"get", "post"},
    "/api/v1/ledger/{entry_id}": {"get"},
    "/api/v1/ledger/{entry_id}/picture": {"get"},
    "/api/v1/session": {"get"},
    "/api/v1/tickets": {"get"},
    "/api/v1/tickets/{ticket_id}": {"get"},
    "/healthz": {"get"},
    "/login": {"post"},
    "/logout": {"post"},
    "/metrics": {"get"},
    "/readyz": {"get"},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return trial(tmp_path_factory.mktemp("openapi"), detect=lambda _picture: [])


@pytest.fixture(scope="module")
def document(api: Trial) -> dict[str, Any]:
    found: dict[str, Any] = TestClient(api.app).get("/api/v1/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_it_names_every_address(document: dict[str, Any]) -> None:
    assert {path: set(methods) for path, methods in document["paths"].items()} == PATHS


def test_every_operation_is_described_tagged_and_guarded(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        if "/api/v1/" in name:
            assert {"key": []} in operation["security"], name
            assert {"401", "403", "503"} <= set(operation["responses"]), name


def test_json_bodies_and_problems_have_examples(document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    for shape in ("CaseIn", "CaseOut", "CaseListed", "TransitionIn", "NoteIn", "ObservationIn", "EvidenceOut"):
        assert shapes[shape]["examples"], shape
    for shape in ("CameraIn", "CameraStateIn", "CameraOut", "DetectionsOut", "SessionOut"):
        assert shapes[shape]["examples"], shape
    for shape in ("EntryIn", "EntryOut", "EntryListed", "WhyOut", "TicketOut"):
        assert shapes[shape]["examples"], shape
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert answer["content"]["application/problem+json"]["example"]["detail"], (name, status)


def test_examples_have_the_shape_that_they_are_examples_of(document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    for name, shape in shapes.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        shown = jsonschema_rs.validator_for(schema, validate_formats=True)
        for example in shape.get("examples", ()):
            assert [str(error) for error in shown.iter_errors(example)] == [], name
    assert shapes["CaseOut"]["examples"][0]["cleared_at"] is None


def test_headers_that_callers_need_are_named(document: dict[str, Any]) -> None:
    def named(path: str, method: str, status: str) -> set[str]:
        return set(document["paths"][path][method]["responses"][status]["headers"])

    assert named("/api/v1/cases", "get", "200") == {"Event-Id"}
    for status in ("200", "201"):
        assert named("/api/v1/cases", "post", status) == {"Location", "Idempotent-Replay"}
        assert named("/api/v1/cases/{case_id}/evidence", "post", status) == {"Location", "Idempotent-Replay"}
        assert named("/api/v1/ledger", "post", status) == {"Location"}
    assert named("/api/v1/cases/{case_id}/transitions", "post", "200") == {"Idempotent-Replay"}
    for status in ("200", "206", "304"):
        assert named("/api/v1/evidence/{evidence_id}", "get", status) == {"ETag"}
    assert named("/metrics", "get", "503") == {"Retry-After"}
    assert named("/login", "post", "429") == {"Retry-After"}


def test_there_are_no_pages_that_need_the_internet(api: Trial) -> None:
    http = TestClient(api.app)
    assert [http.get(path).status_code for path in ("/docs", "/redoc", "/api/docs")] == [404] * 3


def test_hostile_requests_get_documented_answers(api: Trial) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", api.app)
    for found in schema.exclude(path_regex="/events|/metrics").get_all_operations():
        assert isinstance(found, Ok)
        try_out(found.ok().as_strategy(), api.headers("admin"))


def try_out(requests: SearchStrategy[AnyCase], headers: dict[str, str]) -> None:
    @settings(max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(request=requests)
    def hostile(request: AnyCase) -> None:
        # times, names and media are checked more closely than JSON Schema can say
        request.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    hostile()
