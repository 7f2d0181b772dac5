# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks why there was or was no case: the API over HTTP, or the service's own database where it lies on this machine."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError
from sqlalchemy.engine import make_url

from api import camera_rows, case_rows, evidence_rows, ledger_rows
from api.blobs import Blobs
from api.camera_schemas import CameraList
from api.ledger_schemas import EntryOut, WhyOut, entry_out
from api.schemas import CaseOut
from api.store import Store, check_schema, open_store
from api.times import utc_now
from api.why import answer
from curbwatch.errors import CurbwatchError, SettingsError
from curbwatch.service import api_config
from curbwatch.settings import Settings

TOKEN = "CURBWATCH_TOKEN"  # noqa: S105 - the name of the variable
Shape = TypeVar("Shape", bound=BaseModel)
SHOWN = 5  # ids that the answer to an unknown one names
NOBODYS = (404, 422)  # what the API answers to an id that nobody has, or could have
SPEAKING = ("context", "during", "before", "after")  # which picture shows a case best to whoever has no page


class Asking(Protocol):
    """Somebody who knows."""

    def why(self, camera_id: str, at: datetime) -> WhyOut:
        """The sentence about a moment."""

    def entry(self, entry_id: str) -> EntryOut:
        """A whole entry of the ledger."""

    def case(self, case_id: str) -> CaseOut:
        """A whole case."""

    def file(self, url: str) -> bytes | None:
        """A picture at an address that an answer named; None where it is gone."""


def picture_of(asking: Asking, found: WhyOut) -> bytes | None:
    """The picture that belongs to an answer, if there is one."""
    urls = [entry.picture for entry in found.entries if entry.picture]
    if found.case is not None:
        shown = [e for e in asking.case(found.case).evidence if e.media_type == "image/jpeg"]
        urls = [e.url for e in sorted(shown, key=lambda e: SPEAKING.index(e.kind))]
    return asking.file(urls[0]) if urls else None


@contextmanager
def asking(settings: Settings | None, api_url: str) -> Iterator[Asking]:
    """Over HTTP where an address is given, else from the database that the settings name."""
    url = api_url or (settings.patrol.api_url if settings else "")
    if url:
        token = os.environ.get(TOKEN, "")
        if not token:
            raise SettingsError(
                f"{url} wants a key: make one with `curbwatch keys add -s FILE why --role viewer` on its machine and "
                f"export it as {TOKEN}"
            )
        with httpx2.Client(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        ) as http:
            yield OverHttp(http)
    elif settings is None:
        raise SettingsError(f"give --settings FILE, or --api URL with a key in {TOKEN}")
    else:
        _check_there(settings)
        with open_store(settings.database_url) as store:
            check_schema(store)
            yield InStore(store, settings)


def _check_there(settings: Settings) -> None:
    address = make_url(settings.database_url)
    if address.get_backend_name() == "sqlite" and not os.path.exists(address.database or ""):  # noqa: PTH110 - a name
        raise SettingsError(
            f"there is no database at {address.database}: start `curbwatch run` first, or give --api URL of the service"
        )


class InStore:
    """Answers from the service's own database and folder."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Opens nothing that is not open already."""
        self._store, self._config = store, api_config(settings)

    def why(self, camera_id: str, at: datetime) -> WhyOut:
        """The sentence about a moment."""
        with self._store.read() as connection:
            known = {camera.id: camera for camera in camera_rows.every(connection)}
            if camera_id not in known:
                raise unknown_camera(camera_id, known)
            return answer(connection, known[camera_id], at, now=utc_now(), config=self._config)

    def entry(self, entry_id: str) -> EntryOut:
        """A whole entry of the ledger."""
        with self._store.read() as connection:
            return entry_out(ledger_rows.get(connection, entry_id))

    def case(self, case_id: str) -> CaseOut:
        """A whole case."""
        with self._store.read() as connection:
            return CaseOut.model_validate(case_rows.get(connection, case_id))

    def file(self, url: str) -> bytes | None:
        """A picture at an address that an answer named; None where it is gone."""
        blobs = Blobs(self._config.evidence_dir)
        parts = url.split("/")
        path = blobs.ledger_path(parts[4]) if parts[3] == "ledger" else blobs.path(self._sha256(parts[4]))
        return path.read_bytes() if path.is_file() else None

    def _sha256(self, evidence_id: str) -> str:
        with self._store.read() as connection:
            return evidence_rows.get(connection, evidence_id).sha256


class OverHttp:
    """Answers from a service over HTTP."""

    def __init__(self, http: httpx2.Client) -> None:
        """`http` has the address and the key."""
        self._http = http

    def why(self, camera_id: str, at: datetime) -> WhyOut:
        """The sentence about a moment."""
        path = f"/api/v1/cameras/{quote(camera_id, safe='')}"
        if self._get(path).status_code in NOBODYS:
            known = self._read(CameraList, "/api/v1/cameras").items
            raise unknown_camera(camera_id, [camera.id for camera in known])
        return self._read(WhyOut, f"{path}/why", at=at.isoformat())

    def entry(self, entry_id: str) -> EntryOut:
        """A whole entry of the ledger."""
        return self._read(EntryOut, f"/api/v1/ledger/{entry_id}")

    def case(self, case_id: str) -> CaseOut:
        """A whole case."""
        return self._read(CaseOut, f"/api/v1/cases/{case_id}")

    def file(self, url: str) -> bytes | None:
        """A picture at an address that an answer named; None where it is gone."""
        answer = self._get(url)
        return answer.content if answer.is_success else None

    def _read(self, shape: type[Shape], path: str, **params: str) -> Shape:
        answer = self._get(path, **params)
        if not answer.is_success:
            raise CurbwatchError(f"the API answered {answer.status_code}: {_detail(answer)}")
        try:
            return shape.model_validate(answer.json())
        except (ValueError, ValidationError) as error:
            raise CurbwatchError(f"{answer.url.host} does not answer like this version; correct --api") from error

    def _get(self, path: str, **params: str) -> httpx2.Response:
        try:
            return self._http.get(path, params=params)
        except httpx2.HTTPError as error:
            raise CurbwatchError(f"no answer from {self._http.base_url.host} ({type(error).__name__})") from error


def unknown_camera(camera_id: str, known: Collection[str]) -> CurbwatchError:
    """The answer to an id that nobody has: those most like it, or else the first ones."""
    there = "the service has heard of none yet."
    if near := get_close_matches(camera_id, known, SHOWN):
        there = f"did you mean {', '.join(near)}?"
    elif known:
        there = f"there are {', '.join(sorted(known)[:SHOWN])}{', … ' if len(known) > SHOWN else ''}."
    return CurbwatchError(
        f"no camera has the id {camera_id!r}; {there} `curbwatch check FILE` lists those of a settings file; a new one "
        "is known once `curbwatch run` has started with it"
    )


def _detail(answer: httpx2.Response) -> Any:
    try:
        return answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return "no reason given; correct --api"
