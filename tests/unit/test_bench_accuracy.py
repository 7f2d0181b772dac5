# SPDX-License-Identifier: AGPL-3.0-or-later
"""Made-up pictures, a tiny model that sees coloured squares, and figures that can be counted by hand."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy.against import check_same, worse
from benchmarks.accuracy.compare import compare, judgement
from benchmarks.accuracy.folders import read_folder
from benchmarks.accuracy.measure import measure, negatives_in
from benchmarks.accuracy.page import accuracy_page, compare_page
from benchmarks.errors import DataError
from detector.model import Model, load_model
from support.labelled_pictures import Scene, Square, coco, draw, store, yolo
from support.tiny_model import tiny_model

FOUND = Square(1, 1)
FAINT = Square(5, 2, bright=0.3)
MISSED = Square(6, 6, bright=0.0)
FALSE = Square(3, 6, bright=0.8, labelled=False)
STALL = Square(2, 3, "stall", bright=0.9)
# debris: 4 boxes; at .5 found 2, false 1; down to .3 found 3
SCENES: list[Scene] = [[FOUND, STALL], [Square(4, 4, bright=0.7), FALSE], [FAINT], [MISSED]]
Writer = Callable[[Path, list[Scene]], Path]


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return load_model(tiny_model(tmp_path / "model"), threads=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def kinds(report: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((fault["kind"], Path(fault["where"]).name) for fault in report["faults"])


@pytest.mark.parametrize("write", [yolo, coco, store])
def test_the_figures_are_those_counted_by_hand(model: Model, data: Path, write: Writer) -> None:
    report = measure(model, read_folder(write(data, SCENES)))
    debris = report["classes"]["debris"]
    assert (debris["pictures"], debris["pictures_with_boxes"], debris["boxes"], report["faults"]) == (4, 4, 4, [])
    assert (debris["precision"], debris["recall"], debris["threshold"]) == (0.6667, 0.5, 0.5)
    # surest first: right, false, right, right: best precision 1 up to recall 1/4, then 3/4 up to 3/4, then 0
    assert debris["ap50"] == pytest.approx((26 + 50 * 0.75) / 101, abs=1e-4)
    assert report["classes"]["stall"]["ap50"] == report["classes"]["stall"]["ap50_95"] == 1
    assert debris["ap50_interval"][0] < debris["ap50"] < debris["ap50_interval"][1]
    assert debris["picture_precision"] == 1


def test_what_training_looks_away_from_is_neither_hit_nor_miss(model: Model, data: Path) -> None:
    yolo(data, SCENES)
    (labels,) = {path.parent for path in data.rglob("*.txt") if path.parent.parent.name == "labels"}
    away = data / "ignore" / labels.name
    away.mkdir(parents=True)
    (away / sorted(labels.glob("*.txt"))[1].name).write_text("0 0.5 0.5 1 1\n1 0.5 0.5 1 1\n")
    report = measure(model, read_folder(data))
    debris = report["classes"]["debris"]
    assert (debris["boxes"], debris["precision"], debris["recall"], report["faults"]) == (4, 1, 0.5, [])


def test_loose_boxes_count_at_half_overlap_and_not_above(data: Path, tmp_path: Path) -> None:
    model = load_model(tiny_model(tmp_path, grown=1.25), threads=1)  # overlap 1 / 1.25² = 0.64
    stall = measure(model, read_folder(yolo(data, [[STALL]])))["classes"]["stall"]
    assert (stall["ap50"], stall["ap50_95"]) == (1, 0.3)


@pytest.mark.parametrize("write", [coco, store])
def test_hard_boxes_count_neither_way(model: Model, data: Path, write: Writer) -> None:
    hard: Scene = [FOUND, Square(5, 5, bright=0.9, hard=True), Square(6, 1, bright=0, hard=True)]
    debris = measure(model, read_folder(write(data, [hard])))["classes"]["debris"]
    assert (debris["boxes"], debris["hard_boxes"], debris["ap50"], debris["precision"]) == (1, 2, 1, 1)
    assert debris["recall"] == 1


def test_the_operating_point_can_be_moved(model: Model, data: Path) -> None:
    report = measure(model, read_folder(yolo(data, SCENES)), min_confidence=0.25)
    debris = report["classes"]["debris"]
    assert (debris["threshold"], debris["precision"], debris["recall"]) == (0.25, 0.75, 0.75)


def test_sizes_are_shares_of_the_picture(model: Model, data: Path) -> None:
    (debris,) = [measure(model, read_folder(yolo(data, SCENES)))["classes"]["debris"]]
    assert {name: row["boxes"] for name, row in debris["sizes"].items()} == {"small": 0, "medium": 4, "large": 0}
    assert debris["sizes"]["medium"]["ap50"] == debris["ap50"]
    assert debris["sizes"]["small"]["ap50"] is None


def test_negatives_tell_how_often_it_alarms_over_nothing(model: Model, data: Path, tmp_path: Path) -> None:
    for number, scene in enumerate([[], [], [FALSE], [FAINT]]):
        draw(tmp_path / "clean" / "deeper" / f"{number}.png", scene)
    report = measure(model, read_folder(yolo(data, SCENES)), negatives=negatives_in(tmp_path / "clean"))
    negatives = report["negatives"]
    assert (negatives["pictures"], negatives["with_box_share"]) == (4, 0.25)
    assert negatives["by_class"] == {"stall": 0, "debris": 0.25}
    assert negatives["with_box_share_interval"] == [0, 0.75]


def test_classes_are_matched_by_name_and_the_rest_is_listed(model: Model, data: Path) -> None:
    yolo(data, [[FOUND, STALL]], names=["Kiosk", "DEBRIS"])
    report = measure(model, read_folder(data))
    assert (list(report["classes"]), kinds(report)) == (["debris"], [("unknown class", "Kiosk")])
    renamed = measure(model, read_folder(data), rename={"kiosk": "stall"})
    assert (renamed["classes"]["stall"]["boxes"], renamed["faults"]) == (1, [])


def test_faults_of_a_yolo_folder_are_listed_and_the_rest_is_measured(model: Model, data: Path) -> None:
    yolo(data, [*SCENES, [FOUND], [FOUND], [FOUND]])
    labels = data / "labels" / "test"
    (labels / "4.txt").unlink()
    (data / "images" / "test" / "5.png").write_bytes(b"no picture")
    lines = ["1 .99 .5 .2 .2", "1 2 2 .1 .1", "9 .5 .5 .1 .1", "1 .5 .5 x .1", "1 .5 .5 .1", "nan 0 0 1 1", ""]
    (labels / "6.txt").write_text("\n".join(lines))
    (labels / "7.txt").write_text("")
    (labels / "classes.txt").write_text("stall\ndebris\n")
    report = measure(model, read_folder(data))
    assert kinds(report) == sorted([
        ("box outside", "6.png"), ("box without area", "6.png"), ("malformed label", "6.txt:4"),
        ("malformed label", "6.txt:5"), ("malformed label", "6.txt:6"), ("missing label", "4.png"),
        ("missing picture", "7.txt"),
        ("unknown class", "6.txt:3"), ("unreadable picture", "5.png"),
    ])  # fmt: skip
    assert report["classes"]["debris"]["pictures"] == 5


def test_labels_beside_their_pictures_are_told_from_lists_and_notes(data: Path) -> None:
    for name in ("there.png", "of another split.png"):
        draw(data / name, [FOUND])
    texts = {"there": "1 .5 .5 .1 .1", "gone": "1 .5 .5 .1 .1", "of another split": "", "notes": "made in May"}
    for name, text in (texts | {"val": "there.png"}).items():
        (data / f"{name}.txt").write_text(text)
    (data / "data.yaml").write_text("val: val.txt\nnames: [stall, debris]\n")
    read = read_folder(data)
    assert len(read.pictures) == 1
    assert [(fault.kind, Path(fault.where).name) for fault in read.faults] == [("missing picture", "gone.txt")]


def test_faults_of_a_coco_file_are_listed_and_the_rest_is_measured(model: Model, data: Path) -> None:
    raw = json.loads((coco(data, [*SCENES, [FOUND]]) / "labels.json").read_text())
    raw["annotations"] += [
        {"id": 90, "image_id": 77, "category_id": 7, "bbox": [0, 0, 8, 8]},
        {"id": 91, "image_id": 0, "category_id": 1, "bbox": [0, 0, 8, 8]},
        {"id": 92, "image_id": 0, "category_id": 7, "bbox": [0, 0, 8]},
        {"id": 93, "image_id": 0, "category_id": 7, "bbox": [60, 60, 20, 4]},
        "no row",
        {"id": [], "image_id": {}, "category_id": None},
        {"id": 94, "image_id": 0, "category_id": 7, "bbox": [0, 0, float("nan"), 8]},
        {"id": 95, "image_id": 0, "category_id": 7, "bbox": [10**400, 0, 8, 8]},
    ]
    raw["images"] += [{"id": 80, "file_name": None}, {"id": 1.5, "file_name": "0.png"}]
    raw["categories"].append({"id": 9})
    raw["images"][3]["file_name"] = "gone.png"
    (data / "labels.json").write_text(json.dumps(raw))
    draw(data / "unlabelled.png", [])
    draw(data / "4.png", [FOUND], side=128)
    report = measure(model, read_folder(data))
    assert kinds(report) == sorted([
        ("missing picture", "annotation 90"), ("unknown class", "annotation 91"),
        ("malformed label", "annotation 92"), ("box outside", "0.png"), ("box without area", "0.png"),
        ("malformed label", "annotation 95"), ("malformed label", "annotations[10]"),
        ("malformed label", "annotations[11]"), ("malformed label", "images[5]"), ("malformed label", "images[6]"),
        ("malformed label", "categories[2]"), ("missing picture", "gone.png"),
        ("missing label", "3.png"), ("missing label", "unlabelled.png"), ("size differs", "4.png"),
    ])  # fmt: skip
    assert report["classes"]["debris"]["boxes"] == 4
    assert report["classes"]["debris"]["recall"] == 0.75


def test_numbers_as_pandas_writes_them_and_annotations_without_an_id_count(data: Path) -> None:
    plain = read_folder(coco(data, SCENES))
    raw = json.loads((data / "labels.json").read_text())
    for part in raw.values():
        for row in part:
            row |= {key: float(value) for key, value in row.items() if isinstance(value, int)}
    for row in raw["annotations"]:
        row["id"] = None
    (data / "labels.json").write_text(json.dumps(raw), "utf-8-sig")
    assert read_folder(data) == plain


def test_a_picture_that_is_listed_twice_counts_once(data: Path) -> None:
    raw = json.loads((coco(data, [[FOUND, STALL]]) / "labels.json").read_text())
    raw["images"].append(raw["images"][0] | {"id": 5, "file_name": "./0.png"})
    same, other = raw["annotations"]
    raw["annotations"].append(same | {"image_id": 5})
    other["image_id"] = 5
    (data / "labels.json").write_text(json.dumps(raw))
    read = read_folder(data)
    assert [[box.name for box in picture.boxes] for picture in read.pictures] == [["debris", "stall"]]
    assert [fault.kind for fault in read.faults] == ["picture listed twice"]


def test_a_line_that_stands_twice_counts_once(model: Model, data: Path) -> None:
    labels = yolo(data, SCENES) / "labels" / "test" / "0.txt"
    plain = measure(model, read_folder(data))["classes"]
    labels.write_text(labels.read_text() + "\n" + labels.read_text())
    report = measure(model, read_folder(data))
    assert (report["classes"], kinds(report)) == (plain, [("box twice", "0.png")] * 2)


def test_pictures_that_share_their_labels_are_listed(data: Path) -> None:
    draw(yolo(data, SCENES) / "images" / "test" / "0.jpg", [FALSE])
    read = read_folder(data)
    assert len(read.pictures) == 5
    assert [(fault.kind, fault.detail) for fault in read.faults] == [
        ("labels of several pictures", "measured with each of 0.jpg, 0.png")
    ]


def test_a_split_that_is_named_and_empty_gives_way_to_the_next(data: Path) -> None:
    yolo(data, SCENES, split="val")
    (data / "data.yaml").write_text("val: ../images/val\ntest: ../images/test\nnames: [stall, debris]\n")
    read = read_folder(data)
    assert (read.split, len(read.pictures), [fault.kind for fault in read.faults]) == ("val", 4, ["empty split"])
    with pytest.raises(DataError, match="the split 'test' holds no pictures"):
        read_folder(data, split="test")


def test_the_folders_above_the_data_may_be_called_images(tmp_path: Path) -> None:
    data = yolo(tmp_path / "images" / "data", SCENES)
    assert len(read_folder(data).pictures) == 4
    for place in ("images", "labels"):
        for path in (data / place / "test").iterdir():
            path.rename(data / path.name)
    (data / "data.yaml").write_text("test: .\nnames: [stall, debris]\n")
    read = read_folder(data)
    assert (len(read.pictures), read.faults) == (4, ())


def test_texts_may_begin_with_a_mark_of_their_encoding_and_must_be_in_utf_8(data: Path) -> None:
    yolo(data, [[FOUND, STALL]])
    plain = read_folder(data)
    (data / "data.yaml").unlink()
    (data / "classes.txt").write_text("stall\ndebris\n", "utf-8-sig")
    labels = data / "labels" / "test" / "0.txt"
    labels.write_text(labels.read_text(), "utf-8-sig")
    assert read_folder(data) == plain
    (data / "classes.txt").write_text("占道摊位\n", "gbk")
    with pytest.raises(DataError, match=r"classes.txt: not in UTF-8; save it so"):
        read_folder(data)


def test_folders_that_are_links_are_looked_into_once(model: Model, data: Path, tmp_path: Path) -> None:
    yolo(data, SCENES)
    yolo(tmp_path / "else", [[FOUND]])
    for kind in ("images", "labels"):
        (data / kind / "test" / "cam2").symlink_to(tmp_path / "else" / kind / "test")
        (data / kind / "test" / "back").symlink_to(data / kind)
    read = read_folder(data)
    assert (len(read.pictures), read.faults) == (5, ())
    (tmp_path / "clean").mkdir()
    (tmp_path / "clean" / "city").symlink_to(tmp_path / "else")
    assert len(negatives_in(tmp_path / "clean")) == 1


def test_outlines_become_boxes_and_folders_need_no_yaml(model: Model, data: Path) -> None:
    yolo(data, [[FOUND]], split="val")
    (data / "data.yaml").unlink()
    (data / "labels" / "val" / "0.txt").write_text("1 .125 .125 .25 .125 .25 .25 .125 .25")
    (data / "classes.txt").write_text("stall\ndebris\n")
    read = read_folder(data)
    assert (read.split, measure(model, read)["classes"]["debris"]["ap50"]) == ("val", 1)


def test_classes_without_names_are_numbered_as_the_models(model: Model, data: Path, tmp_path: Path) -> None:
    named = measure(model, read_folder(yolo(data, SCENES)))
    (data / "data.yaml").unlink()
    labels = data / "labels" / "test" / "0.txt"
    labels.write_text(labels.read_text() + "\n7 .5 .5 .1 .1")
    report = measure(model, read_folder(data))
    assert (report["classes"], kinds(report)) == (named["classes"], [("unknown class", "7")])
    assert measure(model, read_folder(data), rename={"7": "stall"})["classes"]["stall"]["boxes"] == 2
    other = tiny_model(tmp_path / "model", "other")  # the same network, its first class by another name
    other.write_text(other.read_text("utf-8").replace("stall", "kiosk"), "utf-8")
    both = compare((model, load_model(other, threads=1)), read_folder(data))
    assert both["accuracy"]["debris"]["boxes"] == named["classes"]["debris"]["boxes"]


def test_a_split_can_be_chosen(data: Path) -> None:
    yolo(data, [[FOUND]], split="train")
    yolo(data, SCENES, split="test")
    (data / "data.yaml").write_text("train: ../images/train\ntest: [images/test]\nnames: {0: stall, 1: debris}\n")
    assert [len(read_folder(data, split=split).pictures) for split in ("", "train", "all")] == [4, 1, 5]
    with pytest.raises(DataError, match="no split 'val'; it has test, train"):
        read_folder(data, split="val")


def coco_splits(root: Path, **scenes: list[Scene]) -> Path:
    """A folder with a COCO file for each split; pictures are numbered on."""
    whole = json.loads((coco(root, [scene for some in scenes.values() for scene in some]) / "labels.json").read_text())
    (root / "labels.json").unlink()
    first = 0
    for split, some in scenes.items():
        mine = range(first, first := first + len(some))
        rows = {
            name: [r for r in whole[name] if r[key] in mine]
            for name, key in (("images", "id"), ("annotations", "image_id"))
        }
        (root / f"{split}.json").write_text(json.dumps(whole | rows))
    return root


@pytest.mark.parametrize("folder", ["data", "latest", "contest", "evaluation"])
def test_a_coco_files_split_is_what_its_own_name_says(tmp_path: Path, folder: str) -> None:
    root = coco_splits(tmp_path / folder, train=SCENES, val=[[FOUND]])
    read = {split: read_folder(root, split=split) for split in ("", "val", "train", "all")}
    assert {split: (data.split, len(data.pictures)) for split, data in read.items()} == {
        "": ("val", 1), "val": ("val", 1), "train": ("train", 4), "all": ("all", 5)
    }  # fmt: skip
    with pytest.raises(DataError, match=r"no label file is of the split 'test' \(train.json, val.json\)"):
        read_folder(root, split="test")


def test_all_files_of_a_split_are_measured(data: Path) -> None:
    root = coco_splits(data, val_cam1=SCENES, val_cam2=[[FOUND]], train=[[STALL]])
    read = read_folder(root, split="val")
    assert (read.split, len(read.pictures), read.faults) == ("val", 5, ())


def test_cocos_own_annotations_are_read_captions_have_no_boxes(data: Path) -> None:
    raw = json.loads((coco(data, SCENES) / "labels.json").read_text())
    (data / "annotations").mkdir()
    for name in ("instances", "person_keypoints"):
        (data / "annotations" / f"{name}_val2017.json").write_text(json.dumps(raw))
    captions = {"images": raw["images"], "annotations": [{"id": 1, "image_id": 0, "caption": "a square"}]}
    (data / "annotations" / "captions_val2017.json").write_text(json.dumps(captions))
    (data / "labels.json").unlink()
    read = read_folder(data)
    assert (read.split, len(read.pictures), read.faults) == ("val", 4, ())
    assert sum(len(picture.boxes) for picture in read.pictures) == 5


def test_what_shares_an_id_is_left_out(data: Path) -> None:
    raw = json.loads((coco(data, [[FOUND, STALL], [FOUND], [STALL]]) / "labels.json").read_text())
    raw["categories"] += [{"id": 8, "name": "heap"}, dict(raw["categories"][0])]
    raw["images"][1]["id"] = 0
    (data / "labels.json").write_text(json.dumps(raw))
    read = read_folder(data)
    assert [[box.name for box in picture.boxes] for picture in read.pictures] == [["stall"]]
    told = sorted((fault.kind, fault.where) for fault in read.faults if fault.kind == "id stands twice")
    assert told == [("id stands twice", "category 8"), ("id stands twice", "image 0")]


def test_all_files_of_a_folder_are_one_set(data: Path) -> None:
    root = coco_splits(data, train=SCENES, others=[[FOUND]])
    draw(root / "unlabelled.png", [])
    read = read_folder(root)
    assert (read.split, len(read.pictures), read.classes) == ("all", 5, ("stall", "debris"))
    assert [Path(fault.where).name for fault in read.faults] == ["unlabelled.png"]


@pytest.mark.parametrize("name", ["instances_val2017", "Valid-labels", "my.validation"])
def test_named_labels_are_of_the_split_that_their_name_says_and_of_no_other(data: Path, name: str) -> None:
    labels = (coco(data, SCENES) / "labels.json").rename(data.parent / f"{name}.json")
    assert [read_folder(data, labels, split).split for split in ("", "val", "all")] == ["val", "val", "all"]
    for split in ("test", "train"):
        with pytest.raises(DataError, match=f"no label file is of the split '{split}'"):
            read_folder(data, labels, split)


@pytest.mark.parametrize("name", ["labels", "train_val", "latest"])
def test_a_name_that_says_no_split_or_two_is_of_none(data: Path, name: str) -> None:
    labels = (coco(data, SCENES) / "labels.json").rename(data.parent / f"{name}.json")
    assert read_folder(data, labels).split == "all"
    with pytest.raises(DataError, match="no label file is of the split 'val'"):
        read_folder(data, labels, "val")


def test_a_label_store_is_measured_whole_or_not_at_all(data: Path) -> None:
    store(data, SCENES)
    for labels in (None, data / "labels.json"):
        assert read_folder(data, labels, "all").split == "all"
        with pytest.raises(DataError, match="a label store knows no splits"):
            read_folder(data, labels, "val")


def test_what_the_label_store_leaves_out_is_left_out(data: Path, model: Model) -> None:
    raw = json.loads((store(data, [[FOUND], [MISSED]]) / "labels.json").read_text())
    key = next(key for key, record in raw["pictures"].items() if record["file"] == "1.png")
    raw["pictures"][key]["exclude"] = "a drawing"
    labels = data.parent / "elsewhere.json"
    labels.write_text(json.dumps(raw))
    assert measure(model, read_folder(data, labels))["classes"]["debris"]["recall"] == 1


@pytest.mark.parametrize("box", [[0, 0, 1], [0, 0, 1, "x"], [0, 0, 1, 10**400], None])
def test_a_damaged_label_store_is_refused(data: Path, box: Any) -> None:
    path = store(data, [[FOUND]]) / "labels.json"
    raw = json.loads(path.read_text())
    next(iter(raw["pictures"].values()))["boxes"][0]["box"] = box
    path.write_text(json.dumps(raw))
    with pytest.raises(DataError, match="not a label store of format 1"):
        read_folder(data)
    path.write_text(json.dumps({"format": 1, "pictures": []}))
    with pytest.raises(DataError, match=r"not a label store of format 1.*pictures must be an object"):
        read_folder(data)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda root: (root / "data.yaml").write_text("names: {heap: 1}"), "'heap' is no class number"),
        (lambda root: (root / "data.yaml").write_text("names: {²: heap}"), "'²' is no class number"),
        (lambda root: (root / "data.yaml").write_text("names: ["), "not readable as YAML"),
        (lambda root: (root / "data.yaml").write_text("test: images/gone\nnames: [a]"), "holds no pictures"),
        (lambda root: [p.unlink() for p in (root / "labels" / "test").iterdir()], r"no labelled .*missing label"),
    ],
)
def test_a_folder_that_holds_nothing_to_measure_says_why(
    data: Path, spoil: Callable[[Path], object], says: str
) -> None:
    spoil(yolo(data, [[FOUND]]))
    with pytest.raises(DataError, match=says):
        read_folder(data)


def test_wrong_use_says_what_to_do(model: Model, data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="name the file with --labels"):
        read_folder(tmp_path / "empty")
    with pytest.raises(DataError, match="no pictures here"):
        negatives_in(tmp_path / "empty")
    read = read_folder(yolo(data, [[FOUND]], names=["a", "b"]))
    with pytest.raises(DataError, match=r"\(a, b\) is one of the model \(stall, debris\).*--rename rubbish=stall"):
        measure(model, read)
    with pytest.raises(DataError, match="the model has no class 'heap'"):
        measure(model, read, rename={"a": "heap"})
    (data / "images" / "test" / "0.png").write_bytes(b"")
    with pytest.raises(DataError, match="none of its 1 labelled pictures can be read"):
        measure(model, read, rename={"a": "debris"})


def test_an_earlier_report_of_other_pictures_is_refused(model: Model, data: Path, tmp_path: Path) -> None:
    read, clean = read_folder(yolo(data, SCENES)), negatives_in(yolo(tmp_path / "clean", [[FALSE]]))
    before = measure(model, read, negatives=clean)
    moved = read_folder(data.rename(tmp_path / "moved"))
    check_same(moved, clean, before)
    check_same(moved, (), before)
    fewer = replace(moved, pictures=moved.pictures[1:])
    with pytest.raises(DataError, match=r"other pictures \(3 of the split test\) than .* \(4 of the split test\)"):
        check_same(fewer, clean, before)
    with pytest.raises(DataError, match="other --negatives than those of the earlier report"):
        check_same(moved, moved.pictures, before)
    check_same(fewer, clean, before | {"dataset": {"kind": "YOLO", "split": "test", "labelled_pictures": 4}})


def test_worse_is_below_the_baselines_interval(model: Model, data: Path, tmp_path: Path) -> None:
    before = measure(model, read_folder(yolo(data, SCENES * 5)))
    blind = load_model(tiny_model(tmp_path, keen=(1, 0)), threads=1)
    assert worse(before, before) == []
    (finding,) = worse(measure(blind, read_folder(data)), before)
    assert finding.startswith("debris: AP50 0.000 is below")


def test_a_class_without_boxes_is_given_no_threshold_and_one_of_few_keeps_its_own(model: Model, data: Path) -> None:
    assert measure(model, read_folder(yolo(data, [[FOUND]] * 3)))["chosen_thresholds"] == {"debris": 0.5}
    assert measure(model, read_folder(yolo(data, [[FOUND]] * 10)))["chosen_thresholds"] == {"debris": 0.1}


def test_a_class_without_boxes_was_not_measured_before_either(model: Model, data: Path) -> None:
    report = measure(model, read_folder(yolo(data, [[FOUND]])))
    assert report["classes"]["stall"]["ap50"] is None
    assert worse(report, report) == []
    assert worse(report | {"classes": {}}, report) == ["debris: no longer measured"]


def test_negatives_that_are_left_out_are_no_longer_measured(model: Model, data: Path, tmp_path: Path) -> None:
    read = read_folder(yolo(data, SCENES))
    draw(tmp_path / "clean" / "a.png", [])
    before = measure(model, read, negatives=negatives_in(tmp_path / "clean"))
    assert worse(before, before) == []
    assert worse(measure(model, read), before) == ["negatives: no longer measured"]
    assert worse(before, measure(model, read)) == []


def test_a_model_is_no_better_than_itself(model: Model, data: Path) -> None:
    report = compare((model, model), read_folder(yolo(data, SCENES)))
    assert report["accuracy"]["debris"]["difference_interval"] == [0, 0]
    assert report["accuracy"]["debris"]["difference"] == 0
    assert report["latency"]["ratio_interval"][0] <= report["latency"]["ratio"]


def test_one_picture_calls_no_difference(model: Model, data: Path, tmp_path: Path) -> None:
    blind = load_model(tiny_model(tmp_path, "blind", keen=(1, 0)), threads=1)
    report = compare((model, blind), read_folder(yolo(data, [[FOUND]])))
    assert report["verdict"].startswith("Too few pictures to call a difference (1): debris AP50 -1.00 [-1.00, -1.00], ")
    assert not report["b_is_worse"]


def test_a_blind_model_is_worse_and_the_keen_one_better(model: Model, data: Path, tmp_path: Path) -> None:
    blind = load_model(tiny_model(tmp_path, "blind", keen=(1, 0)), threads=1)
    read = read_folder(yolo(data, SCENES * 5))
    worse_one, better = compare((model, blind), read), compare((blind, model), read)
    assert worse_one["b_is_worse"]
    assert worse_one["verdict"].startswith("B is worse: debris AP50 -0.6")
    assert not better["b_is_worse"]
    assert better["verdict"].startswith("B is better: debris AP50 +0.6")


EVEN = {"difference": -0.0004, "difference_interval": [-0.02, 0.02], "pictures_with_boxes": 5}
UP, DOWN = (
    EVEN | {"difference": sign * 0.04, "difference_interval": sorted([sign * 0.01, sign * 0.07])} for sign in (1, -1)
)
LEVEL = "stall AP50 +0.00 [-0.02, 0.02], debris AP50 +0.00 [-0.02, 0.02]"


@pytest.mark.parametrize(
    ("debris", "ratio", "verdict", "b_is_worse"),
    [
        (UP, 0.93, "B is better: debris AP50 +0.04 [0.01, 0.07], 0.93× latency", False),
        (UP, 1.5, "B is better: debris AP50 +0.04 [0.01, 0.07], 1.50× latency", False),
        (DOWN, 0.5, "B is worse: debris AP50 -0.04 [-0.07, -0.01], 0.50× latency", True),
        (EVEN, 0.8, f"No difference in accuracy shown, B is faster: {LEVEL}, 0.80× latency", False),
        (EVEN, 1.2, f"No difference in accuracy shown, B is slower: {LEVEL}, 1.20× latency", True),
        (EVEN, 1.02, f"No difference shown: {LEVEL}, 1.02× latency", False),
    ],
)
def test_the_verdict_says_what_the_intervals_show(
    debris: dict[str, Any], ratio: float, verdict: str, *, b_is_worse: bool
) -> None:
    latency = {"ratio": ratio, "ratio_interval": [ratio - 0.01, ratio + 0.01]}
    said = judgement({"stall": EVEN, "debris": debris}, latency, 5)
    assert said == {"verdict": verdict, "b_is_worse": b_is_worse}
    few = judgement({"stall": EVEN, "debris": debris}, latency, 4)
    assert few["verdict"].startswith(
        "Too few pictures to call a difference (4): stall AP50 +0.00 [-0.02, 0.02], debris"
    )
    assert not few["b_is_worse"]


def test_a_class_of_few_pictures_decides_nothing() -> None:
    latency = {"ratio": 1.0, "ratio_interval": [0.99, 1.01]}
    said = judgement({"stall": EVEN, "debris": DOWN | {"pictures_with_boxes": 4}}, latency, 40)
    assert said["verdict"] == (
        "No difference shown: stall AP50 +0.00 [-0.02, 0.02], debris AP50 -0.04 [-0.07, -0.01] "
        "(too few pictures of it: 4), 1.00× latency"
    )
    assert not said["b_is_worse"]


def test_one_box_among_many_pictures_calls_nothing_worse(model: Model, data: Path, tmp_path: Path) -> None:
    blind = load_model(tiny_model(tmp_path, "blind", keen=(1, 0)), threads=1)
    read, clean = read_folder(yolo(data, [[STALL]] * 8 + [[FOUND]])), negatives_in(yolo(tmp_path / "clean", [[]]))
    report = compare((model, blind), read)
    assert report["accuracy"]["debris"]["pictures_with_boxes"] == 1
    assert not report["b_is_worse"]
    before, now = (measure(one, read, negatives=clean) for one in (model, blind))
    assert worse(now, before) == []
    alarmed = now["negatives"] | {"with_box_share": 1}
    assert worse(now | {"negatives": alarmed}, before) == []


def test_better_here_and_worse_there_is_both() -> None:
    said = judgement({"stall": UP, "debris": DOWN}, {"ratio": 1.0, "ratio_interval": [0.99, 1.01]}, 40)
    assert said["verdict"].startswith("B is better and worse: stall AP50 +0.04")
    assert said["b_is_worse"]


def test_pages_need_no_network_and_escape_what_they_are_given(model: Model, data: Path) -> None:
    read = read_folder(yolo(data, [*SCENES, [FOUND]], names=["<b>stall", "debris"]))
    (data / "labels" / "test" / "4.txt").write_text("<script>")
    for page in (accuracy_page(measure(model, read)), compare_page(compare((model, model), read_folder(data)))):
        assert page.count("<svg") >= 2
        assert "<b>stall" not in page
        assert "<script" not in page
        assert "//" not in page.replace(str(data), "")
