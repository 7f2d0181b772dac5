# SPDX-License-Identifier: AGPL-3.0-or-later
"""By hand: python -m benchmarks.load --cameras 50 --stream main; watch rtsp://127.0.0.1:PORT/cam-0."""

import argparse
import asyncio
from pathlib import Path
from typing import get_args

from benchmarks.load.process import serve
from benchmarks.load.streams import STREAMS, Name, clip_of

STREET = Path(__file__).parents[2] / "curbwatch" / "street" / "street.mp4"


def main() -> None:
    """Read the command line and serve."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--cameras", type=int, default=4)
    told.add_argument("--stream", choices=get_args(Name), default="main")
    told.add_argument("--port", type=int, default=0)
    told.add_argument("--clip", type=Path, help="play this H.264 clip instead")
    told.add_argument("--other", type=Path, help="what a camera plays when its resolution changes")
    told.add_argument("--street", type=Path, default=STREET, help="the clip that the streams are encoded from")
    told.add_argument("--control", action="store_true", help="take orders on stdin, end with it")
    asked = told.parse_args()
    clip = asked.clip or clip_of(STREAMS[asked.stream], asked.street)
    asyncio.run(serve(clip, asked.other or clip, asked.cameras, asked.port, controlled=asked.control))


main()
