# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that look at pictures and cameras: check, probe, detect."""

import dataclasses
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from curbwatch.check import Finding, check_cameras
from curbwatch.commands.tables import AsJson
from curbwatch.detect import Album, annotated, find_pictures, look_at
from curbwatch.errors import SettingsError
from curbwatch.log import set_up_logs
from curbwatch.progress import progress
from curbwatch.settings import SHIPPED_MODEL, load_settings
from detector.model import load_model
from detector.reading import check_classes
from streams.probe import probe as probe_stream
from streams.source import OPEN_S


def check(
    settings: Annotated[Path, typer.Argument(help="settings file (TOML)")],
    as_json: AsJson = False,
) -> None:
    """Validate settings and model, open each camera once; exit 1 if one fails. Example: curbwatch check city.toml"""
    set_up_logs()
    wanted = load_settings(settings)
    check_classes(load_model(wanted.model.manifest, threads=wanted.model.threads).manifest)
    findings = []
    with progress("opening cameras", len(wanted.cameras)) if as_json else nullcontext() as step:
        for finding in check_cameras(wanted.cameras):
            findings.append(finding)
            if step:
                step()
            else:
                _print_finding(finding)
    bad = sum(not finding.good for finding in findings)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        typer.echo(f"{len(findings) - bad} good, {bad} bad")
    raise typer.Exit(1 if bad else 0)


def _print_finding(finding: Finding) -> None:
    state = typer.style("good", fg="green") if finding.good else typer.style("bad ", fg="red")
    typer.echo(f"{state}  {finding.camera_id}: {finding.text}")  # echo flushes: into a pipe, too, it comes at once


def probe(
    url: Annotated[str, typer.Argument(help="rtsp://… (quote it)")],
    transport: Annotated[str, typer.Option(help="tcp or udp")] = "tcp",
    snapshot: Annotated[Path | None, typer.Option(help="write the first picture here")] = None,
    timeout_s: Annotated[float, typer.Option(help="give up after", min=1)] = OPEN_S,
    as_json: AsJson = False,
) -> None:
    """Show what a camera offers. Example: curbwatch probe 'rtsp://user:password@10.0.0.12/stream1' --snapshot a.jpg"""
    set_up_logs()
    if transport not in ("tcp", "udp"):
        raise typer.BadParameter("write tcp or udp", param_hint="--transport")
    found = probe_stream(url, transport="udp" if transport == "udp" else "tcp", timeout_s=timeout_s)
    if snapshot is not None:
        _write(snapshot, found.picture)
    facts = {f.name: getattr(found, f.name) for f in dataclasses.fields(found) if f.name != "picture"}
    facts["siblings"] = [f"{sibling.maker}: {sibling.place}" for sibling in found.siblings]
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    table = Table("what", Column("value", overflow="fold"))
    for name, value in facts.items():
        # no markup: the brackets of an IPv6 address are no tag
        table.add_row(name.replace("_", " "), Text("\n".join(value) if isinstance(value, list) else str(value)))
    Console().print(table)


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    try:
        _, data = cv2.imencode(path.suffix, picture)
    except cv2.error:
        raise typer.BadParameter(f"cannot write {path}; give a .jpg or .png", param_hint="--snapshot") from None
    path.write_bytes(data.tobytes())  # OpenCV's own writer dies of names that are not UTF-8


def detect(
    paths: Annotated[list[str], typer.Argument(help="pictures, folders, a video or a camera address")],
    model: Annotated[Path, typer.Option(help="the model's manifest")] = SHIPPED_MODEL,
    min_confidence: Annotated[
        float | None, typer.Option(help="instead of the model's thresholds", min=0, max=1)
    ] = None,
    save: Annotated[Path | None, typer.Option(help="write annotated pictures and videos into this folder")] = None,
    every_s: Annotated[float, typer.Option(help="videos: seconds between looks", min=0.01)] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Find stalls and debris in pictures; exit 2 if one cannot be read. Example: curbwatch detect a.jpg --save out/"""
    set_up_logs()
    loaded = load_model(model)
    faults = list[SettingsError]()

    def unread(fault: SettingsError) -> None:
        faults.append(fault)
        typer.echo(f"curbwatch: {fault}", err=True)

    album = Album(save, every_s=every_s) if save is not None else None
    try:
        for found in find_pictures(paths, every_s=every_s, unread=unread):
            told = look_at(loaded, found.name, found.picture, min_confidence)
            typer.echo(json.dumps(told, ensure_ascii=False) if as_json else _line(told))
            if album:
                album.add(found, annotated(found.picture, told))
    finally:
        if album:
            album.close()
    raise typer.Exit(2 if faults else 0)


def _line(found: dict[str, Any]) -> str:
    boxes = ", ".join(
        f"{d['class']} {d['confidence']:.2f} at {[round(v) for v in d['xyxy']]}" for d in found["detections"]
    )
    return f"{found['picture']} ({found['width']}×{found['height']}): {boxes or 'nothing'}"
