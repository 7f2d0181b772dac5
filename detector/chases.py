# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a thing was before, and what stood here before: vendors who move on, and places that keep their history."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from detector import boxes
from detector.boxes import Box
from detector.ground import Ground, to_ground
from detector.sites import ALIKE, Site, alike
from detector.zones import ground_point

CHASED_S = 1800.0  # a thing that turns up so long after another left may be the same one
OVERLAP_S = 60.0  # it may be seen here before it was last seen there: boxes linger for a look or two
REACH_M = 60.0
REACH_SHARE = 0.5  # of the picture, where the camera is not calibrated
SIZES = 2.0  # how many times as tall one may look as the other
SAME_PLACE_IOU = 0.3
STAYED_S = 20.0  # who stopped for less than this was nowhere
MOST = 64  # cases remembered per camera, and as many other places: a crowd that stops by pushes no case out


@dataclass(frozen=True, slots=True)
class FormerSite:
    """Where something stood: its site's key, class, last box, when it was last seen; had_case: and was a violation.

    came_from: where it was none, the place that it was driven from itself.
    """

    key: str
    class_name: str
    box: Box
    left_at: datetime
    appearance: tuple[float, ...] = ()
    repeats: int = 0
    had_case: bool = False
    came_from: str = ""


def former_of(site: Site) -> FormerSite:
    """What is remembered of a site."""
    return FormerSite(
        site.key,
        site.class_name,
        site.box,
        site.last_seen_at,
        site.appearance,
        site.repeats,
        site.confirmed_at is not None,
        "" if site.confirmed_at else site.chased_from,
    )


def remembered(past: tuple[FormerSite, ...], left: Iterable[Site], now: datetime) -> tuple[FormerSite, ...]:
    """The places worth remembering after some were left: cases for good, the others while they may turn up again."""
    fresh = [former_of(site) for site in left if site.confirmed_at or site.stood_s - site.empty_s >= STAYED_S]
    if not fresh and not any(_is_stale(known, now) for known in past):
        return past
    kept = [known for known in (*past, *fresh) if not _is_stale(known, now)]
    cases = [known for known in kept if known.had_case]
    others = [known for known in kept if not known.had_case]
    return (*cases[-MOST:], *others[-MOST:])


def _is_stale(known: FormerSite, now: datetime) -> bool:
    return not known.had_case and (now - known.left_at).total_seconds() > CHASED_S


def linked(site: Site, cleared: Iterable[Site], past: Iterable[FormerSite], ground: Ground | None) -> Site:
    """The site with the place it was driven from, and the forgotten case of this very place, if there are any."""
    known = [*past, *(former_of(other) for other in cleared)]
    known = [other for other in known if other.class_name == site.class_name and other.key != site.key]
    before = [other for other in known if _drove(other, site, ground)]
    here = [p for p in past if p in known and p.had_case and boxes.iou(p.box, site.box) >= SAME_PLACE_IOU]
    if before:
        last = max(before, key=lambda other: (other.left_at, other.key))
        # the API knows cases only: who paused on his way comes from where he last was one
        site = replace(site, chased_from=last.came_from or last.key)
    if here:
        former = max(here, key=lambda other: (other.left_at, other.key))
        site = replace(site, history_of=former.key, repeats=former.repeats + 1)
    return site


def _drove(other: FormerSite, site: Site, ground: Ground | None) -> bool:
    """Whether a thing that left one place may be the one that turned up at another."""
    waited_s = (site.first_seen_at - other.left_at).total_seconds()
    if not -OVERLAP_S <= waited_s <= CHASED_S or boxes.iou(other.box, site.box) >= SAME_PLACE_IOU:
        return False
    like = alike(other.appearance, site.appearance)
    if like is not None and like < ALIKE:
        return False
    tall, taller = sorted((other.box[3] - other.box[1], site.box[3] - site.box[1]))
    there, here = ground_point(other.box), ground_point(site.box)
    if ground and (a := to_ground(ground, there)) and (b := to_ground(ground, here)):
        return math.dist(a, b) <= REACH_M
    return taller <= SIZES * tall and math.dist(there, here) <= REACH_SHARE
