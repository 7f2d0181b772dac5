# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol tells the API of an event: the case or observation first, then its evidence."""

import json
from collections.abc import Iterator
from datetime import datetime

from api.shapes import FARTHEST_M
from api.times import stamp
from curbwatch.spool import Message
from detector.evidence import blurred, framed, jpeg
from detector.ground import Ground, to_ground
from detector.reading import Seen
from detector.reasons import Reason, say
from detector.sites import Site
from detector.watch import Event, Kind
from detector.zones import ground_point

MARKED_WIDTH = 960


def unmarked(seen: Seen) -> bytes:
    """The look's picture without a frame: of the moment a place became a candidate, and of the one it was free."""
    return jpeg(blurred(seen.frame.picture, seen.people))


def messages(
    event: Event, seen: Seen, *, model: str, before: bytes | None, ground: Ground | None = None
) -> tuple[Message, ...]:
    """The posts that follow from an event, in their order, but for its clip; none for a candidate given up.

    ground: where the camera is calibrated in the metres that all cameras of the city share.
    """
    site = event.site
    match event.kind:
        case Kind.OPENED:
            return (
                Message(site.key, "case", json.dumps(case_body(event, model, ground), ensure_ascii=False)),
                *_pictures(site, seen, before),
            )
        case Kind.RELAPSED | Kind.RESUMED:
            return (
                _observation(event, event.kind.value, since=stamp(site.first_seen_at)),
                *_pictures(site, seen, None),
            )
        case Kind.CLEARED:
            return (
                _observation(event, "cleared"),
                _evidence(site, "after", seen.frame.taken_at, unmarked(seen), "image/jpeg"),
            )
        case Kind.GIVEN_UP:
            return ()


def case_body(event: Event, model: str, ground: Ground | None) -> dict[str, object]:
    """The case as POST /cases takes it."""
    site = event.site
    return about(site, model) | {
        "confirmed_at": stamp(event.at),
        "rule": {
            "zone": site.zone,
            "grade": site.grade,
            "dwell_s": dict(event.reason.values)["dwell_s"],
            **told(event.reason),
            "hit_ratio": round(site.hit_ratio, 3),
            **({"over": list(site.over)} if site.over else {}),
        },
        "ground": _place(site, ground),
        "history_of": site.history_of or None,
        "repeats": site.repeats,
        "chased_from": site.chased_from or None,
    }


def about(site: Site, model: str) -> dict[str, object]:
    """What is told of a site, be it of a case or of a candidate given up."""
    return {
        "key": site.key,
        "class": site.class_name,
        "camera_id": site.camera_id,
        "zone": site.zone,
        "confidence": round(min(site.confidence, 1.0), 4),
        "box": [round(min(max(v, 0.0), 1.0), 5) for v in site.box],
        "first_seen_at": stamp(site.first_seen_at),
        "last_seen_at": stamp(site.last_seen_at),
        "model": model,
        "trace": [{"at": stamp(t.at), "verdict": t.verdict, "confidence": round(t.confidence, 4)} for t in site.trace],
    }


def _place(site: Site, ground: Ground | None) -> list[float] | None:
    # not of its box, which shows where a camera that was bumped sees it now: the calibration is of the reference
    place = to_ground(ground, ground_point(site.stands_at)) if ground else None
    # a hair below the horizon a calibration tells any number, and the API would refuse the whole case for it
    return [round(v, 2) for v in place] if place and max(map(abs, place)) <= FARTHEST_M else None


def told(reason: Reason) -> dict[str, object]:
    """A reason as JSON: as data for machines, and as a sentence in each language for people."""
    return {
        "reason": {"code": reason.code, "values": dict(reason.values)},
        "text": {"en": say(reason, "en"), "zh": say(reason, "zh")},
    }


def _observation(event: Event, kind: str, **more: str) -> Message:
    body = {
        "kind": kind,
        "at": stamp(event.at),
        **more,
        "confidence": round(event.site.confidence, 4),
        "note": say(event.reason, "en"),
        "text": told(event.reason)["text"],
    }
    return Message(event.site.key, "observation", json.dumps(body, ensure_ascii=False))


def _pictures(site: Site, seen: Seen, before: bytes | None) -> Iterator[Message]:
    """The moment of the decision as it was, once more with the violation framed for whoever has no page, and before."""
    at = seen.frame.taken_at
    picture = blurred(seen.frame.picture, seen.people)
    yield _evidence(site, "during", at, jpeg(picture), "image/jpeg")
    if before:
        yield _evidence(site, "before", site.first_seen_at, before, "image/jpeg")
    marked = jpeg(framed(picture, site.box, site.class_name), widest=MARKED_WIDTH)
    yield _evidence(site, "context", at, marked, "image/jpeg")


def clip_message(site: Site, began: datetime, clip: bytes) -> Message:
    """The post of a clip (MP4) of a site, which began at a moment."""
    return _evidence(site, "clip", began, clip, "video/mp4")


def _evidence(site: Site, kind: str, taken_at: datetime, data: bytes, media_type: str) -> Message:
    body = json.dumps({"kind": kind, "taken_at": stamp(taken_at)})
    return Message(site.key, "evidence", body, data, media_type)
