# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that serve: run and demo."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from curbwatch.demo import play_demo
from curbwatch.log import set_up_logs
from curbwatch.service import Part, service
from curbwatch.settings import load_settings
from streams.redact import redact


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
    set_up_logs(verbose=verbose)
    wanted = load_settings(settings)
    with until_told_to_stop() as told, service(wanted, only) as api_url:
        typer.echo(f"curbwatch: {only} running, API at {redact(api_url)}; stop with Ctrl-C", err=True)
        told.wait()


def demo(
    seconds: Annotated[float, typer.Option(help="stop after this long; 0: until Ctrl-C", min=0)] = 0,
    port: Annotated[int, typer.Option(help="port of the page; 0: any free one", min=0, max=65_535)] = 8080,
    data_dir: Annotated[Path | None, typer.Option(help="keep database and evidence here; else a temporary one")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="end with one line of JSON")] = False,
    verbose: Annotated[bool, typer.Option(help="log more")] = False,
) -> None:
    """Play the demo street through the whole service. Example: curbwatch demo --seconds 90 --json"""
    set_up_logs(verbose=verbose)
    with until_told_to_stop() as told:
        outcome = play_demo(told, seconds=seconds, port=port, data_dir=data_dir)
    if as_json:
        typer.echo(json.dumps(outcome, ensure_ascii=False))
