# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which sighting belongs to which place: split and merged boxes stay one thing, two neighbours stay two."""

from collections.abc import Iterable, Mapping, Sequence

from detector import boxes
from detector.belief import FEWEST_ALONE, moved_on
from detector.boxes import Box
from detector.look import Change, Sighting
from detector.sites import PIECE, Site, State, alike

SAME_IOU = 0.3
OTHER_CLASS_IOU = 0.5  # a half-built stall reads as debris: the same place, hence the same site
TWIN_SHARE = 0.7  # a candidate that lies this much in another site is no thing of its own
ORIGIN_SHARE = 0.3  # a candidate still lies this much on where it was first seen: who walks slowly does not stand
HIDDEN_SHARE = 0.4  # of a site's box behind people or vehicles: the look says nothing
UNLIKE = 0.5  # appearances this different are two things, unless their boxes agree well
EXPLAINS = 0.5  # of a change, or of an open case's box: that the case explains the change
CHANGED_SHARE = 0.3  # of a site's box that a static change must take to speak for it


def assign(sites: Sequence[Site], sightings: Sequence[Sighting]) -> tuple[dict[str, list[Sighting]], list[Sighting]]:
    """Share the sightings out, best fit first: per site key those that stand there, and the rest.

    A split box is still one site, so a site takes further sightings that are pieces of it, but not a second thing
    that merely overlaps it: two stalls side by side stay two. `sightings` come in the order of its boxes.
    """
    fits = []
    for m, site in enumerate(sites):
        if site.state is State.CLEARED:
            continue
        left, top, right, bottom = site.box
        for n, sighting in enumerate(sightings):
            x0, y0, x1, y1 = sighting.box
            if x0 >= right:
                break  # and so do all that follow
            if left < x1 and y0 < bottom and top < y1:
                fit = same_place(site, sighting)
                if fit > 0 and not (site.misses and moved_on(site, sighting.box)):
                    fits.append((-fit, site.key, n, m))
    fits.sort()
    hits: dict[str, list[Sighting]] = {}
    taken: set[int] = set()
    for _, key, n, m in fits:
        if n in taken:
            continue
        if key not in hits or boxes.containment(sites[m].box, sightings[n].box) >= PIECE:
            hits.setdefault(key, []).append(sightings[n])
            taken.add(n)
    # cleared places take none: what comes there is new until it stays, be it a relapse or rubbish where a stall was
    return hits, [sighting for n, sighting in enumerate(sightings) if n not in taken]


def same_place(site: Site, other: Sighting | Site) -> float:
    """How well a sighting, or another site, fits a site; 0 where it does not."""
    common = boxes.shared(site.box, other.box)
    if not common or (site.state is State.CANDIDATE and boxes.containment(site.origin, other.box) < ORIGIN_SHARE):
        return 0.0
    mine, theirs = boxes.area(site.box), boxes.area(other.box)
    overlap = common / (mine + theirs - common)
    if other.class_name != site.class_name:
        return overlap if overlap >= OTHER_CLASS_IOU else 0.0
    inside = common / min(mine, theirs)
    if overlap < SAME_IOU and inside < PIECE:
        return 0.0
    like = alike(site.appearance, other.appearance)
    if like is None:
        return max(overlap, inside / 2)
    if like < UNLIKE and overlap < OTHER_CLASS_IOU:
        return 0.0
    return max(overlap, inside / 2) * (0.75 + 0.25 * like)


def swallowed(site: Site, by_class: Mapping[str, Sequence[Box]]) -> bool:
    """Whether boxes of its class, of those seen by class, lie over a site: merged with a neighbour it is not empty.

    A box that shows another thing once this one went does not: its case would never be cleared.
    """
    over = by_class.get(site.class_name, ())
    if site.hits < 2 or boxes.covered(site.box, over) < PIECE:
        return False
    return boxes.covered(site.box, [box for box in over if not moved_on(site, box)]) >= PIECE


def hidden(site: Site, covers: Iterable[Box]) -> bool:
    """Whether people or vehicles hide so much of a place that a look says nothing of it."""
    return boxes.covered(site.box, covers) >= HIDDEN_SHARE


def taken_again(site: Site, sites: Iterable[Site]) -> Site | None:
    """The cleared case of the same class on whose place a site stands, None if there is none."""
    fits = [(same_place(other, site), other) for other in sites if other.state is State.CLEARED]
    same = [(fit, other) for fit, other in fits if fit > 0 and other.class_name == site.class_name]
    return max(same, key=lambda item: (item[0], item[1].key))[1] if same else None


def change_at(box: Box, changes: Iterable[Change]) -> Change | None:
    """The static change that takes the most of a place, None where none takes enough."""
    best = max(changes, key=lambda change: _overlap(box, change.box), default=None)
    return best if best and _overlap(box, best.box) >= CHANGED_SHARE else None


def explained(change: Change, sites: Iterable[Site]) -> bool:
    """Whether an open case is what changed."""
    return any(boxes.containment(site.box, change.box) > EXPLAINS for site in sites if site.is_open)


def _overlap(box: Box, change: Box) -> float:
    """Shared area over the larger of two boxes: a whole street that changed speaks for no single thing in it."""
    common = boxes.shared(box, change)
    return common / max(boxes.area(box), boxes.area(change)) if common else 0.0


def without_twins(sites: Sequence[Site]) -> tuple[Site, ...]:
    """Drop new candidates that lie in an older or confirmed site: one standing thing, one site.

    What lies in a stall goes even if it was seen first, once the stall is no stray: a vendor's goods are often found
    before his stall.
    """
    if not any(map(_is_new, sites)):
        return tuple(sites)
    stalls = [site for site in sites if site.class_name == "stall" and _found_well(site)]
    kept: list[Site] = []
    for site in sorted(sites, key=_age):
        others = [*kept, *stalls] if site.class_name == "debris" else kept
        if not (_is_new(site) and any(_belongs(site, other) for other in others)):
            kept.append(site)
    return tuple(kept)


def _found_well(site: Site) -> bool:
    """Whether a site was found often enough, and in most of its looks, to stand for more than itself."""
    hits = site.hits - site.faint
    return hits >= FEWEST_ALONE and 2 * hits > site.looks


def _age(site: Site) -> tuple[object, ...]:
    return _is_new(site), site.first_seen_at, -boxes.area(site.origin), site.key


def _is_new(site: Site) -> bool:
    return site.state is State.CANDIDATE


def _belongs(site: Site, other: Site) -> bool:
    common = boxes.shared(site.box, other.box)
    if not common or other.state is State.CLEARED or (other.waived and not other.is_permitted):
        return False
    if site.class_name == other.class_name:
        return boxes.containment(site.box, other.box) > TWIN_SHARE
    goods = (site.class_name, other.class_name) == ("debris", "stall")
    return goods and common > TWIN_SHARE * boxes.area(site.box)
