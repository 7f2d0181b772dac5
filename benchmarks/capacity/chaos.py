# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything goes wrong in turn: cameras, the API, the disk, the clock, the patrol. Do the healthy cameras notice?

The patrol and the API are two processes. Dwell times are spread over the whole run, so that cases fall into every
phase; afterwards each healthy camera must have its cases, and none of them twice.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import psutil

from benchmarks import running
from benchmarks.capacity.metrics import Scrape, between, looks, rounded, scrape
from benchmarks.capacity.points import FIRST_LOOKS_LIMIT_S, Field, Say, looked_at
from benchmarks.capacity.setup import free_port, write_settings
from benchmarks.capacity.stepped_clock import MISSING, NOTICED_S, SteppedClock, stepped_clock
from benchmarks.errors import BenchError
from benchmarks.load import Load, load
from benchmarks.load.server import Fault
from benchmarks.running import Service
from detector.boxes import Box, iou

KINDS: tuple[Fault, ...] = ("stall", "hang_up", "other", "garbage", "refuse")
SHARE = 3  # every third camera misbehaves
SETTLE_S = 5.0
FIRST_DWELL_S = 10.0
LAST_CASES_S = 90.0
SAME_PLACE = 0.5
PULSE_S = 5.0
# back, right again, ahead, right again; the hour comes last: after it candidates start over, as after an absence
STEPS_S = (-300.0, 0.0, 3600.0, 0.0)
STEP_SLACK_S = 30.0  # of the smallest step: what a starved machine takes to answer
Event = Callable[["Stage", float], dict[str, Any] | None]  # what it has to tell of its phase, if anything


@dataclass(slots=True, eq=False)
class Stage:
    """The two processes, which come and go, and what they are started with."""

    api_settings: Path
    patrol_settings: Path
    metrics: httpx2.Client
    cpus: Sequence[int]
    every_s: float
    clock: SteppedClock | None
    api: Service
    patrol: Service

    def restart_api(self) -> None:
        self.api = running.start(self.api_settings, "api", cpus=self.cpus)
        self.api.address()

    def restart_patrol(self, clock: SteppedClock | None = None) -> None:
        """Start it, by a clock that can be stepped if one is given."""
        environment = clock.environment() if clock else None
        self.patrol = running.start(self.patrol_settings, "patrol", cpus=self.cpus, environment=environment)

    def scrape(self) -> Scrape | None:
        """None while the patrol does not answer."""
        try:
            return scrape(self.metrics)
        except httpx2.HTTPError:
            return None

    def clock_off_s(self) -> float:
        """How far the patrol's wall clock is from ours, by the date on its answers."""
        date = self.metrics.get("/metrics").headers["date"]
        return parsedate_to_datetime(date).timestamp() - time.time()


def chaos(field: Field, other: Path, cameras: int, seconds: float, say: Say) -> dict[str, Any]:
    """Run all phases of `seconds` each; about six times that, and a minute."""
    ill = [number for number in range(cameras) if number % SHARE == 1]
    healthy = {f"cam-{number}" for number in range(cameras) if number % SHARE != 1}
    with (
        TemporaryDirectory(prefix="curbwatch-bench-") as folder,
        load(field.clip, cameras=cameras, other=other) as city,
        _stage(Path(folder), field, city, seconds) as stage,
    ):
        _all_looked_at(stage, cameras)
        time.sleep(SETTLE_S)
        left_out = {} if stage.clock else {"clock stepped": MISSING}
        for name, why in left_out.items():
            say(f"chaos: {name} is left out: {why}")
        phases = [
            _phase(stage, name, seconds, healthy, say, event)
            for name, event in (
                ("calm", _nothing), ("cameras misbehave", _ill(city, ill)),
                ("API away", _api_away), ("disk full", _disk_full),
            )
        ]  # fmt: skip
        calm = phases[0]["frame_age_p99_s"]
        for phase in phases:
            phase["ratio"] = rounded(phase["frame_age_p99_s"] / calm, 3) if calm and phase["frame_age_p99_s"] else None
        if stage.clock:
            phases.append(_clock_phase(stage, cameras, seconds, healthy, say))
        back_s = _killed(stage, cameras, say)
        found = _settled_cases(stage, cameras, say)
    told = {"cameras": cameras, "ill": len(ill), "phases": phases, "left_out": left_out, "back_after_kill_s": back_s}
    return told | tally(found, healthy)


@contextmanager
def _stage(folder: Path, field: Field, city: Load, seconds: float) -> Iterator[Stage]:
    running.bind(city.process.pid, field.load_cpus)
    port, metrics_port = free_port(), free_port()
    (folder / "api").mkdir()
    api_settings = write_settings(folder / "api" / "api.toml", field.street, [], replace(field.plan, port=port))
    token = running.command("keys", "add", "-s", str(api_settings), "patrol", "--role", "patrol").strip()
    dwells = [FIRST_DWELL_S + 4 * seconds * number / city.cameras for number in range(city.cameras)]
    plan = replace(
        field.plan, api_url=f"http://127.0.0.1:{port}", token=token, dwell_s=dwells, metrics_port=metrics_port
    )
    patrol_settings = write_settings(folder / "patrol.toml", field.street, city.urls(), plan)
    api = running.start(api_settings, "api", cpus=field.service_cpus)
    with httpx2.Client(base_url=f"http://127.0.0.1:{metrics_port}", trust_env=False, timeout=20) as metrics:
        clock = stepped_clock(folder)
        stage = Stage(api_settings, patrol_settings, metrics, field.service_cpus, plan.every_s, clock, api, api)
        try:
            api.address()
            stage.restart_patrol()
            yield stage
        finally:
            running.stop(stage.patrol)
            running.stop(stage.api)


def _clock_phase(stage: Stage, cameras: int, seconds: float, healthy: set[str], say: Say) -> dict[str, Any]:
    """The patrol started again under a clock that can be stepped. The library makes it ten times as slow.

    So its frames' ages are not held against those of the calm phase; that no case is lost or doubled is what counts.
    """
    say("chaos: the patrol is started again, under a clock that can be stepped")
    running.stop(stage.patrol)
    stage.restart_patrol(stage.clock)
    _all_looked_at(stage, cameras)
    return _phase(stage, "clock stepped", seconds, healthy, say, clock_stepped) | {"ratio": None}


def _phase(stage: Stage, name: str, seconds: float, healthy: set[str], say: Say, event: Event) -> dict[str, Any]:
    say(f"chaos: {name}, {seconds:.0f} s")
    before, began = stage.scrape(), time.monotonic()
    special = event(stage, seconds) or {}
    after, passed = stage.scrape(), time.monotonic() - began
    if before is None or after is None:
        raise BenchError("the patrol does not answer on its metrics port:\n" + "".join(stage.patrol.log))
    told = looks(between(before, after), len(healthy) * passed / stage.every_s, healthy)
    return {"name": name, "seconds": round(passed, 1)} | told | special


def _nothing(_: Stage, seconds: float) -> None:
    time.sleep(seconds)


def _ill(city: Load, ill: Sequence[int]) -> Event:
    groups = {kind: ill[number :: len(KINDS)] for number, kind in enumerate(KINDS)}

    def misbehave(_: Stage, seconds: float) -> None:
        until = time.monotonic() + seconds
        for kind, some in groups.items():
            city.misbehave(some, kind)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(PULSE_S, left))
            city.misbehave(groups["hang_up"], "hang_up")
        for some in groups.values():
            city.misbehave(some, "hang_up")  # they come back as after a restart

    return misbehave


def _api_away(stage: Stage, seconds: float) -> None:
    until = time.monotonic() + seconds
    running.stop(stage.api)
    time.sleep(max(0.0, until - time.monotonic()))
    stage.restart_api()


def _disk_full(stage: Stage, seconds: float) -> None:
    """No file of the patrol may grow: what a full disk does, without a disk to fill (and without being root)."""
    patrol = psutil.Process(stage.patrol.process.pid)
    before = patrol.rlimit(psutil.RLIMIT_FSIZE)
    patrol.rlimit(psutil.RLIMIT_FSIZE, (1, before[1]))
    try:
        time.sleep(seconds)
    finally:
        patrol.rlimit(psutil.RLIMIT_FSIZE, before)


def _killed(stage: Stage, cameras: int, say: Say) -> float:
    say("chaos: the patrol is killed and started again")
    stage.patrol.kill()
    stage.restart_patrol()
    return round(_all_looked_at(stage, cameras), 2)


def _all_looked_at(stage: Stage, cameras: int) -> float:
    while (passed := time.monotonic() - stage.patrol.began) < FIRST_LOOKS_LIMIT_S:
        now = stage.scrape()
        if now is not None and looked_at(now) >= cameras:
            return passed
        time.sleep(0.25)
    raise BenchError(f"not all of {cameras} cameras were looked at in time:\n" + "".join(stage.patrol.log))


def _settled_cases(stage: Stage, cameras: int, say: Say) -> list[dict[str, Any]]:
    """All cases, once no new one has come for a while."""
    say(f"chaos: waiting for the last cases of {cameras} cameras, at most {LAST_CASES_S:.0f} s")
    key = running.viewer_key(stage.api_settings)
    began = quiet_since = time.monotonic()
    found = list[dict[str, Any]]()
    with running.api(stage.api.address(), key) as client:
        while (now := time.monotonic()) - began < LAST_CASES_S and now - quiet_since < LAST_CASES_S / 3:
            newest = running.cases(client)
            if len(newest) != len(found):
                quiet_since = now
            found = newest
            time.sleep(1)
    return found


def clock_stepped(stage: Stage, seconds: float) -> dict[str, Any]:
    """The patrol's wall clock steps and comes back, a quarter of the time each; how far it was seen off."""
    if stage.clock is None:
        raise BenchError(MISSING)
    seen = []
    for step_s in STEPS_S:
        stage.clock.step(step_s)
        time.sleep(max(seconds / len(STEPS_S), 2 * NOTICED_S))
        seen.append(round(off_s := stage.clock_off_s()))
        if abs(off_s - step_s) > STEP_SLACK_S:
            raise BenchError(
                f"the patrol's clock is {off_s:.0f} s off instead of {step_s:.0f}: {stage.clock.library} does not step "
                "it; without that package the phase is left out"
            )
    return {"clock_off_s": seen}


def tally(cases: Sequence[dict[str, Any]], healthy: set[str]) -> dict[str, Any]:
    """Cases against what most healthy cameras have, and cases that stand twice.

    They all show the same street, in which something stands: that none has a case is not what is expected.
    """
    have = {camera: Counter[str]() for camera in healthy}
    for case in cases:
        if case["camera_id"] in have:
            have[case["camera_id"]][f"{case['class']} in {case['zone']}"] += 1
    usual = Counter(tuple(sorted(some.items())) for some in have.values() if some).most_common(1)
    expected = Counter(dict(usual[0][0])) if usual else Counter[str]()
    lost = sum(sum((expected - some).values()) for some in have.values()) if usual else len(healthy)
    return {"cases": len(cases), "expected": dict(expected), "lost": lost, "doubled": doubled(cases)}


def doubled(cases: Sequence[dict[str, Any]]) -> int:
    """How many cases are of a camera, class and place that an earlier case is of."""
    places: dict[tuple[str, str, str], list[Box]] = {}
    twice = 0
    for case in cases:
        there = places.setdefault((case["camera_id"], case["class"], case["zone"]), [])
        x0, y0, x1, y1 = case["box"]
        box = (x0, y0, x1, y1)
        twice += any(iou(box, other) > SAME_PLACE for other in there)
        there.append(box)
    return twice
