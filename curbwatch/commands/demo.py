# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that shows what the service does, with nothing to configure."""

import json
from pathlib import Path
from typing import Annotated

import typer

from curbwatch.commands.run import until_told_to_stop
from curbwatch.demo import play_demo
from curbwatch.log import set_up_logs


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
