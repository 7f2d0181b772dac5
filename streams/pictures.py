# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folders and glob patterns of single pictures, read in the order of their names."""

import glob
import logging
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

import av

from streams.coded import Coded, Track
from streams.connection import TITLES, utc_now
from streams.errors import BadStream, NoVideo
from streams.failures import stream_ended
from streams.source import Source, scheme_of

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


def is_pictures(url: str) -> bool:
    """Whether it names pictures (a folder, a pattern, one picture) rather than a video or a camera."""
    if scheme_of(url) not in ("", "file"):  # the ? of an address is no pattern, nor are the brackets of IPv6
        return False
    path = Path(url.removeprefix("file://"))
    return path.is_dir() or path.suffix.lower() in SUFFIXES or _is_pattern(path)


def _is_pattern(path: Path) -> bool:
    return glob.has_magic(str(path)) and not path.exists()


def list_pictures(url: str, camera_id: str) -> list[Path]:
    """The pictures of a folder, a pattern or one file, by name; NoVideo when there are none."""
    path = Path(url.removeprefix("file://"))
    if path.is_dir():
        found = [each for each in path.iterdir() if each.suffix.lower() in SUFFIXES]
    elif _is_pattern(path):
        found = [Path(each) for each in glob.glob(str(path), recursive=True)]  # noqa: PTH207 - absolute patterns
    else:
        found = [path] if path.exists() else []
    if not found:
        raise NoVideo(camera_id, f"{camera_id} finds no picture at {path}: check folder, pattern and suffixes")
    return sorted(found)


def read_picture(path: Path, camera_id: str, *, at: datetime) -> Coded:
    """One picture file as a coded picture; BadStream when it is none."""
    try:
        with av.open(str(path), metadata_errors=TITLES) as container:
            codec = container.streams.video[0].codec_context
            if not codec:
                raise _no_picture(path, camera_id)
            data = b"".join(bytes(packet) for packet in container.demux(container.streams.video[0]))
            track = Track(codec.codec.canonical_name, codec.width, codec.height, codec.extradata or b"")
    except (av.error.FFmpegError, IndexError) as error:
        raise _no_picture(path, camera_id) from error
    if not track.width:  # the name alone made it one
        raise _no_picture(path, camera_id)
    return Coded(data, track, key=True, pts_s=None, dts_s=None, at=at, mono=time.monotonic())


def _no_picture(path: Path, camera_id: str) -> BadStream:
    return BadStream(camera_id, f"{path} of {camera_id} is no picture: take it out of the folder")


def live_pictures(source: Source, shown: set[Path], *, quit_event: Event) -> Iterator[Coded]:
    """The pictures every_s apart in real time; StreamEnded after the last unless the source loops.

    shown: those left out unless the source loops, for one who asks again after the end; what is shown joins them.
    What is no picture is passed over with a word in the log; BadStream when none of them is one.
    """
    while not quit_event.is_set():
        there, faults = list_pictures(source.url, source.camera_id), list[BadStream]()
        shown.intersection_update(there)
        paths = there if source.loop else [path for path in there if path not in shown]
        if not paths:
            raise stream_ended(source)
        for path in paths:
            began = time.monotonic()
            try:
                picture = read_picture(path, source.camera_id, at=utc_now())
            except BadStream as error:
                log.warning("%s", error)
                faults.append(error)
                continue
            shown.add(path)
            yield picture
            if quit_event.wait(max(0.0, began + source.every_s - time.monotonic())):
                return
        if len(faults) == len(paths):
            raise stream_ended(source) if shown and not source.loop else faults[0]
