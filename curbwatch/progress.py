# SPDX-License-Identifier: AGPL-3.0-or-later
"""A progress bar on stderr for a person, nothing into a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Gives a function to call after each step; total None: length unknown."""
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
