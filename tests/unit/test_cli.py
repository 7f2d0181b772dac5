# SPDX-License-Identifier: AGPL-3.0-or-later
"""However a command ends, its last words fit what happened."""

import errno
import os
import subprocess
import sys

import pytest

from curbwatch import cli
from support.running import command


def test_a_full_disk_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cli, "app", full)
    assert command(code=2).strip() == "curbwatch: [Errno 28] No space left on device; free some space"


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-"])
def test_nowhere_to_write_to_is_no_crash(closed: str) -> None:
    words = [sys.executable, "-m", "curbwatch", "check", "none.toml"]
    assert subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], check=False).returncode == 2
