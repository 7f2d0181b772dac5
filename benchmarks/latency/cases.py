# SPDX-License-Identifier: AGPL-3.0-or-later
"""How soon after the look that confirms a violation its case stands in the API: the whole service on a few cameras."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from benchmarks import running
from benchmarks.capacity.points import Field, first_looks, serving
from benchmarks.latency.stopwatch import percentiles
from benchmarks.load import load

FIRST_DWELL_S = 6.0
LAST_S = 10.0  # after the last dwell time


def case_visible(field: Field, cameras: int, seconds: float) -> dict[str, Any] | None:
    """Dwell times end one after another over so many seconds; None when nothing was confirmed.

    From the arrival of the frame that confirms to the row's time, so decoding and inference are in it.
    """
    dwells = [FIRST_DWELL_S + seconds * number / cameras for number in range(cameras)]
    plan = replace(field.plan, dwell_s=dwells)
    with load(field.clip, cameras=cameras) as city, serving(field, city, plan) as (service, client):
        first_looks(client, service, cameras)
        time.sleep(FIRST_DWELL_S + seconds + LAST_S)
        found = running.cases(client)
    return _told(found)


def _told(cases: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    spans = [visible_ms(case) for case in cases]
    return percentiles(spans) | {"cases": len(spans)} if spans else None


def visible_ms(case: dict[str, Any]) -> float:
    """From the look that confirmed the violation to the case's row in the database."""
    times = [datetime.fromisoformat(case[name]) for name in ("confirmed_at", "created_at")]
    return (times[1] - times[0]).total_seconds() * 1000
