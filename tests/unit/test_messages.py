# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol tells of an event, in the order in which the API can take it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from api.schemas import CaseIn, ObservationIn
from api.times import stamp
from curbwatch.judging import _on_picture
from curbwatch.messages import case_body, clip_message, messages, unmarked
from detector.ground import ground_from_horizon, ground_from_points
from detector.look import Look, Trace
from detector.observe import Memory
from detector.reading import Seen
from detector.reasons import because
from detector.registration import Shift
from detector.sites import Site, State
from detector.watch import Event, Kind
from streams.frame import Frame
from support.seen_street import learnt

NOW = datetime(2026, 11, 21, 8, 2, tzinfo=UTC)
BIRTH = NOW - timedelta(seconds=120)
FRAME = Frame("cam-1", np.full((90, 160, 3), 128, np.uint8), NOW, 7)
LOOK = Seen(FRAME, Look("cam-1", NOW, ()), people=())
SITE = Site(
    key="cam-1/20261121T080000/300-200-700",
    camera_id="cam-1",
    zone="东门",
    origin=(0.2, 0.2, 0.4, 0.7),
    box=(-0.000001, 0.2, 0.4, 1.0000001),
    mean=(0.0, 0.2, 0.4, 1.0),
    state=State.CONFIRMED,
    first_seen_at=BIRTH,
    last_seen_at=NOW,
    scores=(("debris", 3.0), ("stall", 80.0)),
    visible_s=120,
    hit_s=90,
    confidence=0.87654321,
    trace=(Trace(BIRTH, "hit", 0.8), Trace(NOW, "miss", 0.0)),
)


def event(kind: Kind) -> Event:
    return Event(kind, SITE, NOW, because("stood", stood_s=120, dwell_s=120, hit_ratio=0.75, least=0.6))


def kinds(kind: Kind, *, before: bytes | None = None) -> list[str]:
    told = messages(event(kind), LOOK, model="tiny", before=before)
    assert {message.site_key for message in told} <= {SITE.key}
    return [json.loads(m.body).get("kind", m.kind) for m in told]


def test_an_opened_site_is_a_case_then_its_pictures() -> None:
    assert kinds(Kind.OPENED, before=b"jpeg") == ["case", "during", "before", "context"]
    assert kinds(Kind.OPENED) == ["case", "during", "context"]


def test_a_return_and_a_departure_are_observations_with_pictures() -> None:
    assert kinds(Kind.RELAPSED, before=b"jpeg") == ["relapsed", "during", "context"]
    assert kinds(Kind.RESUMED, before=b"jpeg") == ["resumed", "during", "context"]
    assert kinds(Kind.CLEARED) == ["cleared", "after"]


def test_of_what_was_given_up_nothing_is_told() -> None:
    assert kinds(Kind.GIVEN_UP) == []


def test_a_calibrated_camera_says_where_it_stands_in_the_citys_metres() -> None:
    picture, metres = ((0.0, 1.0), (1.0, 1.0), (1.0, 0.5), (0.0, 0.5)), ((0, 0), (10, 0), (10, 20), (0, 20))
    ground = ground_from_points(picture, metres)
    told = messages(event(Kind.OPENED), LOOK, model="tiny", before=None, ground=ground)[0].body
    assert CaseIn.model_validate_json(told).ground == pytest.approx((2.0, 0.0), abs=0.02)
    untold = messages(event(Kind.OPENED), LOOK, model="tiny", before=None)[0].body
    assert CaseIn.model_validate_json(untold).ground is None


def test_a_bumped_camera_says_where_a_thing_stands_by_the_calibration_and_shows_where_it_sees_it() -> None:
    health = learnt().health
    assert health is not None
    bumped = _on_picture(event(Kind.OPENED), Memory(replace(health, shift=Shift(0.0, -0.04))))
    ground = ground_from_horizon(0.2, 6.0, fov_deg=40.0)
    straight, told = case_body(event(Kind.OPENED), "tiny", ground), case_body(bumped, "tiny", ground)
    assert told["ground"] == straight["ground"]
    assert told["box"] == [0.0, 0.16, 0.4, 0.96]


def test_a_place_at_the_horizon_costs_the_metres_not_the_case() -> None:
    ground = ground_from_horizon(0.2, 6.0, fov_deg=40.0)
    far = replace(event(Kind.OPENED), site=replace(SITE, mean=(0.2, 0.1, 0.4, 0.2 + 1e-7)))
    told = messages(far, LOOK, model="tiny", before=None, ground=ground)[0].body
    assert CaseIn.model_validate_json(told).ground is None


def test_the_api_takes_the_case_as_it_is_told() -> None:
    body = messages(event(Kind.OPENED), LOOK, model="tiny", before=None)[0].body
    case = CaseIn.model_validate_json(body)
    assert (case.key, case.class_name, case.zone, case.model) == (SITE.key, "stall", "东门", "tiny")
    assert list(case.box) == [0, 0.2, 0.4, 1]
    assert (case.first_seen_at, case.confirmed_at) == (BIRTH, NOW)
    assert case.confidence == 0.8765
    assert case.rule == {
        "zone": "东门",
        "grade": "",
        "dwell_s": 120,
        "reason": {"code": "stood", "values": {"stood_s": 120, "dwell_s": 120, "hit_ratio": 0.75, "least": 0.6}},
        "text": {
            "en": "stood 120 s ≥ 120 s, hit ratio 0.75 ≥ 0.60",
            "zh": "停留 120 秒 ≥ 120 秒，命中率 0.75 ≥ 0.60",
        },
        "hit_ratio": 0.75,
    }
    assert [look["verdict"] for look in case.trace] == ["hit", "miss"]


@pytest.mark.parametrize("kind", [Kind.RELAPSED, Kind.RESUMED, Kind.CLEARED])
def test_the_api_takes_the_observations_as_they_are_told(kind: Kind) -> None:
    body = messages(event(kind), LOOK, model="tiny", before=None)[0].body
    observation = ObservationIn.model_validate_json(body)
    assert (observation.kind, observation.at) == (kind.value, NOW)


def test_a_case_says_of_its_place_all_that_is_known() -> None:
    known = replace(
        SITE, grade="strict", over=("square",), history_of="cam-1/old", repeats=2, chased_from="cam-1/there"
    )
    opened = replace(event(Kind.OPENED), site=known)
    case = CaseIn.model_validate_json(messages(opened, LOOK, model="tiny", before=None)[0].body)
    assert (case.history_of, case.repeats, case.chased_from) == ("cam-1/old", 2, "cam-1/there")
    assert (case.rule["grade"], case.rule["over"]) == ("strict", ["square"])


def test_what_was_last_seen_earlier_than_it_is_told_says_when() -> None:
    late = replace(SITE, last_seen_at=NOW - timedelta(seconds=30))
    body = messages(replace(event(Kind.OPENED), site=late), LOOK, model="tiny", before=None)[0].body
    assert json.loads(body)["last_seen_at"] == "2026-11-21T08:01:30.000Z"
    relapsed, resumed, cleared = (
        json.loads(messages(replace(event(kind), site=late), LOOK, model="tiny", before=None)[0].body)
        for kind in (Kind.RELAPSED, Kind.RESUMED, Kind.CLEARED)
    )
    assert [told["at"] for told in (relapsed, resumed, cleared)] == ["2026-11-21T08:02:00.000Z"] * 3
    assert relapsed["since"] == resumed["since"] == "2026-11-21T08:00:00.000Z"


@pytest.mark.parametrize("kind", [Kind.OPENED, Kind.RELAPSED, Kind.CLEARED])
def test_in_no_picture_of_an_event_can_a_face_be_made_out(kind: Kind) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    seen = replace(LOOK, frame=Frame("cam-1", noise, NOW, 7), people=((0.5, 0.2, 0.9, 0.9),))
    told = messages(event(kind), seen, model="tiny", before=unmarked(seen))
    for picture in (
        cv2.imdecode(np.frombuffer(m.attachment, np.uint8), cv2.IMREAD_COLOR) for m in told if m.attachment
    ):
        assert picture is not None
        there, beside = picture[54:84, 175:265].astype(float), picture[54:84, 10:60].astype(float)
        assert there.std() < beside.std() / 2


def test_pictures_carry_their_moment_and_their_media_type() -> None:
    during, before = messages(event(Kind.OPENED), LOOK, model="tiny", before=unmarked(LOOK))[1:3]
    assert json.loads(during.body) == {"kind": "during", "taken_at": "2026-11-21T08:02:00.000Z"}
    assert json.loads(before.body) == {"kind": "before", "taken_at": "2026-11-21T08:00:00.000Z"}
    for picture in (during, before):
        assert picture.attachment
        assert picture.attachment.startswith(b"\xff\xd8\xff")
        assert picture.media_type == "image/jpeg"


def test_a_clip_follows_its_site_and_says_when_it_began() -> None:
    clip = clip_message(SITE, SITE.first_seen_at, b"mp4")
    assert json.loads(clip.body) == {"kind": "clip", "taken_at": "2026-11-21T08:00:00.000Z"}
    assert (clip.site_key, clip.attachment, clip.media_type) == (SITE.key, b"mp4", "video/mp4")


def test_times_are_told_in_utc_with_milliseconds() -> None:
    assert stamp(NOW) == "2026-11-21T08:02:00.000Z"
