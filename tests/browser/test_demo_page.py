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
    command = [sys.executable, "-m", "curbwatch", "demo", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = next(found for line in process.stderr if (found := ADDRESS.search(line)))
        reader = threading.Thread(target=process.stderr.read)  # a full pipe would stop the service
        reader.start()
        try:
            # `README_PICTURE=1` renews the picture that the README shows
            path = PICTURE if os.environ.get("README_PICTURE") else tmp_path / "page.png"
            take(browser, found[1], found[2], path)
            assert path.read_bytes().startswith(b"\x89PNG")
        finally:
            process.terminate()
            reader.join(30)
    assert process.returncode == 0
