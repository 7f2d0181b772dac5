# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of streams share: waiting for a reader, without sleeping longer than needed."""

import time
from collections.abc import Callable

from streams.frame import Frame
from streams.reader import CameraReader
from streams.state import CameraState


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
        if reader.wait(left_s) and (frame := reader.take()):
            frames.append(frame)
    return frames


def next_frame(reader: CameraReader, timeout_s: float = 10.0) -> Frame:
    """The next frame; fails with the reader's own words when none comes."""
    assert reader.wait(timeout_s), reader.state()
    frame = reader.take()
    assert frame is not None
    return frame


def failing(reader: CameraReader, timeout_s: float = 10.0) -> CameraState:
    """The state once the reader is between two attempts."""
    assert until(lambda: reader.state().status == "retrying" and reader.state().retry_in_s is not None, timeout_s), (
        reader.state()
    )
    return reader.state()
