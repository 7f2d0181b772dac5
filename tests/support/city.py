# SPDX-License-Identifier: AGPL-3.0-or-later
"""A city for pages under test: a real API on loopback that can go away and come back, and a patrol that reports."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from api import accounts
from api.app import create_app
from api.config import ApiConfig
from api.roles import Role
from api.store import open_store
from api.times import stamp
from support import drawn_street
from support.drawn_street import BOXES, Thing
from support.trial import Trial, served, trial

FOOTWAY = [[0.02, 0.56], [0.98, 0.56], [0.98, 0.86], [0.02, 0.86]]
MARKET = [[0.40, 0.57], [0.50, 0.57], [0.50, 0.84], [0.38, 0.84]]


class City:
    """One API process that may be stopped and started again on its port; requests go in as the patrol."""

    def __init__(self, folder: Path) -> None:
        """Prepares an empty database with a key for each role; nothing listens yet."""
        # a busy machine may leave the town alone for minutes: nobody is called silent for that
        self._made: Trial = trial(folder, change=lambda config: replace(config, silent_after_s=3600))
        self._running = ExitStack()
        self._client = httpx2.Client(
            timeout=20, verify=False
        )  # plain HTTP: reading certificates takes longer than a request
        self.port = 0
        self.config: ApiConfig = self._made.config

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def key(self, role: Role | str) -> str:
        """The secret of the key of a role."""
        return self._made.keys[Role(role)]

    def start(self) -> None:
        """Listens, on the port of before if there was one."""
        url = self._running.enter_context(served(create_app(self.config), self.port))
        self.port = int(url.rpartition(":")[2])

    def close(self) -> None:
        """Goes away for good."""
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """Goes away, as a server does that is being updated."""
        self._running.close()

    def add_user(self, name: str, password: str, role: Role | str) -> None:
        """Makes an account."""
        with open_store(self.config.database_url) as store:
            accounts.add_user(store, name, password, role)

    def ask(self, method: str, path: str, *, role: Role | str = "patrol", **request: Any) -> Any:
        """One request to the API; returns its JSON, raises for refusals."""
        headers = {
            "Authorization": f"Bearer {self.key(role)}",
            "Idempotency-Key": uuid.uuid4().hex,
            **request.pop("headers", {}),
        }
        response = self._client.request(method, f"{self.url}/api/v1{path}", headers=headers, **request)
        response.raise_for_status()
        return response.json() if response.content else None

    def camera(
        self, camera_id: str, name: str, *, status: str = "live", error: str | None = None, seed: int = 1
    ) -> None:
        """Registers a camera with two zones, its state and a picture."""
        zones = [
            {"name": "人行道 footway", "polygon": FOOTWAY, "classes": ["stall", "debris"], "kind": "watch"},
            {"name": "便民摊点 market", "polygon": MARKET, "classes": ["stall"], "kind": "permitted"},
        ]
        self.ask("PUT", f"/cameras/{camera_id}", json={"name": name, "zones": zones, "place": "人民路 18 号"})
        self.state(camera_id, status, error)
        self.snapshot(camera_id, drawn_street.jpeg("nothing", seed=seed))

    def snapshot(self, camera_id: str, picture: bytes) -> None:
        """Shows what a camera sees."""
        self.ask("PUT", f"/cameras/{camera_id}/snapshot", content=picture, headers={"Content-Type": "image/jpeg"})

    def state(self, camera_id: str, status: str, error: str | None = None) -> None:
        """Reports how a camera is."""
        size = {"codec": "h264", "width": 1280, "height": 720, "drops": 3, "reconnects": 1}
        age = 0.4 if status == "live" else 42.0
        body = {"status": status, "frame_age_s": age, "error": error, "at": stamp(datetime.now(UTC)), **size}
        self.ask("PUT", f"/cameras/{camera_id}/state", json=body)

    def case(
        self,
        thing: Thing,
        *,
        camera_id: str = "cam-01",
        zone: str = "人行道 footway",
        standing_s: float = 95,
        seed: int = 1,
        evidence: bool = True,
        key: str = "",
    ) -> str:
        """Reports a case, with its pictures and a clip unless told otherwise; returns its number."""
        now = datetime.now(UTC)
        first = now - timedelta(seconds=standing_s)
        body = {
            "key": key or uuid.uuid4().hex,
            "class": thing,
            "camera_id": camera_id,
            "zone": zone,
            "confidence": 0.87,
            "box": BOXES[thing],
            "first_seen_at": stamp(first),
            "confirmed_at": stamp(now),
            "last_seen_at": stamp(now),
            "model": "street-1",
            "rule": {"zone": zone, "reason": f"stood for {standing_s:.0f} s, hit ratio 0.94", "hit_ratio": 0.94},
            "trace": [_look(first, n, standing_s / 40) for n in range(40)],
        }
        case_id = str(self.ask("POST", "/cases", json=body)["id"])
        if evidence:
            self._show(case_id, thing, first, now, seed=seed)
        return case_id

    def _show(self, case_id: str, thing: Thing, first: datetime, now: datetime, *, seed: int) -> None:
        self.evidence(case_id, "before", first, drawn_street.jpeg("nothing", seed=seed))
        self.evidence(case_id, "during", now, drawn_street.jpeg(thing, seed=seed))
        self.evidence(case_id, "clip", now, drawn_street.clip(thing, seed=seed), "video/mp4")

    def evidence(self, case_id: str, kind: str, at: datetime, data: bytes, media_type: str = "image/jpeg") -> None:
        """Adds a picture or clip to a case."""
        path = f"/cases/{case_id}/evidence?kind={kind}&taken_at={stamp(at)}"
        self.ask("POST", path, content=data, headers={"Content-Type": media_type})

    def picture(self, case_id: str) -> str:
        """The address of the picture taken when a case was confirmed."""
        evidence = self.ask("GET", f"/cases/{case_id}")["evidence"]
        return next(str(item["url"]) for item in evidence if item["kind"] == "during")

    def status(self, case_id: str) -> str:
        """Where a case stands, as the API says."""
        return str(self.ask("GET", f"/cases/{case_id}", role="operator")["status"])

    def history(self, case_id: str) -> list[dict[str, Any]]:
        """What the API says was done with a case, oldest first."""
        return list(self.ask("GET", f"/cases/{case_id}", role="operator")["history"])


@contextmanager
def city(folder: Path) -> Iterator[City]:
    """A city that listens while the block lasts."""
    made = City(folder)
    made.start()
    try:
        yield made
    finally:
        made.close()


def _look(first: datetime, number: int, step_s: float) -> dict[str, object]:
    verdict = "hidden" if number in (11, 12, 13, 27) else "miss" if number in (19, 33) else "hit"
    confidence = 0.72 + 0.004 * number if verdict == "hit" else 0.0
    at = stamp(first + timedelta(seconds=number * step_s))
    return {"at": at, "verdict": verdict, "confidence": round(confidence, 3)}
