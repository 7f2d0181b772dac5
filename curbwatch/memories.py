# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol remembers of each camera's picture, one small file a camera."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import structlog

from detector.memory_file import dump, load
from detector.observe import Memory, on_picture
from detector.watch import Watch
from detector.zones import Zone

log = structlog.get_logger(__name__)


class Memories:
    """The folder of memories; a file that cannot be read or written costs a few minutes of learning, no more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, camera_id: str, zones: tuple[Zone, ...]) -> tuple[Memory, Memory | None]:
        """The memory as last written, empty where there is none; and the former one where the zones were drawn anew.

        It ends then, and an empty one begins (see `in_new_view`).
        """
        try:
            memory, about = load(self._path(camera_id).read_bytes())
        except FileNotFoundError:
            return Memory(), None
        except OSError as error:
            log.warning("memory of a camera not readable", camera=camera_id, reason=str(error))
            return Memory(), None
        return (memory, None) if about == _about(zones) else (Memory(), memory)

    def put(self, camera_id: str, memory: Memory, zones: tuple[Zone, ...]) -> None:
        """Replace a camera's memory; a crash in between leaves the old one."""
        data, path = dump(memory, about=_about(zones)), self._path(camera_id)
        unfinished = path.with_suffix(".new")  # always the same: a full disk must not fill up with halves
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(data)
            unfinished.replace(path)
        except OSError as error:
            log.warning("memory of a camera not saved", camera=camera_id, reason=str(error))

    def _path(self, camera_id: str) -> Path:
        return self._folder / f"{camera_id}.npz"


def in_new_view(known: Watch, former: Memory) -> Watch:
    """A camera's sites in the view in which its zones were drawn anew; `former`: what was known of its picture.

    Turned for good it begins without any: in the new view they would be seen empty, or other things be taken for them.
    """
    if former.health and former.health.state == "moved":
        log.warning("sites forgotten: the camera was turned and its zones drawn anew", camera=known.camera_id)
        return Watch(known.camera_id)
    sites = tuple(
        replace(
            site,
            origin=on_picture(site.origin, former),
            box=on_picture(site.box, former),
            mean=on_picture(site.mean, former) if site.mean else None,
        )
        for site in known.sites
    )
    past = tuple(replace(place, box=on_picture(place.box, former)) for place in known.past)
    return replace(known, sites=sites, past=past)


def _about(zones: tuple[Zone, ...]) -> str:
    """Whoever draws the zones anew has seen the camera's new view: that is the new reference."""
    outlines = sorted((zone.name, zone.polygon) for zone in zones)
    return hashlib.sha256(json.dumps(outlines).encode()).hexdigest()
