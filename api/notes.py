# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the history says of facts, in both languages; `note` keeps the English for whoever reads no `text`."""

from api.text import Bilingual, told

NOTES: dict[str, Bilingual] = {
    "cleared": {"en": "cleared: the place is free", "zh": "已清除：原处已空"},
    "relapsed": {"en": "relapsed: it is back", "zh": "复发：再次出现"},
    "resumed": {"en": "still there: it had not gone", "zh": "仍在原处：此前并未离开"},
    "stands_on": {"en": "closed, but it still stands there", "zh": "已结案，但现场仍未清除"},
    "cleared_late": {"en": "had been free, told late: seen again since", "zh": "曾清除（消息迟到）：此后又被看到"},
    "relapsed_late": {"en": "had been back, told late: gone since", "zh": "曾复发（消息迟到）：此后已清除"},
    "resumed_late": {"en": "had still been there, told late: gone since", "zh": "曾仍在原处（消息迟到）：此后已清除"},
    "reported_again": {"en": "reported again", "zh": "再次上报"},
    "relapsed_open": {
        "en": "relapsed, but {case} is already open for this place",
        "zh": "复发，但该地点已有未结案件 {case}",
    },
    "linked": {
        "en": "{case} of camera {camera} stands {metres:.1f} m away: the same thing seen by two cameras",
        "zh": "与摄像机 {camera} 的案件 {case} 相距 {metres:.1f} 米：两台摄像机看到的是同一对象",
    },
}
IN_BRACKETS: Bilingual = {"en": " ({said})", "zh": "（{said}）"}


def noted(key: str, detail: Bilingual | None = None, /, **values: object) -> Bilingual:
    """A note with what the patrol said of it in brackets."""
    note = told(NOTES[key], **values)
    for language, said in (detail or {}).items():
        note[language] += IN_BRACKETS[language].format(said=said) if said else ""
    return note
