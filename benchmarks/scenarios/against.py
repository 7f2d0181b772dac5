# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is a later report of scenarios worse than an earlier one, beyond the noise that the earlier one measured?"""

from collections.abc import Iterator, Mapping
from typing import Any

LEVELS = ("logic", "pixel", "pixel_backgrounds")
LESS_IS_WORSE = ("precision", "recall")
MORE_IS_WORSE = ("duplicates_per_event", "confirm_delay_looks_p95", "clear_delay_looks_p95")
COST_MATTERS = 1.25  # a look that costs less than a quarter more is no finding: two runs differ as much


def worse(report: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What left the earlier report's 95 % interval on the bad side; other settings or seeds cannot be compared."""
    for name in ("setting", "seed"):
        if "logic" in report and "logic" in before and report[name] != before[name]:
            return [f"another {name}: run with the one of the earlier report to compare"]
    common = [level for level in (*LEVELS, "cost") if level in report and level in before]
    if not common:
        return ["the earlier report measured nothing of this: run it with the same options"]
    for level in LEVELS:
        if level in common and _watched(report[level]) != _watched(before[level]):
            return [f"{level}: other scenarios than in the earlier report: run with its --stories, --only and clips"]
    found = [line for level in LEVELS if level in common for line in _level(level, report, before)]
    if "cost" in common and _slower(report, before):
        found.append(f"cost of a look: {before['cost']['p50_ms']:.3f} -> {report['cost']['p50_ms']:.3f} ms")
    return found


def _watched(level: Mapping[str, Any]) -> set[str]:
    """The names of a level's scenarios, each clip with its stories; the logic level has none."""
    return {row["name"] for row in level.get("scenarios", ())}


def _level(level: str, report: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    now, then = report[level], before[level]
    for name in (*LESS_IS_WORSE, *MORE_IS_WORSE):
        if None in {now[name], then[name], *then[f"{name}_interval"]}:
            continue
        low, high = then[f"{name}_interval"]
        if now[name] < low if name in LESS_IS_WORSE else now[name] > high:
            yield f"{level}: {name.replace('_', ' ')} {then[name]:.3f} [{low:.3f}, {high:.3f}] -> {now[name]:.3f}"


def _slower(report: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    same = report.get("machine", {}).get("processor") == before.get("machine", {}).get("processor")
    return bool(same and report["cost"]["p50_ms"] > COST_MATTERS * before["cost"]["p50_ms"])
