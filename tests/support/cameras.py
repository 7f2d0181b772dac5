# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of streams share: waiting for a reader, without sleeping longer than needed."""

import time
from collections.abc import Callable

from streams.frame import Frame
from streams.reader import CameraReader
from streams.state import CameraState

RETRYING = "; retrying in "


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def frames_of(reader: CameraReader, seconds: float) -> list[Frame]:
    """Every frame that can be taken within so many seconds."""
    frames, deadline = [], time.monotonic() + seconds
    while (left_s := deadline - time.monotonic()) > 0:
        if until(lambda: reader.waiting_since is not None, left_s) and (frame := reader.take()):
            frames.append(frame)
    return frames


def next_frame(reader: CameraReader, timeout_s: float = 10.0) -> Frame:
    """The next frame; fails with the reader's own words when none comes."""
    assert until(lambda: reader.waiting_since is not None, timeout_s), reader.state()
    frame = reader.take()
    assert frame is not None
    return frame


def failing(reader: CameraReader, timeout_s: float = 10.0) -> CameraState:
    """The state once the reader is between two attempts."""
    assert until(lambda: is_between(reader.state()), timeout_s), reader.state()
    return reader.state()


def is_between(state: CameraState) -> bool:
    """Whether a camera waits for its next attempt; one that is only silent for long is told without one."""
    return state.status == "retrying" and RETRYING in (state.error or "")


def retry_s(state: CameraState) -> int:
    """In how many seconds a camera that fails is tried again, as it is told."""
    return int((state.error or "").partition(RETRYING)[2].removesuffix(" s"))
