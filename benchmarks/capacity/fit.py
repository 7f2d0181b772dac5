# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the points say together: straight lines through them, and where the limit is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.capacity.metrics import rounded

KEPT = 0.95  # share of the promised looks that must be kept
FULL = "extrapolated to full processors"


def summary(points: Sequence[dict[str, Any]], cores: int, not_carried: int | None = None) -> dict[str, Any]:
    """Cameras per core and memory per camera; `cores` is how many the service had.

    not_carried: the number of cameras at which it could not even begin.
    """
    cpu, memory = line(points, "cpu_cores"), line(points, "rss_mb")
    limit = largest(points, cpu, cores, not_carried)
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


def kept(point: Mapping[str, Any]) -> bool:
    """Whether this many cameras were looked at as promised."""
    share = point["looks_kept"]
    return share is None or share >= KEPT


def largest(
    points: Sequence[dict[str, Any]], cpu: dict[str, Any] | None, cores: int, not_carried: int | None = None
) -> dict[str, Any] | None:
    """The most cameras that keep 95 % of their looks: between two measured points, else where the line fills up."""
    ordered = sorted(points, key=lambda point: int(point["cameras"]))
    for before, after in zip([None, *ordered], ordered, strict=False):
        if not kept(after):
            return _crossing(before, after)
    full = (cores - cpu["base"]) / cpu["per_camera"] if cpu and cpu["per_camera"] > 0 else None
    if not_carried is not None and (full is None or full >= not_carried):
        most = ordered[-1]["cameras"]
        return {"cameras": most, "how": f"{most} kept their looks, {not_carried} could not begin: measure between"}
    return None if full is None else {"cameras": round(full, 1), "how": FULL}


def _crossing(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    if before is None:
        return {"cameras": 0, "how": f"fewer than {after['cameras']}: measure fewer"}
    share = (before["looks_kept"] - KEPT) / (before["looks_kept"] - after["looks_kept"])
    cameras = before["cameras"] + share * (after["cameras"] - before["cameras"])
    return {"cameras": round(cameras, 1), "how": f"measured between {before['cameras']} and {after['cameras']}"}
