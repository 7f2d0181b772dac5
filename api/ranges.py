# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP ranges before the file response sees them: one range, or the whole file."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request

ONE_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})|bytes=-(\d{1,15})")


def check_range(request: Request, size: int, etag: str) -> None:
    """Drops a Range header that is not one plain range (RFC 9110 lets a server ignore it); raises 416."""
    said = request.headers.get("range")
    if said is None or request.headers.get("if-range", etag) != etag:  # of another file: this one is sent whole
        return
    found = ONE_RANGE.fullmatch(said.strip())
    if found is None or (found[1] and found[2] and int(found[2]) < int(found[1])):
        headers = request.scope["headers"]
        request.scope["headers"] = [(name, value) for name, value in headers if name != b"range"]
    elif (found[1] and int(found[1]) >= size) or found[3] == "0":
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
