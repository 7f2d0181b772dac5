# SPDX-License-Identifier: AGPL-3.0-or-later
"""What receiving costs: processor time of a reader's thread per look interval, from real RTSP over loopback."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.load import load
from streams.connection import Connection
from streams.ring import PacketRing
from streams.source import Source

CAMERAS = 8


def demux_ms(clip: Path, seconds: float) -> list[float]:
    """Milliseconds of processor time from keyframe to keyframe, all cameras' in one list."""
    spans: list[float] = []
    quit_event = threading.Event()
    with load(clip, cameras=CAMERAS) as city:
        readers = [
            threading.Thread(target=_read, args=(url, quit_event, spans.append), daemon=True) for url in city.urls()
        ]
        for reader in readers:
            reader.start()
        time.sleep(seconds)
        quit_event.set()
        for reader in readers:
            reader.join(10)
    return spans


def _read(url: str, quit_event: threading.Event, note: Callable[[float], None]) -> None:
    source = Source("bench", url)
    since, ring = None, PacketRing(source.clip_s, source.clip_bytes)
    with Connection(source, quit_event=quit_event) as connection:
        for coded in connection:
            if coded is None:
                continue
            ring.add(coded)
            if coded.key:
                now = time.thread_time()
                if since is not None:
                    note((now - since) * 1000)
                since = now
