# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is a later report slower than an earlier one, beyond the noise that both measured?"""

from collections.abc import Iterator, Mapping
from typing import Any

MATTERS = 1.05  # a median less than 5 % above the earlier one is no finding
LEAST_MS = 0.05  # nor is one of so few milliseconds more
SAME = ("session", "model", "input", "batch", "threads")


def slower(report: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What became slower: medians whose 95 % intervals lie apart. Different machines cannot be compared: says so."""
    if report["machine"]["processor"] != before["machine"]["processor"]:
        return [f"another machine: {before['machine']['processor']} then, {report['machine']['processor']} now"]
    earlier = {_which(row): row for row in before["sessions"]}
    common = [row for row in report["sessions"] if _which(row) in earlier]
    if not common:
        named = "; ".join(", ".join(f"{name} {row[name]}" for name in SAME) for row in report["sessions"])
        return [f"the earlier report measured none of these sessions: {named}"]
    return [finding for row in common for finding in _findings(row, earlier[_which(row)])]


def _which(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in SAME)


def _findings(row: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    stages = {name: row["stages"][name] for name in row["stages"] if name in then["stages"]}
    for name, now in (stages | {"total": row["total"]}).items():
        was = then["total"] if name == "total" else then["stages"][name]
        apart = now["p50_interval"][0] > was["p50_interval"][1]
        if apart and now["p50_ms"] > max(MATTERS * was["p50_ms"], was["p50_ms"] + LEAST_MS):
            told = f"{row['session']}, input {row['input']}, batch {row['batch']}"
            yield f"{told}: {name} {was['p50_ms']:.2f} -> {now['p50_ms']:.2f} ms"
