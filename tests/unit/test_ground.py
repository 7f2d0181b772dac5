# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a thing stands in metres; calibrations that cannot be true are refused with a cure."""

import math

import pytest

from curbwatch.zone_settings import GroundSettings
from detector.errors import GroundError
from detector.ground import WIDE, ground_from_horizon, ground_from_points, size_m, to_ground
from detector.zones import Point

PICTURE: tuple[Point, ...] = ((0.2, 0.9), (0.8, 0.9), (0.7, 0.4), (0.3, 0.4))
LEVEL = ground_from_horizon(0.2, 6.0, fov_deg=40)


def metres(ground_points: tuple[Point, ...] = PICTURE) -> tuple[Point, ...]:
    found = [to_ground(LEVEL, point) for point in ground_points]
    return tuple(point for point in found if point)


@pytest.mark.parametrize("point", [(0.5, 0.6), (0.1, 0.99), (0.9, 0.3), (0.5, 0.21)])
def test_four_points_and_the_pole_agree(point: Point) -> None:
    by_points = ground_from_points(PICTURE, metres())
    assert to_ground(by_points, point) == pytest.approx(to_ground(LEVEL, point), rel=1e-6, abs=1e-6)


def test_the_four_points_lie_where_they_were_measured() -> None:
    street = ((0.0, 0.0), (4.0, 0.0), (4.0, 9.0), (0.0, 9.0))
    ground = ground_from_points(PICTURE, street)
    assert [to_ground(ground, point) for point in PICTURE] == [pytest.approx(m, abs=1e-9) for m in street]


@pytest.mark.parametrize("point", [(0.5, 0.2), (0.5, 0.1), (0.0, -1.0), (1.0, 0.0)])
def test_above_the_horizon_is_no_ground(point: Point) -> None:
    assert to_ground(LEVEL, point) is None
    assert to_ground(ground_from_points(PICTURE, metres()), point) is None


def test_straight_down_half_the_view_is_as_far_as_geometry_says() -> None:
    ground = ground_from_horizon(0.5, 5.0, fov_deg=90)  # level: the lower edge is 45 degrees below
    assert to_ground(ground, (0.5, 1.0)) == pytest.approx((0.0, 5.0))
    assert to_ground(ground, (0.5, 0.75)) == pytest.approx((0.0, 10.0))


def test_two_cameras_share_the_citys_metres() -> None:
    looks_north = ground_from_horizon(0.3, 5.0, fov_deg=50, stands_at=(100.0, 200.0))
    looks_south = ground_from_horizon(0.3, 5.0, fov_deg=50, stands_at=(100.0, 230.0), heading_deg=180.0)
    ahead = to_ground(looks_north, (0.5, 0.6))
    back = to_ground(looks_south, (0.5, 0.6))
    assert ahead
    assert back
    assert ahead[0] == pytest.approx(back[0]) == pytest.approx(100.0)
    assert ahead[1] - 200.0 == pytest.approx(230.0 - back[1])
    east = to_ground(ground_from_horizon(0.3, 5.0, fov_deg=50, heading_deg=90.0), (0.5, 0.6))
    assert east == pytest.approx((ahead[1] - 200.0, 0.0), abs=1e-9)


def test_a_thing_keeps_its_size_wherever_it_stands() -> None:
    near, far = (0.45, 0.7, 0.55, 0.9), (0.49, 0.30, 0.51, 0.34)
    sizes = size_m(LEVEL, near), size_m(LEVEL, far)
    assert all(sizes)
    assert size_m(LEVEL, (0.4, 0.1, 0.6, 0.15)) is None
    width, height = sizes[0] or (0, 0)
    assert math.isclose(height / width, 0.2 / 0.1 * 9 / 16)


@pytest.mark.parametrize(
    ("picture", "street", "cure"),
    [
        (PICTURE[:3], metres()[:3], "needs exactly four points"),
        (PICTURE, (metres()[1], metres()[0], *metres()[2:]), "list them in the same order|count metres to the right"),
        (PICTURE, tuple((x, -y) for x, y in metres()), "the street is mirrored; count metres to the right and away"),
        (((0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.0, 1.0)), metres(), "one line in the picture; take the corners"),
        (PICTURE, ((0, 0), (1, 1), (2, 2), (0, 5)), "one line in the street; take the corners of an area"),
        (PICTURE, ((0, 0), (0, 0), (4, 9), (0, 9)), "one line in the street"),
        (PICTURE, ((math.nan, 0), (4, 0), (4, 9), (0, 9)), "is no number"),
    ],
)
def test_points_that_make_no_plane_are_refused(
    picture: tuple[Point, ...], street: tuple[Point, ...], cure: str
) -> None:
    with pytest.raises(GroundError, match=cure):
        ground_from_points(picture, street)


@pytest.mark.parametrize(
    ("horizon", "height_m", "fov_deg", "cure"),
    [
        (0.2, 0.0, 40, "0 m above the ground; give the height of its pole in metres"),
        (0.2, 6.0, 2, "a vertical field of view of 2° is none; most cameras have 25 to 60"),
        (1.0, 6.0, 40, "a horizon at 1 leaves no ground in the picture"),
        (math.nan, 6.0, 40, "leaves no ground"),
    ],
)
def test_a_pole_that_sees_no_ground_is_refused(horizon: float, height_m: float, fov_deg: float, cure: str) -> None:
    with pytest.raises(GroundError, match=cure):
        ground_from_horizon(horizon, height_m, fov_deg=fov_deg)


@pytest.mark.parametrize("aspect", [4 / 3, 9 / 16])
def test_a_picture_of_another_shape_keeps_its_metres_where_its_aspect_is_told(aspect: float) -> None:
    wide = (0.4, 0.5, 0.6, 0.9)
    narrow = (0.5 - 0.1 * WIDE / aspect, 0.5, 0.5 + 0.1 * WIDE / aspect, 0.9)
    told = ground_from_horizon(0.2, 6.0, fov_deg=40, aspect=aspect)
    assert size_m(told, narrow, aspect=11 / 9) == pytest.approx(size_m(LEVEL, wide))


def test_the_settings_tell_the_ground_its_aspect() -> None:
    level = {"horizon": 0.2, "height_m": 6.0, "fov_deg": 40.0}
    assert GroundSettings.model_validate(level).ground() == LEVEL
    squarer = GroundSettings.model_validate(level | {"aspect": 4 / 3}).ground()
    assert squarer == ground_from_horizon(0.2, 6.0, fov_deg=40, aspect=4 / 3)
    points = GroundSettings.model_validate({"picture": PICTURE, "metres": metres(), "aspect": 4 / 3}).ground()
    assert points.aspect == 4 / 3
