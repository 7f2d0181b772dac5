# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a camera's looks can be believed: what is wrong with it, since when, and how far it has turned.

Every look is compared with a reference of the same camera that follows the light of the day and nothing else.
One odd look proves nothing by itself: it is not believed, but the camera is called faulty only when several agree.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.boxes import Box
from detector.faults import View, black, blurred, corrupted, covered, overexposed, sharpness, view
from detector.reasons import Reason, because
from detector.registration import ALIKE, NO_SHIFT, Shift, alike, edges, register, taken_back
from detector.stillness import Stillness, frozen, glimpsed, nothing_glimpsed
from detector.thumbnail import CELL, Colour, Mask, Plane, in_boxes

AGREEING = 3  # looks in a row that must say the same
LASTS_S = 10.0  # and for how long at least
SLOWER_S = {"camera_blurred": 60.0, "camera_covered": 30.0, "camera_moved": 30.0}
LEARN_LOOKS, LEARN_S = 5, 20.0
HABIT = 0.005  # how far what is normal here follows one look, every RENEW_S
RENEW_S = 20.0  # the reference takes a step towards the street this often
STEP = 3.0  # units of log light a step: a dusk of half an hour is followed, a cover is not
AWAY_S = 3600.0  # after so long without good looks a kind of light that is not known yet is learnt anew
ANCHOR_S = 600.0  # the reference itself is held against the first one of its kind of light this often
SMALL = 0.05  # share of the width: what zones can follow
SAME = 0.008  # share of the width by which looks that agree on a shift may differ
NIGHT_LEVEL = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """The first reference by day or by night: slow creeping shows only against it. levels: uint8[h,w] log light."""

    levels: NDArray[np.uint8]
    shift: Shift


Anchors = tuple[Anchor | None, Anchor | None]  # by day, by night


@dataclass(frozen=True, slots=True, eq=False)
class Health:
    """One camera's condition between two looks.

    reference: float32[h,w] log light of the street as it should look now. grey, smeared, usual: what is normal here
    (see View; `usual` is how alike looks are to the reference). sharp: of the reference itself against its anchor.
    looks: from how many the reference was learnt.
    fault: what is wrong, None where nothing is, since `since`. suspect: what the last `agreeing` looks say instead,
    since `suspected_at`. shift: how the camera lies to its reference, as far as zones can follow; `wanted` is what the
    last looks say of it. drift: of the reference itself against its anchors (day, night).
    """

    at: datetime
    since: datetime
    renewed_at: datetime
    anchored_at: datetime
    reference: Plane
    grey: float
    smeared: float
    stillness: Stillness
    usual: float = 0.6
    sharp: float = 1.0
    looks: int = 0
    learnt: bool = False
    fault: Reason | None = None
    suspect: Reason | None = None
    suspected_at: datetime | None = None
    agreeing: int = 0
    shift: Shift = NO_SHIFT
    wanted: Shift = NO_SHIFT
    drift: Shift = NO_SHIFT
    anchors: Anchors = (None, None)

    @property
    def state(self) -> str:
        """ok, learning, or the fault's name."""
        if self.fault:
            return _code(self.fault).removeprefix("camera_")
        return "ok" if self.learnt else "learning"

    @property
    def blind(self) -> Reason | None:
        """Why the last look proves nothing: a fault, or one odd look that may become one."""
        return self.suspect or self.fault


def examine(
    before: Health | None, colour: Colour, glimpse: NDArray[np.uint8], hidden: tuple[Box, ...], at: datetime
) -> Health:
    """Take one thumbnail (BGR uint8[h,w,3]) into account; pure.

    glimpse: single pixels of the full picture, uint8[any,any], whose noise tells a live camera from a frozen one.
    hidden: boxes (normalised xyxy) of people and vehicles: what they hide is not missing.
    """
    now = view(colour)
    if before is not None and before.reference.shape != now.light.shape:
        before = _resized(before, now.light.shape)
    if before is None:
        before = _first((None, None), now, at)
    if at < before.at:
        before = _set_back(before, before.at - at)
    lying = _lying(before, now)
    if lying is None and _outdated(before, now, at):
        before, lying = _first(before.anchors, now, at), NO_SHIFT
    stillness = glimpsed(before.stillness, glimpse, at)
    symptom = _symptom(before, now, stillness, lying, hidden)
    after = _judged(replace(before, stillness=stillness), symptom, at)
    if symptom is None and lying is not None:
        after = _renewed(_shifted(after, lying), now, lying, at)
    return replace(after, at=at)


def _set_back(before: Health, by: timedelta) -> Health:
    """What is known, for a clock that was set back: everything keeps its distance to now."""
    return replace(
        before,
        at=before.at - by,
        since=before.since - by,
        renewed_at=before.renewed_at - by,
        anchored_at=before.anchored_at - by,
        suspected_at=before.suspected_at - by if before.suspected_at else None,
        stillness=replace(before.stillness, since=before.stillness.since - by, at=before.stillness.at - by),
    )


def _resized(before: Health, shape: tuple[int, ...]) -> Health:
    """What is known, for a camera that sends another size: its view may be the same, or another one."""
    size = shape[1], shape[0]
    day, night = (
        anchor and replace(anchor, levels=np.asarray(cv2.resize(anchor.levels, size, interpolation=cv2.INTER_AREA)))
        for anchor in before.anchors
    )
    reference = np.asarray(cv2.resize(before.reference, size, interpolation=cv2.INTER_AREA), np.float32)
    return replace(before, reference=reference, anchors=(day, night))


def _outdated(before: Health, now: View, at: datetime) -> bool:
    """Whether nothing fits because the light became another one, unknown so far, since the last good look.

    By a kind of light that is known it is the view that became another one, and a black or white picture shows none.
    """
    if _code(before.fault) == "camera_moved" or (at - before.renewed_at).total_seconds() <= AWAY_S:
        return False
    return before.anchors[_kind(now)] is None and not (black(now) or overexposed(now))


def _kind(now: View) -> int:
    """The kind of light: 0 by day, 1 by night."""
    return int(now.level < NIGHT_LEVEL)


def _lying(before: Health, now: View) -> Shift | None:
    """How this look lies to the reference, or else to the first ones by day and by night; None where nothing fits."""
    if not before.learnt:
        return NO_SHIFT
    if lying := register(before.reference, now.light, usual=before.usual):
        return lying
    for anchor in before.anchors:
        if anchor and (found := register(anchor.levels.astype(np.float32), now.light)):
            return _less(_sum(found, anchor.shift), before.drift)
    return None


def _first(anchors: Anchors, now: View, at: datetime) -> Health:
    return Health(
        at=at,
        since=at,
        renewed_at=at,
        anchored_at=at,
        reference=now.light,
        grey=now.grey,
        smeared=now.smeared,
        stillness=nothing_glimpsed(at),
        anchors=anchors,
    )


def _symptom(
    before: Health, now: View, stillness: Stillness, lying: Shift | None, hidden: tuple[Box, ...]
) -> Reason | None:
    """What is wrong with this look, the plainest first."""
    if plain := black(now) or overexposed(now) or frozen(stillness):
        return plain
    if not before.learnt:
        return None
    rows, columns = now.light.shape[0] // CELL, now.light.shape[1] // CELL
    free = ~in_boxes((rows, columns), hidden)
    if broken := corrupted(now, before.grey, before.smeared):
        return broken
    if (lying is None or lying.is_none) and (over := covered(now, before.reference, free)):
        return over
    return _turned(before, now, lying, free)


def _turned(before: Health, now: View, lying: Shift | None, free: Mask) -> Reason | None:
    if lying is None:
        return because("camera_moved_unclear") if free.mean() > 0.5 else None
    whole = _sum(lying, before.drift)
    if whole.largest > SMALL:
        return because("camera_moved", dx=whole.dx, dy=whole.dy, degrees=whole.degrees, scale=whole.scale)
    if not lying.is_none:
        return None  # a picture laid over the reference is softer for that alone
    return blurred(sharpness(now.light, before.reference) * before.sharp)


def _judged(before: Health, symptom: Reason | None, at: datetime) -> Health:
    """Hysteresis: the state changes when several looks in a row agree on another one for some time."""
    if _code(symptom) == _code(before.fault):
        return replace(before, suspect=None, suspected_at=None, agreeing=0)
    # a fault may look like one thing now and like another then: it is a fault all the same
    known = before.agreeing > 0 and (symptom is None) == (before.suspect is None)
    began = before.suspected_at if known and before.suspected_at else at
    after = replace(before, suspect=symptom, suspected_at=began, agreeing=before.agreeing + 1 if known else 1)
    least_s = SLOWER_S.get(_code(symptom), LASTS_S)
    if after.agreeing < AGREEING or at - began < timedelta(seconds=least_s):
        return after
    return replace(after, fault=symptom, since=began, suspect=None, suspected_at=None, agreeing=0)


def _code(reason: Reason | None) -> str:
    """What a look says in one word; whether a move can be measured or not differs from look to look."""
    return reason.code.removesuffix("_unclear") if reason else ""


def _sum(a: Shift, b: Shift) -> Shift:
    """Two shifts after each other; exact enough for the few degrees that zones follow."""
    return Shift(a.dx + b.dx, a.dy + b.dy, a.degrees + b.degrees, a.scale * b.scale, min(a.confidence, b.confidence))


def _less(a: Shift, b: Shift) -> Shift:
    return Shift(a.dx - b.dx, a.dy - b.dy, a.degrees - b.degrees, a.scale / b.scale, a.confidence)


def _apart(a: Shift, b: Shift) -> float:
    return _less(a, b).largest


def _shifted(before: Health, lying: Shift) -> Health:
    """The shift that zones follow changes when two looks in a row agree on another one."""
    whole = _sum(lying, before.drift)
    if _apart(whole, before.shift) <= SAME:
        return replace(before, wanted=before.shift)
    if before.wanted is not before.shift and _apart(whole, before.wanted) <= SAME:
        settled = NO_SHIFT if whole.largest <= SAME / 2 else whole
        return replace(before, shift=settled, wanted=settled)
    return replace(before, wanted=whole)


def _renewed(before: Health, now: View, lying: Shift, at: datetime) -> Health:
    """The reference follows the light, the habits follow slowly; nothing is learnt from a look that is in doubt."""
    if before.fault or before.suspect:
        return before
    if not before.learnt:
        return _learning(before, now, at)
    if 0 <= (at - before.renewed_at).total_seconds() < RENEW_S:
        return before
    step = np.clip(0.25 * (_straight(now.light, lying) - before.reference), -STEP, STEP)
    usual = before.usual + 0.1 * (max(lying.confidence, ALIKE) - before.usual)
    renewed = replace(before, renewed_at=at, reference=before.reference + step, usual=usual)
    return _anchored(_accustomed(renewed, now, HABIT), now, at)


def _straight(light: Plane, lying: Shift) -> Plane:
    return light if lying.is_none else taken_back(light, lying)


def _learning(before: Health, now: View, at: datetime) -> Health:
    before = replace(before, looks=before.looks + 1)
    share = 1 / before.looks
    reference = before.reference + np.float32(share) * (now.light - before.reference)
    usual = before.usual + share * (max(alike(edges(before.reference), edges(now.light)), ALIKE) - before.usual)
    follower = replace(before, reference=reference, usual=usual)
    after = _accustomed(follower, now, share)
    enough = after.looks >= LEARN_LOOKS and (at - after.since).total_seconds() >= LEARN_S
    return replace(after, learnt=True, since=at) if enough else after


def _accustomed(before: Health, now: View, share: float) -> Health:
    return replace(
        before,
        grey=max(now.grey, before.grey + share * (now.grey - before.grey)),
        smeared=max(now.smeared, before.smeared + share * (now.smeared - before.smeared)),
    )


def _anchored(before: Health, now: View, at: datetime) -> Health:
    """Hold the reference against the first one of its kind of light, so that creeping is seen too."""
    if 0 <= (at - before.anchored_at).total_seconds() < ANCHOR_S:
        return before
    night = _kind(now)
    anchor = before.anchors[night]
    if anchor is None:
        levels = np.clip(np.rint(before.reference), 0, 255).astype(np.uint8)
        fresh = Anchor(levels, before.drift)
        anchors = (before.anchors[0], fresh) if night else (fresh, before.anchors[1])
        return replace(before, anchors=anchors, anchored_at=at)
    first = anchor.levels.astype(np.float32)
    lying = register(first, before.reference)
    if lying is None:
        return replace(before, anchored_at=at)
    sharp = min(1.0, sharpness(before.reference, first)) if lying.is_none else before.sharp
    return replace(before, anchored_at=at, sharp=sharp, drift=_sum(lying, anchor.shift))
