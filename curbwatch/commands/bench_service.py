# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that measures the whole service on loopback cameras."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import service as service_bench
from curbwatch.commands.bench_files import JsonFile, told_plainly, write_json
from curbwatch.demo import STREET


def service(
    cameras: Annotated[int, typer.Option(help="loopback cameras", min=1)] = 4,
    seconds: Annotated[float, typer.Option(help="how long to watch", min=10)] = 40,
    json_file: JsonFile = None,
) -> None:
    """Run the service on loopback cameras: start, memory, processor, cases. Example: curbwatch bench service"""
    with told_plainly():
        report = service_bench.measure(STREET, cameras=cameras, seconds=seconds)
    write_json(json_file, report)
    table = Table("what", "value")
    for name, value in report.items():
        if name != "machine":
            table.add_row(name.replace("_", " "), str(value))
    Console().print(table)
