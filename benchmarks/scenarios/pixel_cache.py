# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the model said of a scenario, kept between runs: after a change of the engine only the engine runs again."""

import os
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from detector.look import Look

Small = NDArray[np.uint8]
_LOOKS = TypeAdapter(tuple[Look, ...])


Row = tuple[Small, Look, tuple[float, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Seconds:
    """Per look: the picture in small, the look before health and background, and what of each thing was covered."""

    rows: tuple[Row, ...]


def cache_folder() -> Path:
    """Where users' caches lie."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "curbwatch" / "scenarios"


def kept(folder: Path | None, key: str) -> Seconds | None:
    """What was remembered under a key; None if nothing, or if it is damaged."""
    if folder is None or not (path := folder / f"{key}.npz").exists():
        return None
    try:
        with path.open("rb") as file, np.load(file) as table:  # numpy would leave a damaged one open
            ends = np.cumsum(table["lengths"])[:-1]
            coded = np.split(table["pictures"], ends)
            looks = _LOOKS.validate_json(table["looks"].tobytes())
            covered = tuple(tuple(row) for row in table["covered"].tolist())
        small = tuple(np.asarray(cv2.imdecode(one, cv2.IMREAD_COLOR), np.uint8) for one in coded)
    except (OSError, EOFError, BadZipFile, ValueError, KeyError, ValidationError):
        return None
    return Seconds(tuple(zip(small, looks, covered, strict=True)))


def remember(folder: Path | None, key: str, seconds: Seconds) -> None:
    """Keep what a scenario looked like to the model."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    small, seen, covered = zip(*seconds.rows, strict=True)
    coded = [cv2.imencode(".png", one)[1].reshape(-1) for one in small]
    lengths = np.array([len(one) for one in coded])
    looks = np.frombuffer(_LOOKS.dump_json(seen), np.uint8)
    path = folder / f"{key}.npz"
    new = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(new, pictures=np.concatenate(coded), lengths=lengths, looks=looks, covered=np.array(covered))
    new.replace(path)
