# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a candidate given up by the patrol to the sentence on the command line, over a real API and without one."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from api.camera_schemas import CAMERA_IN, STATE_IN
from curbwatch.asking import unknown_camera
from curbwatch.city_time import moment_of
from curbwatch.cli import app
from curbwatch.client import Client
from curbwatch.courier import deliver
from curbwatch.ledger import Ledger
from curbwatch.looks_book import LooksBook
from curbwatch.spool import Spool
from detector.evidence import jpeg
from detector.look import Look, Sighting
from detector.rules import rules_for
from detector.watch import Watch, watch
from detector.zones import Zone
from support.trial import Trial, served, trial

BEGAN = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
STALL = (0.3, 0.3, 0.5, 0.6)
POLYGON = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SETTINGS = """
[service]
data_dir = "."
database_url = "sqlite:///{folder}/trial.db"
[[cameras]]
id = "cam-12"
url = "rtsp://127.0.0.1/1"
[[cameras.zones]]
name = "gate"
polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]
dwell_s = {dwell_s}
"""


@dataclass(frozen=True)
class Town:
    """A running API that heard of one stall that moved on, and settings that name its folder."""

    folder: Path
    url: str
    made: Trial

    def settings(self, dwell_s: int = 120) -> str:
        path = self.folder / f"city-{dwell_s}.toml"
        path.write_text(SETTINGS.format(folder=self.folder, dwell_s=dwell_s), "utf-8")
        return str(path)


def looks() -> Iterator[Look]:
    for second in range(0, 400, 2):
        seen = (Sighting("stall", 0.8, STALL),) if second <= 60 else ()
        yield Look("cam-12", BEGAN + timedelta(seconds=second), seen)


def patrol(folder: Path, url: str, key: str) -> None:
    """What a patrol does, but for its camera."""
    spool, book = Spool(folder / "spool.db"), LooksBook(folder / "looks.db")
    client, ledger = Client(url, key), Ledger("tiny")
    state, rules = Watch("cam-12"), rules_for([Zone("gate", POLYGON)])
    sight = jpeg(np.full((360, 640, 3), 128, np.uint8))
    for look in looks():
        state, events = watch(state, look, rules)
        spool.put(state, ledger.messages(events, rules, {event.site.key: sight for event in events}))
        book.add(look)
    assert deliver(spool, client, threading.Event()) == 1
    assert spool.count() == (0, 0)
    for opened in (client, spool, book):
        opened.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    made = trial(folder)
    with served(made.app) as url:
        headers = made.headers("patrol")
        httpx2.put(f"{url}/api/v1/cameras/cam-12", json=CAMERA_IN, headers=headers).raise_for_status()
        httpx2.put(f"{url}/api/v1/cameras/cam-12/state", json=STATE_IN, headers=headers).raise_for_status()
        patrol(folder, url, made.keys["patrol"])  # type: ignore[index]  # a role is its name
        yield Town(folder, url, made)


def run(*words: str, **variables: str) -> Result:
    return CliRunner().invoke(app, words, env=variables)


def test_the_sentence_comes_in_the_readers_language(town: Town) -> None:
    asked = ("why", "cam-12", "--at", "2026-11-21 14:00:30", "-s", town.settings())
    chinese, english = run(*asked, LANG="zh_CN.UTF-8", LC_ALL=""), run(*asked, "--lang", "en")
    assert chinese.stdout.startswith("2026-11-21 14:00:30 cam-12 未立案：“gate”内的占道经营，停留 60 秒后离开")
    assert "a stall in gate, moved on after 60 s (a case needs 120 s)" in english.stdout
    headings = [line for line in chinese.stdout.splitlines() if "类别" in line]
    assert len(headings) == 1
    assert not re.search("[a-z]", headings[0])
    assert "class" in english.stdout


def test_the_api_answers_the_same_and_gives_the_picture(town: Town, tmp_path: Path) -> None:
    picture = tmp_path / "why.jpg"
    moment = ("--at", "2026-11-21T06:00:30Z")
    asked = ("why", "cam-12", *moment, "--api", town.url, "--picture", str(picture), "--json")
    over_http = run(*asked, CURBWATCH_TOKEN=town.made.keys["viewer"])  # type: ignore[index]  # a role is its name
    at_home = run("why", "cam-12", *moment, "-s", town.settings(), "--json")
    assert json.loads(over_http.stdout) == json.loads(at_home.stdout)
    assert picture.read_bytes().startswith(b"\xff\xd8")


def test_a_moment_becomes_a_scenario_that_notices_a_changed_rule(town: Town, tmp_path: Path) -> None:
    asked = ("why", "cam-12", "--at", "2026-11-21 14:00:30", "-s", town.settings())
    assert run(*asked, "--save-scenario", str(tmp_path)).exit_code == 0
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text("utf-8"))["about"]["looks_from"] == "looks"
    assert run("replay", "--scenario", str(path)).exit_code == 0
    path.write_text(path.read_text("utf-8").replace('"dwell_s": 120.0', '"dwell_s": 30.0'), "utf-8")
    broken = run("replay", "--scenario", str(path))
    assert (broken.exit_code, "found    cases: stall gate" in broken.stdout) == (1, True)


def test_other_rules_are_tried_on_the_kept_looks(town: Town) -> None:
    span = ("--since", "2026-11-21 13:00", "--until", "2026-11-21T07:00:00Z")
    told = run("replay", "--rules", town.settings(30), "--settings", town.settings(), *span, "--lang", "zh")
    assert told.exit_code == 0, told.output
    assert "1 路摄像机共 200 次观察：按现行规则立案 0 件，按另一规则 1 件" in told.stdout
    assert "将另外立案" in told.stdout
    told = run("replay", "--rules", town.settings(30), "--settings", town.settings(), *span, "--lang", "en")
    assert "200 looks of 1 camera(s): 0 case(s) under the rules of now, 1 under the others" in told.stdout
    assert "2026-11-21 14:00:00" in told.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("why", "cam-12", "--at", "yesterday"), "is no time"),
        (("why", "cam-12"), "give --settings FILE"),
        (("why", "cam-12", "--api", "http://127.0.0.1:9"), "make one with `curbwatch keys add"),
        (("why", "cam-12", "--lang", "fr"), "write en or zh"),
        (("replay",), "give one of"),
        (("replay", "--rules", "new.toml"), "needs --settings FILE"),
        (("replay", "--scenario", "nowhere.json"), "is no scenario of this version"),
    ],
)
def test_wrong_use_is_told_what_to_do(words: tuple[str, ...], said: str) -> None:
    found = run(*words)
    assert found.exit_code != 0
    assert said in f"{found.output}{found.exception}"


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ("nope", "no camera has the id 'nope'; there are cam-12."),
        ("cam12", "no camera has the id 'cam12'; did you mean cam-12?"),
        ("../cam 12", "did you mean cam-12?"),
    ],
)
@pytest.mark.parametrize("asked", ["--settings", "--api"])
def test_an_unknown_camera_is_told_which_there_are(town: Town, asked: str, camera: str, said: str) -> None:
    where = town.settings() if asked == "--settings" else town.url
    found = run("why", camera, asked, where, CURBWATCH_TOKEN=town.made.keys["viewer"])  # type: ignore[index]  # a role
    assert found.exit_code != 0
    assert said in str(found.exception)
    assert "`curbwatch check FILE`" in str(found.exception)
    assert "PUT" not in str(found.exception)


def test_of_many_cameras_only_some_are_named() -> None:
    said = str(unknown_camera("gate", [f"cam-{number}" for number in range(9)]))
    assert "there are cam-0, cam-1, cam-2, cam-3, cam-4, … ." in said
    assert "heard of none yet" in str(unknown_camera("gate", []))


def test_a_time_is_the_citys_and_a_clock_is_the_last_one(town: Town) -> None:
    tz, now = BEGAN.astimezone().tzinfo, BEGAN
    local = now.astimezone(tz)
    assert moment_of("", tz=tz, now=now) == now
    later = (local + timedelta(minutes=5)).strftime("%H:%M")
    assert moment_of(later, tz=tz, now=now) == now + timedelta(minutes=5) - timedelta(days=1)
    assert moment_of(local.strftime("%Y-%m-%d %H:%M"), tz=tz, now=now) == now
    assert moment_of("2026-11-21T14:00:00+08:00", tz=tz, now=now) == now
