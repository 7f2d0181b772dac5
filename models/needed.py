# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packages that only training or rendering need: one line with the cure for whoever lacks them."""

import sys
from importlib.util import find_spec

TRAINING = ("torch", "ultralytics", "onnx")
TRAINING_CURE = "training needs scripts/setup-train and then .venv-train/bin/python, or pip install '.[train]'"
BLENDER = ("bpy",)
BLENDER_CURE = "rendering needs Blender as a module: Python 3.11 and pip install bpy==5.0.1"


def lacking(packages: tuple[str, ...], cure: str) -> str:
    """What to install before going on; empty where all packages are there."""
    missing = [package for package in packages if find_spec(package) is None]
    return f"{', '.join(missing)} not installed: {cure}" if missing else ""


def need(packages: tuple[str, ...], cure: str) -> None:
    """End a program of its own with that line and 2; before it imports what may be missing."""
    if said := lacking(packages, cure):
        sys.stderr.write(f"{said}\n")
        sys.exit(2)
