# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clips cut beside the patrol's loop: H.264 takes milliseconds, H.265 is encoded again and takes seconds."""

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import structlog

from api.store import PRIVATE
from curbwatch.messages import clip_message
from curbwatch.spool import Spool
from detector.sites import Site
from streams.clip import write_clip
from streams.coded import Coded

MOST_WAITING = 256 * 1024 * 1024  # bytes of packets: they stay in memory until their clip has been cut

log = structlog.get_logger(__name__)


class ClipCutter:
    """One thread that cuts clips in their order and spools them; calls `on_clip` after each.

    folder: where it cuts them, of this cutter alone.
    """

    def __init__(
        self, spool: Spool, folder: Path, *, on_clip: Callable[[], None], most_waiting: int = MOST_WAITING
    ) -> None:
        self._spool, self._folder, self._on_clip, self._most = spool, folder, on_clip, most_waiting
        shutil.rmtree(folder, ignore_errors=True)  # a patrol that was killed left a street with its people there
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="clips")
        self._lock, self._waiting = Lock(), 0

    def finish(self) -> None:
        """Let clips under way be finished."""
        self._pool.shutdown()

    def order(self, site: Site, packets: list[Coded]) -> bool:
        """Have a clip of a site cut from packets; False, and a line in the log, where too many wait already.

        The newest is left out, not the oldest as elsewhere: a clip in hand cannot be called back, and those behind it
        are the next to be done.
        """
        size = sum(len(coded.data) for coded in packets)
        with self._lock:
            room = self._waiting + size <= self._most or not self._waiting
            self._waiting += size if room else 0
        if room:
            self._pool.submit(self._cut, site, packets, size)
        else:
            reason = f"{self._waiting >> 20} MiB wait to be cut; H.264 cameras need no encoding"
            log.warning("case without a clip", camera=site.camera_id, site=site.key, reason=reason)
        return room

    def _cut(self, site: Site, packets: list[Coded], size: int) -> None:
        try:
            if clip := _clip(site, packets, self._folder):
                self._spool.add(clip_message(site, packets[0].at, clip))
                self._on_clip()
        except sqlite3.Error as error:
            log.error("clip lost", camera=site.camera_id, reason=str(error))
        except Exception:  # the worker's outermost frame: nobody asks a clip's future what became of it
            log.exception("clip lost", camera=site.camera_id)
        finally:
            with self._lock:
                self._waiting -= size


def _clip(site: Site, packets: list[Coded], folder: Path) -> bytes | None:
    """The packets as MP4, or None where nothing of them can be decoded; nothing stays in the folder."""
    path = folder / "clip.mp4"
    try:
        folder.mkdir(PRIVATE, exist_ok=True)
        return path.read_bytes() if write_clip(path, packets) else None
    except OSError as error:
        log.warning("case without a clip", camera=site.camera_id, reason=str(error))
        return None
    finally:
        path.unlink(missing_ok=True)
