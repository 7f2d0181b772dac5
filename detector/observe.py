# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is known of a camera's picture between looks, and a look with all that follows from it.

The patrol and a replay both come through here, so that they judge alike.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from detector import background, health
from detector.appearance import with_appearances
from detector.background import Background
from detector.boxes import Box
from detector.health import Health
from detector.look import Change, Look
from detector.reading import Seen
from detector.registration import NO_SHIFT, Shift, taken_back, to_picture, to_reference
from detector.stillness import glimpse
from detector.thumbnail import LONGEST, thumbnail


@dataclass(frozen=True, slots=True)
class Watching:
    """What is asked of a camera's pictures: faults, and things that were not there before."""

    health: bool = True
    changes: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """One camera's condition and its empty street; None where nothing was looked at yet."""

    health: Health | None = None
    street: Background | None = None

    @property
    def at(self) -> datetime | None:
        """When a look was last taken into account."""
        known = self.health or self.street
        return known.at if known else None

    @property
    def shift(self) -> Shift:
        """How the camera lies to its reference, as far as zones follow."""
        return self.health.shift if self.health else NO_SHIFT


def observe(memory: Memory, seen: Seen, watching: Watching = Watching()) -> tuple[Memory, Look]:
    """Take a frame and what the model found in it into account; pure.

    The look is in the coordinates of the camera's reference (see `on_picture`): zones and sites stay where they are
    when the camera is bumped a little. It carries what changed in the street, and `blind` when it proves nothing.
    """
    if not (watching.health or watching.changes):
        return Memory(), seen.look
    frame, colour = seen.frame, thumbnail(seen.frame.small(LONGEST))
    condition = None
    if watching.health:
        condition = health.examine(memory.health, colour, glimpse(frame), seen.look.covers, frame.taken_at)
    shift = condition.shift if condition else NO_SHIFT
    look = _aligned(with_appearances(seen.look, colour), shift)
    blind = condition.blind if condition else None
    street = memory.street if watching.changes else None
    if watching.changes and blind is None:
        straight = colour if shift.is_none else taken_back(colour, shift)
        street = background.learn(memory.street, straight, look.covers, frame.taken_at)
    found = background.changes(street) if street and blind is None else ()
    return Memory(condition, street), replace(look, blind=blind, changes=found)


def again(memory: Memory, seen: Seen) -> Look | None:
    """A look at which nothing has changed, told as the last one was; None where every look must be taken into account.

    That is so while a camera's reference is learnt and while its health is in doubt.
    """
    condition = memory.health
    if not (condition or memory.street) or (condition and (not condition.learnt or condition.blind)):
        return None
    return replace(_aligned(seen.look, memory.shift), changes=standing(memory))


def standing(memory: Memory) -> tuple[Change, ...]:
    """What stands in the street and did not before, as the last look left it, in the reference's coordinates."""
    return background.changes(memory.street) if memory.street else ()


def on_picture(box: Box, memory: Memory) -> Box:
    """A box of a look (normalised xyxy) where it lies in the camera's picture now."""
    return to_picture(box, memory.shift)


def _aligned(look: Look, shift: Shift) -> Look:
    if shift.is_none:
        return look
    return replace(
        look,
        sightings=tuple(replace(sighting, box=to_reference(sighting.box, shift)) for sighting in look.sightings),
        covers=tuple(to_reference(cover, shift) for cover in look.covers),
    )
