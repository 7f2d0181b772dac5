# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sources are kept whole, near duplicates together; a street in which something stands is no test of silence."""

from pathlib import Path

import cv2
import numpy as np

from models.boxes import Image
from models.dataset import entries, labels_in, sources
from models.label_store import Box, Record, Store, digest, load

STALL = Box("stall", (0.1, 0.2, 0.4, 0.9))


def picture(seed: int) -> Image:
    """Eight by eight grey fields: unlike any other, and like itself when scaled."""
    fields = np.random.default_rng(seed).integers(0, 255, (8, 8), np.uint8)
    return np.asarray(cv2.cvtColor(cv2.resize(fields, (128, 128)), cv2.COLOR_GRAY2BGR), np.uint8)


def record(*boxes: Box) -> Record:
    return Record("shop_fronts", "", 128, 128, boxes, None, "eye")


def splits(kind: str, keys: str, store: Store) -> dict[str, str]:
    found = [(Path(key), kind, kind, key, "train") for key in keys]
    return {e.sha256: e.split for e in entries(found, [picture(n) for n in range(len(keys))], store)}


def test_streets_that_hold_something_are_learnt_but_not_tested() -> None:
    clean = splits("shop_fronts", "abg", {})
    assert clean == {"a": "train", "b": "test", "g": "train"}
    marked = splits("shop_fronts", "abg", {key: record(STALL) for key in "abg"})
    assert marked == {"a": "train", "b": "drop", "g": "train"}


def test_a_fifth_of_the_thumbnails_helps_to_choose_thresholds() -> None:
    assert splits("markets", "abcdefgh", {}) == {key: "val" if key in "cdf" else "train" for key in "abcdefgh"}


def test_near_duplicates_stay_on_the_side_of_the_test() -> None:
    same = picture(0)
    twins = [(Path(n), "debris_piles", "piles", n, split) for n, split in (("a", "train"), ("b", "test"))]
    assert [e.split for e in entries(twins, [same, same], {})] == ["drop", "test"]


def test_markets_count_only_when_somebody_labelled_them(tmp_path: Path) -> None:
    folder = tmp_path / "scenes_128" / "market"
    folder.mkdir(parents=True)
    for n in range(3):
        cv2.imwrite(str(folder / f"{n}.png"), picture(n))
    key = digest(folder / "1.png")
    found = list(sources(tmp_path, {key: record(STALL)}))
    assert found == [(folder / "1.png", "markets", "scenes/market", key, "train")]


def test_each_source_of_stalls_is_held_out_in_one_fold_with_its_negatives() -> None:
    kinds = ["stalls_unboxed"] * 6 + ["travel"] * 2
    rows = list(zip("abcdefgh", kinds, "PPPQQRPR", strict=True))
    found = [(Path(key), kind, source, key, "train") for key, kind, source in rows]
    pictures = [picture(n) for n in range(len(found))]
    held = [[e.source for e in entries(found, pictures, {}, (n, 2)) if e.split == "test"] for n in range(2)]
    assert held == [["P", "P", "P", "P"], ["Q", "Q", "R", "R"]]
    assert {e.split for e in entries(found, pictures, {}, (0, 2))} == {"train", "test"}


def test_what_tests_otherwise_is_in_no_fold() -> None:
    found = [(Path(key), "debris_piles", "piles", key, split) for key, split in (("a", "train"), ("b", "test"))]
    folds = [[e.split for e in entries(found, [picture(0), picture(1)], {}, (n, 2))] for n in range(2)]
    assert sorted(folds) == [["test", "drop"], ["train", "drop"]]


def test_groups_of_one_source_are_dealt_by_lot_and_all_are_held_out_once() -> None:
    keys = "abcdefghijkl"
    found = [(Path(key), "markets", "markets", key, "train") for key in keys]
    pictures = [picture(n) for n in range(len(found))]
    trained = {e.sha256 for e in entries(found, pictures, {}) if e.split == "train"}
    held = [{e.sha256 for e in entries(found, pictures, {}, (n, 3)) if e.split == "test"} for n in range(3)]
    assert set.union(*held) == trained
    assert sum(map(len, held)) == len(trained)
    assert all(held)


def test_of_pictures_that_several_readers_drew_the_boxes_they_agreed_on_count() -> None:
    labels = Path(__file__).parents[2] / "models" / "labels"
    agreed = load(labels / "agreed.json")
    assert agreed.keys() == load(labels / "second.json").keys()
    assert {key: record for key, record in labels_in(labels).items() if key in agreed} == agreed
