# SPDX-License-Identifier: AGPL-3.0-or-later
"""A moment of a camera as a file: its looks, its rules and what is to come of them, to be run after any change."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from curbwatch.errors import CurbwatchError
from curbwatch.looks_book import look_from, look_json
from curbwatch.rules_replay import Run, begin
from detector import boxes
from detector.boxes import Box
from detector.ground import Ground
from detector.look import Change, Look, Sighting
from detector.reasons import because
from detector.rules import Rules, rules_for
from detector.zones import Zone

VERSION = 1
Expect = Literal["as-it-was", "case", "none"]

_ZONES = TypeAdapter(tuple[Zone, ...])
_GROUND = TypeAdapter(Ground | None)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a scenario is about: a thing of a class at a place (normalised xyxy), and the zone it stood in."""

    camera_id: str
    class_name: str
    zone: str
    box: Box


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the looks at the subject's place: cases as (class, zone), candidates given up as (class, reason)."""

    cases: tuple[tuple[str, str], ...]
    given_up: tuple[tuple[str, str], ...]


def outcome_of(looks: Iterable[Look], rules: Rules, subject: Subject) -> Outcome:
    """Run the looks and keep what concerns the subject's place."""
    run: Run = begin(subject.camera_id, rules)
    for look in looks:
        run.see(look)
    cases = ((c.class_name, c.zone) for c in run.cases.values() if boxes.shared(c.box, subject.box))
    given_up = (e for e in run.given_up if boxes.shared(e.site.box, subject.box))
    return Outcome(tuple(cases), tuple((e.site.class_name, e.reason.code) for e in given_up))


def scenario(looks: list[Look], rules: Rules, subject: Subject, *, expect: Expect, about: dict[str, Any]) -> str:
    """The file's JSON: by default what comes of the looks now is what is to come of them."""
    found = outcome_of(looks, rules, subject)
    wanted: dict[str, Any] = {"cases": [list(case) for case in found.cases]}
    match expect:
        case "case":
            wanted = {"cases": [[subject.class_name, subject.zone]]}
        case "none":
            wanted = {"cases": []}
        case "as-it-was":
            wanted["given_up"] = [list(pair) for pair in found.given_up]
    body = {
        "scenario": VERSION,
        "about": about,
        "subject": {
            "camera_id": subject.camera_id,
            "class": subject.class_name,
            "zone": subject.zone,
            "box": list(subject.box),
        },
        "rules": rules_json(rules),
        "looks": [look_json(look) for look in looks],
        "expected": wanted,
    }
    return json.dumps(body, ensure_ascii=False, indent=1)


def run_scenario(path: Path) -> dict[str, Any]:
    """Run a scenario file; `good` says whether the outcome is the expected one. Raises CurbwatchError."""
    try:
        body = json.loads(path.read_text("utf-8"))
        subject = _subject(body["subject"])
        rules = rules_from(body["rules"])
        looks = [look_from(subject.camera_id, raw) for raw in body["looks"]]
        expected = {name: [tuple(pair) for pair in pairs] for name, pairs in body["expected"].items()}
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise CurbwatchError(
            f"{path} is no scenario of this version ({type(error).__name__}); "
            "make one with `curbwatch why CAMERA --at TIME --save-scenario DIR`"
        ) from error
    found = outcome_of(looks, rules, subject)
    got = {"cases": list(found.cases), "given_up": list(found.given_up)}
    good = all(sorted(got[name]) == sorted(pairs) for name, pairs in expected.items())
    return {"scenario": str(path), "good": good, "looks": len(looks), "expected": expected, "found": got}


def _subject(raw: dict[str, Any]) -> Subject:
    x0, y0, x1, y1 = raw["box"]
    return Subject(raw["camera_id"], raw["class"], raw["zone"], (x0, y0, x1, y1))


def rules_json(rules: Rules) -> dict[str, Any]:
    """Rules as JSON; `rules_from` reads them."""
    return {
        "zones": _ZONES.dump_python(rules.zones, mode="json"),
        "timezone": rules.timezone.key,
        "holidays": sorted(day.isoformat() for day in rules.holidays),
        "relapse_s": rules.relapse_s,
        "ground": _GROUND.dump_python(rules.ground, mode="json"),
    }


def rules_from(raw: dict[str, Any]) -> Rules:
    """Rules from JSON; raises ValueError, KeyError."""
    try:
        zones, ground = _ZONES.validate_python(raw["zones"]), _GROUND.validate_python(raw["ground"])
    except ValidationError as error:
        raise ValueError("the rules are of another version") from error
    days = [datetime.fromisoformat(day).date() for day in raw["holidays"]]
    return rules_for(zones, timezone=raw["timezone"], holidays=days, relapse_s=raw["relapse_s"], ground=ground)


def looks_from_trace(camera_id: str, class_name: str, box: Box, trace: list[dict[str, Any]]) -> list[Look]:
    """Looks made up from a ledger's trace where the looks themselves are gone: one box that stands still."""
    times = [datetime.fromisoformat(raw["at"]) for raw in trace]
    return [
        _made_up(Look(camera_id, at, ()), raw, Sighting(class_name, float(raw.get("confidence") or 0.0), box), times[0])
        for at, raw in zip(times, trace, strict=True)
    ]


def _made_up(nothing: Look, raw: dict[str, Any], sighting: Sighting, since: datetime) -> Look:
    match raw.get("verdict"):
        case "hit" | "permitted":
            return replace(nothing, sightings=(sighting,))
        case "weak":
            return replace(nothing, sightings=(replace(sighting, weak=True),))
        case "hidden":
            return replace(nothing, covers=(sighting.box,))
        case "changed" | "held":
            return replace(nothing, changes=(Change(sighting.box, since, 1.0),))
        case "blind":
            return replace(nothing, blind=because("camera_moved_unclear"))  # of what blinded it a trace says nothing
        case _:
            return nothing
