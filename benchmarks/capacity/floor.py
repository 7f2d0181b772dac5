# SPDX-License-Identifier: AGPL-3.0-or-later
"""The floor under every service on these streams: receiving them and decoding the keyframes that are due, no more.

    python -m benchmarks.capacity.floor EVERY_S SECONDS URL …

Libav alone, as its documentation tells to use it: a thread and a one-thread decoder per camera, RTSP over TCP.
"""

import json
import subprocess
import sys
import time
from threading import Barrier, Event, Thread
from typing import Any

import av

from benchmarks.capacity.points import Field
from benchmarks.errors import BenchError
from benchmarks.load import load
from benchmarks.running import bind

CAMERAS = 12
SETTLE_S = 6.0  # until every stream has been opened, and has shown a keyframe
DUE = 0.75  # of an interval: keyframes are where the camera puts them


def measure_floor(field: Field, seconds: float) -> dict[str, Any]:
    """Processor seconds per camera second of the floor, and how many cameras a core would carry with nothing else.

    BenchError when a stream could not be read; what was wrong with it stands on stderr.
    """
    with load(field.clip, cameras=CAMERAS) as city:
        bind(city.process.pid, field.load_cpus)
        told = [str(field.plan.every_s), str(seconds), *city.urls()]
        command = [sys.executable, "-m", "benchmarks.capacity.floor", *told]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
            bind(process.pid, field.service_cpus)
            answer, _ = process.communicate()  # it gives up by itself when a stream stays silent
    if process.returncode:
        raise BenchError("the floor was not measured: a stream could not be read")
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


def main() -> None:
    """Reads, decodes, and prints what it took as JSON."""
    every_s, seconds, urls = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    done, decoded, open_ = Event(), [0] * len(urls), Barrier(len(urls) + 1, timeout=60)
    readers = [Thread(target=_read, args=(url, n, every_s, decoded, open_, done)) for n, url in enumerate(urls)]
    for reader in readers:
        reader.start()
    open_.wait()
    time.sleep(SETTLE_S)
    before, began, busy = sum(decoded), time.monotonic(), time.process_time()
    time.sleep(seconds)
    spent = {"cpu_s": time.process_time() - busy, "seconds": time.monotonic() - began}
    spent["keyframes"] = sum(decoded) - before
    done.set()
    for reader in readers:
        reader.join()
    sys.stdout.write(json.dumps(spent))


def _read(url: str, number: int, every_s: float, decoded: list[int], open_: Barrier, done: Event) -> None:
    """One camera: `decoded[number]` counts its decoded keyframes."""
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=20) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count, last_s = 1, -every_s
        open_.wait()
        for packet in container.demux(stream):
            if done.is_set():
                return
            now_s = time.monotonic()
            if packet.is_keyframe and now_s - last_s >= DUE * every_s:
                last_s = now_s
                stream.codec_context.flush_buffers()
                decoded[number] += bool([*packet.decode(), *stream.codec_context.decode(None)])


if __name__ == "__main__":
    main()
