# SPDX-License-Identifier: AGPL-3.0-or-later
"""In which language the command line speaks of reasons: as asked, else as the terminal's LANG says."""

import os
from typing import Annotated

import typer

from detector.reasons import Language

LanguageOption = Annotated[str | None, typer.Option(help="en or zh; default: what LANG says")]


def language_of(asked: str | None) -> Language:
    """The language asked for, else zh where the locale is Chinese and en anywhere else."""
    if asked not in (None, "en", "zh"):
        raise typer.BadParameter("write en or zh", param_hint="--lang")
    said = asked or next((v for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(name))), "")
    return "zh" if said.startswith("zh") else "en"
