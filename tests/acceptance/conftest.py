# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterator

import pytest

from streams.loopback import LoopbackCamera, loopback_camera
from support.running import STREET


@pytest.fixture
def street() -> Iterator[LoopbackCamera]:
    """The demo street on a loopback RTSP camera."""
    with loopback_camera(STREET / "street.mp4") as camera:
        yield camera
