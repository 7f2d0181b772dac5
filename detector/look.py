# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one look of one camera says: things seen, what may hide them, what changed, and whether it can be believed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from detector.boxes import Box
from detector.reasons import Reason

Verdict = Literal["hit", "weak", "miss", "hidden", "blind", "permitted", "changed", "held"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One detection as the sites see it; box is xyxy, normalised.

    appearance: a short vector of unit length, empty where nobody computed one.
    weak: below the class's threshold; counts only where a change or an open case bears it out.
    """

    class_name: str
    confidence: float
    box: Box
    appearance: tuple[float, ...] = ()
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was not there before and does not move: the background's second witness.

    box: xyxy, normalised. since: when it began to stand. share: of the box that differs from the empty street, 0-1.
    """

    box: Box
    since: datetime
    share: float


@dataclass(frozen=True, slots=True)
class Look:
    """One camera's look: when, what stood there, what may hide it; boxes normalised xyxy, times aware UTC.

    blind: why this look proves nothing (a covered or frozen camera), None where it can be believed.
    size: width and height of the picture in pixels, None where nobody knows.
    """

    camera_id: str
    taken_at: datetime
    sightings: tuple[Sighting, ...]
    covers: tuple[Box, ...] = ()
    changes: tuple[Change, ...] = ()
    blind: Reason | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What one look said of one site: its verdict and the best confidence.

    hit; weak: seen, but too unsure to count in full; miss; hidden: by people, vehicles or a merged box; blind: the
    camera showed nothing; permitted: seen where it may stand; changed: only the static change is there, and counts;
    held: the same, and keeps an open case open.
    """

    at: datetime
    verdict: Verdict
    confidence: float
