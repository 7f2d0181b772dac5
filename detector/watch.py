# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look in, facts out: sites opened, cleared, relapsed or given up, each with its reason."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from detector import boxes
from detector.boxes import Box
from detector.sites import HIDDEN_SHARE, Sighting, Site, State, assign, looked, site_key
from detector.zones import Zone, zone_of

FORGET_S = 7 * 86_400.0  # a cleared place relapses within a week, later it is a new site


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
    standing = tuple(site for site in before.sites if site.zone in rules and not _forgotten(site, look.taken_at))
    judged = tuple(s for s in look.seen if zone_of(s.box, s.class_name, zones)[0] is not None)
    hits, rest = assign(standing, judged)
    sites: list[Site] = []
    events: list[Event] = []
    for site in standing:
        hidden = boxes.covered(site.box, look.covers) >= HIDDEN_SHARE
        after = looked(site, hits.get(site.key, []), hidden, now=look.taken_at, longest_step_s=longest_step_s)
        after, event = _step(after, rules[site.zone], look.taken_at)
        if event:
            events.append(event)
        if event is None or event.kind is not Kind.GIVEN_UP or after.state is State.CLEARED:
            sites.append(after)
    sites.extend(_born(look, rest, zones))
    return Watch(before.camera_id, _without_twins(sites)), tuple(events)


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


def _step(site: Site, zone: Zone, now: datetime) -> tuple[Site, Event | None]:
    match site.state:
        case State.CANDIDATE:
            return _judge(site, zone, now)
        case State.CLEARED if site.last_seen_at == now:
            return _returned(site, now), None
        case State.CLEARED:
            return site, None
        case _:
            return _clear(site, zone, now)


def _judge(site: Site, zone: Zone, now: datetime) -> tuple[Site, Event | None]:
    """A candidate becomes a violation, waits, or is given up."""
    stood = site.stood_s
    if site.empty_s >= max(zone.dwell_s * (1 - zone.hit_ratio), zone.clear_s / 2):
        return _give_up(site, now, f"moved on after {(site.last_seen_at - site.first_seen_at).total_seconds():.0f} s")
    if stood < zone.dwell_s or site.visible_s < zone.dwell_s / 2 or site.last_seen_at != now:
        return site, None
    if site.hit_ratio < zone.hit_ratio:
        if stood > 3 * zone.dwell_s:
            return _give_up(site, now, f"hit ratio {site.hit_ratio:.2f} < {zone.hit_ratio:.2f}")
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


def _give_up(site: Site, now: datetime, reason: str) -> tuple[Site, Event | None]:
    # a place that had a case goes back to cleared, so that the next return is still a relapse of the same case
    resting = replace(site, state=State.CLEARED) if site.confirmed_at else site
    return resting, Event(Kind.GIVEN_UP, resting, now, reason)


def _returned(site: Site, now: datetime) -> Site:
    return replace(site, state=State.CANDIDATE, first_seen_at=now, stood_s=0.0, visible_s=0.0, hit_s=0.0, empty_s=0.0)


def _clear(site: Site, zone: Zone, now: datetime) -> tuple[Site, Event | None]:
    """A confirmed violation stays, starts clearing, or is seen gone for long enough."""
    if site.last_seen_at == now:
        return replace(site, state=State.CONFIRMED), None
    if site.empty_s < zone.clear_s:
        return replace(site, state=State.CLEARING if site.empty_s else site.state), None
    cleared = replace(site, state=State.CLEARED, cleared_at=now)
    return cleared, Event(
        Kind.CLEARED, cleared, now, f"place seen empty for {site.empty_s:.0f} s ≥ {zone.clear_s:.0f} s"
    )


def _without_twins(sites: list[Site]) -> tuple[Site, ...]:
    """Drop candidates that grew into an older site of the same class: one standing thing, one site."""
    kept: list[Site] = []
    for site in sorted(sites, key=lambda s: (s.state is State.CANDIDATE and s.confirmed_at is None, s.first_seen_at)):
        twin = any(
            other.class_name == site.class_name and boxes.containment(other.box, site.box) > 0.7 for other in kept
        )
        if not (twin and site.state is State.CANDIDATE and site.confirmed_at is None):
            kept.append(site)
    return tuple(kept)
