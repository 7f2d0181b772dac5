# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why there was, or was no, case of a camera at a moment: one sentence in both languages, from what was kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from api import camera_state_rows, case_rows, ledger_rows
from api.camera_state_rows import REMOVED, SILENT
from api.config import ApiConfig
from api.fault_texts import fault, lasting
from api.ledger_model import Entry
from api.ledger_schemas import WhyOut, entry_listed
from api.model import Camera, CameraMoment, Case, Stay, is_silent
from api.shapes import ReasonOut
from api.text import Bilingual, told
from api.ticket_rows import NO_FAULT

NEAR = timedelta(seconds=60)  # people remember a minute, not a second
UNDECIDED = timedelta(minutes=10)  # a candidate may still be waiting for its dwell
SHOWN = 20

CLASSES: dict[str, Bilingual] = {
    "stall": {"en": "a stall", "zh": "占道经营"},
    "debris": {"en": "piled debris", "zh": "乱堆物料"},
}
TEXTS: dict[str, Bilingual] = {
    "case": {"en": "{counted} at {time} on {camera}: {cases}", "zh": "{time} {camera} 有{counted}：{cases}"},
    "a_case": {"en": "a case", "zh": "案件"},
    "some_cases": {"en": "{n} cases", "zh": " {n} 宗案件"},
    "one_case": {
        "en": "{case}, {what} in {zone}, there since {since}, confirmed {confirmed}",
        "zh": "{case}，“{zone}”内的{what}，{since} 出现，{confirmed} 确认",
    },
    "given_up": {
        "en": "no case at {time} on {camera}: {what} {where}, {reason}{needs}",
        "zh": "{time} {camera} 未立案：{where}{what}，{reason}{needs}",
    },
    "where": {"en": "in {zone}", "zh": "“{zone}”内的"},
    "nowhere": {"en": "outside the zones", "zh": "巡查区域外的"},
    "needs": {"en": " (a case needs {dwell_s:g} s)", "zh": "（立案需停留 {dwell_s:g} 秒）"},
    "down": {
        "en": "no case at {time} on {camera}: the camera gave no pictures since {since} ({error})",
        "zh": "{time} {camera} 未立案：摄像机自 {since} 起没有画面（{error}）",
    },
    "removed": {
        "en": "no case at {time} on {camera}: the camera was removed from the settings at {since}, so nobody looked",
        "zh": "{time} {camera} 未立案：该摄像机已于 {since} 从配置中移除，当时无人巡查",
    },
    "silent": {
        "en": "no case at {time} on {camera}: the patrol was silent since {since}, so nobody looked",
        "zh": "{time} {camera} 未立案：巡查程序自 {since} 起无响应，当时无人巡查",
    },
    "blind": {
        "en": "no case at {time} on {camera}: its picture proves nothing since {since} ({fault})",
        "zh": "{time} {camera} 未立案：自 {since} 起画面不可信（{fault}）",
    },
    "nothing": {
        "en": "no case at {time} on {camera}: nothing was seen in its zones that could become one{skipped}{waiting}",
        "zh": "{time} {camera} 未立案：巡查区域内没有看到可立案的对象{skipped}{waiting}",
    },
    "waiting": {
        "en": "; what is still being watched is told when it is decided",
        "zh": "；仍在观察中的对象待判定后可查",
    },
    "skipped": {
        "en": "; {n} short candidates around that time were not kept because there were too many",
        "zh": "；该时段另有 {n} 个短暂候选因数量过多未保留",
    },
    "forgotten": {
        "en": "nothing is known of {time} on {camera} any more: the ledger keeps {days:g} days",
        "zh": "{time} {camera} 的记录已不再保留：台账只保留 {days:g} 天",
    },
    "before": {
        "en": "no case at {time} on {camera}: the patrol had not reported this camera yet",
        "zh": "{time} {camera} 未立案：当时巡查程序尚未上报此摄像机",
    },
    "future": {"en": "{time} is still to come", "zh": "{time} 尚未到来"},
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question, and what every sentence names."""

    connection: Connection
    camera: Camera
    at: datetime
    now: datetime
    config: ApiConfig

    def clock(self, at: datetime) -> str:
        """A time as the city reads it, with its day where that is another one than today."""
        tz = self.config.tz
        local, today = at.astimezone(tz), self.now.astimezone(tz)
        return local.strftime("%H:%M:%S" if local.date() == today.date() else "%Y-%m-%d %H:%M:%S")


def answer(connection: Connection, camera: Camera, at: datetime, *, now: datetime, config: ApiConfig) -> WhyOut:
    """The sentence, with the cases or the candidates that it is about."""
    asked = _Asked(connection, camera, at, now, config)
    entries = ledger_rows.around(connection, camera.id, at, margin=NEAR, limit=SHOWN)
    found = next(_answers(asked, entries))
    return found.model_copy(update={"entries": [entry_listed(entry) for entry in entries]})


def _answers(asked: _Asked, entries: list[Entry]) -> Iterator[WhyOut]:
    """What can be said, the strongest first."""
    if asked.at > asked.now:
        yield _said(asked, "future")
    if found := case_rows.standing(asked.connection, asked.camera.id, asked.at):
        yield _cases(asked, found)
    # what stood just then explains more than what had stood a minute before
    exact = [entry for entry in entries if entry.first_seen_at <= asked.at <= entry.until]
    if exact:
        yield _given_up(asked, exact[0])
    moment = camera_state_rows.at(asked.connection, asked.camera.id, asked.at)
    if moment is not None and (unseen := _unseen(asked, moment)):
        yield unseen
    if entries:
        yield _given_up(asked, entries[0])
    if asked.now - asked.at > timedelta(days=asked.config.ledger_days):
        yield _said(asked, "forgotten", days=asked.config.ledger_days)
    if moment is None:
        yield _said(asked, "before")
    skipped = ledger_rows.next_skipped(asked.connection, asked.camera.id, asked.at)
    further = {
        "skipped": told(TEXTS["skipped"], n=skipped) if skipped else "",
        "waiting": TEXTS["waiting"] if asked.now - asked.at < UNDECIDED else "",
    }
    yield _said(asked, "nothing", **further)


def _cases(asked: _Asked, found: list[tuple[Case, Stay]]) -> WhyOut:
    each = [_one_case(asked, case, stay) for case, stay in found]
    listed: Bilingual = {"en": "; ".join(text["en"] for text in each), "zh": "；".join(text["zh"] for text in each)}
    counted = TEXTS["a_case"] if len(each) == 1 else told(TEXTS["some_cases"], n=len(each))
    said = _said(asked, "case", counted=counted, cases=listed)
    ids = [case.id for case, _ in found]
    return said.model_copy(update={"case": ids[0], "cases": ids})


def _one_case(asked: _Asked, case: Case, stay: Stay) -> Bilingual:
    confirmed_at = max(case.confirmed_at, stay.since)  # a return is told once it is sure
    times = {"since": asked.clock(stay.since), "confirmed": asked.clock(confirmed_at)}
    return told(TEXTS["one_case"], case=case.id, what=_what(case.class_name), zone=case.zone, **times)


def _given_up(asked: _Asked, entry: Entry) -> WhyOut:
    dwell_s = entry.rule.get("dwell_s")
    needs = told(TEXTS["needs"], dwell_s=dwell_s) if isinstance(dwell_s, int | float) else ""
    what = _what(entry.class_name)
    where = told(TEXTS["where"], zone=entry.zone) if entry.zone else TEXTS["nowhere"]
    said = _said(asked, "given_up", what=what, where=where, reason=entry.text, needs=needs)
    return said.model_copy(update={"reason": ReasonOut(code=entry.reason, values=entry.values)})


def _unseen(asked: _Asked, moment: CameraMoment) -> WhyOut | None:
    """Why the camera could see nothing then, if it could not."""
    if moment.status == REMOVED:
        return _said(asked, "removed", since=asked.clock(moment.at))
    heard_at = asked.camera.received_at
    if moment.status == SILENT or is_silent(heard_at, asked.at, after_s=asked.config.silent_after_s):
        since = moment.at if moment.status == SILENT else heard_at
        return _said(asked, "silent", since=asked.clock(since or moment.at))
    if moment.status != "live":
        began = camera_state_rows.since_when(asked.connection, asked.camera.id, asked.at) or moment.at
        error = lasting(moment.error or moment.status)
        return _said(asked, "down", since=asked.clock(began), error={"en": error, "zh": fault(error, "zh")})
    health = moment.health
    if health is None or health["state"] in NO_FAULT:
        return None
    since = datetime.fromisoformat(health["since"])
    said = _said(asked, "blind", since=asked.clock(since), fault=health.get("text") or health["state"])
    reason = health.get("reason")
    return said.model_copy(update={"reason": ReasonOut(**reason)}) if reason else said


def _what(class_name: str) -> Bilingual | str:
    return CLASSES.get(class_name, class_name)


def _said(asked: _Asked, verdict: str, **values: Any) -> WhyOut:
    text = told(TEXTS[verdict], time=asked.clock(asked.at), camera=asked.camera.id, **values)
    return WhyOut.model_validate(
        {
            "camera_id": asked.camera.id,
            "at": asked.at,
            "verdict": verdict,
            "text": text,
            "case": None,
            "cases": [],
            "reason": None,
            "entries": [],
        }
    )
