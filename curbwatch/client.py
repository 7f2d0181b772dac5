# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol's side of the dispatch API."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx2

from curbwatch.errors import ApiRefused
from curbwatch.spool import Message
from streams.redact import redact

FINAL = {400, 404, 405, 409, 413, 415, 422}  # the same post would fail again; everything else is worth a retry
PROBLEM = "application/problem+json"
TIMEOUT_S = 15.0


class ApiAway(Exception):
    """The API did not answer, or answered that it cannot now; the post is to be repeated.

    status is the HTTP status it answered with, 0 if there was no answer.
    """

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class Client:
    """Posts to one dispatch API with one key of role patrol."""

    def __init__(self, api_url: str, token: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._http = httpx2.Client(
            base_url=api_url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            trust_env=False,  # a proxy from the environment must not see the city's pictures
        )

    def close(self) -> None:
        self._http.close()

    def post(self, message: Message, attachment: bytes, case_id: str | None) -> str | None:
        """Post one message; returns the case's number for a case. ApiAway: try again; ApiRefused: never will."""
        key = {"Idempotency-Key": message.idempotency_key}
        body = json.loads(message.body)
        match message.kind:
            case "case":
                return _number(self._send("POST", "/cases", json=body, headers=key))
            case "observation":
                self._send("POST", f"/cases/{case_id}/observations", json=body, headers=key)
            case "ledger":
                picture = {"picture": base64.b64encode(attachment).decode()} if attachment else {}
                self._send("POST", "/ledger", json=body | picture, headers=key)
            case _:
                self._send(
                    "POST",
                    f"/cases/{case_id}/evidence",
                    params=body,
                    content=attachment,
                    headers=key | {"Content-Type": message.media_type},
                )
        return None

    def put_camera(self, camera_id: str, about: dict[str, object]) -> None:
        self._send("PUT", f"/cameras/{camera_id}", json=about)

    def remove_camera(self, camera_id: str) -> None:
        self._send("DELETE", f"/cameras/{camera_id}")

    def put_state(self, camera_id: str, state: dict[str, object]) -> None:
        self._send("PUT", f"/cameras/{camera_id}/state", json=state)

    def put_states(self, states: Mapping[str, Mapping[str, object]]) -> list[str]:
        """Report many cameras' states; returns those that the API does not know."""
        items = [{"camera_id": camera_id} | dict(state) for camera_id, state in states.items()]
        answer = self._send("PATCH", "/cameras", json={"items": items})
        return [str(camera_id) for camera_id in answer.get("unknown", [])]

    def put_snapshot(self, camera_id: str, picture: bytes) -> None:
        self._send("PUT", f"/cameras/{camera_id}/snapshot", content=picture, headers={"Content-Type": "image/jpeg"})

    def _send(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise ApiAway(f"no answer from the API ({redact(str(error)) or type(error).__name__})") from error
        if answer.is_success:
            return _content(answer)
        reason = _reason(answer)
        # a proxy's page or another server at this address cannot refuse a case for good, only the API itself can
        if answer.status_code in FINAL and answer.headers.get("content-type", "").startswith(PROBLEM):
            raise ApiRefused(answer.status_code, reason)
        raise ApiAway(f"the API answered {answer.status_code}: {reason}", answer.status_code)


def _content(answer: httpx2.Response) -> dict[str, Any]:
    try:
        return dict(answer.json()) if answer.content else {}
    except (ValueError, TypeError):
        raise ApiAway(f"{answer.url.host} answered no JSON; correct patrol.api_url", answer.status_code) from None


def _number(case: dict[str, Any]) -> str:
    if not case.get("id"):
        raise ApiAway("the answer to a case has no number; correct patrol.api_url")
    return str(case["id"])


def _reason(answer: httpx2.Response) -> str:
    try:
        problem = answer.json()
        faults = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", [])[:5])
        return f"{problem['title']}: {problem.get('detail', '')} {faults}".rstrip()
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.text[:200]
