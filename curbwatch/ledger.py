# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol tells of candidates that did not become cases: each with its looks and a small picture, so many an
hour and camera at most."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import cv2
import numpy as np

from api.times import stamp
from curbwatch.messages import about, told
from curbwatch.spool import Message
from detector.evidence import framed, jpeg
from detector.rules import Rules
from detector.watch import Event, Kind

PER_HOUR = 60.0
BURST = 20.0
FEW_HITS = 3  # what was seen less often is noise: it may use half of a burst only
WIDEST = 800
QUALITY = 75


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many entries a camera may still write at a moment, and how many it was refused since its last one."""

    at: datetime
    left: float = BURST
    skipped: int = 0


def spend(before: Allowance, now: datetime, *, noise: bool) -> tuple[Allowance, bool]:
    """One more entry at `now`: what is left then, and whether it may be written. Time that steps back earns none."""
    earned = max((now - before.at).total_seconds(), 0.0) * PER_HOUR / 3600
    left = min(before.left + earned, BURST)
    if left < (BURST / 2 if noise else 1.0):
        return Allowance(now, left, before.skipped + 1), False
    return Allowance(now, left - 1, before.skipped), True


class Ledger:
    """Makes the entries of all cameras of one patrol; `model` is the name that goes into them."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._allowances: dict[str, Allowance] = {}

    def messages(self, events: Iterable[Event], rules: Rules, first_sights: Mapping[str, bytes]) -> list[Message]:
        """The posts for those events that gave a candidate up, without those that come too often."""
        found = []
        for event in events:
            if event.kind is Kind.GIVEN_UP and (skipped := self._skipped_before(event)) is not None:
                body = json.dumps(entry_body(event, rules, self._model, skipped), ensure_ascii=False)
                picture = small(first_sights.get(event.site.key), event)
                found.append(Message(event.site.key, "ledger", body, picture, "image/jpeg" if picture else ""))
        return found

    def allowance(self, camera_id: str) -> Allowance | None:
        """What a camera may still write; None before its first entry."""
        return self._allowances.get(camera_id)

    def put_back(self, camera_id: str, before: Allowance | None) -> None:
        """Entries could not be kept, so they were not spent: the same come again."""
        self._allowances.pop(camera_id, None)
        if before:
            self._allowances[camera_id] = before

    def _skipped_before(self, event: Event) -> int | None:
        """How many entries were skipped before this one, None if it is skipped itself."""
        camera_id = event.site.camera_id
        before = self._allowances.get(camera_id, Allowance(event.at))
        after, may = spend(before, event.at, noise=event.site.hits < FEW_HITS)
        self._allowances[camera_id] = replace(after, skipped=0) if may else after
        return after.skipped if may else None


def entry_body(event: Event, rules: Rules, model: str, skipped: int) -> dict[str, object]:
    """The entry as POST /ledger takes it, but for its picture."""
    site = event.site
    waived_by = dict(event.reason.values).get("zone", "")  # no rule judges it, but one of a zone lets it stand
    return about(site, model) | {
        "zone": site.zone or waived_by,
        "given_up_at": stamp(event.at),
        "stood_s": round(site.stood_s, 1),
        **told(event.reason),
        "rule": _rule(rules, site.zone),
        "skipped": skipped,
    }


def _rule(rules: Rules, name: str) -> dict[str, object]:
    zone = next((zone for zone in rules.zones if zone.name == name), None)
    if zone is None:
        return {}
    return {"grade": zone.grade, "dwell_s": zone.dwell_s, "hit_ratio": zone.hit_ratio}


def small(picture: bytes | None, event: Event) -> bytes | None:
    """A first sight (JPEG, people made unreadable) made small, with the place framed."""
    if picture is None:
        return None
    # decoding at half size takes a third of the time, and no camera that we know gives less than twice the width
    found = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    if found is None:
        return None
    whole = np.asarray(found, np.uint8)
    return jpeg(framed(whole, event.site.box, event.site.class_name), widest=WIDEST, quality=QUALITY)
