# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one look says of a site: that the thing is there, that it is not, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detector import association, boxes
from detector.boxes import Box
from detector.look import Change, Look, Sighting, Verdict
from detector.rules import Court, Rules
from detector.sites import Site, State
from detector.zones import Zone

BORNE_OUT_FROM, BORNE_OUT_SHARE = 3, 0.2  # detections, and their share, before static change speaks for a candidate
EXPLAINS = 0.3  # of a site's box that a sighting elsewhere covers
LONGEST_STEP_S = 30.0  # of the time since the look before that counts; looks are wanted no further apart
HOLDS_S = {"stall": 300.0, "debris": 900.0}  # so long static change alone keeps a case open that nobody detects

ANYWHERE = Zone("", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))  # by what to measure a stay outside all zones


@dataclass(frozen=True, slots=True)
class Now:
    """A look as its sites are judged by it; step_s: time that it adds, away_s: time since the last look that saw.

    sightings: of the look, in the order of their boxes. boxes: theirs, by class.
    """

    look: Look
    at: datetime
    sightings: tuple[Sighting, ...]
    boxes: dict[str, list[Box]]
    rules: Rules
    court: Court
    step_s: float
    away_s: float
    before: tuple[Site, ...]
    cleared: tuple[Site, ...]


def now_of(
    sites: tuple[Site, ...], before_at: datetime | None, sighted_at: datetime | None, look: Look, rules: Rules
) -> Now:
    """What the sites are judged by at a look; before_at, sighted_at: of the look before, and of the last not blind."""
    step_s, away_s = min(max(_since_s(before_at, look), 0.0), LONGEST_STEP_S), _since_s(sighted_at, look)
    sightings = tuple(sorted(look.sightings, key=_order))
    court = rules.court(look.taken_at, look.size)
    cleared = tuple(site for site in sites if site.state is State.CLEARED)
    by_class: dict[str, list[Box]] = {}
    for sighting in sightings:
        by_class.setdefault(sighting.class_name, []).append(sighting.box)
    return Now(look, look.taken_at, sightings, by_class, rules, court, step_s, away_s, sites, cleared)


def _since_s(before: datetime | None, look: Look) -> float:
    return (look.taken_at - before).total_seconds() if before else 0.0


def _order(sighting: Sighting) -> tuple[object, ...]:
    return sighting.box, sighting.class_name, sighting.weak, -sighting.confidence, sighting.appearance


def zone_of(site: Site, now: Now) -> Zone:
    """The zone whose rule judges a site."""
    return now.court.zones.get(site.zone, ANYWHERE)


def verdict(site: Site, here: Sequence[Sighting], change: Change | None, now: Now) -> Verdict:
    """What a look with these sightings of a site, and its witness, says of it."""
    if site.waived is not None:
        return _plain(site, here, now, "permitted" if site.is_permitted else "hit")
    if here and (site.is_open or not _all_weak(here)):
        return "hit"
    if here:
        return "hit" if change else "weak"
    plain = _plain(site, here, now, "hit")
    return _borne_out(site, change, now) if plain == "miss" and change else plain


def _plain(site: Site, here: Sequence[Sighting], now: Now, hit: Verdict) -> Verdict:
    """What the detector alone says."""
    if here:
        return "weak" if _all_weak(here) else hit
    return "hidden" if association.hidden(site, now.look.covers) or association.swallowed(site, now.boxes) else "miss"


def _all_weak(here: Sequence[Sighting]) -> bool:
    for sighting in here:  # noqa: SIM110 - a generator for one sighting costs more than all the rest
        if not sighting.weak:
            return False
    return True


def witness(site: Site, now: Now) -> Change | None:
    """The static change at a site, None if there is none or its zone wants to hear of none.

    What an open case explains bears no candidate out.
    """
    if not now.look.changes or zone_of(site, now).witness == "off":
        return None
    change = association.change_at(site.box, now.look.changes)
    return None if change and not site.is_open and association.explained(change, now.before) else change


def _borne_out(site: Site, change: Change, now: Now) -> Verdict:
    """What the detector misses may be borne out by static change; what began after it left proves nothing."""
    if change.since > site.last_seen_at:
        return "miss"
    if site.is_open:
        return "held" if (now.at - site.last_seen_at).total_seconds() < HOLDS_S[site.class_name] else "miss"
    if site.class_name != "debris":
        return "miss"
    if any(boxes.containment(site.box, other.box) > EXPLAINS for other in now.sightings):
        return "miss"  # the change is what another sighting shows
    alone = zone_of(site, now).witness == "alone"
    enough = max(BORNE_OUT_FROM, BORNE_OUT_SHARE * site.looks)
    return "changed" if alone or site.hits - site.borne_out >= enough else "miss"
