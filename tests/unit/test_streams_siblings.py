# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from streams.siblings import siblings


@pytest.mark.parametrize(
    ("main", "sub"),
    [
        ("rtsp://a:b@cam/Streaming/Channels/101", "rtsp://a:b@cam/Streaming/Channels/102"),
        ("rtsp://cam/ISAPI/Streaming/channels/1201?x=1", "rtsp://cam/ISAPI/Streaming/channels/1202?x=1"),
        ("rtsp://cam/h264/ch1/main/av_stream", "rtsp://cam/h264/ch1/sub/av_stream"),
        ("rtsp://cam/cam/realmonitor?channel=1&subtype=0", "rtsp://cam/cam/realmonitor?channel=1&subtype=1"),
        ("rtsp://cam/unicast/c1/s0/live", "rtsp://cam/unicast/c1/s1/live"),
        ("rtsp://cam/h264Preview_01_main", "rtsp://cam/h264Preview_01_sub"),
        ("rtsp://cam:554/stream1", "rtsp://cam:554/stream2"),
        ("rtsp://cam/profile1/media.smp", "rtsp://cam/profile2/media.smp"),
    ],
)
def test_known_makers_sub_streams_are_guessed(main: str, sub: str) -> None:
    assert [sibling.url for sibling in siblings(main)] == [sub]


@pytest.mark.parametrize(
    "url",
    ["rtsp://cam/Streaming/Channels/102", "rtsp://cam/cam/realmonitor?channel=1&subtype=1", "rtsp://cam/live", "a.mp4"],
)
def test_nothing_is_guessed_elsewhere(url: str) -> None:
    assert siblings(url) == ()


def test_a_guess_shows_no_password() -> None:
    (sibling,) = siblings("rtsp://admin:hunter2@cam/Streaming/Channels/101")
    assert "hunter2" not in f"{sibling!r} {sibling.place}"
