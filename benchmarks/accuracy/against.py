# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is a later report of a model's accuracy worse than an earlier one?"""

from collections.abc import Mapping
from typing import Any


def worse(report: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[str]:
    """What is worse than in an earlier report of the same data: outside the earlier interval, on its bad side."""
    out = []
    for name, before in baseline["classes"].items():
        if before.get("ap50") is None:
            continue  # the data had no box of it then, either
        now = report["classes"].get(name)
        low = (before.get("ap50_interval") or [None])[0]
        if now is None or now["ap50"] is None:
            out.append(f"{name}: no longer measured")
        elif low is not None and now["ap50"] < low:
            out.append(f"{name}: AP50 {now['ap50']:.3f} is below {low:.3f}, the lower end of the baseline's interval")
    high = (baseline.get("negatives", {}).get("with_box_share_interval") or [None, None])[1]
    share = report["negatives"]["with_box_share"]
    if high is not None and share is None:
        out.append("negatives: no longer measured")
    elif high is not None and share > high:
        out.append(f"negatives: {share:.3f} with a box is above {high:.3f}, the upper end of the baseline's interval")
    return out
