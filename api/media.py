# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file really is: looks at the bytes, never at the name or the header."""

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from api.model import MediaType

JPEG_START = b"\xff\xd8\xff"
JPEG_END = b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PNG_END = b"IEND\xaeB`\x82"
MOST_BOXES = 10_000  # a clip has dozens; 64 MiB would hold eight million empty ones, each a read
TAIL = 4096  # some encoders pad behind the end marker
SUFFIX: dict[MediaType, str] = {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}


def sniff(path: Path) -> MediaType | None:
    """The media type of a complete JPEG, PNG or MP4 file; None for anything else or a cut-off one."""
    with path.open("rb") as file:
        head = file.read(32)
        if head.startswith(JPEG_START):
            return "image/jpeg" if JPEG_END in _tail(file) else None
        if head.startswith(PNG_START):
            return "image/png" if PNG_END in _tail(file) else None
        if head[4:8] == b"ftyp":
            return "video/mp4" if _is_whole_mp4(file) else None
    return None


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from a JPEG's or PNG's header, without decoding; None for other bytes."""
    if data.startswith(PNG_START) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(JPEG_START):
        return _jpeg_size(data)
    return None


def _tail(file: BinaryIO) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL))
    return file.read()


def _is_whole_mp4(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    names = list(islice(_boxes(file, size), MOST_BOXES + 1))
    return len(names) <= MOST_BOXES and b"moov" in names and b"" not in names


def _boxes(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Names of the top-level boxes; an empty name where one is broken or cut off."""
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(16)
        length = _box_length(header, size - at)
        if length is None:
            yield b""
            return
        yield header[4:8]
        at += length


def _box_length(header: bytes, left: int) -> int | None:
    if len(header) < 8:
        return None
    length = int.from_bytes(header[:4], "big")
    smallest = 8
    if length == 1:  # a 64-bit length follows the name
        length, smallest = int.from_bytes(header[8:16], "big"), 16
    elif length == 0:  # the last box reaches to the end of the file
        length = left
    return length if smallest <= length <= left else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker <= 0x01 or 0xD0 <= marker <= 0xD9:  # has no length, and no encoder writes one before the size
            return None
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
