# SPDX-License-Identifier: AGPL-3.0-or-later
"""A change of rules tried on the looks of the last days: which cases would not have been raised, which others would."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from api.times import stamp
from curbwatch.looks_book import LooksBook
from curbwatch.messages import told
from curbwatch.progress import progress
from detector import boxes
from detector.boxes import Box
from detector.look import Look
from detector.reasons import Reason, because
from detector.rules import Rules
from detector.sites import Site, State
from detector.watch import Event, Kind, Watch, watch

SAME_SHARE = 0.3  # of the smaller box: two rules may begin a site at another look


@dataclass(frozen=True, slots=True)
class Raised:
    """One case that a run raised: where, from when until when it stood (None: until the end), and why."""

    camera_id: str
    class_name: str
    zone: str
    box: Box
    first_seen_at: datetime
    confirmed_at: datetime
    ended_at: datetime | None
    reason: Reason


@dataclass(slots=True)
class Run:
    """One camera's looks under one set of rules, as far as they went."""

    rules: Rules
    watch: Watch
    cases: dict[str, Raised] = field(default_factory=dict)
    given_up: list[Event] = field(default_factory=list)
    looks: int = 0
    size: tuple[int, int] | None = None

    def see(self, look: Look) -> None:
        """Take one more look into account."""
        self.watch, events = watch(self.watch, look, self.rules)
        self.looks, self.size = self.looks + 1, look.size or self.size
        for event in events:
            self._note(event)

    def _note(self, event: Event) -> None:
        site, known = event.site, self.cases.get(event.site.key)
        if event.kind is Kind.GIVEN_UP:
            self.given_up.append(event)
        elif event.kind is Kind.OPENED:
            stood = site.first_seen_at, event.at
            zone = site.camera_id, site.class_name, site.zone, site.box
            self.cases[site.key] = Raised(*zone, *stood, None, event.reason)
        elif known is not None:
            ended = event.at if event.kind is Kind.CLEARED else None
            self.cases[site.key] = replace(known, ended_at=ended)


def begin(camera_id: str, rules: Rules) -> Run:
    """A run before its first look."""
    return Run(rules, Watch(camera_id))


def replay_rules(
    book: LooksBook, now: Mapping[str, Rules], then: Mapping[str, Rules], *, since: datetime, until: datetime
) -> dict[str, Any]:
    """Every camera's looks under the rules of now and under others; only cameras that both know are compared."""
    shared = [camera_id for camera_id in book.cameras() if camera_id in now and camera_id in then]
    told_of = [_compared(book, c, (now[c], then[c]), since, until) for c in shared]
    names = ("looks", "cases_now", "cases_then")
    return {
        "since": stamp(since),
        "until": stamp(until),
        "cameras": shared,
        **{name: sum(found[name] for found in told_of) for name in names},
        "gone": [case for found in told_of for case in found["gone"]],
        "new": [case for found in told_of for case in found["new"]],
    }


def _compared(
    book: LooksBook, camera_id: str, rules: tuple[Rules, Rules], since: datetime, until: datetime
) -> dict[str, Any]:
    one, other = begin(camera_id, rules[0]), begin(camera_id, rules[1])
    with progress(f"replaying {camera_id}", None) as step:
        for look in book.looks(camera_id, since=since, until=until):
            one.see(look)
            other.see(look)
            step()
    gone = _without(one.cases.values(), other.cases.values())
    new = _without(other.cases.values(), one.cases.values())
    return {
        "looks": one.looks,
        "cases_now": len(one.cases),
        "cases_then": len(other.cases),
        "gone": [_case_json(case, why_not(case, other)) for case in gone],
        "new": [_case_json(case, case.reason) for case in new],
    }


def _without(cases: Iterable[Raised], others: Iterable[Raised]) -> Iterator[Raised]:
    rest = list(others)
    return (case for case in cases if not any(_same(case, other) for other in rest))


def _same(a: Raised, b: Raised) -> bool:
    if a.class_name != b.class_name or boxes.containment(a.box, b.box) < SAME_SHARE:
        return False
    return _overlap(a, b.first_seen_at, b.ended_at)


def _overlap(case: Raised, since: datetime, until: datetime | None) -> bool:
    begins_in_time = case.ended_at is None or since <= case.ended_at
    return begins_in_time and (until is None or until >= case.first_seen_at)


def why_not(case: Raised, run: Run) -> Reason:
    """Why a run raised no such case: what it says of the same place at the same time."""
    for event in reversed(run.given_up):
        if _there(event.site, case) and _overlap(case, event.site.first_seen_at, event.at):
            return event.reason
    ruling = run.rules.court(case.confirmed_at, run.size).ruling(case.box, case.class_name)
    if ruling.waived is not None:
        return ruling.waived
    for site in run.watch.sites:
        if site.state is State.CANDIDATE and _there(site, case):
            dwell_s = ruling.zone.dwell_s if ruling.zone else 0.0
            return because("still_waiting", stood_s=site.stood_s, dwell_s=dwell_s)
    return because("no_longer_decided")


def _there(site: Site, case: Raised) -> bool:
    return boxes.containment(site.box, case.box) >= SAME_SHARE


def _case_json(case: Raised, reason: Reason) -> dict[str, Any]:
    return {
        "camera_id": case.camera_id,
        "class": case.class_name,
        "zone": case.zone,
        "box": [round(v, 4) for v in case.box],
        "first_seen_at": stamp(case.first_seen_at),
        "confirmed_at": stamp(case.confirmed_at),
        "ended_at": stamp(case.ended_at) if case.ended_at else None,
        **told(reason),
    }
