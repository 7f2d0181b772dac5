# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the city's rule recommends for a place by how often it happened there; a person decides."""

from dataclasses import dataclass
from typing import Literal

from api.text import Bilingual, told

Action = Literal["educate", "warn", "lenient", "strict"]

# first time, second, third, and every time after; a strict road starts one step further
STEPS: tuple[Action, ...] = ("educate", "warn", "lenient", "strict")
SHIFT = {"strict": 1}

ACTIONS: dict[Action, Bilingual] = {
    "educate": {"en": "educate", "zh": "批评教育"},
    "warn": {"en": "warn", "zh": "警告"},
    "lenient": {"en": "penalise leniently", "zh": "从轻处罚"},
    "strict": {"en": "penalise strictly", "zh": "从严处罚"},
}
TEXTS: dict[str, Bilingual] = {
    "first": {"en": "{action}: first case at this place{grade}", "zh": "{action}：该地点首次成案{grade}"},
    "again": {"en": "{action}: case {n} at this place{grade}", "zh": "{action}：该地点第 {n} 次成案{grade}"},
    "strict": {"en": "; strict road, one step further", "zh": "；严禁路段，加重一档"},
}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do about a case; `repetition` is how often it had happened there before."""

    action: Action
    repetition: int
    grade: str | None
    text: Bilingual


def recommend(repetition: int, grade: str | None) -> Recommendation:
    """The step for a place where it happened `repetition` times before, on a road of this grade."""
    shift = SHIFT.get(grade or "", 0)
    action = STEPS[min(max(repetition, 0) + shift, len(STEPS) - 1)]
    further = TEXTS["strict"] if shift else ""
    text = told(TEXTS["again" if repetition else "first"], action=ACTIONS[action], n=repetition + 1, grade=further)
    return Recommendation(action, repetition, grade, text)
