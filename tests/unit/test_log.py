# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which lines of whom are logged."""

import subprocess
import sys

import pytest

SAYS = """
import logging, sys
from curbwatch.log import set_up_logs
set_up_logs(verbose=sys.argv[1] == "verbose")
for name in ("curbwatch.patrol", "detector.choosing", "uvicorn.access"):
    logging.getLogger(name).info("heard %s", name)
"""


@pytest.mark.parametrize(("how", "more"), [("usual", []), ("verbose", ["uvicorn.access"])])
def test_what_the_service_and_its_engine_tell_is_logged_and_what_libraries_tell_only_if_asked(
    how: str, more: list[str]
) -> None:
    said = subprocess.run([sys.executable, "-c", SAYS, how], capture_output=True, text=True, check=True).stderr
    heard = [name for name in ("curbwatch.patrol", "detector.choosing", "uvicorn.access") if f"heard {name}" in said]
    assert heard == ["curbwatch.patrol", "detector.choosing", *more]
