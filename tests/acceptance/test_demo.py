# SPDX-License-Identifier: AGPL-3.0-or-later
"""`curbwatch demo` keeps its promise: true violations become cases, everything else does not."""

import json
from pathlib import Path
from typing import Any

from detector.boxes import Box, containment
from support.running import STREET, curbwatch

TRUTH = json.loads((STREET / "street.json").read_text("utf-8"))


def event_of(case: dict[str, Any]) -> dict[str, Any] | None:
    """The true event that a case stands for: same class, same place."""
    for event in TRUTH["events"]:
        place: Box = tuple(event["box"])
        if event["class"] == case["class"] and containment(place, tuple(case["box"])) > 0.5:
            return dict(event)
    return None


def test_the_demo_raises_one_case_for_each_violation_and_none_for_anything_else(tmp_path: Path) -> None:
    said = curbwatch("demo", "--seconds", "90", "--json", "--port", "0", "--data-dir", tmp_path)
    outcome = json.loads(said.splitlines()[-1])
    events = [event_of(case) for case in outcome["cases"]]
    assert all(event and not event["permitted"] for event in events), outcome["cases"]
    assert {event["class"] for event in events if event} == {"stall", "debris"}
    ids = [event["id"] for event in events if event]
    assert len(ids) == len(set(ids)), "one standing violation is one case"
    assert outcome["first_case_s"] <= 60
