# SPDX-License-Identifier: AGPL-3.0-or-later
"""Open each camera of the settings once and say what is wrong."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from curbwatch.settings import CameraSettings
from detector.ground import WIDE
from streams.decoder import LONG
from streams.errors import StreamError
from streams.pictures import is_pictures, list_pictures
from streams.probe import probe
from streams.redact import redact

ABOUT = 0.1  # of a width over height: 1920×1088 is 16:9, too

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one camera answered."""

    camera_id: str
    good: bool
    text: str


def check_cameras(cameras: Sequence[CameraSettings]) -> Iterator[Finding]:
    """Open all cameras, eight at a time; their findings come in their order."""
    first_with: dict[str, str] = {}
    for camera in cameras:
        first_with.setdefault(camera.url.get_secret_value(), camera.id)
    with ThreadPoolExecutor(8) as pool:
        for camera, finding in zip(cameras, pool.map(_check, cameras), strict=True):
            other = first_with[camera.url.get_secret_value()]
            hint = "" if other == camera.id else f"; same address as {other}"
            yield replace(finding, text=finding.text + hint)


def _check(camera: CameraSettings) -> Finding:
    try:
        return _opened(camera)
    except (StreamError, OSError) as error:
        text = redact(str(error))
    except Exception as error:  # the outermost loop of the worker: of the others it must still be told
        log.exception("checking %s failed unexpectedly", camera.id)
        text = f"checking {camera.id} failed ({type(error).__name__}): see the log"
    return Finding(camera.id, good=False, text=text)


def _opened(camera: CameraSettings) -> Finding:
    url = camera.url.get_secret_value()
    if is_pictures(url):
        return Finding(camera.id, good=True, text=f"{len(list_pictures(url, camera.id))} picture(s)")
    found = probe(url, transport=camera.transport, camera_id=camera.id)
    text = f"{found.codec} {found.width}×{found.height}, first picture after {found.first_frame_s:.1f} s"
    if camera.decode == "keyframes" and found.gop_s and found.gop_s > LONG * camera.every_s:
        text += f"; keyframes come every {found.gop_s:.1f} s, looks every {camera.every_s:g} s decode frames between"
    if camera.ground and camera.ground.takes_it_to_be_wide and abs(found.width / found.height - WIDE) > ABOUT:
        text += "; its metres take it to show a scene of 16:9: set `aspect` under [cameras.ground] to say which it is"
    return Finding(camera.id, good=True, text=text)
