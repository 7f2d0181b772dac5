# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decides which pictures train, which choose thresholds, which test: by source, never by lot.

Sources are kept whole. Where a set has one source only (shop fronts, Flickr streets, piles), groups
of near duplicates are kept whole instead, and the card calls the result "same source".
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import Image

TEST_SOURCES = ("iilabau_AU-MSTRdataset", "wooseong_SeoulNightMarket", "NazmulTakbir")
VAL_SOURCES = ("Awais03_myHomeTown", "vpriansyah_Teras_Malioboro", "ryantanner_blog")
BY_SOURCE = ("stalls_unboxed", "travel")
WHOLE_TEST = ("debris_rubble", "traffic_cameras")
THUMBNAILS = ("scenes", "markets", "building_sites")  # 128 px; a fifth of them helps to choose thresholds
ORDER = ("train", "val", "test")
NEAR_BITS = 6


def perceptual_hash(picture: Image) -> NDArray[np.bool_]:
    """Return 64 bits that survive scaling, JPEG and small changes of colour."""
    grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    low = cv2.dct(grey.astype(np.float32))[:8, :8].ravel()
    return np.asarray(low > np.median(low), dtype=np.bool_)


def near_duplicates(hashes: Sequence[NDArray[np.bool_]]) -> list[int]:
    """Number the groups of pictures whose hashes differ in at most NEAR_BITS, chains included."""
    bits = np.stack(hashes).astype(np.int16)
    group = list(range(len(bits)))
    for i in range(1, len(bits)):
        for j in np.flatnonzero(np.abs(bits[:i] - bits[i]).sum(axis=1) <= NEAR_BITS):
            old, new = group[i], group[int(j)]
            group = [new if g == old else g for g in group]
    return group


def lot(key: str) -> float:
    """Return a number in 0..1 that depends on nothing but the key."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def wanted(kind: str, source: str, found_in: str, group_key: str) -> str:
    """Return the split that a picture should have, before near duplicates are looked at."""
    if kind in WHOLE_TEST:
        return "test"
    if kind in THUMBNAILS:
        return "val" if lot(group_key) < 0.2 else "train"
    if kind in BY_SOURCE:
        return _by_source(source)
    if kind == "debris_piles":
        return found_in
    if kind == "debris_bags":
        return "train" if found_in == "train" else "test"
    share = lot(group_key)
    return "test" if share < 0.33 else "val" if share < 0.45 else "train"


def _by_source(source: str) -> str:
    if source.startswith(TEST_SOURCES):
        return "test"
    return "val" if source.startswith(VAL_SOURCES) else "train"


def held_out(
    kinds: Sequence[str], sources: Sequence[str], keys: Sequence[str], splits: Sequence[str], fold: int, folds: int
) -> list[str]:
    """Deal the training pictures into folds and make one of them the test; pictures of other splits are dropped.

    A source, or a group of near duplicates, is in one fold; keys: one for each group. Sources are dealt the largest
    first, each to the smallest fold.
    """
    trained = [(kind, source) for kind, source, split in zip(kinds, sources, splits, strict=True) if split == "train"]
    counts = Counter(source for kind, source in trained if kind in BY_SOURCE)
    dealt: dict[str, int] = {}
    filled = [0] * folds
    for source, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        dealt[source] = filled.index(min(filled))
        filled[dealt[source]] += count

    def one(kind: str, source: str, key: str, split: str) -> str:
        if split != "train":
            return "drop"
        mine = dealt[source] if kind in BY_SOURCE else int(lot(f"{key} fold") * folds)
        return "test" if mine == fold else "train"

    return [one(*each) for each in zip(kinds, sources, keys, splits, strict=True)]


def settle(splits: Sequence[str], groups: Sequence[int]) -> list[str]:
    """Drop pictures whose near duplicate is in a split that matters more (test over val over train)."""
    best: dict[int, int] = {}
    for split, group in zip(splits, groups, strict=True):
        best[group] = max(best.get(group, 0), ORDER.index(split))
    return [split if ORDER.index(split) == best[group] else "drop" for split, group in zip(splits, groups, strict=True)]
