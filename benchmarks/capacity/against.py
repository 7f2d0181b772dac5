# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the service carry fewer cameras than in an earlier report, beyond what two runs differ by?"""

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.capacity.fit import FULL, kept

LEAST = 0.9  # a tenth fewer is no finding: the same has differed by seven in a hundred from run to run
SAME = ("stream", "every_s", "cores", "bound")


def fewer(report: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What is carried no longer: numbers of cameras, cameras per core. What cannot be compared is told instead."""
    if report["machine"]["processor"] != before["machine"]["processor"]:
        return [f"another machine: {before['machine']['processor']} then, {report['machine']['processor']} now"]
    for name in SAME:
        if name in report and name in before and report[name] != before[name]:
            return [f"another {name}: {before[name]} then, {report[name]} now"]
    then, now = _carried(before), _carried(report)
    if not then.keys() & now.keys():
        counts = ", ".join(map(str, then))
        return [f"the earlier report measured none of these numbers of cameras: measure some of {counts}"]
    failed = min((count for count, good in now.items() if not good), default=math.inf)
    lost = [count for count, good in then.items() if good and not now.get(count, count < failed)]
    return [f"{count} cameras: carried then, not now" for count in lost] + _per_core(report, before)


def _carried(report: Mapping[str, Any]) -> dict[int, bool]:
    """Which numbers of cameras were looked at as promised; that at which the service could not begin was not."""
    told = {point["cameras"]: kept(point) for point in report["points"]}
    return told | ({report["not_carried"]: False} if "not_carried" in report else {})


def _per_core(report: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    then, now = before.get("limit"), report.get("limit")
    if then is None:
        return []
    if now is None:
        return ["cameras per core: no longer measured"]
    if then["how"] == FULL != now["how"]:
        return []  # a line beyond all points against points: those were compared
    was, is_now = before["cameras_per_core"], report["cameras_per_core"]
    return [f"cameras per core: {was:g} -> {is_now:g}"] if is_now < LEAST * was else []
