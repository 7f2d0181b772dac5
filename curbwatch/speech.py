# SPDX-License-Identifier: AGPL-3.0-or-later
"""In which language the command line speaks of cases: as asked, else as the terminal's LANG says."""

import os
from typing import Annotated

import typer

from detector.language import Language

CHINESE = {
    "at": "时间",
    "camera": "摄像机",
    "class": "类别",
    "entry": "编号",
    "first seen": "首次发现",
    "from": "自",
    "until": "至",
    "what happened": "事件",
    "why": "说明",
    "would have been raised as well": "将另外立案",
    "would not have been raised": "将不再立案",
    "zone": "区域",
    "stall": "占道经营",
    "debris": "乱堆物料",
    "opened": "立案",
    "cleared": "已清除",
    "given_up": "未立案",
    "relapsed": "复发",
    "resumed": "仍在原处",
}
LanguageOption = Annotated[str | None, typer.Option(help="en or zh; default: what LANG says")]


def language_of(asked: str | None) -> Language:
    """The language asked for, else zh where the locale is Chinese and en anywhere else."""
    if asked not in (None, "en", "zh"):
        raise typer.BadParameter("write en or zh", param_hint="--lang")
    said = asked or next((v for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(name))), "")
    return "zh" if said.startswith("zh") else "en"


def word(text: str, language: Language) -> str:
    """A heading or a term of a table in the reader's language; what has no translation stands as it is."""
    return CHINESE.get(text, text) if language == "zh" else text
