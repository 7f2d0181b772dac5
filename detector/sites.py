# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places where one violation may be standing, and what each look says of them.

Cameras look once every 0.5-10 s, so things are associated by place, not by motion: a detection belongs to a site
whose box it overlaps enough. Everything here is frozen state and pure functions; time comes in with the look.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from detector import boxes
from detector.boxes import Box

SAME_IOU = 0.3
SAME_CONTAINMENT = 0.6
OTHER_CLASS_IOU = 0.5  # a half-built stall reads as debris: the same place, hence the same site
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
class Sighting:
    """One detection as the sites see it; box is xyxy, normalised."""

    class_name: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Trace:
    """What one look said of one site: hit, miss or hidden, and the best confidence."""

    at: datetime
    verdict: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Site:
    """A place where one violation may be standing; times are aware UTC, spans are seconds, box normalised xyxy."""

    key: str
    camera_id: str
    zone: str
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


def site_key(camera_id: str, box: Box, at: datetime) -> str:
    """A name that the same sighting always gets: camera, minute-exact birth and place on a 1000×1000 grid."""
    x, y = round((box[0] + box[2]) * 500), round(box[3] * 1000)
    return f"{camera_id}/{at:%Y%m%dT%H%M%S}/{x:03d}-{y:03d}"


def same_place(site: Site, seen: Sighting) -> float:
    """How well a sighting fits a site, 0 where it does not."""
    overlap = boxes.iou(site.box, seen.box)
    if seen.class_name != site.class_name:
        return overlap if overlap >= OTHER_CLASS_IOU else 0.0
    inside = boxes.containment(site.box, seen.box)
    return max(overlap, inside / 2) if overlap >= SAME_IOU or inside >= SAME_CONTAINMENT else 0.0


def assign(sites: tuple[Site, ...], seen: tuple[Sighting, ...]) -> tuple[dict[str, list[Sighting]], list[Sighting]]:
    """Share the sightings out: per site key those that stand there (a split box is still one site), and the rest."""
    hits: dict[str, list[Sighting]] = {}
    rest: list[Sighting] = []
    for sighting in sorted(seen, key=lambda s: -s.confidence):
        best = max(sites, key=lambda site: same_place(site, sighting), default=None)
        if best is not None and same_place(best, sighting) > 0:
            hits.setdefault(best.key, []).append(sighting)
        else:
            rest.append(sighting)
    return hits, rest


def _followed(box: Box, hits: list[Sighting]) -> Box:
    target = hits[0].box
    for other in hits[1:]:
        if boxes.containment(box, other.box) >= SAME_CONTAINMENT:  # a piece of the same thing
            target = boxes.joined(target, other.box)
    x0, y0, x1, y1 = (old + FOLLOW * (new - old) for old, new in zip(box, target, strict=True))
    return x0, y0, x1, y1


def _with_scores(site: Site, hits: list[Sighting]) -> tuple[tuple[str, float], ...]:
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
    verdict = "hit" if hits else "hidden" if hidden else "miss"
    confidence = max((h.confidence for h in hits), default=0.0)
    site = replace(
        site,
        last_look_at=now,
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
