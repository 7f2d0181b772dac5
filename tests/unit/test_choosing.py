# SPDX-License-Identifier: AGPL-3.0-or-later
"""Of two engines the faster one is taken, but only if it sees the same."""

import logging
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.choosing import agree, better, compared, faster, open_session
from detector.detections import Detections
from detector.errors import SessionError
from detector.manifest import Manifest, load_manifest
from detector.openvino_session import NO_OPENVINO
from detector.session import OnnxSession
from support.detections import NOTHING
from support.tiny_model import tiny_model

PICTURE = np.full((64, 64, 3), 200, np.uint8)
FLOORS = np.array([0.2, 0.2], np.float32)


class Engine:
    """The tiny model, its answer and its pace changed at will."""

    def __init__(self, inner: OnnxSession, name: str, *, pause_s: float = 0.0, shift: float = 0.0) -> None:
        self.name, self._inner, self._pause_s, self._shift = name, inner, pause_s, shift

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        return self._inner.input_shape

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        time.sleep(self._pause_s)
        return self._inner.run(batch) + np.float32(self._shift)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return load_manifest(tiny_model(tmp_path))


@pytest.mark.parametrize(
    ("pause_s", "shift", "chosen"), [(0.0, 0.0, "other"), (0.08, 0.0, "usual"), (0.0, 40.0, "usual")]
)
def test_the_faster_of_two_that_agree_wins(manifest: Manifest, pause_s: float, shift: float, chosen: str) -> None:
    inner = OnnxSession(manifest.weights, threads=1)
    side = manifest.input_size
    sample = np.full((1, 3, side, side), 0.8, np.float32)
    usual, other = Engine(inner, "usual", pause_s=0.04), Engine(inner, "other", pause_s=pause_s, shift=shift)
    wins, why = better(usual, other, manifest, sample)
    assert ("other" if wins else "usual") == chosen
    assert why.startswith(f"inference by {chosen}")


def test_the_trial_takes_nothing_from_the_folder_that_it_runs_in(
    manifest: Manifest, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise ImportError('not the one')", "utf-8")
    monkeypatch.chdir(tmp_path)
    faster(manifest.weights.with_suffix(".toml"), PICTURE, threads=1)
    assert "the trial of OpenVINO failed" not in caplog.text


def test_the_trial_runs_in_a_process_of_its_own_and_its_reason_is_logged(
    manifest: Manifest, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        chosen = faster(manifest.folder / "tiny.toml", PICTURE, threads=1)
    assert chosen in {"onnxruntime", "openvino"}
    assert f"inference by {chosen}" in caplog.text


def test_a_trial_that_fails_leaves_onnxruntime(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert faster(tmp_path / "nothing.toml", PICTURE, threads=1) == "onnxruntime"
    assert "the trial of OpenVINO failed" in caplog.text


def test_without_openvino_onnxruntime_is_used(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    chosen, why = compared(manifest, PICTURE, 1)
    assert (chosen, why) == ("onnxruntime", f"inference by onnxruntime fp32 ({NO_OPENVINO})")
    with pytest.raises(SessionError, match="not installed"):
        open_session(manifest, "openvino", threads=1)


def found(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


THING = (10.0, 10.0, 50.0, 40.0, 0.7, 0)


@pytest.mark.parametrize(
    "other",
    [
        NOTHING,
        found((10, 10, 50, 40, 0.7, 1)),
        found((30, 10, 70, 40, 0.7, 0)),
        found((10, 10, 50, 40, 0.5, 0)),
        found(THING, (100, 100, 120, 120, 0.4, 1)),
    ],
)
def test_another_class_place_score_or_number_is_no_agreement(other: Detections) -> None:
    assert not agree(found(THING), other, FLOORS)
    assert not agree(other, found(THING), FLOORS)


def test_rounding_and_what_is_barely_there_are_forgiven() -> None:
    assert agree(found(THING), found((11, 10, 51, 40, 0.66, 0), (100, 100, 120, 120, 0.22, 1)), FLOORS)
    assert agree(NOTHING, NOTHING, FLOORS)
