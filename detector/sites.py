# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places where one violation may be standing, and what each look says of them.

Cameras look once every 0.5-10 s, so things are associated by place, not by motion: a detection belongs to a site
whose box it overlaps enough (detector.association). Everything here is frozen state and pure functions; time comes in
with the look.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from detector import boxes
from detector.boxes import Box
from detector.look import Sighting, Trace, Verdict
from detector.reasons import Reason

FOLLOW = 0.3  # how fast a site's box follows its detections
SETTLED = 16  # looks over which it is averaged where a thing stands: a single box falls across a zone's edge
PIECE = 0.6  # of a box in another: a piece of the same thing
TRACE, LATELY = 120, 16  # looks kept per site, and how many of them apart
COUNTS: tuple[Verdict, ...] = ("hit", "weak", "permitted", "changed")  # verdicts that say that the thing is there
FADE = 0.9  # of a class's score per detection: what it looks like now says more than what it looked like
PERMITS = ("pitch", "licence", "hours")  # reasons that say that a thing may stand where it does
SPEAKS = {"stall": 2.0}  # weight of a class's score: goods being unpacked are half taken for debris
WEAK_HIT = 0.25  # of a hit: what a weak sighting says of a candidate
ALIKE = 0.8  # appearances of one thing at two times; of two things they seldom are
GAP = 2.0  # times as long as usual between two looks: the camera, or the patrol, was away
COUNTED = 200  # looks over which an open case's detection rate is remembered


class State(StrEnum):
    """The confirmation state machine: candidate → confirmed → clearing → cleared, and back when it returns."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    CLEARING = "clearing"
    CLEARED = "cleared"


@dataclass(frozen=True)  # no slots: `changed` copies the whole of it at once
class Site:
    """A place where one violation may be standing.

    Times are aware UTC, spans are seconds, boxes normalised xyxy: `origin` as first seen, `box` follows since,
    `mean` is the running mean of its boxes until it is a case, None while there is only one.
    stood_s, visible_s, hit_s, looks, hits: since it is here (first_seen_at); hidden looks count into stood_s only.
    faint: of the hits, the weak ones; sites are stored with this name.
    empty_s, misses: time and looks since the last hit in which its place was seen without it.
    borne_out: looks in which a static change stood in for the detector. appearance: running mean, unit length.
    grade, over: of the zone that judges it, and the names of watched zones whose rules are less strict.
    waived: why no rule judges it now. told: code of the reason that the ledger has last for this stay.
    chased_from: the place it was driven from; if that was no case, the last such before.
    history_of, repeats: the forgotten case of this place, and how many there were.
    stands_since: when a static change began here that bears it out, None while there was none. anew_at: from when its
    time is counted, where that is not its first detection. lately: what will be appended to a long trace.
    """

    key: str
    camera_id: str
    zone: str
    origin: Box
    box: Box
    state: State
    first_seen_at: datetime
    last_seen_at: datetime
    scores: tuple[tuple[str, float], ...]
    stood_s: float = 0.0
    visible_s: float = 0.0
    hit_s: float = 0.0
    empty_s: float = 0.0
    looks: int = 0
    hits: int = 0
    faint: int = 0
    misses: int = 0
    borne_out: int = 0
    confidence: float = 0.0
    confirmed_at: datetime | None = None
    cleared_at: datetime | None = None
    appearance: tuple[float, ...] = ()
    grade: str = ""
    over: tuple[str, ...] = ()
    waived: Reason | None = None
    told: str = ""
    chased_from: str = ""
    history_of: str = ""
    repeats: int = 0
    stands_since: datetime | None = None
    anew_at: datetime | None = None
    trace: tuple[Trace, ...] = ()
    lately: tuple[Trace, ...] = ()
    mean: Box | None = None

    @property
    def class_name(self) -> str:
        """The class that gathered the most confidence, lately more than long ago; a stall at times is no pile."""
        if len(self.scores) == 1:
            return self.scores[0][0]
        return max(self.scores, key=lambda item: item[1] * SPEAKS.get(item[0], 1.0))[0]

    @property
    def stands_at(self) -> Box:
        """Where it stands, for rules and metres: steadier than its box, and as it was when a case was opened."""
        return self.mean or self.origin

    @property
    def hit_ratio(self) -> float:
        """Share of the visible time in which the thing was detected."""
        return self.hit_s / self.visible_s if self.visible_s else 1.0

    @property
    def last_verdict(self) -> Verdict | None:
        """What the latest look said of it; None where its looks are not kept."""
        return (self.lately or self.trace)[-1].verdict if self.trace else None

    @property
    def is_permitted(self) -> bool:
        """Whether it may stand here now."""
        return self.waived is not None and self.waived.code in PERMITS

    @property
    def is_open(self) -> bool:
        """Whether a case of it is open."""
        return self.state is State.CONFIRMED or self.state is State.CLEARING


def changed(site: Site, **new: object) -> Site:
    """As dataclasses.replace, in a tenth of its time: every look changes every site."""
    after = object.__new__(Site)
    object.__setattr__(after, "__dict__", site.__dict__ | new)  # past the frozen type's own __init__, field by field
    return after


def site_key(camera_id: str, box: Box, at: datetime) -> str:
    """A name that the same sighting always gets: camera, second-exact birth and box on a 1000×1000 grid."""
    left, top, right, bottom = (round(edge * 1000) for edge in box)
    return f"{camera_id}/{at:%Y%m%dT%H%M%S}/{left:03d}-{top:03d}-{right:03d}-{bottom:03d}"


def born(camera_id: str, sighting: Sighting, at: datetime) -> Site:
    """A new place, first seen in this look."""
    return Site(
        key=site_key(camera_id, sighting.box, at),
        camera_id=camera_id,
        zone="",
        origin=sighting.box,
        box=sighting.box,
        state=State.CANDIDATE,
        first_seen_at=at,
        last_seen_at=at,
        scores=((sighting.class_name, sighting.confidence),),
        looks=1,
        hits=1,
        faint=int(sighting.weak),
        confidence=sighting.confidence,
        appearance=sighting.appearance,
    )


def begun_anew(site: Site, now: datetime) -> Site:
    """The same place with its time starting now, of which nothing is counted yet: what was before proves nothing."""
    return changed(
        site,
        state=State.CANDIDATE,
        origin=site.box,
        mean=None,
        first_seen_at=now,
        stands_since=None,
        anew_at=now,
        stood_s=0.0,
        visible_s=0.0,
        hit_s=0.0,
        empty_s=0.0,
        looks=0,
        hits=0,
        faint=0,
        misses=0,
        borne_out=0,
        trace=(site.lately or site.trace)[-1:],
        lately=(),
    )


def set_back(site: Site, by: timedelta) -> Site:
    """The same place, with everything that long before: its key stays."""
    return changed(
        site,
        first_seen_at=site.first_seen_at - by,
        last_seen_at=site.last_seen_at - by,
        confirmed_at=site.confirmed_at and site.confirmed_at - by,
        cleared_at=site.cleared_at and site.cleared_at - by,
        stands_since=site.stands_since and site.stands_since - by,
        anew_at=site.anew_at and site.anew_at - by,
        trace=tuple(replace(look, at=look.at - by) for look in site.trace),
        lately=tuple(replace(look, at=look.at - by) for look in site.lately),
    )


def halved(site: Site) -> Site:
    """The site with half of what was counted: how often it is detected lately says more than how often it was."""
    return changed(
        site,
        visible_s=site.visible_s / 2,
        hit_s=site.hit_s / 2,
        looks=site.looks // 2,
        hits=site.hits // 2,
        faint=site.faint // 2,
        borne_out=site.borne_out // 2,
    )


def looked(site: Site, hits: Sequence[Sighting], verdict: Verdict, *, now: datetime, step_s: float) -> Site:
    """The site after one look that said `verdict` of it; `step_s` is the time since the look before."""
    if verdict in COUNTS:
        return _found(site, hits, verdict, now, step_s)
    trace, lately = _traced(site, _empty_handed(now, verdict))
    if verdict != "miss":
        return changed(site, stood_s=site.stood_s + step_s, trace=trace, lately=lately)
    return changed(
        site,
        state=State.CLEARING if site.is_open else site.state,
        stood_s=site.stood_s + step_s,
        visible_s=site.visible_s + step_s,
        empty_s=site.empty_s + _empty_s(site, step_s),
        looks=site.looks + 1,
        misses=site.misses + 1,
        trace=trace,
        lately=lately,
    )


def _empty_s(site: Site, step_s: float) -> float:
    """For how long a miss saw the place empty: in a gap before the first one nobody looked."""
    if site.misses or site.looks < 2:
        return step_s
    return min(step_s, GAP * site.visible_s / (site.looks - 1))


def _found(site: Site, hits: Sequence[Sighting], verdict: Verdict, now: datetime, step_s: float) -> Site:
    """The site after a look that says that the thing is there; without `hits` something else bears it out."""
    weak = verdict == "weak"
    confidence = max([h.confidence for h in hits]) if hits else 0.0
    trace, lately = _traced(site, Trace(now, verdict, confidence))
    if site.is_open and site.looks >= COUNTED:  # an open case remembers lately, not the morning
        site = halved(site)
    return changed(
        site,
        state=State.CONFIRMED if site.is_open else site.state,
        last_seen_at=now,
        box=_followed(site.box, hits) if hits else site.box,
        mean=_settled(site, hits) if hits and not site.is_open else site.mean,
        scores=_with_scores(site, hits),
        stood_s=site.stood_s + step_s,
        visible_s=site.visible_s + step_s,
        hit_s=site.hit_s + step_s * (WEAK_HIT if weak else 1.0),
        empty_s=0.0,
        looks=site.looks + 1,
        hits=site.hits + 1,
        faint=site.faint + weak,
        misses=0,
        borne_out=site.borne_out + (not hits),
        confidence=max(site.confidence, confidence),
        appearance=blended(site.appearance, hits[0].appearance) if hits and hits[0].appearance else site.appearance,
        trace=trace,
        lately=lately,
    )


@lru_cache(maxsize=16)
def _empty_handed(now: datetime, verdict: Verdict) -> Trace:
    """What a look says of all the places where it saw nothing; made once for them all."""
    return Trace(now, verdict, 0.0)


def with_whole_trace(site: Site) -> Site:
    """The site as it is told: its trace complete."""
    return changed(site, trace=(site.trace + site.lately)[-TRACE:], lately=()) if site.lately else site


def _traced(site: Site, look: Trace) -> tuple[tuple[Trace, ...], tuple[Trace, ...]]:
    """Trace and its latest part after one more look: to copy a long one at every look costs more than all the rest."""
    if len(site.trace) < LATELY:
        return (*site.trace, look), ()
    lately = (*site.lately, look)
    return (site.trace, lately) if len(lately) < LATELY else ((site.trace + lately)[-TRACE:], ())


def blended(old: tuple[float, ...], new: tuple[float, ...]) -> tuple[float, ...]:
    """The running mean of two appearances, unit length; the new one where the old is missing or of another model."""
    if len(old) != len(new):
        return new
    mixed = [a + FOLLOW * (b - a) for a, b in zip(old, new, strict=True)]
    length = math.hypot(*mixed)
    return tuple(value / length for value in mixed) if length else new


def alike(a: tuple[float, ...], b: tuple[float, ...]) -> float | None:
    """Cosine of two appearances; None where one is missing or they are of different models."""
    if not a or len(a) != len(b):
        return None
    return sum(x * y for x, y in zip(a, b, strict=True))


def _settled(site: Site, hits: Sequence[Sighting]) -> Box:
    return _followed(site.stands_at, hits, by=max(1 / (site.hits + 1), 1 / SETTLED))


def _followed(box: Box, hits: Sequence[Sighting], *, by: float = FOLLOW) -> Box:
    target = hits[0].box
    for other in hits[1:]:
        if boxes.containment(box, other.box) >= PIECE:
            target = boxes.joined(target, other.box)
    (x0, y0, x1, y1), (left, top, right, bottom) = box, target
    return x0 + by * (left - x0), y0 + by * (top - y0), x1 + by * (right - x1), y1 + by * (bottom - y1)


def _with_scores(site: Site, hits: Sequence[Sighting]) -> tuple[tuple[str, float], ...]:
    if site.confirmed_at or not hits:
        return site.scores  # the case has its class; what the site is called must not part from it
    scores = {name: score * FADE for name, score in site.scores}  # a stall set up in parts is debris at first
    for hit in hits:
        scores[hit.class_name] = scores.get(hit.class_name, 0.0) + hit.confidence
    return tuple(sorted(scores.items()))
