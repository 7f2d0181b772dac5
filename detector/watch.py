# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look in, facts out: sites opened, cleared, relapsed or given up, each with its reason."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from detector import boxes
from detector.look import Look, Sighting
from detector.reasons import Reason, because
from detector.rules import Rules
from detector.sites import HIDDEN_SHARE, Site, State, assign, looked, site_key, swallowed, without_twins
from detector.zones import Zone, zone_of

FEWEST = 3  # looks that must agree before anything is told, however rare they are
PATIENCE = 4  # a candidate that is not decided after so many dwells starts over


class Kind(StrEnum):
    """What a look can say of a site."""

    OPENED = "opened"
    CLEARED = "cleared"
    RELAPSED = "relapsed"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Event:
    """A fact about a site that somebody must hear of, and why it is one."""

    kind: Kind
    site: Site
    at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything known of one camera's places between two looks."""

    camera_id: str
    sites: tuple[Site, ...] = ()


def watch(before: Watch, look: Look, rules: Rules, *, longest_step_s: float = 30.0) -> tuple[Watch, tuple[Event, ...]]:
    """Take one look into account.

    Returns the new state and the events it caused. Pure: the same input always gives the same output.
    """
    zones = rules.zones
    watched = {zone.name: zone for zone in zones if zone.kind == "watch"}
    known = [_homed(site, zones, watched) for site in before.sites if not _forgotten(site, rules, look.taken_at)]
    standing = tuple(site for site in known if site is not None)
    judged = tuple(s for s in look.seen if zone_of(s.box, s.class_name, zones)[0] is not None)
    hits, rest = assign(standing, judged)
    sites: list[Site] = []
    events: list[Event] = []
    for site in standing:
        here = hits.get(site.key, [])
        hidden = boxes.covered(site.box, look.covers) >= HIDDEN_SHARE or swallowed(site, judged)
        after = looked(site, here, hidden, now=look.taken_at, longest_step_s=longest_step_s)
        after, event = _step(after, watched[site.zone], look.taken_at, hit=bool(here))
        if event:
            events.append(event)
        if event is None or event.kind is not Kind.GIVEN_UP or after.state is State.CLEARED:
            sites.append(after)
    sites.extend(_born(look, rest, zones))
    return Watch(before.camera_id, without_twins(sites)), tuple(events)


def _homed(site: Site, zones: tuple[Zone, ...], watched: dict[str, Zone]) -> Site | None:
    """The site with a zone that still exists: a renamed zone must not make a second case of what stands in it."""
    if site.zone in watched:
        return site
    zone, _ = zone_of(site.box, site.class_name, zones)
    return replace(site, zone=zone.name) if zone else None


def _forgotten(site: Site, rules: Rules, now: datetime) -> bool:
    return site.state is State.CLEARED and (now - site.last_seen_at).total_seconds() > rules.relapse_s


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
    why = because("stood", stood_s=stood, dwell_s=zone.dwell_s, hit_ratio=site.hit_ratio, least=zone.hit_ratio)
    kind = Kind.RELAPSED if site.confirmed_at else Kind.OPENED
    confirmed = replace(
        site,
        state=State.CONFIRMED,
        confirmed_at=site.confirmed_at or now,
        cleared_at=None,
        relapses=site.relapses + (kind is Kind.RELAPSED),
    )
    return confirmed, Event(kind, confirmed, now, why)


def _no_violation(site: Site, zone: Zone) -> Reason | None:
    """Why a candidate is given up; None while it may still become a violation."""
    if site.empty_s >= max(zone.dwell_s * (1 - zone.hit_ratio), zone.clear_s / 2):
        return because("left", stood_s=site.stood_s - site.empty_s)
    if site.stood_s <= PATIENCE * zone.dwell_s:
        return None
    if site.visible_s < zone.dwell_s / 2:
        # what shows up later may be another
        return because("rarely_visible", visible_s=site.visible_s, stood_s=site.stood_s)
    if site.hit_ratio < zone.hit_ratio:
        return because("rarely_detected", hit_ratio=site.hit_ratio, least=zone.hit_ratio)
    return None


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
    why = because("empty", empty_s=site.empty_s, clear_s=zone.clear_s)
    return replace(cleared, trace=()), Event(Kind.CLEARED, cleared, now, why)
