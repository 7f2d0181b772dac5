# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence over HTTP: pictures and clips in, and out again in ranges."""

import asyncio
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathPart
from sqlalchemy.engine import Connection
from starlette.responses import FileResponse

from api import case_rows, cases, evidence_rows
from api.auth import Reader, Reporter
from api.blobs import Upload
from api.errors import Forgotten, NotFound
from api.idempotency import Answer, answered
from api.media import SUFFIX
from api.model import Evidence, EvidenceKind, NewEvidence
from api.ranges import check_range
from api.routes.cases import CaseId
from api.routes.shared import (
    STORED,
    IdempotencyKey,
    as_response,
    attempt_of,
    headers,
    kept_with,
    raw_answer,
    raw_body,
    refusals,
    write_once,
)
from api.schemas import EvidenceOut
from api.services import Services, ServicesDep
from api.shapes import Time
from api.uploads import check_content, check_length, said_type, write_all

router = APIRouter(prefix="/api/v1", tags=["evidence"])
log = logging.getLogger(__name__)
EvidenceId = Annotated[str, PathPart(pattern=r"^E[0-9a-f]{20}$", examples=["E5f0c1a9be2d34c7788aa"])]


@router.post(
    "/cases/{case_id}/evidence",
    status_code=201,
    response_model=EvidenceOut,
    summary="Add a picture or clip to a case",
    openapi_extra=raw_body(*SUFFIX),
    responses=refusals(404, 413, 415, 507)
    | {
        200: {"model": EvidenceOut, "description": "The case has these bytes already: this one."} | headers(*STORED),
        201: headers(*STORED),
    },
)
async def add(
    case_id: CaseId,
    request: Request,
    key: IdempotencyKey,
    kind: EvidenceKind,
    taken_at: Annotated[Time, Query(description="When the picture was taken, or the clip began.")],
    _by: Reporter,
    services: ServicesDep,
) -> Response:
    """The body is the file itself. It is complete on disk before the case knows of it; the same bytes
    twice are one piece of evidence."""
    media_type = said_type(request, ("video/mp4",) if kind == "clip" else SUFFIX)
    check_length(request, services.config.evidence_bytes)
    await asyncio.to_thread(_check_case, services, case_id)
    new = NewEvidence(case_id, kind, media_type, taken_at)
    with services.blobs.receive() as upload:
        await write_all(request, upload, services.config.evidence_bytes)
        return await asyncio.to_thread(_keep, services, request, key, new, upload)


@router.get(
    "/evidence/{evidence_id}",
    summary="Download a picture or clip",
    response_class=FileResponse,
    responses=refusals(404, 410, 416)
    | {
        200: raw_answer("The file.", *SUFFIX),
        206: raw_answer("The part that was asked for.", *SUFFIX),
        304: raw_answer("Not changed; evidence never changes."),
    },
)
def download(evidence_id: EvidenceId, request: Request, _by: Reader, services: ServicesDep) -> Response:
    """Serves ranges, so that players can seek."""
    with services.store.read() as connection:
        found = evidence_rows.get(connection, evidence_id)
    if found.forgotten_at is not None:
        raise Forgotten(
            f"evidence {found.id} was deleted at {found.forgotten_at:%Y-%m-%d %H:%M} UTC: it is kept for "
            f"{services.config.evidence_days:g} days after its case is done (service.evidence_days)"
        )
    cached, unchanged = kept_with(request, found.sha256)
    if unchanged is not None:
        return unchanged
    check_range(request, found.bytes, cached["ETag"])
    return FileResponse(
        _whole_file(services, found),
        headers=cached,
        media_type=found.media_type,
        filename=f"{found.case_id}-{found.kind}-{found.id}.{SUFFIX[found.media_type]}",
        content_disposition_type="inline",
    )


def _check_case(services: Services, case_id: str) -> None:
    with services.store.read() as connection:
        case_rows.get(connection, case_id)


def _keep(services: Services, request: Request, key: str, new: NewEvidence, upload: Upload) -> Response:
    check_content(upload, new.media_type)
    sha256 = upload.sha256
    body = [asdict(new), sha256]
    with services.store.read() as connection:  # before it is kept: nobody would find and delete a file without a case
        if before := answered(connection, attempt_of(request, key, body)):
            return as_response(before)
        known = evidence_rows.same(connection, new, sha256)
    if known is None or known.forgotten_at is None:
        services.blobs.keep(upload)

    def act(connection: Connection) -> Answer:
        if there := known or evidence_rows.same(connection, new, sha256):
            return _answer(200, there)
        now = services.clock()
        stored = evidence_rows.insert(connection, new, sha256, upload.bytes, now=now)
        cases.announce_evidence(connection, new.case_id, now=now)
        return _answer(201, stored)

    return write_once(services, request, key, body, act)


def _answer(status: int, stored: Evidence) -> Answer:
    body = EvidenceOut.model_validate(stored).model_dump_json()
    return Answer(status, body, stored.url)


def _whole_file(services: Services, found: Evidence) -> Path:
    path = services.blobs.path(found.sha256)
    if not path.is_file() or path.stat().st_size != found.bytes:
        log.error("evidence %s: its file %s is missing or cut off: restore it", found.id, path)
        raise NotFound(f"the file of evidence {found.id} is missing: restore the evidence folder from a backup")
    return path
