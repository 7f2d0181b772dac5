# SPDX-License-Identifier: AGPL-3.0-or-later
"""A frame's planes say the same as its converted picture, for every way cameras code colour."""

import gc
import weakref
from datetime import UTC, datetime

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from detector.letterbox import letterbox
from streams.decoder import to_bgr, to_pixels
from streams.frame import Frame, Pixels, Planes, reduced, shrunk

NOW = datetime(2026, 11, 22, tzinfo=UTC)
# swscale rounds its BGR down by about one level, and averages two chroma rows where we interpolate
NEAR = 2.5


def street(width: int, height: int) -> Pixels:
    """A smooth colour picture: shades across and down, and a red box."""
    across, down = np.meshgrid(np.linspace(20, 230, width), np.linspace(20, 230, height))
    picture = np.stack([across, (across + down) / 2, down], axis=2).astype(np.uint8)
    picture[height // 4 : height // 2, width // 4 : width // 2] = (40, 40, 200)
    return picture


def coded(picture: Pixels, *, colorspace: Colorspace, color_range: ColorRange) -> av.VideoFrame:
    """The picture as planes of a camera that says how it codes colour."""
    frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
    return frame.reformat(format="yuv420p", dst_colorspace=colorspace, dst_color_range=color_range)


@pytest.mark.parametrize("size", [(640, 360), (642, 362), (320, 570)])
@pytest.mark.parametrize("colorspace", [Colorspace.ITU601, Colorspace.ITU709])
@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
def test_planes_and_picture_give_the_model_the_same_square(
    size: tuple[int, int], colorspace: Colorspace, color_range: ColorRange
) -> None:
    frame = coded(street(*size), colorspace=colorspace, color_range=color_range)
    planes, squares = to_pixels(frame), np.full((2, 3, 160, 160), np.nan, np.float32)
    assert isinstance(planes, Planes)
    fits = [letterbox(planes, squares[0]), letterbox(to_bgr(frame), squares[1])]
    assert fits[0] == fits[1]
    assert np.abs(squares[0] - squares[1]).mean() * 255 < NEAR
    assert squares.min() >= 0
    assert squares.max() <= 1


def test_thumbnails_are_the_same_from_planes_and_from_a_picture() -> None:
    planes = to_pixels(coded(street(640, 360), colorspace=Colorspace.ITU601, color_range=ColorRange.MPEG))
    live = Frame("cam-1", planes, NOW, 0)
    filed = Frame("cam-1", live.picture, NOW, 0)
    assert (live.width, live.height) == (filed.width, filed.height) == (640, 360)
    assert live.grey(160).shape == (90, 160)
    assert live.small(160).shape == (90, 160, 3)
    assert np.abs(live.grey(160).astype(int) - filed.grey(160)).mean() < NEAR
    assert np.abs(live.small(160).astype(int) - filed.small(160)).mean() < NEAR


def test_a_thumbnail_is_never_larger_than_the_picture_and_never_the_picture_itself() -> None:
    for pixels in (street(64, 48), to_pixels(av.VideoFrame.from_ndarray(street(64, 48), format="bgr24"))):
        frame = Frame("cam-1", pixels, NOW, 0)
        assert frame.small(1000).shape == (48, 64, 3)
        assert frame.grey(1000).shape == (48, 64)
        assert not np.shares_memory(frame.small(64), frame.picture)


def test_what_is_no_4_2_0_picture_is_converted_at_once() -> None:
    pixels = to_pixels(av.VideoFrame.from_ndarray(street(64, 48), format="bgr24"))
    assert not isinstance(pixels, Planes)
    assert np.array_equal(pixels, street(64, 48))


def test_shrinking_averages() -> None:
    rng = np.random.default_rng(7)
    noise = rng.integers(0, 256, (480, 640), dtype=np.uint8)
    small = shrunk(noise, 40, 30)
    assert small.shape == (30, 40)
    assert float(small.std()) == pytest.approx(float(noise.std()) / 16, rel=0.2)  # 16 by 16 pixels each


def test_a_reduced_frame_keeps_nothing_of_the_decoder_s() -> None:
    planes = to_pixels(coded(street(640, 360), colorspace=Colorspace.ITU709, color_range=ColorRange.MPEG))
    assert isinstance(planes, Planes)
    whole = weakref.ref(planes.bgr)
    small = reduced(Frame("cam-1", planes, NOW, 0), 320)
    del planes
    gc.collect()
    assert whole() is None
    assert small.picture.shape == (180, 320, 3)
