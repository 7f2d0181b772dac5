# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands for models: list, verify; those that make some are in train.py."""

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from curbwatch.commands.tables import AsJson, print_rows
from curbwatch.lazily import lazily
from curbwatch.settings import SHIPPED_MODEL
from detector.errors import DetectorError, ManifestError
from detector.manifest import Manifest, load_manifest
from detector.model import load_model
from detector.reading import check_classes
from models.runner import names_in

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
            manifest = load_model(path).manifest
            check_classes(manifest)
            _check_order(manifest)
        except DetectorError as error:
            good = False
            typer.echo(f"bad: {path}: {str(error).removeprefix(f'{path}: ')}")
        else:
            typer.echo(f"good: {manifest.name} ({path})")
    raise typer.Exit(0 if good else 1)


def _check_order(manifest: Manifest) -> None:
    """Compare with the names that ultralytics writes into its exports: a class may be renamed, not moved."""
    for number, name in names_in(manifest.weights).items():
        if name in manifest.classes and manifest.classes.index(name) != number:
            raise ManifestError(
                f"{manifest.name}: classes: the weights call number {number} {name!r}; put the classes into their order"
            )
