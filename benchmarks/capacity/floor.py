# SPDX-License-Identifier: AGPL-3.0-or-later
"""The floor under every service on these streams: receiving them and decoding the keyframes that are due, no more.

    python -m benchmarks.capacity.floor EVERY_S SECONDS URL …

Libav alone, as its documentation tells to use it: a thread and a one-thread decoder per camera, RTSP over TCP.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier, BrokenBarrierError, Event, Thread
from typing import Any

import av
import av.container

from benchmarks.capacity.points import Field
from benchmarks.errors import BenchError
from benchmarks.load import load
from benchmarks.running import bind

CAMERAS = 12
SETTLE_S = 6.0  # until every stream has been opened, and has shown a keyframe
OPENING_S = 20.0
SILENT_S = 2.0  # cameras send many pictures a second
DUE = 0.75  # of an interval: keyframes are where the camera puts them


def measure_floor(field: Field, seconds: float) -> dict[str, Any]:
    """Processor seconds per camera second of the floor, and how many cameras a core would carry with nothing else.

    BenchError, which says what was wrong, when a stream could not be read to the end.
    """
    with load(field.clip, cameras=CAMERAS) as city:
        bind(city.process.pid, field.load_cpus)
        told = [str(field.plan.every_s), str(seconds), *city.urls()]
        command = [sys.executable, "-m", "benchmarks.capacity.floor", *told]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            bind(process.pid, field.service_cpus)
            answer, why = process.communicate()  # it gives up by itself when a stream stays silent
    if process.returncode:
        what = (why.strip() or "libav ended without a word").splitlines()[-1]
        raise BenchError(f"the floor was not measured ({what}); measure when nothing else runs")
    spent = json.loads(answer)
    if not spent["keyframes"]:
        raise BenchError(f"the floor was not measured: no keyframe came in {seconds:g} s; watch for longer")
    each = spent["cpu_s"] / spent["seconds"] / CAMERAS
    return {
        "cameras": CAMERAS,
        "cpu_s_per_camera_s": round(each, 5),
        "cameras_per_core": round(1 / each, 1),
        "ms_per_keyframe": round(1e3 * spent["cpu_s"] / spent["keyframes"], 2),
    }


@dataclass(slots=True)
class Stream:
    """One camera as it is read: keyframes decoded, when its last packet came, and what ended it before its time."""

    url: str
    decoded: int = 0
    heard_s: float = field(default_factory=time.monotonic)
    fault: str = ""


def main() -> None:
    """Reads, decodes, and prints what it took as JSON; where a stream did not last it exits with what was wrong."""
    every_s, seconds, streams = float(sys.argv[1]), float(sys.argv[2]), [Stream(url) for url in sys.argv[3:]]
    done, open_ = Event(), Barrier(len(streams) + 1, timeout=60)
    readers = [Thread(target=_read, args=(stream, every_s, open_, done), daemon=True) for stream in streams]
    for reader in readers:
        reader.start()
    with suppress(BrokenBarrierError):  # by a stream that cannot be opened: its fault says why
        open_.wait()
        time.sleep(SETTLE_S)
    _check(streams)
    before, began, busy = _decoded(streams), time.monotonic(), time.process_time()
    time.sleep(seconds)
    spent = {"cpu_s": time.process_time() - busy, "seconds": time.monotonic() - began}
    spent["keyframes"] = _decoded(streams) - before
    _check(streams)
    done.set()
    for reader in readers:
        reader.join()
    sys.stdout.write(json.dumps(spent))


def _decoded(streams: Sequence[Stream]) -> int:
    return sum(stream.decoded for stream in streams)


def _check(streams: Sequence[Stream]) -> None:
    """Exit with what is wrong with a stream that no longer comes: fewer streams would be a lower floor."""
    now_s = time.monotonic()
    for stream in streams:
        silent = f"silent for {now_s - stream.heard_s:.0f} s" if now_s - stream.heard_s > SILENT_S else ""
        if wrong := stream.fault or silent:
            sys.exit(f"{stream.url}: {wrong}")


def _read(stream: Stream, every_s: float, open_: Barrier, done: Event) -> None:
    """Read one camera until it is done, or until it ends."""
    try:
        with av.open(stream.url, options={"rtsp_transport": "tcp"}, timeout=OPENING_S) as container:
            open_.wait()
            _decode(stream, container, every_s, done)
        stream.fault = "" if done.is_set() else "hung up"
    except av.FFmpegError as error:
        stream.fault = str(error)
        open_.abort()
    except BrokenBarrierError:  # another one could not be opened
        return


def _decode(stream: Stream, container: av.container.InputContainer, every_s: float, done: Event) -> None:
    video, last_s = container.streams.video[0], -every_s
    decoder = video.codec_context
    decoder.thread_count = 1
    for packet in container.demux(video):
        if done.is_set():
            return
        stream.heard_s = now_s = time.monotonic()
        if packet.is_keyframe and now_s - last_s >= DUE * every_s:
            last_s = now_s
            decoder.flush_buffers()
            stream.decoded += bool([*packet.decode(), *decoder.decode(None)])


if __name__ == "__main__":
    main()
