# SPDX-License-Identifier: AGPL-3.0-or-later
"""`curbwatch demo` keeps its promise: true violations become cases, everything else does not, and a stranger sees it.

What they see is the wall that fills by itself, as the README's picture shows it.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from detector.boxes import Box, containment
from support.page_picture import take
from support.running import STREET

ADDRESS = re.compile(r"open (http\S+)/login#token=(\S+)")
PICTURE = Path(__file__).parents[2] / "docs" / "picture-of-the-page.png"
TRUTH = json.loads((STREET / "street.json").read_text("utf-8"))


def event_of(case: dict[str, Any]) -> dict[str, Any] | None:
    """The true event that a case stands for: same class, same place."""
    for event in TRUTH["events"]:
        place: Box = tuple(event["box"])
        if event["class"] == case["class"] and containment(place, tuple(case["box"])) > 0.5:
            return dict(event)
    return None


@pytest.mark.timeout(300)  # the whole street, at its own pace
def test_the_demo_raises_one_case_for_each_violation_and_shows_them(browser: Browser, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "curbwatch", "demo", "--seconds", "90", "--json", "--port", "0"]
    command += ["--data-dir", str(tmp_path / "data")]
    piped = subprocess.PIPE
    with subprocess.Popen(command, stdout=piped, stderr=piped, text=True) as demo, ThreadPoolExecutor(2) as readers:
        assert demo.stderr is not None
        assert demo.stdout is not None
        found = next(found for line in demo.stderr if (found := ADDRESS.search(line)))
        readers.submit(demo.stderr.read)  # a full pipe would stop the service
        said = readers.submit(demo.stdout.read)
        # `README_PICTURE=1` renews the picture that the README shows
        path = PICTURE if os.environ.get("README_PICTURE") else tmp_path / "page.png"
        take(browser, found[1], found[2], path)
        assert path.read_bytes().startswith(b"\x89PNG")
        assert demo.wait(200) == 0

    outcome = json.loads(said.result().splitlines()[-1])
    events = [event_of(case) for case in outcome["cases"]]
    assert all(event and not event["permitted"] for event in events), outcome["cases"]
    assert {event["class"] for event in events if event} == {"stall", "debris"}
    ids = [event["id"] for event in events if event]
    assert len(ids) == len(set(ids)), "one standing violation is one case"
    assert outcome["first_case_s"] <= 60
