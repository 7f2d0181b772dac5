# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files are what their bytes say."""

import contextlib
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.detecting import decode
from api.errors import TooLarge, WrongMediaType
from api.media import MOST_BOXES, picture_size, sniff

GREY = np.full((48, 64, 3), 127, np.uint8)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, GREY)[1].tobytes()


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


MP4 = box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", b"\0" * 64) + box(b"mdat", b"\1" * 100)
LARGE_BOX = struct.pack(">I4sQ", 1, b"mdat", 16 + 20) + b"\1" * 20
OPEN_BOX = struct.pack(">I4s", 0, b"mdat") + b"\1" * 20


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(".jpg"), "image/jpeg"),
        (encoded(".jpg") + b"\0" * 100, "image/jpeg"),
        (encoded(".png"), "image/png"),
        (MP4, "video/mp4"),
        (MP4 + LARGE_BOX, "video/mp4"),
        (MP4 + OPEN_BOX, "video/mp4"),
        (MP4 + box(b"free", b"") * (MOST_BOXES - 3), "video/mp4"),
        (MP4 + box(b"free", b"") * (MOST_BOXES - 2), None),
        (encoded(".jpg")[:-40], None),
        (encoded(".png")[:-20], None),
        (MP4[:-1], None),
        (MP4 + b"\0\0\0", None),
        (MP4[:20] + box(b"mdat", b"\1" * 100), None),
        (encoded(".bmp"), None),
        (b"<html><script>alert(1)</script></html>", None),
        (b"", None),
    ],
)
def test_only_whole_files_of_known_types_are_recognised(data: bytes, expected: str | None, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert sniff(path) == expected


@given(st.binary(max_size=200))
def test_any_bytes_behind_an_mp4_start_end_in_an_answer(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    path = tmp_path_factory.mktemp("mp4") / "file"
    path.write_bytes(MP4[:20] + tail)
    assert sniff(path) in ("video/mp4", None)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_the_size_is_read_without_decoding(suffix: str) -> None:
    assert picture_size(encoded(suffix)) == (64, 48)
    assert decode(encoded(suffix)).shape == (48, 64, 3)


def test_a_picture_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = encoded(".png")[:16] + struct.pack(">II", 60_000, 60_000) + encoded(".png")[24:]
    with pytest.raises(TooLarge, match="60000×60000"):
        decode(bomb)


@pytest.mark.parametrize("marker", [0x00, 0x01, *range(0xD0, 0xDA)])
def test_no_size_is_believed_behind_a_marker_that_has_no_length(marker: int) -> None:
    """Taken for its length, the next marker would lead to another size than the decoder's, inside the comment."""
    lie = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 1, 1, 1)
    comment = b"\xff\xe5" + struct.pack(">H", 0xFFFF) + (b"\0" * (0xFFE5 - 4) + lie).ljust(0xFFFD, b"\0")
    hidden = b"\xff\xd8\xff" + bytes([marker]) + comment + encoded(".jpg")[2:]
    assert picture_size(hidden) is None
    with pytest.raises(WrongMediaType):
        decode(hidden)


@given(st.binary(max_size=300))
def test_broken_jpegs_are_refused_and_never_crash(tail: bytes) -> None:
    with contextlib.suppress(WrongMediaType, TooLarge):
        assert decode(encoded(".jpg")[:20] + tail).ndim == 3
