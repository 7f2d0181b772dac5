# SPDX-License-Identifier: AGPL-3.0-or-later
"""A model's manifest: which weights, how to feed them, how to read them."""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from detector.errors import ManifestError

Head = Literal["yolo8", "yolo11", "yolo26"]
# as protobuf writes TensorProto.external_data with its key `location`; the package onnx is not there to ask
ELSEWHERE = re.compile(rb"j.{1,2}\n\x08location\x12", re.DOTALL)
Share = Annotated[float, Field(gt=0, lt=1)]


class Manifest(BaseModel):
    """Everything the detector must know of one model; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    file: Annotated[str, Field(min_length=1, description="weights, relative to the manifest")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    head: Head
    input_size: Annotated[int, Field(ge=64, le=2048, multiple_of=32, description="square side, pixels")]
    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    thresholds: dict[str, Share]
    iou: Share = 0.6
    licence: str
    training_data: tuple[str, ...]
    folder: Path = Path()

    @property
    def weights(self) -> Path:
        return self.folder / self.file

    def threshold(self, class_name: str) -> float:
        return self.thresholds[class_name]

    @property
    def by_class(self) -> dict[str, float]:
        """The thresholds in the order of the model's class numbers."""
        return {name: self.thresholds[name] for name in self.classes}


def load_manifest(path: Path) -> Manifest:
    """Read and check a manifest and the checksum of its weights; ManifestError says what does not fit."""
    manifest = _parse(path)
    _check_classes(manifest, path)
    _check_weights(manifest, path)
    return manifest


def _parse(path: Path) -> Manifest:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ManifestError(f"{path}: no such manifest; name a .toml file from models/") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{path}: not a readable TOML file ({error})") from error
    if "folder" in table:
        raise ManifestError(f"{path}: folder: unknown key; the weights lie beside their manifest")
    try:
        return Manifest.model_validate(table | {"folder": path.parent})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'manifest'}: {_said(e)}" for e in error.errors())
        raise ManifestError(f"{path}: {faults}") from None


def _said(fault: ErrorDetails) -> str:
    return "unknown key; remove it or correct its name" if fault["type"] == "extra_forbidden" else fault["msg"]


def _check_classes(manifest: Manifest, path: Path) -> None:
    if len(set(manifest.classes)) != len(manifest.classes):
        raise ManifestError(f"{path}: classes: a name stands twice")
    if odd := set(manifest.thresholds) ^ set(manifest.classes):
        raise ManifestError(f"{path}: thresholds: need exactly one per class; look at {', '.join(sorted(odd))}")


def _check_weights(manifest: Manifest, path: Path) -> None:
    try:
        content = manifest.weights.read_bytes()
    except OSError as error:
        raise ManifestError(
            f"{path}: file: cannot read the weights {manifest.weights} ({error.strerror}); install them again"
        ) from error
    if (found := hashlib.sha256(content).hexdigest()) != manifest.sha256:
        raise ManifestError(
            f"{path}: sha256: {manifest.weights.name} has {found[:12]}…, the manifest wants "
            f"{manifest.sha256[:12]}…; the weights are damaged or of another version: install them again"
        )
    if ELSEWHERE.search(content):
        raise ManifestError(
            f"{path}: file: {manifest.weights.name} keeps its weights in a second file, which no checksum covers; "
            "export them into one"
        )
