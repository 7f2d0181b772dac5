# SPDX-License-Identifier: AGPL-3.0-or-later
"""How decisions are told in the reader's language: rules, reasons, looks; what older versions wrote stays readable."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, Literal, cast

from api.model import Case
from api.page.texts import translate
from api.roles import OWN_PATROL
from detector.language import Language
from detector.look import Verdict
from detector.reasons import Reason, say
from detector.zones import GRADES

Mark = Literal["hit", "miss", "hidden"]

# how a look counted: for the thing, against it, or neither
MARKS: dict[Verdict, Mark] = {
    "hit": "hit",
    "changed": "hit",
    "held": "hit",
    "miss": "miss",
    "hidden": "hidden",
    "blind": "hidden",
    "weak": "hidden",
    "permitted": "hidden",
}


def rule_lines(case: Case, language: Language) -> list[tuple[str, object]]:
    """A case's rule as labelled values; the reason comes first and without a label."""
    rule = dict(case.rule)
    found: list[tuple[str, object]] = []
    if reason := reason_of(rule.pop("reason", None), rule.pop("text", None), language):
        found.append(("", reason))
    return found + [line for name, value in rule.items() if (line := _line(name, value, case, language))]


def _line(name: str, value: Any, case: Case, language: Language) -> tuple[str, object] | None:
    match name:
        case "zone" if value == case.zone:
            return None
        case "grade":
            told = translate(language, f"grade.{value}") if value in GRADES else value
            return (translate(language, "rule.grade"), told) if value else None
        case "hit_ratio":
            share = f"{value:.0%}" if isinstance(value, int | float) else value
            return translate(language, "rule.hit_ratio"), share
        case "dwell_s":
            dwell = translate(language, "lasted.s", n=f"{value:g}") if isinstance(value, int | float) else value
            return translate(language, "rule.dwell_s"), dwell
        case "over" if isinstance(value, list):
            return translate(language, "rule.over"), ", ".join(map(str, value))
    return name, value


def reason_of(reason: Any, text: Any, language: Language) -> str:
    """A reason as text: as it was told, or from its code, or as an older version wrote it."""
    if isinstance(text, dict) and text.get(language):
        return str(text[language])
    if isinstance(reason, dict) and isinstance(reason.get("values"), dict):
        values = tuple((str(n), v) for n, v in reason["values"].items() if isinstance(v, int | float | str))
        try:
            return say(Reason(str(reason.get("code")), values), language)
        except (KeyError, ValueError, TypeError):  # a code of ours with other values: another version's
            return str(reason.get("code"))
    return "" if reason is None else str(reason)


def actor_of(actor: str, language: Language) -> str:
    """Whoever did something, as people name them."""
    kind, _, name = actor.partition(":")
    if kind != "key":
        return name
    return (
        translate(language, "actor.own_patrol")
        if name.startswith(OWN_PATROL)
        else translate(language, "actor.key", name=name)
    )


@dataclass(frozen=True, slots=True)
class LookView:
    """One line of a decision trace."""

    at: datetime | None
    verdict: Verdict
    confidence: float | None
    why: str

    @property
    def mark(self) -> Mark:
        """How it counted."""
        return MARKS[self.verdict]


def looks(trace: list[Any]) -> list[LookView]:
    """A trace as lines; whatever a foreign patrol sent is shown rather than refused."""
    return [_look(raw if isinstance(raw, dict) else {"why": raw}) for raw in trace]


def _look(raw: dict[str, Any]) -> LookView:
    verdict = raw.get("verdict")
    known = isinstance(verdict, str) and verdict in MARKS
    told = [raw.get("why"), raw.get("reason"), None if known else verdict]
    confidence = raw.get("confidence")
    return LookView(
        _time(raw.get("at")),
        cast("Verdict", verdict) if known else "hidden",
        float(confidence) if isinstance(confidence, int | float) else None,
        " · ".join(str(part) for part in told if part),
    )


def _time(raw: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    # at either end of the calendar the city's time may lie outside of it
    return found if found.tzinfo and MINYEAR < found.year < MAXYEAR else None


def tally(found: list[LookView]) -> dict[str, int]:
    """How many looks counted for, against, and neither."""
    return {mark: sum(look.mark == mark for look in found) for mark in ("hit", "miss", "hidden")}
