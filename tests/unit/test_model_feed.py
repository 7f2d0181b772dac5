# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training data is dealt by set, from an index or from plain YOLO folders; what does not fit is told."""

from pathlib import Path

import numpy as np
import pytest

from models.augment import single
from models.evaluate import pictures
from models.feed import Feed, index, labels, stacked
from models.pictures import SUFFIXES
from streams import pictures as streams_pictures
from support import drawn_stalls

NAMES = "names: [stall, debris, person, two_wheeler, vehicle, umbrella]\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    drawn_stalls.write(tmp_path / "drawn")
    return tmp_path / "drawn"


def test_plain_folders_are_sorted_into_pictures_with_and_without(data: Path) -> None:
    assert Feed(data).sizes() == {"own": 12, "own_clean": 4}
    assert {entry["split"] for entry in index(data)} == {"train", "val", "test"}


def test_two_data_sets_are_one(data: Path, tmp_path: Path) -> None:
    drawn_stalls.write(tmp_path / "more")
    assert Feed(data, tmp_path / "more").sizes() == {"own": 24, "own_clean": 8}


def test_three_of_ten_pictures_hold_nothing(data: Path) -> None:
    rng, feed = np.random.default_rng(4), Feed(data)
    empty = [not len(feed.deal(96, rng, mosaics=0.0).learn) for _ in range(300)]
    assert 0.25 < np.mean(empty) < 0.5  # a crop may cut the one thing of a picture away


def test_the_same_lot_deals_the_same_picture(data: Path) -> None:
    first, second = (Feed(data).deal(96, np.random.default_rng(9), mosaics=0.5) for _ in range(2))
    np.testing.assert_array_equal(first.picture, second.picture)
    np.testing.assert_array_equal(first.learn, second.learn)


def test_boxes_move_with_their_picture(data: Path) -> None:
    sample = next(s for s in Feed(data)._sets["own"] if (s.learn[:, 0] == 1).any())
    shown = single(sample, 256, np.random.default_rng(1))
    heaps = shown.learn[shown.learn[:, 0] == 1, 1:].astype(int)
    assert len(heaps)
    for box in heaps:
        heap = shown.picture[box[1] : box[3], box[0] : box[2]]
        assert heap.min() < 60  # the bags are the darkest thing there is


def test_rows_are_numbered_by_picture_and_shared_by_side(data: Path) -> None:
    samples = [single(s, 96, np.random.default_rng(2)) for s in Feed(data)._sets["own"][:3]]
    pictures, learn, _ = stacked(samples)
    assert pictures.shape == (3, 3, 96, 96)
    assert learn[:, 2:].max() <= 1
    assert set(learn[:, 0]) <= {0.0, 1.0, 2.0}


def test_other_classes_are_told(data: Path) -> None:
    (data / "data.yaml").write_text(NAMES)
    assert Feed(data).sizes()
    (data / "data.yaml").write_text("names: [rubbish]\n")
    with pytest.raises(ValueError, match=r"data.yaml: names are \['rubbish'\]; number the classes as \['stall'"):
        Feed(data)


@pytest.mark.parametrize(
    ("name", "text", "good"),
    [
        ("data.yaml", "names: {1: debris, 0: stall}\n", True),
        ("data.yaml", "names: {1: stall, 0: debris}\n", False),
        ("data.yml", "names: [debris, stall]\n", False),
        ("classes.txt", "\ufeffstall\ndebris\n\n", True),
        ("classes.txt", "debris\nstall\n", False),
        ("labels/classes.txt", "debris\nstall\n", False),
    ],
)
def test_what_counts_is_which_number_a_class_has(data: Path, name: str, text: str, *, good: bool) -> None:
    (data / name).write_text(text, "utf-8")
    if good:
        assert Feed(data).sizes()
    else:
        with pytest.raises(ValueError, match=rf"{name}: .*number the classes as \['stall'"):
            Feed(data)


def test_pictures_of_every_suffix_and_folder_train(data: Path) -> None:
    assert SUFFIXES == streams_pictures.SUFFIXES
    for kind, suffix in (("images", ".jpg"), ("labels", ".txt")):
        (data / kind / "train" / "cam7").mkdir()
        (data / kind / "train" / f"001{suffix}").rename(data / kind / "train" / "cam7" / f"a.b{suffix}")
    (data / "images" / "train" / "003.jpg").rename(data / "images" / "train" / "003.JPG")
    (data / "images" / "val" / "005.jpg").rename(data / "images" / "val" / "005.jpeg")
    assert Feed(data).sizes() == {"own": 12, "own_clean": 4}
    assert len(pictures(data, "val")) == 12
    assert {"cam7/a.b", "003.JPG", "002"} <= {entry["name"] for entry in index(data)}


def test_a_picture_without_a_label_file_is_told_and_taken_for_no_street_without_stalls(data: Path) -> None:
    (data / "labels" / "val" / "004.txt").unlink()
    with pytest.raises(ValueError, match=r"labels/val/004\.txt: no such file; 1 of 40 pictures have no labels"):
        index(data)


@pytest.mark.parametrize("place", ["images/a.jpg", "images/valid/a.jpg"])
def test_a_picture_of_no_split_is_told(data: Path, place: str) -> None:
    (data / place).parent.mkdir(exist_ok=True)
    (data / place).touch()
    with pytest.raises(ValueError, match=rf"{place}: of no split; pictures lie in images/train/"):
        index(data)


@pytest.mark.parametrize("text", ["- stall\n- debris\n", "names: [stall", "names:\n"])
def test_a_list_of_classes_that_is_none_is_told(data: Path, text: str) -> None:
    (data / "data.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"data\.yaml: .*(number the classes as|not readable as YAML)"):
        Feed(data)


@pytest.mark.parametrize(
    "text", ["[", "{}", '["000"]', '[{"name": "000", "kind": "own"}]', '[{"name": 0, "split": ""}]']
)
def test_an_index_that_is_none_is_told(data: Path, text: str) -> None:
    (data / "index.json").write_text(text)
    with pytest.raises(ValueError, match=r"index\.json: .*\"name\", \"split\" and \"kind\""):
        index(data)


@pytest.mark.parametrize(
    "line", ["0 .5 .5 .2 .4", " 0\t.5\t.5 .2 .4 ", "0.0 .5 .5 .2 .4", "\ufeff0 .5 .5 .2 .4\n\n", "0 .4 .3 .6 .5 .5 .7"]
)
def test_one_stall_is_one_stall_however_its_line_is_written(data: Path, line: str) -> None:
    label = data / "labels" / "train" / "000.txt"  # an empty street, else
    label.write_text(line, "utf-8")
    np.testing.assert_allclose(labels(label, 100, 200), [[0, 40, 60, 60, 140]], atol=1e-4)
    assert Feed(data).sizes() == {"own": 13, "own_clean": 3}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("6 .5 .5 .2 .4", "class 6; the classes are numbered from 0"),
        ("0.5 .5 .5 .2 .4", "class 0.5;"),
        ("-1 .5 .5 .2 .4", "class -1;"),
        ("nan .5 .5 .2 .4", "class nan;"),
        ("0 50 50 20 40", "shares of the picture, 0 to 1"),
        ("0 .5 nan .2 .4", "shares of the picture"),
        ("0 .5 .5 .2 .4 .9", "a class and four numbers, or an outline"),
        ("0 .5 .5 .2", "a class and four numbers"),
        ("stall .5 .5 .2 .4", "a class and four numbers"),
    ],
)
def test_a_line_that_is_no_label_is_told_with_its_place(data: Path, line: str, fault: str) -> None:
    (data / "labels" / "val" / "001.txt").write_text(f"0 .5 .5 .2 .4\n\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=rf"001\.txt:3: .*{fault}"):
        Feed(data)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pictures in images/train"):
        Feed(tmp_path)


def test_pictures_without_anything_to_find_do_not_train(data: Path) -> None:
    for label in (data / "labels" / "train").iterdir():
        label.write_text("")
    with pytest.raises(ValueError, match="no training picture has a stall or debris"):
        Feed(data)
