# SPDX-License-Identifier: AGPL-3.0-or-later
"""Average precision is what faster-coco-eval finds, and the quick bootstrap draws what a slow one draws."""

import numpy as np
import pytest
from faster_coco_eval import COCO, COCOeval_faster
from numpy.random import Generator
from numpy.typing import NDArray

from models.measure import Judged, area_under, average_precision, draws, interval, judge, match, rank

Floats = NDArray[np.float32]
STRICTNESS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def boxes(rng: Generator, count: int) -> Floats:
    low = rng.uniform(0, 400, (count, 2))
    return np.concatenate([low, low + rng.uniform(20, 160, (count, 2))], axis=1).astype(np.float32)


def street(rng: Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """Made-up truth, crowds, and detections near the truth and elsewhere, with their scores."""
    truth, crowd = boxes(rng, int(rng.integers(0, 7))), boxes(rng, int(rng.integers(0, 2)))
    shaken = np.concatenate([truth, truth, crowd]) + rng.normal(0, 8, (2 * len(truth) + len(crowd), 4))
    found = np.concatenate([shaken, boxes(rng, int(rng.integers(0, 5)))]).astype(np.float32)
    found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
    return truth, crowd, found, rng.uniform(0.01, 1, len(found)).astype(np.float32)


def coco(streets: list[tuple[Floats, Floats, Floats, Floats]]) -> tuple[float, float]:
    """AP50-95 and AP50 as faster-coco-eval finds them."""
    labels = [
        {"id": 1 + 100 * number + place, "image_id": number, "category_id": 1, "iscrowd": int(place >= len(truth)),
         "bbox": xywh(box), "area": float(np.prod(box[2:] - box[:2]))}
        for number, (truth, crowd, _, _) in enumerate(streets)
        for place, box in enumerate(np.concatenate([truth, crowd]))
    ]  # fmt: skip
    found = [
        {"image_id": number, "category_id": 1, "bbox": xywh(box), "score": float(score)}
        for number, (_, _, place, scores) in enumerate(streets)
        for box, score in zip(place, scores, strict=True)
    ]
    images = [{"id": number, "width": 600, "height": 600} for number in range(len(streets))]
    truth = COCO({"images": images, "annotations": labels, "categories": [{"id": 1, "name": "debris"}]})
    measured = COCOeval_faster(truth, truth.loadRes(found), "bbox", print_function=lambda *_: None)
    measured.run()
    return float(measured.stats[0]), float(measured.stats[1])


def xywh(box: Floats) -> list[float]:
    return [float(v) for v in (box[0], box[1], box[2] - box[0], box[3] - box[1])]


@pytest.mark.parametrize("seed", range(8))
def test_average_precision_is_that_of_faster_coco_eval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = [street(rng) for _ in range(40)]
    by_strictness = [
        average_precision([judge(found, scores, truth, crowd, least) for truth, crowd, found, scores in streets])
        for least in STRICTNESS
    ]
    # both are float64; only boxes are float32 here, and no overlap lies that near a limit
    assert (np.mean(by_strictness), by_strictness[0]) == pytest.approx(coco(streets), abs=1e-9)


def test_a_truth_is_taken_once_and_by_the_surest() -> None:
    truth = np.array([[0, 0, 10, 10]], np.float32)
    twice = np.array([[0, 0, 10, 9], [0, 0, 10, 10], [50, 50, 60, 60]], np.float32)
    assert match(twice, np.array([0.5, 0.9, 0.8], np.float32), truth).tolist() == [-1, 0, -1]


def test_nothing_to_find_has_no_precision() -> None:
    empty = Judged(np.zeros(0, np.float32), np.zeros(0, bool), 0)
    assert np.isnan(average_precision([empty]))
    assert np.isnan(average_precision([]))
    assert average_precision([Judged(empty.scores, empty.right, 3)]) == 0


def test_weights_count_pictures_as_repeating_them_does() -> None:
    rng = np.random.default_rng(1)
    judged = [judge(found, scores, truth, crowd) for truth, crowd, found, scores in (street(rng) for _ in range(9))]
    ranked = rank(judged)
    for weights in draws(9, rng)[:50]:
        repeated = [judged[i] for i in np.repeat(np.arange(9), weights)]
        assert area_under(ranked, weights) == pytest.approx(average_precision(repeated), abs=1e-12)


def test_an_interval_holds_the_figure() -> None:
    rng = np.random.default_rng(2)
    judged = [judge(found, scores, truth, crowd) for truth, crowd, found, scores in (street(rng) for _ in range(30))]
    low, high = interval(judged, average_precision, rng)
    assert 0 < low < average_precision(judged) < high < 1
