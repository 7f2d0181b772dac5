# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera as the patrol takes its turns at it: when it looked, what it then saw, whether it may say that again."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from curbwatch.judging import Post
from curbwatch.schedule import Pace
from detector.gate import Inferred, unchanged, watched
from detector.reading import Seen
from detector.sites import Site, State
from streams.frame import Frame, Pixels

FIRST_LOOKS = 3  # a candidate is looked at afresh so often before a look may be repeated,
OFTENER = 3  # and thereafter so many times as often as a camera without one


@dataclass(slots=True, eq=False)
class Turn:
    """What the patrol knows of a camera beside its sites; looked and eventful are monotonic seconds of arrival."""

    post: Post
    pace: Pace
    interval_s: float = 0.0
    looked: float | None = None
    eventful: float = 0.0
    inferred: Inferred | None = None
    unsaved: bool = False
    drops: int = 0
    _mask: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), np.bool_))

    def note(self, seen: Seen, *, arrived: float) -> None:
        """Take note of a look that was judged."""
        if self.looked is None or seen.look.sightings or self.post.watch.sites:
            self.eventful = arrived
        self.looked, self.unsaved = arrived, True

    def newly_dropped(self, drops: int) -> int:
        """How many frames the reader replaced unlooked at since the last call."""
        new, self.drops = drops - self.drops, drops
        return max(new, 0)

    def candidates(self) -> list[Site]:
        """What may yet become a violation; not what may stand where it does, or stands where no rule judges it."""
        return [site for site in self.post.watch.sites if site.state is State.CANDIDATE and site.waived is None]

    def blind(self) -> bool:
        """Whether the camera's health says that its looks prove nothing."""
        last = self.post.last
        return last is not None and last.look.blind is not None

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """bool[height,width] of the gate, made once per size."""
        if self._mask.shape != (height, width):
            self._mask = watched(self.post.rules.zones, height, width)
        return self._mask


def may_repeat(turn: Turn, frame: Frame, luma: Pixels, longest_s: float) -> bool:
    """Whether the model's last answer holds for this frame: recent, nothing changed, nobody waits for a fresh one.

    Never for more than `longest_s`, a third of it while there is a candidate. A new candidate's first looks and a
    place that may be clearing are always seen by the model. What only ever had weak sightings keeps nobody waiting.
    """
    if turn.inferred is None:
        return False
    candidates = [site for site in turn.candidates() if site.hits > site.faint]
    age_s = (frame.taken_at - turn.inferred.at).total_seconds()
    if not 0 <= age_s < (longest_s / OFTENER if candidates else longest_s):
        return False
    if any(len(site.trace) < FIRST_LOOKS for site in candidates):
        return False
    if any(site.state is State.CLEARING for site in turn.post.watch.sites):
        return False
    return unchanged(turn.inferred.luma, luma, turn.mask(*luma.shape))
