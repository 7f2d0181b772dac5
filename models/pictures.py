# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds the picture files of a data set; training and `bench` take the same."""

import os
from pathlib import Path

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


def pictures_below(folder: Path) -> list[Path]:
    """Return all picture files of a folder and its folders, sorted; folders that are links are followed, once."""
    found, seen = [], set()
    for place, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        real = os.path.realpath(place)
        if real in seen:  # a link back to where we come from has no end
            folders.clear()
            continue
        seen.add(real)
        found += [Path(place, name) for name in files]
    return sorted(p for p in found if p.suffix.lower() in SUFFIXES and p.is_file())
