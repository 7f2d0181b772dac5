# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which keyframes are called too rare before the start is what the reader finds too rare later."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import SecretStr

from curbwatch.check import check_cameras
from curbwatch.settings import CameraSettings
from curbwatch.zone_settings import GroundSettings
from streams.probe import ProbeResult

CAMERA = CameraSettings.model_validate(
    {
        "id": "cam-1",
        "url": "rtsp://192.0.2.1/cam/realmonitor?channel=1&subtype=0",
        "every_s": 2.0,
        "zones": [{"name": "kerb", "polygon": [[0, 0], [1, 0], [1, 1]]}],
    }
)


def offering(gop_s: float | None) -> ProbeResult:
    return ProbeResult(
        place=CAMERA.source().place, transport="tcp", codec="h264", profile="Main", width=1920, height=1080, fps=25.0,
        gop_s=gop_s, bitrate_kbps=4000.0, first_frame_s=0.4, listened_s=6.0, picture=np.zeros((2, 2, 3), np.uint8),
        siblings=(),
    )  # fmt: skip


@pytest.mark.parametrize(("gop_s", "rare"), [(1.0, False), (2.003, False), (2.4, False), (4.0, True), (None, False)])
def test_keyframes_about_as_often_as_looks_are_no_finding(
    monkeypatch: pytest.MonkeyPatch, gop_s: float | None, rare: bool
) -> None:
    monkeypatch.setattr("curbwatch.check.probe", lambda *_, **__: offering(gop_s))
    (finding,) = check_cameras([CAMERA])
    assert finding.good
    assert ("keyframes come every 4.0 s, looks every 2 s decode frames between" in finding.text) == rare


@pytest.mark.parametrize(
    ("size", "ground", "asks"),
    [
        ((1280, 960), {}, True),
        ((1280, 960), {"aspect": 1.333}, False),
        ((704, 576), {"aspect": 1.778}, False),
        ((1920, 1088), {}, False),
    ],
)
def test_whether_a_picture_that_is_not_wide_shows_a_wide_scene_is_asked(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], ground: dict[str, float], asks: bool
) -> None:
    found = replace(offering(1.0), width=size[0], height=size[1])
    monkeypatch.setattr("curbwatch.check.probe", lambda *_, **__: found)
    level = GroundSettings.model_validate({"horizon": 0.2, "height_m": 6.0, "fov_deg": 40.0} | ground)
    (finding,) = check_cameras([CAMERA.model_copy(update={"ground": level})])
    assert finding.good
    assert ("set `aspect` under [cameras.ground]" in finding.text) == asks


def test_one_camera_that_breaks_the_check_is_bad_and_the_others_are_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(url: str, **_: object) -> ProbeResult:
        if "channel=1" in url:
            raise UnicodeDecodeError("utf-8", b"\xc9", 0, 1, "invalid start byte")
        return offering(1.0)

    monkeypatch.setattr("curbwatch.check.probe", broken)
    other = CAMERA.model_copy(update={"id": "cam-2", "url": SecretStr("rtsp://192.0.2.1/cam/2")})
    first, second = check_cameras([CAMERA, other])
    assert (first.camera_id, first.good) == ("cam-1", False)
    assert "checking cam-1 failed (UnicodeDecodeError)" in first.text
    assert (second.camera_id, second.good) == ("cam-2", True)


def test_an_address_that_stands_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curbwatch.check.probe", lambda *_, **__: offering(1.0))
    first, second = check_cameras([CAMERA, CAMERA.model_copy(update={"id": "cam-2"})])
    assert "same address" not in first.text
    assert second.text.endswith("; same address as cam-1")
