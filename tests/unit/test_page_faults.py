# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol says of a camera without picture is told in both languages; none of its sentences is missing."""

import errno
import re
from collections.abc import Iterator

import av
import pytest

from api.fault_texts import fault, lasting
from streams import failures
from streams.source import Source

CAMERA, FILE = Source("cam-7", "rtsp://li:hunter2@192.0.2.9/ch1"), Source("cam-7", "/films/a.mp4")
PORTAL = Source("cam-7", "http://192.0.2.9/a.m3u8")
UDP = Source("cam-7", "rtsp://192.0.2.9/ch1", transport="udp")
OURS = re.compile(r"cam-7|192\.0\.2\.9(:554)?|rtsp://192\S*|/films/a\.mp4|transport|tcp|udp|loop|No medium|Digest|MD5")


def said() -> Iterator[str]:
    """Every sentence of streams.failures, made by its own functions where they take no error of FFmpeg's."""
    filled = {"name": "cam-7", "host": "192.0.2.9", "place": "/films/a.mp4", "timeout": 5.0, "transport": "tcp"}
    ours = (failures.MUTE, failures.NOT_RTSP, failures.NO_TRANSPORT, failures.CUT_LOGIN, failures.ONE_PICTURE)
    for words in (*ours, *(row[2] for row in failures.OPENING)):
        yield words.format(**filled)
    for source, number in (
        (CAMERA, errno.EIO),
        (PORTAL, errno.EIO),
        (CAMERA, errno.ENOMEDIUM),
        (FILE, errno.ENOMEDIUM),
    ):
        yield str(failures.opening_failed(source, av.error.FFmpegError(number, "No medium")))
        yield str(failures.stream_ended(source))
    yield str(failures.reading_failed(CAMERA, av.error.InvalidDataError(1, "bad")))
    yield str(failures.no_decoder(FILE))
    yield str(failures.no_picture(CAMERA, 8))
    yield from (str(failures.no_whole_picture(source, 8, damaged)) for source in (CAMERA, UDP) for damaged in (0, 3))
    yield "/films/a.mp4 of cam-7 carries no video: check the path"


@pytest.mark.parametrize("sentence", sorted(set(said())))
@pytest.mark.parametrize("ending", ["", "; retrying in 4 s"])
def test_every_sentence_is_told_in_chinese(sentence: str, ending: str) -> None:
    told = fault(sentence + ending, "zh")

    assert re.search(r"[\u4e00-\u9fff]", told)
    assert "cam-7" in told
    assert not re.search(r"[A-Za-z]{2}", OURS.sub("", told)), told
    assert fault(sentence + ending, "en") == sentence + ending


def test_values_stay_and_unknown_words_are_left_alone() -> None:
    assert fault("no picture for 8 s from cam-7: check power and network; retrying in 4 s", "zh") == (
        "cam-7 已 8 秒没有画面：请检查供电与网络；4 秒后重试"
    )
    assert fault("a newer patrol's words; retrying in 4 s", "zh") == "a newer patrol's words；4 秒后重试"
    assert fault("{name}", "zh") == "{name}"


def test_what_is_longer_than_a_sentence_is_not_searched_for_one() -> None:
    long = f"no picture for 8 s from {'cam-7' * 100}: check power and network"
    assert fault(long, "zh") == long
    assert fault(f"{long}; retrying in 4 s", "zh") == f"{long}; retrying in 4 s"


def test_what_lasts_of_a_sentence_is_told_without_its_countdown() -> None:
    assert lasting("no picture; retrying in 67 s") == lasting("no picture") == "no picture"
