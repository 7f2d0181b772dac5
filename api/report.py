# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the city did with the cases of a period: how many were true, how long each link of the work took.

Times run from registration by the wall clock, nights and holidays included.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median

from api.model import AGAIN, Case, HistoryRow
from api.workflow import Status

LINKS = ("decided", "dispatched", "handled", "cleared", "closed")


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took in the cases in which it happened, in seconds; None where it never did."""

    cases: int
    mean_s: float | None
    median_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of some cases.

    waiting: nobody has decided. true, false: as people decided last; true_share is of these two, None without any.
    returned: were back after they had been cleared or closed. spans: from registration to each link of the work, the
    first time that it was reached.
    """

    registered: int
    waiting: int
    true: int
    false: int
    true_share: float | None
    returned: int
    spans: dict[str, Span]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of all cases of a period, and of each class and camera."""

    total: Figures
    by_class: dict[str, Figures]
    by_camera: dict[str, Figures]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the figures need of one case: no pictures, no trace."""

    verdict: bool | None
    returned: bool
    spans: dict[str, float]


def report(cases: Iterable[Case]) -> Report:
    """Sums cases up; they may come one by one, for little is kept of each."""
    told, classes, cameras = list[_Told](), defaultdict[str, list[_Told]](list), defaultdict[str, list[_Told]](list)
    for case in cases:
        each = _Told(_verdict(case), _returned(case), _spans(case))
        for group in (told, classes[case.class_name], cameras[case.camera_id]):
            group.append(each)
    return Report(_figures(told), _by_name(classes), _by_name(cameras))


def _by_name(groups: dict[str, list[_Told]]) -> dict[str, Figures]:
    return {name: _figures(groups[name]) for name in sorted(groups)}


def _figures(told: Sequence[_Told]) -> Figures:
    true, false = (sum(each.verdict is verdict for each in told) for verdict in (True, False))
    spans = {link: _span([each.spans[link] for each in told if link in each.spans]) for link in LINKS}
    return Figures(
        registered=len(told),
        waiting=len(told) - true - false,
        true=true,
        false=false,
        true_share=round(true / (true + false), 4) if true + false else None,
        returned=sum(each.returned for each in told),
        spans=spans,
    )


def _span(seconds: Sequence[float]) -> Span:
    if not seconds:
        return Span(0, None, None, None)
    return Span(len(seconds), round(fmean(seconds), 1), round(median(seconds), 1), round(max(seconds), 1))


def _verdict(case: Case) -> bool | None:
    """What people decided last; a decision that was undone is none."""
    found: bool | None = None
    for row in case.history:
        if row.to_status is Status.FALSE_ALARM:
            found = False
        elif row.to_status is Status.CONFIRMED:
            found = True
        elif row.from_status is Status.FALSE_ALARM and row.fact is None:
            found = None
    return found


def _returned(case: Case) -> bool:
    return any(row.fact in AGAIN for row in case.history)


def _spans(case: Case) -> dict[str, float]:
    """Seconds from registration to each link; a clearing that the patrol told of late was when it was seen."""
    found: dict[str, datetime] = {}
    for row in case.history:
        for link in _links(row):
            found.setdefault(link, row.happened_at)
        if row.fact == "resumed":  # it had not gone
            found.pop("cleared", None)
    return {link: max((at - case.created_at).total_seconds(), 0.0) for link, at in found.items()}


def _links(row: HistoryRow) -> Iterator[str]:
    """Which links of the work a row of the history is."""
    if row.fact == "cleared":
        yield "cleared"
    if row.from_status is Status.NEW and row.to_status in {Status.CONFIRMED, Status.FALSE_ALARM}:
        yield "decided"
    if row.from_status is not row.to_status and row.to_status in {Status.DISPATCHED, Status.HANDLED, Status.CLOSED}:
        yield str(row.to_status)
