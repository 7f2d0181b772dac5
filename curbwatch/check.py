# SPDX-License-Identifier: AGPL-3.0-or-later
"""Open each camera of the settings once and say what is wrong."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from curbwatch.settings import CameraSettings
from streams.decoder import LONG
from streams.errors import StreamError
from streams.pictures import is_pictures, list_pictures
from streams.probe import probe
from streams.redact import redact


@dataclass(frozen=True, slots=True)
class Finding:
    """What one camera answered."""

    camera_id: str
    good: bool
    text: str


def check_cameras(cameras: Sequence[CameraSettings], *, on_done: Callable[[], None]) -> list[Finding]:
    """Open all cameras, eight at a time."""

    def one(camera: CameraSettings) -> Finding:
        finding = _check(camera)
        on_done()
        return finding

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, cameras))


def _check(camera: CameraSettings) -> Finding:
    url = camera.url.get_secret_value()
    try:
        if is_pictures(url):
            return Finding(camera.id, good=True, text=f"{len(list_pictures(url, camera.id))} picture(s)")
        found = probe(url, transport=camera.transport, timeout_s=15.0)
    except (StreamError, OSError) as error:
        return Finding(camera.id, good=False, text=redact(str(error)))
    text = f"{found.codec} {found.width}×{found.height}, first picture after {found.first_frame_s:.1f} s"
    if camera.decode == "keyframes" and found.gop_s and found.gop_s > LONG * camera.every_s:
        text += f"; keyframes come every {found.gop_s:.1f} s, looks every {camera.every_s:g} s decode frames between"
    return Finding(camera.id, good=True, text=text)
