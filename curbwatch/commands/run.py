# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that serves a city until it is told to stop."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from curbwatch.log import set_up_logs
from curbwatch.parts import Part
from streams.redact import redact

YIELDING = 5  # niceness: where both want the processor, the patrol gets three quarters of it


@contextmanager
def until_told_to_stop() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second one does not wait. The old handlers come back afterwards."""
    told = threading.Event()

    def tell(*_: object) -> None:
        if told.is_set():
            raise KeyboardInterrupt
        told.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(
    settings: Annotated[Path, typer.Argument(help="settings file (TOML)")],
    only: Annotated[Part, typer.Option(help="run the API with its page, the patrol, or both")] = "all",
    verbose: Annotated[bool, typer.Option(help="log more")] = False,
) -> None:
    """Run the service. Example: curbwatch run city.toml --only patrol"""
    if only == "api":
        os.nice(YIELDING)  # before the imports, which are most of its start: a patrol beside it must not notice
    from curbwatch.service import service  # noqa: PLC0415 - see above
    from curbwatch.settings import load_settings  # noqa: PLC0415 - see above

    set_up_logs(verbose=verbose)
    wanted = load_settings(settings)
    with until_told_to_stop() as told, service(wanted, only) as api_url:
        typer.echo(f"curbwatch: {only} running, API at {redact(api_url)}; stop with Ctrl-C", err=True)
        told.wait()
