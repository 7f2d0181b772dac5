# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look in, facts out: sites opened, cleared, relapsed, resumed or given up, each with its reason.

The ledger of what became no case is made of GIVEN_UP events. Each carries the complete site (trace, class, box, times)
and the reason: `left`, `rarely_visible`, `rarely_detected`, `lost_sight` for candidates that a zone's rule judged;
`pitch`, `licence`, `hours`, `too_small`, `outside` for things that stood for a dwell where no rule judges them, and for
candidates that no rule judges any more. A place is told once per reason and stay, not per look; what was detected only
once is not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from detector import association
from detector.belief import has_left, is_gone, least_hits, never_left, stands
from detector.chases import FormerSite, linked, remembered
from detector.look import Change, Look, Sighting
from detector.newcomers import newcomers
from detector.reasons import Reason, because
from detector.rules import Rules
from detector.sites import Site, State, begun_anew, changed, halved, looked, set_back, with_whole_trace
from detector.verdicts import Now, now_of, verdict, witness, zone_of
from detector.zones import Zone

PATIENCE = 4  # dwells after which a candidate that is not decided is told of
REMEMBERED, LEAST = 8, 50  # dwells in view, and looks, after which half of what was counted of a candidate fades
AWAY_S = 600.0  # a camera that was away, or blind, for so long has not seen whether it is still the same thing


class Kind(StrEnum):
    """What a look can say of a site."""

    OPENED = "opened"
    CLEARED = "cleared"
    RELAPSED = "relapsed"
    RESUMED = "resumed"  # it had not left: the case goes on as if it had not been cleared
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
    """Everything known of one camera's places between two looks; past: places left lately, and forgotten cases.

    sighted_at: when a look was last believed; a blind one moves last_look_at only.
    """

    camera_id: str
    sites: tuple[Site, ...] = ()
    last_look_at: datetime | None = None
    past: tuple[FormerSite, ...] = ()
    sighted_at: datetime | None = None


def watch(before: Watch, look: Look, rules: Rules) -> tuple[Watch, tuple[Event, ...]]:
    """Take one look into account.

    Returns the new state and the events it caused. Pure: the same input always gives the same output, whatever the
    order of the boxes. Time since the last look counts up to half a minute: a camera that was away proves nothing for
    that time, and a clock that steps back counts as no time at all: what is known keeps its distance to now.
    """
    if before.last_look_at and look.taken_at < before.last_look_at:
        before = _set_back(before, before.last_look_at - look.taken_at)
    now = now_of(before.sites, before.last_look_at, before.sighted_at or before.last_look_at, look, rules)
    if look.blind is not None:
        return _unseen(before, now), ()
    rested = [site for site in now.cleared if not _forgotten(site, now)]
    sites: list[Site] = []
    events: list[Event] = []
    hits, rest = association.assign(before.sites, now.sightings)
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
    kept = association.without_twins([*sites, *newborn])
    return Watch(before.camera_id, (*kept, *rested), now.at, past, sighted_at=now.at), tuple(events)


def _set_back(before: Watch, by: timedelta) -> Watch:
    """What is known, for a clock that was set back."""
    return replace(
        before,
        sites=tuple(set_back(site, by) for site in before.sites),
        last_look_at=before.last_look_at and before.last_look_at - by,
        past=tuple(replace(former, left_at=former.left_at - by) for former in before.past),
        sighted_at=before.sighted_at and before.sighted_at - by,
    )


def _known(
    after: Site | None, event: Event, rested: list[Site], past: tuple[FormerSite, ...], rules: Rules
) -> tuple[Site | None, Event]:
    """A confirmed thing as what it is: a case that came back, or a new one with the places it was driven from."""
    site, kind = event.site, event.kind
    if kind is Kind.OPENED and (former := association.taken_again(site, rested)):
        kind = Kind.RESUMED if never_left(former, site) else Kind.RELAPSED
        site = _under_name_of(former, site)
    elif kind in (Kind.OPENED, Kind.GIVEN_UP):
        site = linked(site, rested, past, rules.ground)
    return (site if after is event.site else after), replace(event, kind=kind, site=site)


def _under_name_of(former: Site, site: Site) -> Site:
    """The thing that stands now under the name, and with the history, of the case that stood there before."""
    return replace(
        site,
        key=former.key,
        confirmed_at=former.confirmed_at,
        chased_from=former.chased_from,
        history_of=former.history_of,
        repeats=former.repeats,
    )


def _unseen(before: Watch, now: Now) -> Watch:
    """After a blind look: time has passed and nothing was learnt of any site."""
    sites = tuple(
        site if site.state is State.CLEARED else looked(site, (), "blind", now=now.at, step_s=now.step_s)
        for site in before.sites
    )
    return replace(before, sites=sites, last_look_at=now.at)


def _forgotten(site: Site, now: Now) -> bool:
    since = site.cleared_at or site.last_seen_at
    return site.state is State.CLEARED and (now.at - since).total_seconds() > now.rules.relapse_s


def _looked_at(site: Site, here: Sequence[Sighting], now: Now) -> tuple[Site | None, Event | None]:
    """What one look makes of a site, None where it is given up for good, and what is to be told of it."""
    ruled, dropped = _ruled(site, now)
    if dropped and ruled.state is State.CLEARED:
        return ruled, dropped
    if ruled.state is State.CANDIDATE and now.away_s > AWAY_S:
        stood_s = (ruled.last_seen_at - ruled.first_seen_at).total_seconds()
        dropped = dropped or _dropped(ruled, because("lost_sight", stood_s=stood_s, away_s=now.away_s), now.at)
        ruled = begun_anew(ruled, now.at)
    change = None if here and ruled.is_open else witness(ruled, now)
    if here and change:
        ruled = _dated(ruled, change, now)
    step_s = now.step_s if ruled.first_seen_at < now.at else 0.0  # of what begins anew now nothing has passed yet
    after = looked(ruled, here, verdict(ruled, here, change, now), now=now.at, step_s=step_s)
    kept, event = _decided(after, change, now)
    return kept, event or dropped  # of what begins anew at this look nothing else is decided yet


def _decided(site: Site, change: Change | None, now: Now) -> tuple[Site | None, Event | None]:
    """What its looks so far make of a site; change: its witness at this look."""
    zone = zone_of(site, now)
    if site.is_open:
        return _clear(site, zone, now.at)
    if site.waived is not None:
        return _waive(site, site.waived, zone, now.at)
    return _judge(site, zone, now.at, change)


def _dated(site: Site, change: Change, now: Now) -> Site:
    """The site dated by the change that it made; the time in which it was permitted there is not held against it."""
    since = min(change.since, site.stands_since or change.since)
    if since == site.stands_since:
        return site
    then = now.rules.court(since, now.look.size).ruling(site.stands_at, site.class_name)
    anew = site.first_seen_at if then.permitted and not site.waived else None
    return changed(site, stands_since=since, anew_at=site.anew_at or anew)


def _ruled(site: Site, now: Now) -> tuple[Site, Event | None]:
    """The site under the rules of this moment: a change of rule or hour takes effect at once and loses no site."""
    ruling = now.court.ruling(site.stands_at, site.class_name)
    if (zone := ruling.zone) is not None:
        if site.zone == zone.name and site.waived is None and site.grade == zone.grade and site.over == ruling.over:
            return site, None
        homed = changed(site, zone=zone.name, grade=zone.grade, over=ruling.over, waived=None)
        return (begun_anew(homed, now.at) if site.waived else homed), None
    if site.waived == ruling.waived or ruling.waived is None:
        return site, None
    if site.is_open and ruling.waived.code == "too_small":  # what was large enough does not shrink with its picture
        return site, None
    if not site.is_open:
        dropped = _dropped(site, ruling.waived, now.at)
        told = ruling.waived.code if dropped or site.told == ruling.waived.code else ""  # once, if its box jitters
        return begun_anew(changed(site, waived=ruling.waived, told=told), now.at), dropped
    cleared = changed(site, waived=ruling.waived, state=State.CLEARED, cleared_at=now.at)
    why = Reason("now_permitted" if ruling.permitted else "not_watched", ruling.waived.values)
    return _at_rest(cleared), Event(Kind.CLEARED, cleared, now.at, why)


def _dropped(site: Site, why: Reason, now: datetime) -> Event | None:
    """What the ledger hears of a candidate that ends or begins anew; of a stray nothing, of a stay the same once."""
    if site.waived is not None or site.told == why.code or site.hits - site.faint < 2:
        return None
    return Event(Kind.GIVEN_UP, site, now, why)


def _judge(site: Site, zone: Zone, now: datetime, change: Change | None) -> tuple[Site | None, Event | None]:
    """A candidate becomes a violation, waits, or is given up; change: its witness at this look."""
    if stands(site, zone, now, change_there=change is not None and change.since <= site.last_seen_at):
        return _confirmed(site, zone, now)
    why = _no_violation(site, zone)
    if why is None:
        return _faded(site, zone), None
    event = _dropped(site, why, now)
    if why.code != "rarely_detected":
        return None, event
    return _faded(changed(site, told=why.code) if event else site, zone), event


def _faded(site: Site, zone: Zone) -> Site:
    """A candidate that is not decided after long remembers half; starting over, it would be asked again and again."""
    if site.misses or site.looks <= LEAST or site.visible_s <= REMEMBERED * zone.dwell_s:
        return site
    return changed(halved(site), stands_since=None)  # a change that is still there will be found again


def _confirmed(site: Site, zone: Zone, now: datetime) -> tuple[Site, Event]:
    confirmed = changed(site, state=State.CONFIRMED, confirmed_at=now)
    values = {
        "stood_s": max(site.stood_s, zone.dwell_s),
        "dwell_s": zone.dwell_s,
        "hit_ratio": site.hit_ratio,
        "least": least_hits(site, zone),
    }
    over = {"zone": zone.name, "over": ", ".join(site.over)} if site.over else {}
    why = because("stood_strictest" if over else "stood", **values, **over)
    return confirmed, Event(Kind.OPENED, confirmed, now, why)


def _no_violation(site: Site, zone: Zone) -> Reason | None:
    """Why a candidate is no violation so far; None while there is nothing to tell."""
    if has_left(site, zone):
        return because("left", stood_s=site.stood_s - site.empty_s)
    if site.stood_s <= PATIENCE * zone.dwell_s:
        return None
    if site.visible_s < zone.dwell_s / 2:
        # what shows up later may be another
        return because("rarely_visible", visible_s=site.visible_s, stood_s=site.stood_s)
    if site.hit_ratio >= least_hits(site, zone):
        return None
    return because("rarely_detected", hit_ratio=site.hit_ratio, least=least_hits(site, zone))


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
    return _at_rest(cleared), Event(Kind.CLEARED, cleared, now, why)


def _at_rest(cleared: Site) -> Site:
    """What is kept of a cleared case: everything but its looks, which its event carries."""
    return changed(cleared, trace=(), lately=())
