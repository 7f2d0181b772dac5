# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places where one violation may be standing, and what each look says of them.

Cameras look once every 0.5-10 s, so things are associated by place, not by motion: a detection belongs to a site
whose box it overlaps enough. Everything here is frozen state and pure functions; time comes in with the look.
"""

import itertools
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from detector import boxes
from detector.boxes import Box
from detector.look import Sighting, Trace

SAME_IOU = 0.3
SAME_CONTAINMENT = 0.6
OTHER_CLASS_IOU = 0.5  # a half-built stall reads as debris: the same place, hence the same site
TWIN_SHARE = 0.7  # a candidate that lies this much in another site is no thing of its own
ORIGIN_SHARE = 0.3  # a candidate still lies this much on where it was first seen: who walks slowly does not stand
HIDDEN_SHARE = 0.4  # of a site's box behind people or vehicles: the look says nothing
FOLLOW = 0.3  # how fast a site's box follows its detections
TRACE = 120  # looks kept per site


class State(StrEnum):
    """The confirmation state machine: candidate → confirmed → clearing → cleared, and back when it returns."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    CLEARING = "clearing"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Site:
    """A place where one violation may be standing.

    Times are aware UTC, spans are seconds, boxes normalised xyxy: `origin` as first seen, `box` follows since.
    """

    key: str
    camera_id: str
    zone: str
    origin: Box
    box: Box
    state: State
    first_seen_at: datetime
    last_seen_at: datetime
    last_look_at: datetime
    scores: tuple[tuple[str, float], ...]
    stood_s: float = 0.0
    visible_s: float = 0.0
    hit_s: float = 0.0
    empty_s: float = 0.0
    confidence: float = 0.0
    confirmed_at: datetime | None = None
    cleared_at: datetime | None = None
    relapses: int = 0
    trace: tuple[Trace, ...] = ()

    @property
    def class_name(self) -> str:
        """The class that gathered the most confidence over all looks."""
        return max(self.scores, key=lambda item: item[1])[0]

    @property
    def hit_ratio(self) -> float:
        """Share of the visible time in which the thing was detected."""
        return self.hit_s / self.visible_s if self.visible_s else 1.0

    @property
    def hits(self) -> int:
        """How many of the looks kept detected the thing."""
        return sum(look.verdict == "hit" for look in self.trace)

    @property
    def misses(self) -> int:
        """How many looks saw the place empty since the last hit."""
        since = itertools.takewhile(lambda look: look.verdict != "hit", reversed(self.trace))
        return sum(look.verdict == "miss" for look in since)


def site_key(camera_id: str, box: Box, at: datetime) -> str:
    """A name that the same sighting always gets: camera, second-exact birth and place on a 1000×1000 grid."""
    x, top, bottom = round((box[0] + box[2]) * 500), round(box[1] * 1000), round(box[3] * 1000)
    return f"{camera_id}/{at:%Y%m%dT%H%M%S}/{x:03d}-{top:03d}-{bottom:03d}"


def same_place(site: Site, seen: Sighting) -> float:
    """How well a sighting fits a site, 0 where it does not."""
    overlap = boxes.iou(site.box, seen.box)
    if not overlap or (site.state is State.CANDIDATE and boxes.containment(site.origin, seen.box) < ORIGIN_SHARE):
        return 0.0
    if seen.class_name != site.class_name:
        # rubbish where a stall once was is no relapse of the stall's case
        return overlap if overlap >= OTHER_CLASS_IOU and site.state is not State.CLEARED else 0.0
    inside = boxes.containment(site.box, seen.box)
    return max(overlap, inside / 2) if overlap >= SAME_IOU or inside >= SAME_CONTAINMENT else 0.0


def assign(sites: tuple[Site, ...], seen: tuple[Sighting, ...]) -> tuple[dict[str, list[Sighting]], list[Sighting]]:
    """Share the sightings out, best fit first: per site key those that stand there, and the rest.

    A split box is still one site, so a site takes further sightings that are pieces of it, but not a second thing
    that merely overlaps it: two stalls side by side stay two.
    """
    fits = sorted(
        ((fit, n, site) for site in sites for n, s in enumerate(seen) if (fit := same_place(site, s)) > 0),
        key=lambda item: -item[0],
    )
    hits: dict[str, list[Sighting]] = {}
    taken: set[int] = set()
    for _, n, site in fits:
        piece = boxes.containment(site.box, seen[n].box) >= SAME_CONTAINMENT
        if n not in taken and (piece or site.key not in hits):
            hits.setdefault(site.key, []).append(seen[n])
            taken.add(n)
    return hits, [sighting for n, sighting in enumerate(seen) if n not in taken]


def swallowed(site: Site, seen: tuple[Sighting, ...]) -> bool:
    """Whether boxes of the same class lie over a confirmed site: merged with a neighbour, it is not seen empty."""
    if site.state not in (State.CONFIRMED, State.CLEARING):
        return False
    return boxes.covered(site.box, [s.box for s in seen if s.class_name == site.class_name]) >= SAME_CONTAINMENT


def without_twins(sites: list[Site]) -> tuple[Site, ...]:
    """Drop new candidates that lie in an older or confirmed site: one standing thing, one site."""
    kept: list[Site] = []
    for site in sorted(sites, key=lambda s: (_is_new(s), s.first_seen_at)):
        if not (_is_new(site) and any(_belongs(site, other) for other in kept)):
            kept.append(site)
    return tuple(kept)


def _is_new(site: Site) -> bool:
    return site.state is State.CANDIDATE and site.confirmed_at is None


def _belongs(site: Site, other: Site) -> bool:
    common = boxes.shared(site.box, other.box)
    if not common:
        return False
    if site.class_name == other.class_name:
        return boxes.containment(site.box, other.box) > TWIN_SHARE
    goods = (site.class_name, other.class_name) == ("debris", "stall") and other.state is not State.CLEARED
    return goods and common > TWIN_SHARE * boxes.area(site.box)


def _followed(box: Box, hits: list[Sighting]) -> Box:
    target = hits[0].box
    for other in hits[1:]:
        if boxes.containment(box, other.box) >= SAME_CONTAINMENT:  # a piece of the same thing
            target = boxes.joined(target, other.box)
    x0, y0, x1, y1 = (old + FOLLOW * (new - old) for old, new in zip(box, target, strict=True))
    return x0, y0, x1, y1


def _with_scores(site: Site, hits: list[Sighting]) -> tuple[tuple[str, float], ...]:
    if site.confirmed_at:
        return site.scores  # the case has its class; what the site is called must not part from it
    scores = dict(site.scores)
    for hit in hits:
        scores[hit.class_name] = scores.get(hit.class_name, 0.0) + hit.confidence
    return tuple(sorted(scores.items()))


def looked(site: Site, hits: list[Sighting], hidden: bool, *, now: datetime, longest_step_s: float) -> Site:
    """The site after one look: a hit, a miss, or nothing learnt because it was hidden.

    Time since the last look counts up to `longest_step_s`: a camera that was away proves nothing for that time, and
    a clock that steps back counts as no time at all.
    """
    step = min(max((now - site.last_look_at).total_seconds(), 0.0), longest_step_s)
    if site.state is State.CLEARED and not hits:
        return replace(site, last_look_at=now)
    verdict = "hit" if hits else "hidden" if hidden else "miss"
    confidence = max((h.confidence for h in hits), default=0.0)
    site = replace(
        site,
        last_look_at=now,
        first_seen_at=min(site.first_seen_at, now),
        stood_s=site.stood_s + step,
        trace=(*site.trace, Trace(now, verdict, confidence))[-TRACE:],
    )
    if verdict == "hidden":
        return site
    if verdict == "miss":
        return replace(site, visible_s=site.visible_s + step, empty_s=site.empty_s + step)
    return replace(
        site,
        box=_followed(site.box, hits),
        scores=_with_scores(site, hits),
        last_seen_at=now,
        visible_s=site.visible_s + step,
        hit_s=site.hit_s + step,
        empty_s=0.0,
        confidence=max(site.confidence, confidence),
    )
