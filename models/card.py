# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes the measured figures of a model into its card, between two marks, and nothing else of it.

The figures come from the JSON of ``models.evaluate``; the plots are drawn by whoever calls.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures: written by `curbwatch models card` -->", "<!-- end of figures -->"
SET_NAMES = {
    "stalls_unboxed": "street stalls",
    "markets": "markets, thumbnails",
    "building_sites": "building sites, thumbnails",
    "scenes": "other scenes, thumbnails",
    "debris_rubble": "rubble",
    "debris_bags": "bags",
    "debris_piles": "piles",
    "own": "own pictures",
    "own_clean": "own pictures, nothing to find",
    "cases": "judged cases",
    "false_alarms": "judged false alarms",
    "shop_fronts": "shop fronts",
    "street": "streets",
    "travel": "travel pictures",
    "traffic_cameras": "traffic cameras",
    "all": "all of these",
}
Report = Mapping[str, Any]


def tables(report: Report) -> str:
    """Return the figures of one split as Markdown."""
    thresholds = ", ".join(f"{name} {level:g}" for name, level in report["thresholds"].items())
    parts = [f"Split `{report['split']}`, thresholds: {thresholds}.", _found(report), _alarmed(report)]
    if report["negatives"]:
        parts.append(_negatives(report["negatives"]))
    if report["teacher_agreement"]:
        parts.append(_agreement(report["teacher_agreement"]))
    return "\n\n".join(part for part in parts if part)


def _found(report: Report) -> str:
    rows = ["| class | pictures of | pictures | boxes | AP50 | precision | recall |", "|---|---|---|---|---|---|---|"]
    for key, row in report["classes"].items():
        name, _, kind = key.partition("/")
        shown = " | ".join(_between(row[f], row[f"{f}_interval"]) for f in ("ap50", "precision", "recall"))
        rows.append(f"| {name} | {SET_NAMES.get(kind, kind)} | {row['pictures']} | {row['boxes']} | {shown} |")
    return "\n".join(rows) if len(rows) > 2 else ""


def _alarmed(report: Report) -> str:
    rows = ["| class | alarmed pictures | that hold the class | with a box in its place |", "|---|---|---|---|"]
    for name, row in report["alarmed"].items():
        shown = " | ".join(_between(row[f], row[f"{f}_interval"]) for f in ("precision", "well_placed"))
        rows.append(f"| {name} | {row['pictures']} | {shown} |")
    return "\n".join(rows)


def _negatives(negatives: Report) -> str:
    rows = [
        "| nothing to be found | pictures | share with a stall or debris box | with stall | with debris |",
        "|---|---|---|---|---|",
    ]
    for kind, row in negatives.items():
        share = _between(row["with_box_share"], row["interval"], 3)
        rows.append(f"| {SET_NAMES.get(kind, kind)} | {row['pictures']} | {share} | {row['stall']} | {row['debris']} |")
    return "\n".join(rows)


def _agreement(agreement: Report) -> str:
    rows = ["| context class | boxes | AP50 against the teacher (not truth) | recall |", "|---|---|---|---|"]
    for name, row in agreement.items():
        ap50, recall = (_between(row[f], row[f"{f}_interval"]) for f in ("ap50", "recall"))
        rows.append(f"| {name} | {row['boxes']} | {ap50} | {recall} |")
    return "\n".join(rows)


def defined(value: float | None) -> bool:
    """Whether there is such a figure: nothing was found, or was to be found, where it is null, or NaN in old files."""
    return value is not None and not math.isnan(value)


def _between(value: float | None, interval: list[float], digits: int = 2) -> str:
    if not defined(value):
        return "–"
    low, high = interval
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def write(card: Path, name: str, figures: str) -> None:
    """Put figures between the marks of a card; a card without marks gets them at its end, no card a bare one.

    Raises ValueError where only the second mark is missing.
    """
    text = card.read_text("utf-8") if card.exists() else f"# Model card: {name}\n"
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END) if found else ("", END, "\n")
    if not ended:
        message = f"{card}: the line {END} is missing; put it back where the figures end"
        raise ValueError(message)
    gap = "" if found else "\n## Figures\n\n"
    card.write_text(f"{before}{gap}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}", "utf-8")
