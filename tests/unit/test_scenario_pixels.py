# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from benchmarks.scenarios.claims import Claim, Claims
from benchmarks.scenarios.clockwork import Clockwork
from benchmarks.scenarios.film import Film, Stand
from benchmarks.scenarios.pixel import KEPT_WIDTH, _key, reel_of, scene_of, times
from benchmarks.scenarios.pixel_cache import Seconds, kept, remember
from benchmarks.scenarios.pixel_report import judge
from benchmarks.scenarios.pixel_scripts import scripts, stall, thing
from benchmarks.scenarios.scoring import score
from benchmarks.scenarios.stage import Prop, Script, Way, Weather, at_step, spot, traffic
from benchmarks.scenarios.stage_draw import box_of, shot
from benchmarks.scenarios.stage_pack import Pack, load_pack
from curbwatch.settings import SHIPPED_MODEL
from detector.look import Look
from detector.manifest import load_manifest
from detector.model import Model, load_model
from detector.observe import Memory, observe
from detector.reading import Seen
from streams.frame import Frame

QUIET = Script("quiet", 2, walkers=0, cars=0, weather=Weather(noise=0, jpeg=100))
STANDING = replace(QUIET, props=(thing("food_cart", "stall", 20, 90, 6.5),))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def test_there_are_at_least_twenty_scenarios_and_no_two_share_a_name() -> None:
    names = [script.name for script in scripts()]
    assert len(names) == len(set(names)) >= 20


def test_every_cut_out_of_every_scenario_is_in_the_pack(pack: Pack) -> None:
    for script in scripts():
        used = {name for prop in script.props for _, name in prop.steps if name}
        assert used | {way.sprite for way in traffic(script)} <= set(pack.sprites), script.name


def test_a_thing_is_drawn_where_the_truth_says_and_only_while_it_stands(pack: Pack) -> None:
    before, there, after = (shot(pack, STANDING, at_s).picture.astype(int) for at_s in (10, 50, 95))
    assert np.abs(before - after).max() == 0
    x0, y0, x1, y1 = box_of(pack, STANDING.props[0])
    width, height = pack.camera.size
    rows, columns = np.nonzero(np.abs(there - before).sum(axis=2) > 60)
    # its shadow reaches out of the box to the right and down, nothing may stand out to the left or at the top
    assert abs(columns.min() / width - x0) < 0.02
    assert abs(rows.min() / height - y0) < 0.02
    assert columns.max() / width > x0 + 0.8 * (x1 - x0)
    assert rows.max() / height > y0 + 0.8 * (y1 - y0)


def test_the_ground_before_a_thing_hides_nothing_of_it(pack: Pack) -> None:
    table = replace(QUIET, props=(thing("fruit_table_3", "stall", 20, 90, 4.6, 10.6),))
    before, there = (shot(pack, table, at_s).picture.astype(int) for at_s in (10, 50))
    rows, _ = np.nonzero(np.abs(there - before).sum(axis=2) > 60)
    assert rows.max() + 1 >= box_of(pack, table.props[0])[3] * pack.camera.size[1] - 2


def test_a_quiet_street_under_sensor_noise_is_never_taken_for_a_frozen_camera(pack: Pack) -> None:
    quiet = replace(QUIET, weather=Weather(), minutes=3.5)
    memory, blind = Memory(), []
    for number, second in enumerate(times(quiet).tolist()):
        at = scripts_begin() + timedelta(seconds=second)
        frame = Frame("quiet", shot(pack, quiet, second, ()).picture, at, number)
        small = replace(frame, pixels=frame.small(KEPT_WIDTH))
        memory, look = observe(memory, Seen(small, Look("quiet", at, ()), ()))
        blind.append(look.blind)
    assert blind == [None] * 21


def test_a_stall_that_becomes_permitted_is_not_cleared_too_early(pack: Pack) -> None:
    script = replace(QUIET, minutes=10, props=(thing("food_cart", "stall", 0, 900, 6.5),))
    world, at_s = scene_of(pack, script), times(script)
    never = np.zeros(len(at_s), np.bool_)
    clock = Clockwork(at_s, np.zeros(len(at_s)), never, never, never)
    told = Claims([Claim(13, "stall", "pavement", world.things[0].box, "a")], [(40, "a")])
    early = {}
    for permits in ((), ((390.0, 600.0),)):
        watched = replace(world, permits=world.permits | {"pavement": permits})
        early[permits] = score(Film(watched, clock, (), (Stand(world.things[0], ~never),)), told).cleared_early
    assert list(early.values()) == [1, 0]


def test_a_farther_place_draws_a_smaller_thing(pack: Pack) -> None:
    near, far = (box_of(pack, thing("food_cart", "stall", 0, 60, 6.5, y)) for y in (9.5, 12.5))
    assert far[3] - far[1] < near[3] - near[1]
    assert far[3] < near[3]


def test_a_parked_van_hides_what_stands_behind_it_and_not_what_stands_before(pack: Pack) -> None:
    van = Way("van_white", ((0, 5.0, 7.5), (120, 5.01, 7.5)))
    behind = thing("cartons", "debris", 0, 120, 6.4, 9.6)
    before = thing("cartons", "debris", 0, 120, 3.2, 5.2)
    covered = shot(pack, replace(QUIET, props=(behind, before), ways=(van,)), 60).covered
    assert covered[0] > 0.5
    assert covered[1] < 0.1


def test_a_hand_on_the_lens_hides_everything(pack: Pack) -> None:
    wiped = replace(STANDING, weather=Weather(wiped=(40, 60)))
    assert [shot(pack, wiped, at_s).covered[0] for at_s in (30, 50, 70)] == [0.0, 1.0, 0.0]


def test_the_same_second_is_drawn_the_same_again(pack: Pack) -> None:
    script = replace(STANDING, weather=Weather(rain=1.0, sweep=0.4), walkers=20)
    assert np.array_equal(shot(pack, script, 50).picture, shot(pack, script, 50).picture)


def test_a_mirrored_scenario_has_a_mirrored_truth(pack: Pack) -> None:
    plain, mirrored = (scene_of(pack, replace(STANDING, mirrored=m)).things[0].box for m in (False, True))
    assert mirrored == pytest.approx((1 - plain[2], plain[1], 1 - plain[0], plain[3]))


def test_licensed_things_belong_to_no_watched_zone(pack: Pack) -> None:
    licensed = Prop(((0.0, "cafe"),), 6, 11, "stall", licensed=True)
    assert scene_of(pack, replace(QUIET, props=(licensed,))).things[0].zone == ""


def test_steps_and_ways_are_what_they_are_at_a_second() -> None:
    (prop, keeper) = stall(60, 300, pace_s=10)
    assert [at_step(prop.steps, at_s) for at_s in (0, 60, 95, 299, 300)] == ["", "stall_1", "stall_4", "stall_1", ""]
    assert at_step(keeper.steps, 99) == ""
    way = Way("man_red", ((10, 0, 9), (20, 10, 9)))
    assert spot(way, 15) == (5, 5, 9)
    assert spot(way, 20) is None


def test_what_the_model_said_is_kept_and_a_damaged_file_is_not_believed(tmp_path: Path) -> None:
    at = np.zeros((8, 8, 3), np.uint8)
    look = Look("a", scripts_begin(), ())
    remember(tmp_path, "key", Seconds(((at, look, (0.25,)), (at + 1, look, (1.0,)))))
    known = kept(tmp_path, "key")
    assert known is not None
    assert [share for _, _, share in known.rows] == [(0.25,), (1.0,)]
    assert known.rows[1][0].max() == 1
    whole = (tmp_path / "key.npz").read_bytes()
    for damaged in (b"PK", b"", whole[: len(whole) // 2], whole[:100] + b"x" + whole[101:]):
        (tmp_path / "key.npz").write_bytes(damaged)
        assert kept(tmp_path, "key") is None


def test_what_another_manifest_said_of_the_same_weights_is_not_taken_for_this_ones(pack: Pack) -> None:
    reel, manifest = reel_of(pack, QUIET), load_manifest(SHIPPED_MODEL)
    others: list[dict[str, Any]] = [
        {"input_size": manifest.input_size + 32},
        {"iou": manifest.iou / 2},
        {"classes": manifest.classes[::-1]},
        {"thresholds": dict.fromkeys(manifest.classes, 0.9)},
    ]
    keys = {
        _key(reel, Mock(spec=Model, manifest=manifest.model_copy(update=changed), engine="onnxruntime"))
        for changed in ({}, *others)
    }
    assert len(keys) == 1 + len(others)


def scripts_begin() -> datetime:
    return datetime(2026, 6, 1, tzinfo=UTC)


def test_a_tiny_scenario_through_the_model_and_the_chain(pack: Pack, tmp_path: Path) -> None:
    tiny = replace(QUIET, name="tiny", minutes=4.5, interval_s=30, props=stall(0, 400, pace_s=1))
    model, asked = load_model(SHIPPED_MODEL), [0]

    def count() -> None:
        asked[0] += 1

    first, again = (judge([reel_of(pack, tiny)], model, cache=tmp_path, on_done=count)[0] for _ in range(2))
    assert asked[0] == 9  # the second time nothing was looked at
    assert first.score.violations == 1
    assert first.score == again.score
