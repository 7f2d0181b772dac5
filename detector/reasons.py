# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why something happened, as data: a code and its values, told in the reader's language when somebody reads it."""

from dataclasses import dataclass

from detector.camera_texts import CAMERA_TEXTS
from detector.language import Language

Value = float | str

_TEXTS: dict[str, dict[Language, str]] = {
    "stood": {
        "en": "stood {stood_s:.0f} s ≥ {dwell_s:.0f} s, hit ratio {hit_ratio:.2f} ≥ {least:.2f}",
        "zh": "停留 {stood_s:.0f} 秒 ≥ {dwell_s:.0f} 秒，命中率 {hit_ratio:.2f} ≥ {least:.2f}",
    },
    "stood_strictest": {
        "en": "stood {stood_s:.0f} s ≥ {dwell_s:.0f} s, hit ratio {hit_ratio:.2f} ≥ {least:.2f}, "
        "by the rule of {zone}, which is stricter than {over}",
        "zh": "停留 {stood_s:.0f} 秒 ≥ {dwell_s:.0f} 秒，命中率 {hit_ratio:.2f} ≥ {least:.2f}，"
        "按“{zone}”的规定（严于 {over}）",
    },
    "left": {
        "en": "moved on after {stood_s:.0f} s",
        "zh": "停留 {stood_s:.0f} 秒后离开",
    },
    "lost_sight": {
        "en": "stood {stood_s:.0f} s, then its place was not seen for {away_s:.0f} s",
        "zh": "停留 {stood_s:.0f} 秒，其后 {away_s:.0f} 秒未能看到此处",
    },
    "rarely_visible": {
        "en": "visible for {visible_s:.0f} s of {stood_s:.0f} s",
        "zh": "{stood_s:.0f} 秒内仅可见 {visible_s:.0f} 秒",
    },
    "rarely_detected": {
        "en": "hit ratio {hit_ratio:.2f} < {least:.2f}",
        "zh": "命中率 {hit_ratio:.2f} < {least:.2f}",
    },
    "empty": {
        "en": "place seen empty for {empty_s:.0f} s ≥ {clear_s:.0f} s",
        "zh": "原处连续 {empty_s:.0f} 秒无物 ≥ {clear_s:.0f} 秒",
    },
    "pitch": {
        "en": "stands in permitted zone {zone}",
        "zh": "位于许可区域“{zone}”",
    },
    "licence": {
        "en": "stands in {zone} within its licensed hours {hours}",
        "zh": "位于“{zone}”，在许可时段 {hours} 内",
    },
    "hours": {
        "en": "permitted in {zone} from {hours}",
        "zh": "“{zone}”在 {hours} 时段允许摆放",
    },
    "now_permitted": {
        "en": "may stand here now: {zone} permits it",
        "zh": "现已允许：“{zone}”的许可生效",
    },
    "not_watched": {
        "en": "no rule watches this place any more",
        "zh": "此处不再受任何规则管理",
    },
    "still_waiting": {
        "en": "stood {stood_s:.0f} s so far, a case needs {dwell_s:.0f} s",
        "zh": "目前停留 {stood_s:.0f} 秒，立案需 {dwell_s:.0f} 秒",
    },
    "no_longer_decided": {
        "en": "nothing was decided about this place",
        "zh": "此处没有作出任何判定",
    },
    "too_small": {
        "en": "smaller than the minimal size of zone {zone}",
        "zh": "小于区域“{zone}”的最小尺寸",
    },
    "outside": {
        "en": "outside every zone",
        "zh": "不在任何区域内",
    },
    **CAMERA_TEXTS,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of this module's texts and the values they tell; hashable, and itself again after JSON."""

    code: str
    values: tuple[tuple[str, Value], ...] = ()


def because(code: str, **values: Value) -> Reason:
    """A reason; numbers become floats and are rounded to a thousandth, so that equal reasons are equal."""
    told = ((name, value if isinstance(value, str) else round(float(value), 3)) for name, value in values.items())
    return Reason(code, tuple(told))


def say(reason: Reason, language: Language) -> str:
    """A reason in one sentence; a code of another version is told as it is rather than not at all."""
    values = dict(reason.values)
    if texts := _TEXTS.get(reason.code):
        return texts[language].format(**values)
    told = ", ".join(f"{name} {value}" for name, value in values.items())
    return f"{reason.code}: {told}" if told else reason.code


def codes() -> tuple[str, ...]:
    """Every code that has texts."""
    return tuple(_TEXTS)
