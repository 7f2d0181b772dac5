# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look in, facts out: sites opened, cleared, relapsed or given up, each with its reason."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from detector import boxes
from detector.boxes import Box
from detector.sites import HIDDEN_SHARE, Sighting, Site, State, assign, looked, site_key, swallowed, without_twins
from detector.zones import Zone, zone_of

FORGET_S = 7 * 86_400.0  # a cleared place relapses within a week, later it is a new site
FEWEST = 3  # looks that must agree before anything is told, however rare they are
PATIENCE = 4  # a candidate that is not decided after so many dwells starts over


class Kind(StrEnum):
    """What a look can say of a site."""

    OPENED = "opened"
    CLEARED = "cleared"
    RELAPSED = "relapsed"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Look:
    """One camera's look: when, what stood there, what may hide it; boxes normalised xyxy."""

    camera_id: str
    taken_at: datetime
    seen: tuple[Sighting, ...]
    covers: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A fact about a site that somebody must hear of, and why it is one."""

    kind: Kind
    site: Site
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything known of one camera's places between two looks."""

    camera_id: str
    sites: tuple[Site, ...] = ()


def watch(
    before: Watch, look: Look, zones: tuple[Zone, ...], *, longest_step_s: float = 30.0
) -> tuple[Watch, tuple[Event, ...]]:
    """Take one look into account.

    Returns the new state and the events it caused. Pure: the same input always gives the same output.
    """
    rules = {zone.name: zone for zone in zones if zone.kind == "watch"}
    known = [_homed(site, zones, rules) for site in before.sites if not _forgotten(site, look.taken_at)]
    standing = tuple(site for site in known if site is not None)
    judged = tuple(s for s in look.seen if zone_of(s.box, s.class_name, zones)[0] is not None)
    hits, rest = assign(standing, judged)
    sites: list[Site] = []
    events: list[Event] = []
    for site in standing:
        here = hits.get(site.key, [])
        hidden = boxes.covered(site.box, look.covers) >= HIDDEN_SHARE or swallowed(site, judged)
        after = looked(site, here, hidden, now=look.taken_at, longest_step_s=longest_step_s)
        after, event = _step(after, rules[site.zone], look.taken_at, hit=bool(here))
        if event:
            events.append(event)
        if event is None or event.kind is not Kind.GIVEN_UP or after.state is State.CLEARED:
            sites.append(after)
    sites.extend(_born(look, rest, zones))
    return Watch(before.camera_id, without_twins(sites)), tuple(events)


def _homed(site: Site, zones: tuple[Zone, ...], rules: dict[str, Zone]) -> Site | None:
    """The site with a zone that still exists: a renamed zone must not make a second case of what stands in it."""
    if site.zone in rules:
        return site
    zone, _ = zone_of(site.box, site.class_name, zones)
    return replace(site, zone=zone.name) if zone else None


def _forgotten(site: Site, now: datetime) -> bool:
    return site.state is State.CLEARED and (now - site.last_seen_at).total_seconds() > FORGET_S


def _born(look: Look, rest: list[Sighting], zones: tuple[Zone, ...]) -> list[Site]:
    born: list[Site] = []
    for seen in rest:
        zone, _ = zone_of(seen.box, seen.class_name, zones)
        if zone is None or any(boxes.containment(site.box, seen.box) > 0.6 for site in born):
            continue
        born.append(
            Site(
                key=site_key(look.camera_id, seen.box, look.taken_at),
                camera_id=look.camera_id,
                zone=zone.name,
                origin=seen.box,
                box=seen.box,
                state=State.CANDIDATE,
                first_seen_at=look.taken_at,
                last_seen_at=look.taken_at,
                last_look_at=look.taken_at,
                scores=((seen.class_name, seen.confidence),),
                confidence=seen.confidence,
            )
        )
    return born


def _step(site: Site, zone: Zone, now: datetime, *, hit: bool) -> tuple[Site, Event | None]:
    match site.state:
        case State.CANDIDATE:
            return _judge(site, zone, now, hit=hit)
        case State.CLEARED:
            return _returned(site, now) if hit else site, None
        case _:
            return _clear(site, zone, now, hit=hit)


def _judge(site: Site, zone: Zone, now: datetime, *, hit: bool) -> tuple[Site, Event | None]:
    """A candidate becomes a violation, waits, or is given up."""
    if reason := _no_violation(site, zone):
        # a place that had a case goes back to cleared, so that the next return is still a relapse of the same case
        resting = replace(site, state=State.CLEARED, trace=()) if site.confirmed_at else site
        return resting, Event(Kind.GIVEN_UP, site, now, reason)
    stood = site.stood_s
    seen_well = site.visible_s >= zone.dwell_s / 2 and site.hit_ratio >= zone.hit_ratio and site.hits >= FEWEST
    if not hit or stood < zone.dwell_s or not seen_well:
        return site, None
    why = f"stood {stood:.0f} s ≥ {zone.dwell_s:.0f} s, hit ratio {site.hit_ratio:.2f} ≥ {zone.hit_ratio:.2f}"
    kind = Kind.RELAPSED if site.confirmed_at else Kind.OPENED
    confirmed = replace(
        site,
        state=State.CONFIRMED,
        confirmed_at=site.confirmed_at or now,
        cleared_at=None,
        relapses=site.relapses + (kind is Kind.RELAPSED),
    )
    return confirmed, Event(kind, confirmed, now, why)


def _no_violation(site: Site, zone: Zone) -> str:
    """Why a candidate is given up; empty while it may still become a violation."""
    if site.empty_s >= max(zone.dwell_s * (1 - zone.hit_ratio), zone.clear_s / 2):
        return f"moved on after {site.stood_s - site.empty_s:.0f} s"
    if site.stood_s <= PATIENCE * zone.dwell_s:
        return ""
    if site.visible_s < zone.dwell_s / 2:
        return f"visible for {site.visible_s:.0f} s of {site.stood_s:.0f} s"  # what shows up later may be another
    if site.hit_ratio < zone.hit_ratio:
        return f"hit ratio {site.hit_ratio:.2f} < {zone.hit_ratio:.2f}"
    return ""


def _returned(site: Site, now: datetime) -> Site:
    return replace(
        site,
        state=State.CANDIDATE,
        origin=site.box,
        first_seen_at=now,
        stood_s=0.0,
        visible_s=0.0,
        hit_s=0.0,
        empty_s=0.0,
        trace=site.trace[-1:],
    )


def _clear(site: Site, zone: Zone, now: datetime, *, hit: bool) -> tuple[Site, Event | None]:
    """A confirmed violation stays, starts clearing, or is seen gone for long enough."""
    if hit:
        return replace(site, state=State.CONFIRMED), None
    if site.empty_s < zone.clear_s or site.misses < FEWEST:
        return replace(site, state=State.CLEARING if site.empty_s else site.state), None
    cleared = replace(site, state=State.CLEARED, cleared_at=now)
    why = f"place seen empty for {site.empty_s:.0f} s ≥ {zone.clear_s:.0f} s"
    return replace(cleared, trace=()), Event(Kind.CLEARED, cleared, now, why)
