# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look in, facts out: sites opened, cleared, relapsed or given up, each with its reason.

The ledger of what became no case is made of GIVEN_UP events. Each carries the complete site (trace, class, box, times)
and the reason: `left`, `rarely_visible`, `rarely_detected` for candidates that a zone's rule judged; `pitch`,
`licence`, `hours`, `too_small`, `outside` for things that stood for a dwell where no rule judges them. A place is told
once per reason and stay, not per look; what was detected only once is not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from detector import boxes, places
from detector.belief import has_left, is_gone, stands
from detector.chases import Place, linked, remembered
from detector.look import Change, Look, Sighting
from detector.newcomers import newcomers
from detector.reasons import Reason, because
from detector.rules import Court, Rules
from detector.sites import Site, State, begun_anew, changed, looked, with_whole_trace
from detector.zones import Zone

PATIENCE = 4  # a candidate that is not decided after so many dwells starts over
AWAY_S = 600.0  # a camera that was away for so long has not seen whether it is still the same thing
BORNE_OUT_FROM, BORNE_OUT_SHARE = 3, 0.2  # detections, and their share, before static change speaks for a candidate
EXPLAINS = 0.3  # of a site's box that a sighting elsewhere covers
HOLDS_S = {"stall": 300.0, "debris": 900.0}  # so long static change alone keeps a case open that nobody detects

ANYWHERE = Zone("", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))  # by what to measure a stay outside all zones


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
    """Everything known of one camera's places between two looks; past: places left lately, and forgotten cases."""

    camera_id: str
    sites: tuple[Site, ...] = ()
    last_look_at: datetime | None = None
    past: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class _Now:
    """A look as its sites are judged by it; step_s: time that it adds, away_s: time since the look before."""

    look: Look
    at: datetime
    seen: tuple[Sighting, ...]
    rules: Rules
    court: Court
    step_s: float
    away_s: float
    before: tuple[Site, ...]
    cleared: tuple[Site, ...]


def watch(before: Watch, look: Look, rules: Rules, *, longest_step_s: float = 30.0) -> tuple[Watch, tuple[Event, ...]]:
    """Take one look into account.

    Returns the new state and the events it caused. Pure: the same input always gives the same output, whatever the
    order of the boxes. Time since the last look counts up to `longest_step_s`: a camera that was away proves nothing
    for that time, and a clock that steps back counts as no time at all.
    """
    now = _now(before, look, rules, longest_step_s)
    if look.blind is not None:
        return _unseen(before, now), ()
    rested = [site for site in now.cleared if not _forgotten(site, now)]
    sites: list[Site] = []
    events: list[Event] = []
    hits, rest = places.assign(before.sites, now.seen)
    for site in before.sites:
        if site.state is not State.CLEARED:
            after, event = _looked_at(site, hits.get(site.key, ()), now)
            if event is not None:
                after, event = _known(after, event, rested, before.past, rules)
                rested = [other for other in rested if other.key != event.site.key]
                events.append(replace(event, site=with_whole_trace(event.site)))
            if after is not None:
                sites.append(after)
    newborn = newcomers(look, rest, sites, now.court)
    left = [site for site in now.cleared if _forgotten(site, now)]
    left += [event.site for event in events if event.reason.code == "left"]
    past = remembered(before.past, left, now.at)
    kept = places.without_twins([*sites, *newborn])
    return Watch(before.camera_id, (*kept, *rested), look.taken_at, past), tuple(events)


def _known(
    after: Site | None, event: Event, rested: list[Site], past: tuple[Place, ...], rules: Rules
) -> tuple[Site | None, Event]:
    """A confirmed thing as what it is: a case that came back, or a new one with the places it was driven from."""
    site, kind = event.site, event.kind
    if kind is Kind.OPENED and (former := places.taken_again(site, rested)):
        site, kind = _relapsed(site, former), Kind.RELAPSED
    elif kind in (Kind.OPENED, Kind.GIVEN_UP):
        site = linked(site, rested, past, rules.ground)
    return (site if after is event.site else after), replace(event, kind=kind, site=site)


def _relapsed(site: Site, former: Site) -> Site:
    """The thing that stands now under the name, and with the history, of the case that stood there before."""
    return replace(
        site,
        key=former.key,
        confirmed_at=former.confirmed_at,
        relapses=former.relapses + 1,
        chased_from=former.chased_from,
        chases=former.chases,
        history_of=former.history_of,
        repeats=former.repeats,
    )


def _now(before: Watch, look: Look, rules: Rules, longest_step_s: float) -> _Now:
    away_s = (look.taken_at - before.last_look_at).total_seconds() if before.last_look_at else 0.0
    step_s = min(max(away_s, 0.0), longest_step_s)
    seen = tuple(sorted(look.seen, key=_order))
    court = rules.court(look.taken_at, look.size)
    cleared = tuple(site for site in before.sites if site.state is State.CLEARED)
    return _Now(look, look.taken_at, seen, rules, court, step_s, away_s, before.sites, cleared)


def _unseen(before: Watch, now: _Now) -> Watch:
    """After a blind look: time has passed and nothing was learnt of any site."""
    sites = tuple(
        site if site.state is State.CLEARED else looked(site, (), "blind", now=now.at, step_s=now.step_s)
        for site in before.sites
    )
    return replace(before, sites=sites, last_look_at=now.at)


def _order(seen: Sighting) -> tuple[object, ...]:
    return seen.box, seen.class_name, seen.weak, -seen.confidence, seen.appearance


def _forgotten(site: Site, now: _Now) -> bool:
    return site.state is State.CLEARED and (now.at - site.last_seen_at).total_seconds() > now.rules.relapse_s


def _looked_at(site: Site, here: Sequence[Sighting], now: _Now) -> tuple[Site | None, Event | None]:
    """What one look makes of a site, None where it is given up for good, and what is to be told of it."""
    ruled, event = _ruled(site, now)
    if event is not None:
        return ruled, event
    if ruled.state is State.CANDIDATE and now.away_s > AWAY_S:
        ruled = begun_anew(ruled, now.at)
    if here and not ruled.is_open and (change := _witness(ruled, now)) and not places.explained(change, now.before):
        since = min(change.since, ruled.stands_since or change.since)
        ruled = ruled if since == ruled.stands_since else changed(ruled, stands_since=since)
    after = looked(ruled, here, _verdict(ruled, here, now), now=now.at, step_s=now.step_s)
    if after.is_open:
        return _clear(after, _zone(after, now), now.at)
    if after.waived is not None:
        return _waive(after, after.waived, _zone(after, now), now.at)
    return _judge(after, _zone(after, now), now)


def _zone(site: Site, now: _Now) -> Zone:
    return now.court.zones.get(site.zone, ANYWHERE)


def _ruled(site: Site, now: _Now) -> tuple[Site, Event | None]:
    """The site under the rules of this moment: a change of rule or hour takes effect at once and loses no site."""
    ruling = now.court.ruling(site.box if site.waived else site.origin, site.class_name)
    if (zone := ruling.zone) is not None:
        if site.zone == zone.name and site.waived is None and site.grade == zone.grade and site.over == ruling.over:
            return site, None
        homed = changed(site, zone=zone.name, grade=zone.grade, over=ruling.over, waived=None)
        return (begun_anew(changed(homed, told=""), now.at) if site.waived else homed), None
    if site.waived == ruling.waived or ruling.waived is None:
        return site, None
    waived = changed(site, waived=ruling.waived, told="")
    if not site.is_open:
        return begun_anew(waived, now.at), None
    cleared = changed(waived, state=State.CLEARED, cleared_at=now.at)
    why = Reason("now_permitted" if ruling.permitted else "not_watched", ruling.waived.values)
    return changed(cleared, trace=(), lately=()), Event(Kind.CLEARED, cleared, now.at, why)


def _verdict(site: Site, here: Sequence[Sighting], now: _Now) -> str:
    if site.waived is not None:
        return _plain(site, here, now, "permitted" if site.is_permitted else "hit")
    if any(not sighting.weak for sighting in here) or (here and site.is_open):
        return "hit"
    change = _witness(site, now)
    if here:
        return "hit" if change else "weak"
    plain = _plain(site, here, now, "hit")
    return _borne_out(site, change, now) if plain == "miss" and change else plain


def _plain(site: Site, here: Sequence[Sighting], now: _Now, hit: str) -> str:
    """What the detector alone says."""
    if here:
        return "weak" if all(sighting.weak for sighting in here) else hit
    return "hidden" if places.hidden(site, now.look.covers) or places.swallowed(site, now.seen) else "miss"


def _witness(site: Site, now: _Now) -> Change | None:
    if not now.look.changes or _zone(site, now).witness == "off":
        return None
    return places.change_at(site.box, now.look.changes)


def _borne_out(site: Site, change: Change, now: _Now) -> str:
    """What the detector misses may be borne out by static change; what began after it left proves nothing."""
    if change.since > site.last_seen_at:
        return "miss"
    if site.is_open:
        return "held" if (now.at - site.last_seen_at).total_seconds() < HOLDS_S[site.class_name] else "miss"
    if site.class_name != "debris":
        return "miss"
    if any(boxes.containment(site.box, other.box) > EXPLAINS for other in now.seen):
        return "miss"  # the change is what another sighting shows
    alone = _zone(site, now).witness == "alone"
    enough = max(BORNE_OUT_FROM, BORNE_OUT_SHARE * site.looks)
    return "changed" if alone or site.hits - site.borne_out >= enough else "miss"


def _judge(site: Site, zone: Zone, now: _Now) -> tuple[Site | None, Event | None]:
    """A candidate becomes a violation, waits, starts over, or is given up."""
    former = places.taken_again(site, now.cleared) if stands(site, zone, now.at) else None
    if stands(site, zone, now.at, again=former is not None and former.stands_since is None):
        return _confirmed(site, zone, now.at)
    why = _no_violation(site, zone)
    if why is None:
        return site, None
    event = Event(Kind.GIVEN_UP, site, now.at, why) if site.told != why.code and site.hits - site.faint > 1 else None
    if why.code == "rarely_detected":
        return begun_anew(changed(site, told=why.code), now.at), event
    return None, event


def _confirmed(site: Site, zone: Zone, now: datetime) -> tuple[Site, Event]:
    confirmed = changed(site, state=State.CONFIRMED, confirmed_at=now, told="")
    values = {
        "stood_s": max(site.stood_s, zone.dwell_s),
        "dwell_s": zone.dwell_s,
        "hit_ratio": site.hit_ratio,
        "least": zone.hit_ratio,
    }
    over = {"zone": zone.name, "over": ", ".join(site.over)} if site.over else {}
    why = because("stood_strictest" if over else "stood", **values, **over)
    return confirmed, Event(Kind.OPENED, confirmed, now, why)


def _no_violation(site: Site, zone: Zone) -> Reason | None:
    """Why a candidate is given up; None while it may still become a violation."""
    if has_left(site, zone):
        return because("left", stood_s=site.stood_s - site.empty_s)
    if site.stood_s <= PATIENCE * zone.dwell_s:
        return None
    if site.visible_s < zone.dwell_s / 2:
        # what shows up later may be another
        return because("rarely_visible", visible_s=site.visible_s, stood_s=site.stood_s)
    return because("rarely_detected", hit_ratio=site.hit_ratio, least=zone.hit_ratio)


def _waive(site: Site, why: Reason, zone: Zone, now: datetime) -> tuple[Site | None, Event | None]:
    """What stands where no rule judges it is told once it has stood, for whoever asks why it is no case."""
    if is_gone(site, zone):
        return None, None
    if site.told == why.code or not stands(site, zone, now):
        return site, None
    told = changed(site, told=why.code)
    return told, Event(Kind.GIVEN_UP, told, now, why)


def _clear(site: Site, zone: Zone, now: datetime) -> tuple[Site, Event | None]:
    """A confirmed violation stays, or is seen gone for long enough."""
    if not is_gone(site, zone):
        return site, None
    cleared = changed(site, state=State.CLEARED, cleared_at=now)
    why = because("empty", empty_s=site.empty_s, clear_s=zone.clear_s)
    return changed(cleared, trace=(), lately=()), Event(Kind.CLEARED, cleared, now, why)
