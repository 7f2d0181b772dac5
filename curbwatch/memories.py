# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol remembers of each camera's picture, one small file a camera."""

import hashlib
import json
from pathlib import Path

import structlog

from detector.memory_file import dump, load
from detector.observe import Memory
from detector.zones import Zone

log = structlog.get_logger(__name__)


class Memories:
    """The folder of memories; a file that cannot be read or written costs a few minutes of learning, no more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, camera_id: str, zones: tuple[Zone, ...]) -> tuple[Memory, bool]:
        """The memory as last written, and whether the camera was turned for good since.

        It is empty where there is none, or where the zones were drawn anew.
        """
        try:
            memory, about = load(self._path(camera_id).read_bytes())
        except FileNotFoundError:
            return Memory(), False
        except OSError as error:
            log.warning("memory of a camera not readable", camera=camera_id, reason=str(error))
            return Memory(), False
        if about == _about(zones):
            return memory, False
        return Memory(), memory.health is not None and memory.health.state == "moved"

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


def _about(zones: tuple[Zone, ...]) -> str:
    """Whoever draws the zones anew has seen the camera's new view: that is the new reference."""
    outlines = sorted((zone.name, zone.polygon) for zone in zones)
    return hashlib.sha256(json.dumps(outlines).encode()).hexdigest()
