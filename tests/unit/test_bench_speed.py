# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the benchmarks of speed make of their measurements."""

import json
import math
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from threading import Barrier, Event
from typing import Any
from unittest.mock import Mock

import httpx2
import numpy as np
import pytest

from benchmarks.capacity.against import fewer
from benchmarks.capacity.chaos import Stage, clock_stepped, tally
from benchmarks.capacity.fit import largest, line, summary
from benchmarks.capacity.floor import Stream, _check, _read
from benchmarks.capacity.metrics import added, between, looks, parsed, quantiles
from benchmarks.capacity.page import verdict
from benchmarks.capacity.soak import slope
from benchmarks.capacity.stepped_clock import MISSING, SteppedClock, stepped_clock
from benchmarks.charts import Series, chart, ticks
from benchmarks.errors import BenchError
from benchmarks.latency.against import slower
from benchmarks.latency.stopwatch import Stopwatch, figures, interval, ratio_of, student
from benchmarks.machine import facts
from benchmarks.running import Service
from support.running import command

BEFORE = """
curbwatch_looks_total{camera="a",how="inferred"} 10
curbwatch_looks_kept_total{camera="a"} 5
curbwatch_look_age_seconds_bucket{camera="a",le="0.1"} 10
curbwatch_look_age_seconds_bucket{camera="a",le="0.3"} 10
curbwatch_look_age_seconds_bucket{camera="a",le="+Inf"} 10
"""
AFTER = """
curbwatch_looks_total{camera="a",how="inferred"} 13
curbwatch_looks_total{camera="a",how="gated"} 7
curbwatch_looks_total{camera="b",how="gated"} 4
curbwatch_looks_kept_total{camera="a"} 14
curbwatch_look_age_seconds_bucket{camera="a",le="0.1"} 15
curbwatch_look_age_seconds_bucket{camera="a",le="0.3"} 20
curbwatch_look_age_seconds_bucket{camera="a",le="+Inf"} 20
curbwatch_look_age_seconds_bucket{camera="b",le="0.1"} 0
curbwatch_look_age_seconds_bucket{camera="b",le="0.3"} 0
curbwatch_look_age_seconds_bucket{camera="b",le="+Inf"} 4
"""


def test_a_window_is_what_came_between_two_scrapes() -> None:
    window = between(parsed(BEFORE), parsed(AFTER))
    told = looks(window, due=10, cameras={"a"})
    assert told["looks"] == {"inferred": 3, "gated": 7}
    assert (told["looks_promised"], told["looks_kept"]) == (10, 0.9)
    assert told["frame_age_p50_s"] == pytest.approx(0.1)
    assert quantiles(window, [0.75], {"a"}) == [pytest.approx(0.2)]


def test_ages_beyond_the_last_bucket_are_not_made_up() -> None:
    window = between(parsed(BEFORE), parsed(AFTER))
    assert quantiles(window, [0.5], {"b"}) == [0.3]
    assert quantiles(between(parsed(AFTER), parsed(AFTER)), [0.5]) == [None]


def test_a_restarted_service_counts_from_nought() -> None:
    window = between(parsed(AFTER), parsed(BEFORE))
    assert window.total("curbwatch_looks_total", how="inferred") == 10
    assert added([window, window]).total("curbwatch_looks_total", how="inferred") == 20


def point(cameras: int, kept: float, *, cores: float = 0.0) -> dict[str, Any]:
    return {"cameras": cameras, "looks_kept": kept, "cpu_cores": cores, "rss_mb": 200 + 4.0 * cameras}


def test_the_limit_lies_between_the_last_kept_and_the_first_missed_point() -> None:
    points = [point(10, 1.0, cores=0.2), point(50, 0.97, cores=0.9), point(90, 0.89, cores=1.0)]
    told = summary(points, 1)
    assert told["limit"]["cameras"] == 60
    assert told["cameras_per_core"] == 60
    assert told["memory_per_camera_mb"] == 4


def test_without_a_missed_look_the_line_is_followed_to_full_processors() -> None:
    points = [point(10, 1.0, cores=0.2), point(50, 1.0, cores=0.6)]
    fitted = line(points, "cpu_cores")
    assert fitted == {"base": 0.1, "per_camera": 0.01, "r2": 1.0}
    told = largest(points, fitted, 2)
    assert told is not None
    assert (told["cameras"], "extrapolated" in told["how"]) == (190, True)


def test_nothing_is_extrapolated_to_a_number_at_which_the_service_could_not_begin() -> None:
    points = [point(4, 1.0, cores=0.05), point(16, 1.0, cores=0.1)]  # the line fills a core at 232
    told = summary(points, 1, not_carried=50)
    assert told["cameras_per_core"] == 16
    assert told["limit"]["how"] == "16 kept their looks, 50 could not begin: measure between"
    assert summary(points, 1, not_carried=240)["cameras_per_core"] == 231.8
    assert summary(points[:1], 1, not_carried=16)["cameras_per_core"] == 4
    overloaded = [*points, point(40, 0.5, cores=1.0)]
    assert summary(overloaded, 1, not_carried=50) == summary(overloaded, 1)


def carried(
    *points: dict[str, Any], not_carried: int | None = None, processor: str = "one", **told: Any
) -> dict[str, Any]:
    """A report of `bench capacity`."""
    same = {"machine": {"processor": processor}, "stream": "main", "every_s": 2.0, "bound": True}
    left = {} if not_carried is None else {"not_carried": not_carried}
    return same | {"points": list(points)} | (summary(points, 1, not_carried) if points else {}) | left | told


FOUR, SIXTEEN, FIFTY = point(4, 1.0, cores=0.08), point(16, 1.0, cores=0.32), point(50, 0.94, cores=1.0)
EARLIER = carried(FOUR, SIXTEEN, FIFTY)  # 44.3 a core


NUMBERS = "these numbers of cameras: measure some of 4, 16, 50"


@pytest.mark.parametrize(
    ("now", "findings"),
    [
        (EARLIER, []),
        (carried(FOUR, SIXTEEN, point(50, 0.932)), []),  # 40.4
        (carried(FOUR, SIXTEEN, point(50, 0.80)), ["cameras per core: 44.3 -> 24.5"]),
        (carried(FOUR, point(16, 0.9), FIFTY), ["16 cameras: carried then, not now", "cameras per core: 44.3 -> 10"]),
        (carried(FOUR, not_carried=16), ["16 cameras: carried then, not now", "cameras per core: 44.3 -> 4"]),
        (carried(not_carried=4), ["4 cameras: carried then, not now", "16 cameras: carried then, not now",
                                  "cameras per core: no longer measured"]),
        (carried(SIXTEEN), ["cameras per core: no longer measured"]),
        (carried(point(8, 1.0)), [f"the earlier report measured none of {NUMBERS}"]),
        (carried(FOUR, SIXTEEN, processor="two"), ["another machine: one then, two now"]),
        (carried(FOUR, SIXTEEN, every_s=4.0), ["another every_s: 2.0 then, 4.0 now"]),
        (carried(FOUR, SIXTEEN, stream="sub"), ["another stream: main then, sub now"]),
        (carried(FOUR, SIXTEEN, cores=2), ["another cores: 1 then, 2 now"]),
    ],
)  # fmt: skip
def test_fewer_cameras_than_in_an_earlier_report_are_a_finding(now: dict[str, Any], findings: list[str]) -> None:
    assert fewer(now, EARLIER) == findings


def test_a_line_beyond_all_points_is_not_held_against_points() -> None:
    assert fewer(EARLIER, carried(FOUR, point(16, 1.0, cores=0.1))) == []
    assert fewer(carried(FOUR, point(16, 1.0, cores=0.4)), carried(FOUR, SIXTEEN)) == ["cameras per core: 50 -> 38.5"]


def test_an_overloaded_first_point_says_to_measure_fewer() -> None:
    assert largest([point(10, 0.5)], None, 1) == {"cameras": 0, "how": "fewer than 10: measure fewer"}


def case(camera: str, name: str, left: float = 0.1) -> dict[str, Any]:
    return {"camera_id": camera, "class": name, "zone": "pavement", "box": [left, 0.1, left + 0.2, 0.3]}


def test_lost_and_doubled_cases_are_counted_against_the_other_cameras() -> None:
    whole = [case(camera, name) for camera in "abc" for name in ("stall", "debris")]
    told = tally([*whole, case("d", "stall"), case("a", "stall", 0.12), case("ill", "stall")], {*"abcd"})
    assert (told["lost"], told["doubled"]) == (1, 1)
    most_lack_all = tally([case("a", "stall"), case("a", "debris")], {*"abc"})
    assert (most_lack_all["expected"], most_lack_all["lost"]) == ({"debris in pavement": 1, "stall in pavement": 1}, 4)
    assert tally([case("ill", "stall")], {*"abc"})["lost"] == 3  # in the street something stands
    two_stalls = tally([*whole, case("a", "stall", 0.6)], {*"abc"})
    assert (two_stalls["lost"], two_stalls["doubled"]) == (0, 0)


@pytest.mark.parametrize(("lost", "doubled", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_a_case_lost_or_doubled_in_the_chaos_is_a_finding(
    lost: int, doubled: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"phases": [], "lost": lost, "doubled": doubled, "left_out": {}}
    for name, given in (("field_for", None), ("other_size", None), ("run_chaos", told)):
        monkeypatch.setattr(f"curbwatch.commands.bench_capacity.{name}", lambda *_, given=given, **__: given)
    said = command("bench", "capacity", "--cameras", "", "--chaos", code=code)
    assert f"cases lost {lost}, doubled {doubled}" in said


def test_capacity_against_an_earlier_report_tells_what_is_carried_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, given in (
        ("field_for", Mock(return_value=Mock(plan=Mock(threads=1)))),
        ("measure_floor", Mock(return_value=None)),
        ("_print", Mock()),
        ("measure_point", Mock(side_effect=[FOUR, BenchError("not in time"), FOUR, SIXTEEN])),
    ):
        monkeypatch.setattr(f"curbwatch.commands.bench_capacity.{name}", given)
    earlier = {"machine": facts(), "points": [FOUR, SIXTEEN]}
    (tmp_path / "a.json").write_text(json.dumps(earlier))
    told: list[str | Path] = ["bench", "capacity", "--cameras", "4,16", "--against", tmp_path / "a.json"]
    assert "worse: 16 cameras: carried then, not now" in command(*told, code=1)
    assert "worse" not in command(*told)


def machine(clock: SteppedClock | None, date_of: Callable[[], float]) -> Stage:
    """Two processes that are not there; the patrol's answers bear a date."""
    dated = httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"date": formatdate(date_of(), usegmt=True)}))
    service = Mock(spec=Service)
    return Stage(Path(), Path(), httpx2.Client(transport=dated, base_url="http://x"), (), 2.0, clock, service, service)


def test_a_stepped_clock_is_right_again_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.capacity.chaos.NOTICED_S", 0)
    library = tmp_path / "lib" / "some-linux" / "faketime" / "libfaketimeMT.so.1"
    assert stepped_clock(tmp_path, [tmp_path]) is None
    library.parent.mkdir(parents=True)
    library.touch()
    clock = stepped_clock(tmp_path, [tmp_path])
    assert clock is not None
    assert clock.environment()["LD_PRELOAD"].startswith(str(library))
    seen = clock_stepped(machine(clock, lambda: time.time() + float(clock.file.read_text())), 0)["clock_off_s"]
    assert [round(each, -1) for each in seen] == [-300, 0, 3600, 0]
    assert clock.file.read_text() == "+0\n"


def test_a_clock_that_does_not_step_is_no_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.capacity.chaos.NOTICED_S", 0)
    with pytest.raises(BenchError, match="off instead of -300: lib does not step it"):
        clock_stepped(machine(SteppedClock(Path("lib"), tmp_path / "clock"), time.time), 0)
    with pytest.raises(BenchError, match="apt install faketime"):
        clock_stepped(machine(None, time.time), 0)


def test_what_was_left_out_of_the_chaos_is_said() -> None:
    told: dict[str, Any] = {"phases": [], "lost": 0, "doubled": 0, "left_out": {"clock stepped": MISSING}}
    assert "left out: libfaketime is not installed" in verdict({"chaos": told})[-1]


def test_a_flat_memory_has_a_slope_whose_interval_holds_nought() -> None:
    dice = np.random.default_rng(3)
    flat = [(minute / 10, 300 + float(dice.normal(0, 2))) for minute in range(600)]
    low, high = slope(flat)["mb_per_hour_interval"]
    assert low < 0 < high
    leak = slope([(minutes, megabytes + 0.5 * minutes) for minutes, megabytes in flat])
    assert leak["mb_per_hour_interval"][0] > 20


def row(p50: float, *, noise: float = 0.1) -> dict[str, Any]:
    told = {"p50_ms": p50, "p50_interval": [p50 - noise, p50 + noise]}
    same = {"session": "s", "model": "m", "input": 640, "batch": 1, "threads": 1}
    return same | {"stages": {"infer": told}, "total": told}


def report(some: dict[str, Any], processor: str = "one") -> dict[str, Any]:
    return {"machine": {"processor": processor}, "sessions": [some]}


def test_slower_is_only_what_both_runs_noise_cannot_explain() -> None:
    assert slower(report(row(12.0)), report(row(10.0))) == [
        "s, input 640, batch 1: infer 10.00 -> 12.00 ms",
        "s, input 640, batch 1: total 10.00 -> 12.00 ms",
    ]
    assert slower(report(row(12.0, noise=3)), report(row(10.0))) == []
    assert slower(report(row(10.3)), report(row(10.0))) == []
    assert slower(report(row(10.0)), report(row(12.0))) == []
    assert slower(report(row(9.0)), report(row(10.0), "another"))[0].startswith("another machine")
    told = slower(report(row(9.0)), report(row(10.0) | {"model": "another"}))
    assert told == [
        "the earlier report measured none of these sessions: session s, model m, input 640, batch 1, threads 1"
    ]


@pytest.mark.parametrize(
    ("values", "t"), [(2, 12.706), (10, 2.262), (11, 2.228), (12, 2.201), (15, 2.145), (31, 2.042), (121, 1.980)]
)
def test_intervals_are_as_wide_as_so_many_rounds_allow(values: int, t: float) -> None:
    assert student(values) == pytest.approx(t, abs=5e-4)
    rounds = [0.0, 1.0] * (values // 2) + [0.5] * (values % 2)
    low, high = interval(rounds)
    assert (high - low) / 2 == pytest.approx(t * np.std(rounds, ddof=1) / values**0.5, abs=3e-3)


def test_ratios_are_averaged_as_ratios() -> None:
    middle, (low, high) = ratio_of([2.0, 8.0])
    assert middle == 4
    assert low is not None
    assert high is not None
    assert math.isclose(low * high, 16, rel_tol=0.05)
    assert ratio_of([3.0]) == (3, [None, None])


def test_a_stage_that_was_not_there_adds_nothing_to_the_total() -> None:
    clock = Stopwatch()
    for _ in range(3):
        with clock.stage("infer", looks=2):
            pass
    assert clock.total(("gate", "infer")) == clock.spans["infer"]
    assert figures([[1.0, 3.0], [1.0, 3.0]])["p50_interval"] == [2, 2]


def test_charts_have_round_ticks_and_show_every_point() -> None:
    assert ticks(0, 0.93) == [0, 0.2, 0.4, 0.6, 0.8]
    drawn = chart([Series("a<b", [(1, 2.0), (2, None), (3, 4.0)])], title="t", x_label="x", y_label="y")
    assert len(re.findall("<circle", drawn)) == 2
    assert "a&lt;b" in drawn
    assert "nothing was measured" in chart([Series("a", [(1, None)])], title="t", x_label="x", y_label="y")


def test_a_chart_of_given_axes_is_drawn_without_a_point() -> None:
    drawn = chart([Series("a", [])], title="t", x_label="x", y_label="y", x=(0, 1), y=(0, 1))
    assert re.findall('class="tick">([^<]*)<', drawn) == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_the_floor_is_of_all_streams_or_says_which_one_did_not_last() -> None:
    lasting, done = Stream("rtsp://127.0.0.1/a"), Event()
    _check([lasting])
    with pytest.raises(SystemExit, match=r"127.0.0.1/b: silent for 5 s"):
        _check([lasting, Stream("rtsp://127.0.0.1/b", heard_s=time.monotonic() - 5)])
    missing, opened = Stream("rtsp://127.0.0.1:1/c"), Barrier(2)
    _read(missing, 2.0, opened, done)
    assert opened.broken  # nobody waits for it
    with pytest.raises(SystemExit, match=r"127.0.0.1:1/c: .*refused"):
        _check([lasting, missing])
