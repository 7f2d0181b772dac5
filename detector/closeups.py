# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second look, close up, at places where something may stand: in their own pixels, not the shrunken picture's.

A camera's picture has up to ten times the pixels that the model looks at; a stack of cartons across the street is left
with thirty of them in a row. What stands still can be looked at again: where the street has changed, and where the
first look saw something too weak to be believed, the model sees that part of the same frame up to four times as large.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector import boxes
from detector.boxes import Box
from detector.detections import Detections
from detector.look import Look
from detector.model import Model
from detector.observe import Memory, standing
from detector.reading import Seen, read_look
from detector.registration import to_picture, to_reference
from detector.rules import Rules
from detector.zones import VIOLATIONS
from streams.frame import Frame, cropped

MOST = 2  # close-ups of one frame
ROOM = 3.2  # of a thing's width, or height, that a close-up shows: so large the model knows things best
CLOSEST = 0.25  # of the picture's width: nothing is shown more than four times as large
WIDEST = 0.7  # a close-up of more than this of the width shows nothing better
EXPLAINS = 0.5  # of a place that something seen for sure, or a person or a vehicle, takes: no need to look again
CUT = 2.0  # pixels: what comes so near to a close-up's edge is cut by it
GOLDEN = 0.618034  # turns by this share of a round reach every place, also where only each nth frame is looked at
SAME = 0.5  # shared area over the smaller of two boxes: one thing in both looks


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A part of a picture, of the picture's shape: x0 <= x < x1 and y0 <= y < y1 in pixels, even where it begins."""

    x0: int
    y0: int
    x1: int
    y1: int

    def uncut(self, found: Detections, width: int, height: int) -> NDArray[np.bool_]:
        """Which boxes, in pixels of a picture of this size, it shows as whole as the picture does."""
        low = (self.x0 + CUT if self.x0 else -1.0, self.y0 + CUT if self.y0 else -1.0)
        high = (self.x1 - CUT if self.x1 < width - 1 else width, self.y1 - CUT if self.y1 < height - 1 else height)
        inside = (found.xyxy[:, :2] >= low).all(axis=1) & (found.xyxy[:, 2:] <= high).all(axis=1)
        return np.asarray(inside, np.bool_)


def look_closer(
    model: Model, frame: Frame, found: Detections, memory: Memory, rules: Rules
) -> tuple[Seen, Detections, int]:
    """What the model finds in a frame when it looks again where something may stand.

    found: what it saw in the whole frame, weak sightings included. A stall or debris inside a close-up is what the
    second look says of it; people and vehicles are added to. Returns the frame with its look, the detections that the
    look was read from, and how many close-ups that took.
    """
    first = read_look(frame, found, model.manifest.by_class)
    chosen = close_ups(places(first.look, memory, rules), frame.width, frame.height, turn=frame.sequence)
    if not chosen:
        return first, found, 0
    violations = np.array([name in VIOLATIONS for name in model.manifest.classes])
    for part in chosen:
        (near,) = model.detect([cropped(frame.pixels, part.x0, part.y0, part.x1, part.y1)], weak=True)
        found = _merged(found, near, part, (frame.width, frame.height), violations)
    return read_look(frame, found, model.manifest.by_class), found, len(chosen)


def places(look: Look, memory: Memory, rules: Rules) -> list[Box]:
    """Where a look, in its picture's coordinates, leaves something to be found: normalised xyxy.

    That is where something stands that was not there before, and where a sighting of a stall or debris is weak, on
    ground that a rule watches now; not where something seen for sure, a person or a vehicle explains it.
    """
    court, shift = rules.court(look.taken_at, look.size), memory.shift
    sure = [sighting.box for sighting in look.sightings if not sighting.weak]
    doubtful: list[tuple[Box, tuple[str, ...]]] = [
        *((to_picture(change.box, shift), VIOLATIONS) for change in standing(memory)),
        *((each.box, (each.class_name,)) for each in look.sightings if each.weak),
    ]
    return [
        box
        for box, names in doubtful
        if not any(boxes.containment(box, other) > EXPLAINS for other in sure)
        and boxes.covered(box, look.covers) < EXPLAINS
        and any(court.ruling(to_reference(box, shift), name).zone for name in names)
    ]


def close_ups(places: Iterable[Box], width: int, height: int, *, turn: int = 0) -> list[CloseUp]:
    """The parts of a picture of so many pixels that show these places (normalised xyxy) large, at most MOST of them.

    Places that fit into another's close-up share it. Where there are more, turn (it counts frames) says which.
    """
    found: list[Box] = []
    for place in sorted(places, key=lambda box: (-boxes.area(box), box)):
        if not any(boxes.shared(place, other) >= boxes.area(place) for other in found):
            found += _round(place)
    first = int(len(found) * (GOLDEN * turn % 1)) if len(found) > MOST else 0
    return [_pixels(part, width, height) for part in [*found, *found][first : first + min(MOST, len(found))]]


def _round(place: Box) -> Iterator[Box]:
    """The close-up of a place, normalised; none where it would be most of the picture."""
    side = max(ROOM * (place[2] - place[0]), ROOM * (place[3] - place[1]), CLOSEST)
    if side <= WIDEST:
        x0, y0 = (min(max((place[n] + place[n + 2] - side) / 2, 0.0), 1 - side) for n in (0, 1))
        yield x0, y0, x0 + side, y0 + side


def _pixels(part: Box, width: int, height: int) -> CloseUp:
    x0, y0, x1, y1 = (2 * round(share * size / 2) for share, size in zip(part, (width, height) * 2, strict=True))
    return CloseUp(x0, y0, min(x1, width), min(y1, height))


def _merged(
    found: Detections, near: Detections, part: CloseUp, size: tuple[int, int], violations: NDArray[np.bool_]
) -> Detections:
    """Both looks as one, in pixels of the picture; near comes in pixels of the close-up.

    Of a stall or debris that reaches beyond the close-up the surer look is believed.
    """
    far = found[~(part.uncut(found, *size) & violations[found.class_id])]
    corner = np.array([part.x0, part.y0] * 2, np.float32)
    near = replace(near, xyxy=near.xyxy + corner, people=near.people + corner)
    near = near[part.uncut(near, *size)]
    same = _same(near, far)
    surer = violations[near.class_id][:, None] & (near.confidence[:, None] >= far.confidence[None, :])
    kept = np.asarray(~(same & ~surer).any(axis=1), np.bool_)
    far, near = far[np.asarray(~same[kept].any(axis=0), np.bool_)], near[kept]
    return Detections(
        np.concatenate([far.xyxy, near.xyxy]),
        np.concatenate([far.confidence, near.confidence]),
        np.concatenate([far.class_id, near.class_id]),
        np.concatenate([far.people, near.people]),
    )


def _same(near: Detections, far: Detections) -> NDArray[np.bool_]:
    """bool[near,far]: which boxes are of one class and one thing."""
    common = [[boxes.containment(a, b) > SAME for b in _boxes(far)] for a in _boxes(near)]
    one_class = near.class_id[:, None] == far.class_id[None, :]
    return np.asarray(np.array(common, np.bool_).reshape(one_class.shape) & one_class, np.bool_)


def _boxes(found: Detections) -> list[Box]:
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in found.xyxy.tolist()]
