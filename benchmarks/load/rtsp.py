# SPDX-License-Identifier: AGPL-3.0-or-later
"""The camera's side of RTSP (RFC 2326), as little of it as a viewer over TCP needs."""

from dataclasses import dataclass, field

METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
LONGEST = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)


def next_request(buffer: bytearray) -> Request | None:
    """Take the next request out of the buffer, past the viewer's RTCP; None: more bytes are needed. ValueError."""
    while buffer[:1] == b"$" and len(buffer) >= 4 + int.from_bytes(buffer[2:4], "big") and len(buffer) >= 4:
        del buffer[: 4 + int.from_bytes(buffer[2:4], "big")]
    if buffer[:1] == b"$" or (end := buffer.find(b"\r\n\r\n")) < 0:
        if len(buffer) > LONGEST:
            raise ValueError("no request in the first 64 KiB")
        return None
    head = buffer[:end].decode("utf-8", "replace")
    del buffer[: end + 4]
    line, *lines = head.split("\r\n")
    method, url, _ = line.split()
    pairs = (each.partition(":") for each in lines)
    return Request(method, url, {name.strip().lower(): value.strip() for name, _, value in pairs})


def answer(request: Request, sdp: str) -> bytes:
    """What a camera says to a request."""
    fields, body = {}, ""
    if request.method == "OPTIONS":
        fields["Public"] = METHODS
    elif request.method == "DESCRIBE":
        fields, body = {"Content-Type": "application/sdp", "Content-Base": request.url.rstrip("/") + "/"}, sdp
    elif request.method == "SETUP":
        if "interleaved" not in request.headers.get("transport", ""):
            return _said(request, "461 Unsupported Transport", {}, "")
        fields["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
    elif request.method not in METHODS.split(", "):
        return _said(request, "501 Not Implemented", {}, "")
    return _said(request, "200 OK", fields, body)


def _said(request: Request, status: str, fields: dict[str, str], body: str) -> bytes:
    told = {"CSeq": request.headers.get("cseq", "0"), "Session": "1;timeout=60", **fields}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"RTSP/1.0 {status}\r\n{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
