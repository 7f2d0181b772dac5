# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the API hears of cameras: news at once, the rest now and then, and all of it again from a new API."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from api.camera_schemas import CameraStateIn
from curbwatch.client import ApiAway, Client
from curbwatch.errors import ApiRefused
from curbwatch.heartbeat import Heartbeat
from curbwatch.judging import Post
from curbwatch.spool import Undelivered
from detector.boxes import Box
from detector.look import Look, Sighting
from detector.observe import Memory
from detector.reading import Seen, read_look
from detector.reasons import because
from detector.rules import rules_for
from detector.sites import State, born
from detector.watch import Watch
from streams.frame import Frame
from streams.reader import CameraReader
from streams.source import Source
from support.detections import NOTHING
from support.seen_street import learnt

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Heard(Client):
    """An API that writes down what it is told, and may have forgotten every camera."""

    told: list[str] = field(default_factory=list)
    forgetful: bool = False
    gone_for: int = 0
    state: dict[str, object] = field(default_factory=dict)
    on_camera: Callable[[], None] = field(default=lambda: None)
    minds: set[str] = field(default_factory=set)
    busy: bool = False
    picture: bytes = b""

    def put_camera(self, *_: object) -> None:
        self.told.append("camera")
        self.on_camera()

    def put_states(self, states: Mapping[str, Mapping[str, object]]) -> list[str]:
        if self.busy:
            raise ApiAway("busy", 503)
        if self.minds & set(states):
            raise ApiRefused(422, "no such health")
        known = [] if self.forgetful else list(states)
        self.forgetful = False
        self.told += ["state"] * len(known)
        self.state = dict(list(states.values())[-1])
        return [camera_id for camera_id in states if camera_id not in known]

    def put_state(self, camera_id: str, state: Mapping[str, object]) -> None:
        if camera_id in self.minds:
            raise ApiRefused(422, f"no such health: {state['health']}")
        self.told.append(f"state of {camera_id}")

    def remove_camera(self, camera_id: str) -> None:
        if self.gone_for:
            self.gone_for -= 1
            raise ApiAway("busy", 503)
        self.told.append(f"without {camera_id}")
        if camera_id == "never heard of":
            raise ApiRefused(404, "no such camera")

    def put_snapshot(self, _: str, picture: bytes) -> None:
        self.told.append("picture")
        self.picture = picture

    def all(self) -> list[str]:
        told, self.told = self.told, []
        return told


@pytest.fixture
def api() -> Heard:
    return Heard()


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(CameraReader(Source("cam-1", str(tmp_path))), rules_for([]), Watch("cam-1"))


def beat_of(
    ids: Sequence[str],
    api: Heard,
    post: Post,
    *,
    every_s: float = 5.0,
    undelivered: Callable[[], dict[str, Undelivered]] = dict,
    former: Collection[str] = (),
    leave: Callable[[str], None] = print,
) -> Heartbeat:
    posts, about = dict.fromkeys(ids, post), {camera_id: dict[str, object]() for camera_id in ids}
    return Heartbeat(posts, about, api, every_s=every_s, undelivered=undelivered, former=former, leave=leave)


def heartbeat(
    api: Heard, post: Post, every_s: float = 5.0, undelivered: Callable[[], dict[str, Undelivered]] = dict
) -> Heartbeat:
    return beat_of(["cam-1"], api, post, every_s=every_s, undelivered=undelivered)


def looked(post: Post, after_s: float) -> None:
    frame = Frame("cam-1", np.zeros((48, 64, 3), np.uint8), NOW + timedelta(seconds=after_s), 0)
    post.last = read_look(frame, NOTHING, {"stall": 0.4})


def test_a_camera_is_introduced_and_then_heard_of_every_third_time(api: Heard, post: Post) -> None:
    beat = heartbeat(api, post)
    assert beat._round(0.0)
    assert api.all() == ["camera", "state"]
    heard = [(beat._round(at), api.all())[1] for at in (5.0, 10.0, 15.0, 20.0, 25.0, 30.0)]
    assert heard == [[], [], ["state"], [], [], ["state"]]


def test_an_api_that_is_not_there_yet_is_asked_for_ever_more_rarely(
    api: Heard, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat, pauses = heartbeat(api, post, every_s=1.0), list[float]()
    there = iter([False] * 5 + [True, False])

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 7:
            beat._quit.set()

    monkeypatch.setattr(beat, "_round", lambda _: next(there))
    monkeypatch.setattr(beat._quit, "wait", pause)
    beat._work()
    assert pauses == [0.2, 0.4, 0.8, 1, 1, 1, 1]


def test_rare_heartbeats_are_all_sent(api: Heard, post: Post) -> None:
    beat = heartbeat(api, post, every_s=20.0)
    assert [(beat._round(at), api.all())[1] for at in (0.0, 20.0, 40.0)] == [["camera", "state"], ["state"], ["state"]]


def test_news_is_told_at_once(api: Heard, post: Post) -> None:
    beat = heartbeat(api, post)
    beat._round(0.0)
    api.all()
    post.reader._enter("connecting")
    beat._round(5.0)
    assert api.all() == ["state"]


def test_a_fault_of_a_camera_is_news(api: Heard, post: Post) -> None:
    health = learnt().health
    assert health is not None
    post.memory = Memory(health)
    beat = heartbeat(api, post)
    beat._round(0.0)
    api.all()
    post.memory = Memory(replace(health, fault=because("camera_black", level=1.0)))
    beat._round(5.0)
    assert api.all() == ["state"]


def test_what_stands_there_is_told_with_the_next_report(api: Heard, post: Post) -> None:
    waiting: dict[str, Undelivered] = {}
    beat = heartbeat(api, post, undelivered=lambda: waiting)
    beat._round(0.0)
    assert "standing" not in api.state  # an older API would refuse what it does not know
    api.all()
    box = (0.2, 0.2, 0.4, 0.7)
    sites = [born("cam-1", Sighting("stall", 0.8, box), NOW + timedelta(seconds=n)) for n in range(4)]
    case, permitted = replace(sites[1], state=State.CONFIRMED), replace(sites[2], waived=because("outside"))
    told = replace(sites[3], waived=because("outside"), told="outside")
    post.watch = Watch("cam-1", (sites[0], case, permitted, told))
    beat._round(5.0)
    assert api.all() == []
    beat._round(15.0)
    expected = [(site.key, site.last_seen_at) for site in (case, told)]
    kept = CameraStateIn.model_validate(api.state).standing
    assert [(each.key, each.last_seen_at) for each in kept] == expected
    waiting["cam-1"] = Undelivered(sites=frozenset({case.key}))
    beat._round(30.0)
    assert [each.key for each in CameraStateIn.model_validate(api.state).standing] == [told.key]


def test_messages_that_did_not_arrive_are_told_at_once_and_so_is_their_end(api: Heard, post: Post) -> None:
    stuck: dict[str, Undelivered] = {}
    beat = heartbeat(api, post, undelivered=lambda: stuck)
    beat._round(0.0)
    assert "messages_waiting" not in api.state  # an older API would refuse what it does not know
    stuck["cam-1"] = Undelivered(messages_waiting=3, messages_refused=1)
    beat._round(5.0)
    assert (api.state["messages_waiting"], api.state["messages_refused"]) == (3, 1)
    del stuck["cam-1"]
    beat._round(10.0)
    assert "messages_waiting" not in api.state
    assert "messages_refused" not in api.state


def test_a_new_picture_is_shown_every_second_time_and_an_old_one_never_again(api: Heard, post: Post) -> None:
    beat = heartbeat(api, post)
    heard = []
    for at in (0.0, 5.0, 10.0, 15.0, 20.0):
        looked(post, min(at, 15.0))
        beat._round(at)
        heard.append("picture" in api.all())
    assert heard == [True, False, True, False, True]
    beat._round(40.0)
    assert "picture" not in api.all()


def test_a_picture_shows_no_face(api: Heard, post: Post) -> None:
    def detail(people: tuple[Box, ...]) -> float:
        grain = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)
        post.last = Seen(Frame("cam-1", grain, NOW, 7), Look("cam-1", NOW, ()), people)
        heartbeat(api, post)._round(0.0)
        shown = cv2.imdecode(np.frombuffer(api.picture, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert shown is not None
        head = shown[80:144, 333:435].astype(float)
        return float(np.abs(np.diff(head, axis=1)).mean())

    assert detail(people=((0.5, 0.2, 0.7, 0.9),)) < 0.2 * detail(people=())


def test_many_cameras_share_the_pictures(api: Heard, post: Post) -> None:
    looked(post, 0.0)
    ids = [f"cam-{number}" for number in range(50)]
    beat = beat_of(ids, api, post)
    heard = []
    for at in (0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0):
        looked(post, at)
        beat._round(at)
        heard.append(api.all().count("picture"))
        if at == 20.0:
            assert set(beat._sent) == set(ids)
    assert heard == [10] * 7


def test_an_end_does_not_wait_for_the_cameras_that_are_left(api: Heard, post: Post) -> None:
    ids = ["cam-1", "cam-2"]
    beat = beat_of(ids, api, post)
    api.on_camera = beat._quit.set
    looked(post, 0.0)
    beat._round(0.0)
    assert api.all() == ["camera"]


def test_a_state_that_is_refused_keeps_no_other_from_being_heard(api: Heard, post: Post) -> None:
    ids = ["cam-1", "cam-2", "cam-3"]
    beat = beat_of(ids, api, post)
    api.minds = {"cam-2"}
    assert beat._round(0.0)
    assert api.all() == ["camera"] * 3 + ["state of cam-1", "state of cam-3"]
    api.minds = set()
    beat._round(5.0)
    assert api.all() == ["camera", "state"]  # of the one that was not heard of


def test_an_api_that_is_there_but_busy_is_told_at_the_next_heartbeat(api: Heard, post: Post) -> None:
    beat = heartbeat(api, post)
    api.busy = True
    assert beat._round(0.0)
    api.busy = False
    beat._round(5.0)
    assert api.all() == ["camera", "state"]


def test_an_api_that_forgot_the_camera_is_told_everything_again(api: Heard, post: Post) -> None:
    beat = heartbeat(api, post)
    beat._round(0.0)
    api.all()
    api.forgetful = True
    beat._round(15.0)
    beat._round(20.0)
    assert api.all() == ["camera", "state"]


def test_cameras_that_the_settings_no_longer_name_are_removed_once(api: Heard, post: Post) -> None:
    left: list[str] = []
    beat = beat_of(["cam-1"], api, post, former={"cam-0", "never heard of"}, leave=left.append)
    api.gone_for = 1
    heard = [(beat._round(at), api.all(), [*left])[1:] for at in (0.0, 5.0, 10.0)]
    both = ["never heard of", "cam-0"]
    assert heard == [(["camera", "state"], []), ([f"without {each}" for each in both], both), ([], both)]
