# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is a later report of a model's accuracy worse than an earlier one?"""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.accuracy.datasets import Dataset, Labelled
from benchmarks.accuracy.figures import FEW
from benchmarks.accuracy.measure import about
from benchmarks.errors import DataError

CURE = "compare on the same pictures, or measure without --against and compare with that from then on"


def check_same(data: Dataset, negatives: Sequence[Labelled], baseline: Mapping[str, Any]) -> None:
    """Raise DataError where an earlier report is of other pictures; those of older versions do not tell of which."""
    then, now = baseline.get("dataset", {}), about(data, negatives)
    if then.get("sha256", now["sha256"]) != now["sha256"]:
        was, are = (f"{one['labelled_pictures']} of the split {one['split']}" for one in (then, now))
        raise DataError(f"{data.root}: other pictures ({are}) than those of the earlier report ({was}); {CURE}")
    if {"negatives_sha256"} <= then.keys() & now.keys() and then["negatives_sha256"] != now["negatives_sha256"]:
        raise DataError(f"other --negatives than those of the earlier report; {CURE}")


def worse(report: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[str]:
    """What is worse than in an earlier report of the same data: outside the earlier interval, on its bad side.

    An interval over fewer pictures than FEW (of a class: with boxes of it) is none.
    """
    out = []
    for name, before in baseline["classes"].items():
        if before.get("ap50") is None:
            continue  # the data had no box of it then, either
        now = report["classes"].get(name)
        low = (before.get("ap50_interval") or [None])[0]
        if now is None or now["ap50"] is None:
            out.append(f"{name}: no longer measured")
        elif low is not None and before["pictures_with_boxes"] >= FEW and now["ap50"] < low:
            out.append(f"{name}: AP50 {now['ap50']:.3f} is below {low:.3f}, the lower end of the baseline's interval")
    high = (baseline.get("negatives", {}).get("with_box_share_interval") or [None, None])[1]
    share = report["negatives"]["with_box_share"]
    if high is not None and share is None:
        out.append("negatives: no longer measured")
    elif high is not None and baseline["negatives"]["pictures"] >= FEW and share > high:
        out.append(f"negatives: {share:.3f} with a box is above {high:.3f}, the upper end of the baseline's interval")
    return out
