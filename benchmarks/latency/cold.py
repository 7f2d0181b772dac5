# SPDX-License-Identifier: AGPL-3.0-or-later
"""A process that has seen nothing yet: import, load, first looks; run as a program, prints one line of JSON."""

import json
import sys
import time
from pathlib import Path
from typing import Any

BEGAN = time.perf_counter()
FIRST = 12


def main() -> None:
    """argv: manifest, clip, threads."""
    from benchmarks.latency.looks import read_keyframes  # noqa: PLC0415 - the import is what is timed
    from detector.model import load_model  # noqa: PLC0415 - as above
    from streams.decoder import to_pixels  # noqa: PLC0415 - as above
    from streams.keyframes import KeyframeDecoder  # noqa: PLC0415 - as above

    told: dict[str, Any] = {"import_ms": _since(BEGAN), "rss_imported_mb": _rss_mb()}
    began = time.perf_counter()
    model = load_model(Path(sys.argv[1]), threads=int(sys.argv[3]))
    told |= {"load_ms": _since(began), "rss_loaded_mb": _rss_mb()}
    keyframes, decoder, looks = read_keyframes(Path(sys.argv[2])), KeyframeDecoder(), list[float]()
    for number in range(FIRST):
        began = time.perf_counter()
        if picture := decoder.decode(keyframes[number % len(keyframes)]):
            model.detect([to_pixels(picture)])
        looks.append(_since(began))
    sys.stdout.write(json.dumps(told | {"first_looks_ms": looks, "rss_looked_mb": _rss_mb()}) + "\n")


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _rss_mb() -> float:
    import psutil  # noqa: PLC0415 - beside what is timed

    return round(psutil.Process().memory_info().rss / 2**20, 1)


if __name__ == "__main__":
    main()
