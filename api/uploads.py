# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bodies that are files: read piece by piece, bounded, and checked against what they say they are."""

import asyncio
from collections.abc import Collection
from typing import cast

from starlette.requests import Request

from api.blobs import Upload
from api.config import MEBIBYTE
from api.errors import TooLarge, WrongMediaType
from api.media import sniff
from api.model import MediaType


def said_type(request: Request, taken: Collection[str]) -> MediaType:
    """The media type the request says; raises WrongMediaType unless it is one of `taken`."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in taken:
        raise WrongMediaType(f"send Content-Type {' or '.join(taken)} with the file itself as body")
    return cast("MediaType", said)


def check_length(request: Request, limit: int) -> None:
    """Raises TooLarge when the request already says that it is."""
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > limit:
        raise too_large(limit)


def too_large(limit: int) -> TooLarge:
    """The refusal of a body over `limit` bytes."""
    return TooLarge(f"the body is over {limit / MEBIBYTE:g} MiB: send a smaller one", limit_bytes=limit)


async def read_all(request: Request, limit: int) -> bytes:
    """The whole body in memory; raises TooLarge."""
    check_length(request, limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


async def write_all(request: Request, upload: Upload, limit: int) -> None:
    """Writes the body to `upload` off the event loop, a MiB at a time; raises TooLarge, StorageFull."""
    check_length(request, limit)
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if upload.bytes + len(waiting) > limit:
            raise too_large(limit)
        if len(waiting) >= MEBIBYTE:
            await asyncio.to_thread(upload.write, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(upload.write, bytes(waiting))


def check_content(upload: Upload, said: MediaType) -> None:
    """Raises WrongMediaType unless the file is a complete one of the type it says."""
    upload.close()
    found = sniff(upload.path)
    if found != said:
        really = f"it looks like {found}" if found else "it is something else or cut off"
        raise WrongMediaType(f"this is no complete {said}: {really}; send the file as it is, with its own type")
