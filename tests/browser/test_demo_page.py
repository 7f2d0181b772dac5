# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a stranger sees after `make demo`: the wall fills by itself, and looks as the README's picture shows it."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from playwright.sync_api import Browser

from support.page_picture import take

ADDRESS = re.compile(r"open (http\S+)/login#token=(\S+)")
PICTURE = Path(__file__).parents[2] / "docs" / "picture-of-the-page.png"


def test_the_demo_shows_a_stall_and_debris_on_the_wall(browser: Browser, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "curbwatch", "demo", "--port", "0", "--data-dir", tmp_path],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        found = next(found for line in process.stderr if (found := ADDRESS.search(line)))
        threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop the service
        # `README_PICTURE=1 make test` renews the picture that the README shows
        path = PICTURE if os.environ.get("README_PICTURE") else tmp_path / "page.png"
        take(browser, found[1], found[2], path)
        assert path.read_bytes().startswith(b"\x89PNG")
    finally:
        process.terminate()
        assert process.wait(30) == 0
