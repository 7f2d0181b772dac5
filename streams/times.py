# SPDX-License-Identifier: AGPL-3.0-or-later
"""Times that a player can trust, from times that a camera sent."""

from collections.abc import Sequence
from itertools import pairwise

from streams.coded import Coded

TICKS = 90_000
CLOCKS_APART_S = 2.0  # stream time and arrival further apart than this: stream time is not believed
USUAL_GAP_S = 0.04
Times = list[float | None]


def clip_times(packets: Sequence[Coded]) -> tuple[list[int], list[int]]:
    """pts and dts in 90 kHz ticks, dts strictly rising from 0, pts never before dts.

    The stream's own times if they can be believed, else the times of arrival.
    """
    own = _own_times(packets)
    if own is None:
        arrived = _rising([round((coded.mono - packets[0].mono) * TICKS) for coded in packets])
        return arrived, list(arrived)
    pts, dts = own
    sent = _rising([round((each - dts[0]) * TICKS) for each in dts])
    shown = [round((each - dts[0]) * TICKS) for each in pts]
    return [max(pair) for pair in zip(shown, sent, strict=True)], sent


def usual_gap(dts: Sequence[int]) -> int:
    """The mean distance of pictures in ticks."""
    return max(1, (dts[-1] - dts[0]) // (len(dts) - 1)) if len(dts) > 1 else round(USUAL_GAP_S * TICKS)


def _own_times(packets: Sequence[Coded]) -> tuple[list[float], list[float]] | None:
    pts: Times = [coded.pts_s for coded in packets]
    dts: Times = [coded.dts_s for coded in packets]
    if all(each is None for each in dts):
        dts = pts
    shown, sent = _with_head(pts), _with_head(dts)
    if shown is None or sent is None or any(late <= early for early, late in pairwise(sent)):
        return None
    drift = (coded.mono - packets[0].mono - (own - sent[0]) for coded, own in zip(packets, sent, strict=True))
    return (shown, sent) if all(abs(apart) < CLOCKS_APART_S for apart in drift) else None


def _with_head(times: Times) -> list[float] | None:
    """FFmpeg gives the first pictures of an RTSP stream no times: count back from the first that have some."""
    known = [each for each in times if each is not None]
    missing = next((number for number, each in enumerate(times) if each is not None), len(times))
    if not known or len(known) + missing < len(times):
        return None
    gap_s = (max(known) - min(known)) / (len(known) - 1) if len(known) > 1 else USUAL_GAP_S
    return [min(known) - (missing - number) * gap_s for number in range(missing)] + known


def _rising(ticks: list[int]) -> list[int]:
    risen: list[int] = []
    for tick in ticks:
        risen.append(max(tick, risen[-1] + 1) if risen else tick)
    return risen
