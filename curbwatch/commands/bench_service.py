# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that measures the whole service on loopback cameras."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import service as service_bench
from curbwatch.demo import STREET

JsonFile = Annotated[Path | None, typer.Option("--json", help="write the report here")]


def service(
    cameras: Annotated[int, typer.Option(help="loopback cameras", min=1)] = 4,
    seconds: Annotated[float, typer.Option(help="how long to watch", min=10)] = 40,
    json_file: JsonFile = None,
) -> None:
    """Run the service on loopback cameras: start, memory, processor, cases. Example: curbwatch bench service"""
    report = service_bench.measure(STREET, cameras=cameras, seconds=seconds)
    _write(report, json_file)
    table = Table("what", "value")
    for name, value in report.items():
        if name != "machine":
            table.add_row(name.replace("_", " "), str(value))
    Console().print(table)


def _write(report: dict[str, Any], json_file: Path | None) -> None:
    if json_file is not None:
        json_file.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
