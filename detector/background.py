# SPDX-License-Identifier: AGPL-3.0-or-later
"""A slow memory of the empty street: what was not there before, stands still now, and is no person or vehicle.

Two pictures at two rates: `fast` is what has been standing there for some seconds, `slow` what has been there for
long. They are compared by the gradient of the difference of their log light (and by log chroma), because a change
of light, however local, is flat inside and thin at its edge, while a thing brings its own texture: only ground on
which most pixels changed counts. People and vehicles are left out, so both pictures see through them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detector import boxes
from detector.boxes import Box
from detector.look import Change
from detector.thumbnail import (
    CELL,
    Colour,
    Mask,
    Plane,
    by_cell,
    by_pixel,
    in_boxes,
    log_chroma,
    log_light,
    slopes,
)

FAST_S = 12.0  # the fast picture follows within so many seconds
LEARN_S = 45.0  # a place must be seen for so long before anything can be new there
STANDS_S = 20.0  # a change must last for so long to be told
GONE_S = 10.0  # and be away for so long to be forgotten
LEVEL_S = 25.0  # the slow picture moves by one unit of log light in this time: dusk passes, a crate does not
ABSORB_S = 86_400.0  # what stands for a day belongs to the street
LONGEST_STEP_S = 30.0  # a look later than this counts as one after this time
AWAY_S = 600.0  # after so long without looks the fast picture starts anew
SLOPE = 3.2  # units of log light per pixel by which a gradient must differ
EDGE = 0.42  # of the slow picture's own gradient is tolerated: shaking and compression
COLOUR = 20.0  # units by which a colour must differ
THICK = 7  # pixels: of a window so wide ...
FULL = 0.55  # ... this share must have changed: a shadow's edge is thinner
LIVELY = 5.0  # units per pixel by which a place may differ from its own last seconds and still stand still
STILL = 0.7  # share of the looks in which it must do so
ARRIVES = 10.0  # units of log light by which a place differs from its last seconds where something has come or gone
LOOK_S = 2.0  # a look after a longer time than this says as much as several
ALL_OVER = 0.35  # when more of the picture than this changes at once it is the light, not a thing
FEWEST_CELLS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """One camera's street as remembered; h×w pixels of the thumbnail, r×c cells of 4×4 pixels; at most 260 kB.

    fast: float32[h,w] log light of the last seconds; slow: uint8[h,w] of the last hours.
    fast_chroma: float32[h/2,w/2,2], slow_chroma: int8[h/2,w/2,2], log red over green and blue over green.
    seen_s: float32[r,c] seconds for which the cell was seen. still: float32[r,c] share of looks like those before it.
    since: float32[r,c] seconds after `began` at which the change there began, NaN where there is none.
    gone_s: float32[r,c] for how long that change is not seen.
    """

    began: datetime
    at: datetime
    stepped_at: datetime
    fast: Plane
    slow: NDArray[np.uint8]
    fast_chroma: Plane
    slow_chroma: NDArray[np.int8]
    seen_s: Plane
    still: Plane
    since: Plane
    gone_s: Plane


@dataclass(frozen=True, slots=True, eq=False)
class _Now:
    """This look's planes: log light, chroma, cells that nobody hides; seconds since the last look and the first."""

    light: Plane
    chroma: Plane
    free: Mask
    step_s: float
    clock_s: float


def learn(before: Background | None, colour: Colour, hidden: tuple[Box, ...], at: datetime) -> Background:
    """Take one thumbnail (BGR uint8[h,w,3]) into account; `hidden` are boxes (normalised xyxy) that say nothing.

    A clock that steps back counts as no time. A picture of another size starts a new memory. Pure.
    """
    light = log_light(colour)
    chroma = log_chroma(colour)
    if before is None or before.fast.shape != light.shape:
        before = _empty(light, chroma, at)
    if at < before.at:
        before = _set_back(before, before.at - at)
    rows_columns = (light.shape[0] // CELL, light.shape[1] // CELL)
    gap_s = (at - before.at).total_seconds()
    now = _Now(
        light=light,
        chroma=chroma,
        free=~in_boxes(rows_columns, hidden),
        step_s=min(gap_s, LONGEST_STEP_S),
        clock_s=(at - before.began).total_seconds(),
    )
    followed = _follow(before, now, anew=gap_s > AWAY_S)
    timed = _time(followed, now, _differs(followed, now))
    return replace(_settle(timed, now, at), at=at)


def changes(street: Background) -> tuple[Change, ...]:
    """What stands there and did not before, largest first; boxes normalised xyxy."""
    clock_s = (street.at - street.began).total_seconds()
    with np.errstate(invalid="ignore"):
        standing = (clock_s - street.since >= STANDS_S) & (street.still >= STILL)
    if not standing.any():
        return ()
    # parts of one thing up to four cells apart are one: a stall's plain cloth looks like the ground's plain asphalt;
    # but two things may stand that close, too, so the parts are told as well
    apart = standing.astype(np.uint8)
    joined = np.asarray(cv2.morphologyEx(apart, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    found: dict[Box, Change] = {}
    for connected in (joined, apart):
        for part in _parts(standing, connected):
            change = _change(street, part)
            found.setdefault(change.box, change)
    return tuple(sorted(found.values(), key=lambda change: -change.share * boxes.area(change.box)))


def _parts(standing: Mask, connected: NDArray[np.uint8]) -> Iterator[Mask]:
    """The standing cells of each connected part that is large enough."""
    count, labels = cv2.connectedComponents(connected, connectivity=8)
    for number in range(1, count):
        part = standing & (np.asarray(labels) == number)
        if part.sum() >= FEWEST_CELLS:
            yield part


def _set_back(before: Background, by: timedelta) -> Background:
    """The memory for a clock that was set back: everything keeps its distance to now."""
    return replace(before, began=before.began - by, at=before.at - by, stepped_at=before.stepped_at - by)


def _empty(light: Plane, chroma: Plane, at: datetime) -> Background:
    cells = (light.shape[0] // CELL, light.shape[1] // CELL)
    nothing, unknown = np.zeros(cells, np.float32), np.full(cells, np.nan, np.float32)
    return Background(
        began=at,
        at=at,
        stepped_at=at,
        fast=light,
        slow=_levels(light),
        fast_chroma=chroma,
        slow_chroma=_tints(chroma),
        seen_s=nothing,
        still=nothing,
        since=unknown,
        gone_s=nothing,
    )


def _follow(before: Background, now: _Now, *, anew: bool) -> Background:
    """The fast picture drawn towards this look wherever nobody hides the street; the slow one too while it learns."""
    share = 1.0 if anew else 1 - math.exp(-now.step_s / FAST_S)
    free = now.free.astype(np.float32)
    weight = np.where(before.seen_s == 0, np.float32(1), np.float32(share)) * free
    apart = now.light - before.fast
    # how much the street differs from its own last seconds: leaves, screens and whoever the detector did not find
    calm = (by_cell(slopes(apart)) < LIVELY + 0.8 * _grain(apart)).astype(np.float32)
    says = np.float32(1 - 0.9 ** max(1.0, now.step_s / LOOK_S))
    fast = before.fast + by_pixel(weight) * apart
    fast_chroma = before.fast_chroma + by_pixel(weight, CELL // 2)[:, :, None] * (now.chroma - before.fast_chroma)
    followed = replace(
        before,
        fast=fast,
        fast_chroma=fast_chroma,
        seen_s=before.seen_s + free * np.float32(max(now.step_s, 1e-3)),
        still=before.still + says * free * (calm - before.still),
    )
    learning = before.seen_s < LEARN_S
    if not learning.any():
        return followed
    # what arrives while the street is learnt must not be learnt with it
    level = np.abs(apart - np.float32(np.median(apart[::4, ::4])))
    return _taken_over(followed, learning & (calm > 0) & (by_cell(level) < ARRIVES + 2 * _grain(level)))


def _taken_over(street: Background, cells: Mask) -> Background:
    """The fast picture as the slow one in some cells."""
    pixels, halves = by_pixel(cells.astype(np.float32)), by_pixel(cells.astype(np.float32), CELL // 2)[:, :, None]
    return replace(
        street,
        slow=np.where(pixels, _levels(street.fast), street.slow),
        slow_chroma=np.where(halves, _tints(street.fast_chroma), street.slow_chroma),
    )


def _levels(light: Plane) -> NDArray[np.uint8]:
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def _tints(chroma: Plane) -> NDArray[np.int8]:
    return np.clip(np.rint(chroma), -127, 127).astype(np.int8)


def _differs(street: Background, now: _Now) -> Mask:
    """Cells where what stands there now is another thing than for long, whatever the light."""
    slow = street.slow.astype(np.float32)
    difference = np.asarray(cv2.GaussianBlur(street.fast - slow, (3, 3), 0), np.float32)
    edges = np.asarray(cv2.dilate(slopes(slow), np.ones((3, 3), np.uint8)), np.float32)
    other = slopes(difference) > SLOPE + 0.2 * _grain(now.light - street.fast) + EDGE * edges
    shift = np.clip(street.fast_chroma, -127, 127) - street.slow_chroma
    shift -= np.median(shift[::3, ::3], axis=(0, 1))  # the colour of the light itself
    tinted = cv2.magnitude(np.ascontiguousarray(shift[:, :, 0]), np.ascontiguousarray(shift[:, :, 1])) > COLOUR
    both = np.maximum(other, by_pixel(tinted.astype(np.float32), 2))
    return by_cell(np.asarray(cv2.blur(both, (THICK, THICK)), np.float32)) > FULL


def _grain(apart: Plane) -> float:
    """The sensor's noise at this hour, units of log light: much of it at night."""
    return float(np.median(np.abs(apart[::4, ::4])))


def _time(street: Background, now: _Now, differs: Mask) -> Background:
    """Since when each cell differs; all over at once is the light, and the slow picture takes it over."""
    known = now.free & (street.seen_s >= LEARN_S)
    fresh = known & differs & np.isnan(street.since)
    if known.any() and (differs & known).sum() > ALL_OVER * known.sum():
        return _relit(street)
    gone_s = np.where(known & ~differs, street.gone_s + now.step_s, np.where(known, 0, street.gone_s))
    over = (gone_s >= GONE_S) & ~np.isnan(street.since)
    since = np.where(fresh, np.float32(now.clock_s), np.where(over, np.float32(np.nan), street.since))
    return replace(street, since=since, gone_s=gone_s.astype(np.float32))


def _relit(street: Background) -> Background:
    """The street under another light: lamps on, the camera's night mode; what stood there is taken to stand there."""
    everywhere = np.ones(street.since.shape, np.bool_)
    return replace(
        _taken_over(street, everywhere),
        since=np.full_like(street.since, np.nan),
        gone_s=np.zeros_like(street.gone_s),
    )


def _settle(street: Background, now: _Now, at: datetime) -> Background:
    """The slow picture, one small step towards the fast one; at once where a change has become part of the street."""
    waited = (at - street.stepped_at).total_seconds() / LEVEL_S
    if 0 <= waited < 1:
        return street
    with np.errstate(invalid="ignore"):
        absorbed = now.clock_s - street.since > ABSORB_S
    if absorbed.any():
        street = replace(_taken_over(street, absorbed), since=np.where(absorbed, np.float32(np.nan), street.since))
    reach = (np.isnan(street.since) & now.free) * np.float32(min(max(waited, 1.0), 4.0))
    return replace(
        street,
        stepped_at=at,
        slow=_levels(_stepped(street.slow, street.fast, by_pixel(reach))),
        slow_chroma=_tints(_stepped(street.slow_chroma, street.fast_chroma, by_pixel(reach, CELL // 2)[:, :, None])),
    )


def _stepped(slow: NDArray[np.uint8] | NDArray[np.int8], fast: Plane, reach: Plane) -> Plane:
    old = slow.astype(np.float32)
    return np.asarray(old + np.clip(fast - old, -reach, reach), np.float32)


def _change(street: Background, cells: Mask) -> Change:
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    high, wide = cells.shape
    box = (
        float(columns[0] / wide),
        float(rows[0] / high),
        float((columns[-1] + 1) / wide),
        float((rows[-1] + 1) / high),
    )
    # the first cells may be a passer's: what stands there began when the quickest quarter of it had changed
    since_s = float(np.quantile(street.since[cells], 0.25))
    share = float(cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean())
    return Change(box, street.began + timedelta(seconds=since_s), share)
