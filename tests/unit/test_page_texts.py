# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page's words: complete in both languages, none missing, none left over."""

import re
import string
from typing import get_args

import pytest

from api.page import assets
from api.page.rendering import TEMPLATES
from api.page.telling import MARKS, looks
from api.page.texts import TEXTS, browser_texts, preferred, translate
from api.page.views import CHOICES, KINDS, SHORTCUTS
from api.report import LINKS
from api.roles import Role
from detector.language import Language
from detector.look import Verdict
from detector.windows import WEEKDAYS
from detector.zones import GRADES

NAMES = {"brand", "language.other", "language.switch"}
MADE = (
    {f"status.{key}" for key in CHOICES}
    | {f"case.kind.{kind}" for kind in (*KINDS, "clip")}
    | {f"move.{name}" for name in SHORTCUTS}
    | {f"role.{role}" for role in Role}
    | {f"verdict.{verdict}" for verdict in MARKS}
    | {f"grade.{grade}" for grade in GRADES}
    | {f"camera.{status}" for status in ("live", "connecting", "retrying", "stopped", "unknown", "removed")}
    | {f"zone.{part}{kind}" for part in ("", "window.") for kind in ("watch", "permitted")}
    | {f"weekday.{day}" for day in WEEKDAYS}
    | {f"holidays.{change}" for change in ("include", "exclude", "only")}
    | {f"report.{head}" for head in ("of", "registered", "waiting", "true", "returned", *LINKS)}
    | {f"lasted.{unit}" for unit in ("s", "min", "h", "d")}
    | {f"class.{name}" for name in ("stall", "debris")}
    | {f"message.{what}{part}" for what in ("not_found", "not_allowed") for part in ("", ".detail")}
    | {
        "actor.key",
        "actor.own_patrol",
        "rule.dwell_s",
        "rule.hit_ratio",
        "rule.grade",
        "rule.over",
        "js.login.refused",
        "js.login.slow_down",
        "js.lamp.live",
        "js.lamp.lost",
    }
)


def in_templates() -> set[str]:
    text = "\n".join(path.read_text("utf-8") for path in TEMPLATES.glob("*.html"))
    return {key for key in re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)*)"', text) if key in TEXTS} | set(
        re.findall(r"""\bt\(["']([a-z_.0-9]+)["'][,)]""", text)
    )


def in_scripts() -> set[str]:
    text = "\n".join(asset.body.decode() for name, asset in assets.ASSETS.items() if name.endswith(".js"))
    return {f"js.{key}" for key in browser_texts("en") if f'"{key}"' in text} | {
        f"js.{key}" for key in re.findall(r'\btext\("([a-z_.]+)"', text)
    }


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_that_is_asked_for_exists() -> None:
    assert (in_templates() | in_scripts() | MADE) - set(TEXTS) == set()


def test_no_text_is_left_over() -> None:
    assert set(TEXTS) - in_templates() - in_scripts() - MADE == set()


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_a_text_says_something_in_both_languages_with_the_same_values(key: str) -> None:
    text = TEXTS[key]

    assert text.zh.strip()
    assert text.en.strip()
    assert fields(text.zh) == fields(text.en)
    if key not in NAMES:
        assert not re.search(r"[\u4e00-\u9fff]", text.en)


def test_every_move_status_and_role_of_the_workflow_has_a_word() -> None:
    assert set(TEXTS) >= MADE


def test_every_verdict_of_a_look_has_a_mark() -> None:
    assert set(MARKS) == set(get_args(Verdict))


def test_a_black_camera_is_not_told_as_a_place_hidden_by_people() -> None:
    (look,) = looks([{"at": "2026-11-21T01:10:00Z", "verdict": "blind", "confidence": 0.0}])

    assert (look.verdict, look.mark, look.why) == ("blind", "hidden", "")
    assert translate("zh", f"verdict.{look.verdict}") != translate("zh", "verdict.hidden")


def test_values_are_filled_in() -> None:
    assert translate("en", "case.title", id="C20261121-0001") == "Case C20261121-0001"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("de-DE,de;q=0.9", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr,zh-Hans;q=0.4,en;q=0.5", "en"),
        ("en;q=0,zh;q=0.1", "zh"),
        ("en;q=much, ;;;,", "zh"),
    ],
)
def test_the_browsers_wish_decides_the_language(header: str, language: Language) -> None:
    assert preferred(header) == language
