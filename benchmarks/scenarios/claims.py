# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a method says of a camera's run, and our own engine as one such method."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from benchmarks.scenarios.film import Film
from detector.boxes import Box
from detector.rules import Rules, rules_for
from detector.watch import Event, Kind, Watch, watch

SAVE_EVERY_S = 10.0  # as the patrol writes sites that have no news
_WATCH = TypeAdapter(Watch)  # as the spool writes them


@dataclass(frozen=True, slots=True)
class Claim:
    """One alarm: at which look, of what, where (None: somewhere in the zone), under which name.

    resumed: the method says that a known case had never gone; nobody is alarmed anew, the case goes on.
    """

    look: int
    class_name: str
    zone: str
    box: Box | None
    key: str
    resumed: bool = False


@dataclass(slots=True)
class Claims:
    """All alarms of one run, in the order of the looks, and at which look each name was reported gone."""

    raised: list[Claim] = field(default_factory=list)
    cleared: list[tuple[int, str]] = field(default_factory=list)


Method = Callable[[Film], Claims]


def ours(film: Film, *, rules: Rules | None = None) -> Claims:
    """The engine as the patrol runs it: saved as often as there, and restored from JSON after a restart."""
    told = Claims()
    known = saved = Watch(film.scene.camera_id)
    saved_at = float("-inf")
    by = rules or rules_for(film.scene.zones)
    times, restarted = film.clock.at_s.tolist(), film.clock.restarted.tolist()
    for number, look in enumerate(film.looks):
        if restarted[number]:
            known = _WATCH.validate_json(_WATCH.dump_json(saved))
        known, events = watch(known, look, by)
        _note(told, number, events)
        if any(event.kind is not Kind.GIVEN_UP for event in events) or times[number] - saved_at >= SAVE_EVERY_S:
            saved, saved_at = known, times[number]
    return told


def _note(told: Claims, number: int, events: tuple[Event, ...]) -> None:
    for event in events:
        site = event.site
        match event.kind:
            case Kind.OPENED | Kind.RELAPSED | Kind.RESUMED:
                resumed = event.kind is Kind.RESUMED
                told.raised.append(Claim(number, site.class_name, site.zone, site.box, site.key, resumed))
            case Kind.CLEARED:
                told.cleared.append((number, site.key))
            case _:
                pass
