# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the points say together: straight lines through them, and where the limit is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.capacity.metrics import rounded

KEPT = 0.95  # share of the promised looks that must be kept


def summary(points: Sequence[dict[str, Any]], cores: int) -> dict[str, Any]:
    """Cameras per core and memory per camera; `cores` is how many the service had."""
    cpu, memory = line(points, "cpu_cores"), line(points, "rss_mb")
    limit = largest(points, cpu, cores)
    return {
        "cores": cores,
        "cpu_line": cpu,
        "memory_line": memory,
        "limit": limit,
        "cameras_per_core": None if limit is None else round(limit["cameras"] / cores, 1),
        "memory_per_camera_mb": None if memory is None else memory["per_camera"],
    }


def line(points: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """Least squares over the points that kept their looks: base + per_camera * cameras; r2 says how straight."""
    good = [point for point in points if kept(point)] or list(points)
    if len(good) < 2:
        return None
    xs, ys = (np.array([point[which] for point in good], np.float64) for which in ("cameras", name))
    slope, base = np.polyfit(xs, ys, 1)
    spread = float(((ys - ys.mean()) ** 2).sum())
    r2 = 1 - float(((ys - base - slope * xs) ** 2).sum()) / spread if spread else 1.0
    return {"base": rounded(float(base)), "per_camera": rounded(float(slope), 5), "r2": rounded(r2)}


def kept(point: dict[str, Any]) -> bool:
    """Whether this many cameras were looked at as promised."""
    share = point["looks_kept"]
    return share is None or share >= KEPT


def largest(points: Sequence[dict[str, Any]], cpu: dict[str, Any] | None, cores: int) -> dict[str, Any] | None:
    """The most cameras that keep 95 % of their looks: between two measured points, else where the line fills up."""
    ordered = sorted(points, key=lambda point: int(point["cameras"]))
    for before, after in zip([None, *ordered], ordered, strict=False):
        if not kept(after):
            return _crossing(before, after)
    if cpu is None or cpu["per_camera"] <= 0:
        return None
    return {"cameras": round((cores - cpu["base"]) / cpu["per_camera"], 1), "how": "extrapolated to full processors"}


def _crossing(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    if before is None:
        return {"cameras": 0, "how": f"fewer than {after['cameras']}: measure fewer"}
    share = (before["looks_kept"] - KEPT) / (before["looks_kept"] - after["looks_kept"])
    cameras = before["cameras"] + share * (after["cameras"] - before["cameras"])
    return {"cameras": round(cameras, 1), "how": f"measured between {before['cameras']} and {after['cameras']}"}
