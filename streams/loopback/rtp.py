# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTP on the wire: NAL units cut into payloads (RFC 6184, RFC 7798), packet headers, sender reports (RFC 3550)."""

import struct
from collections.abc import Iterator

CLOCK = 90_000
MTU = 1400
PAYLOAD_TYPE = 96
NTP_OFFSET = 2_208_988_800  # seconds from 1900 to 1970


def split_annexb(data: bytes) -> list[bytes]:
    """Cut an Annex B byte stream into its NAL units, without start codes."""
    units = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [unit for unit in (unit.rstrip(b"\0") for unit in units) if unit]


def nal_type(nal: bytes, codec: str) -> int:
    """The type of a NAL unit; codec is "h264" or "hevc"."""
    return nal[0] & 31 if codec == "h264" else nal[0] >> 1 & 63


def payloads(nal: bytes, codec: str) -> Iterator[bytes]:
    """One NAL unit whole if it fits, else as fragmentation units."""
    if len(nal) <= MTU:
        yield nal
    elif codec == "h264":
        yield from _fragments(nal[1:], bytes([nal[0] & 0xE0 | 28]), nal_type(nal, codec))
    else:
        yield from _fragments(nal[2:], bytes([nal[0] & 0x81 | 49 << 1, nal[1]]), nal_type(nal, codec))


def _fragments(body: bytes, header: bytes, kind: int) -> Iterator[bytes]:
    for start in range(0, len(body), MTU):
        edge = (start == 0) << 7 | (start + MTU >= len(body)) << 6
        yield header + bytes([edge | kind]) + body[start : start + MTU]


def rtp_packet(payload: bytes, *, last: bool, sequence: int, stamp: int, ssrc: int) -> bytes:
    """An RTP packet; `last` sets the marker bit that ends a picture. Counters wrap as the wire wants."""
    kind = PAYLOAD_TYPE | (0x80 if last else 0)
    return struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + payload


def sender_report(*, unix_s: float, stamp: int, ssrc: int, packets: int, octets: int) -> bytes:
    """An RTCP sender report: this RTP stamp was at that wall-clock time."""
    ntp = int((unix_s + NTP_OFFSET) * 2**32)
    counts = (stamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, ntp & 0xFFFFFFFFFFFFFFFF, *counts)
