# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands for models: list, verify; those that make some are in train.py."""

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from curbwatch.commands.tables import AsJson, print_rows
from curbwatch.lazily import lazily
from curbwatch.settings import SHIPPED_MODEL
from detector.errors import DetectorError
from detector.manifest import load_manifest
from detector.model import load_model

MAKING = {name: f"curbwatch.commands.train:{name}" for name in ("train", "mean", "export", "card")}
models = typer.Typer(help="Models: list, verify, train, mean, export, card.", cls=lazily(MAKING), no_args_is_help=True)


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that came with Curbwatch. Example: curbwatch models list"""
    found = [load_manifest(path) for path in sorted(SHIPPED_MODEL.parent.glob("*.toml"))]
    rows = [
        {"name": m.name, "head": m.head, "input": m.input_size, "classes": ", ".join(m.classes), "licence": m.licence}
        for m in found
    ]
    print_rows(rows, UTC, as_json=as_json)


@models.command("verify")
def verify_models(
    manifests: Annotated[list[Path] | None, typer.Argument(help="manifests; default: all that are shipped")] = None,
) -> None:
    """Check manifests, checksums and a first run. Exit 1 on a fault. Example: curbwatch models verify my-model.toml"""
    good = True
    for path in manifests or sorted(SHIPPED_MODEL.parent.glob("*.toml")):
        try:
            name = load_model(path).manifest.name
        except DetectorError as error:
            good = False
            typer.echo(f"bad: {error}")
        else:
            typer.echo(f"good: {name}")
    raise typer.Exit(0 if good else 1)
