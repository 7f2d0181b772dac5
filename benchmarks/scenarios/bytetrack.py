# SPDX-License-Identifier: AGPL-3.0-or-later
"""ByteTrack as its paper describes it, for the loitering baseline.

Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022: a Kalman filter
of constant velocity predicts every track (lost ones, too); sure boxes are matched to tracks first (overlap times
confidence), unsure boxes to the tracks that are left (overlap alone), sure boxes that are left to tracks of one
look, and what is still left begins a track if it is sure by another tenth. A track that is not confirmed at its
second look is dropped; a confirmed one is kept for `buffer_s` without a box. Of two tracks on one spot the older
stays. The first look's tracks need no confirmation.

The filter's state is (middle x, middle y, width over height, height) and its velocities, as in SORT's successors;
its noise is diagonal, so that it falls apart into four filters of two states, which is how it is computed here.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detector import boxes
from detector.boxes import Box
from detector.look import Sighting

POSITION, VELOCITY = 1 / 20, 1 / 160  # deviations as shares of the box's height, as published
FIRST, SECOND, NEW = 0.8, 0.5, 0.7  # greatest distances (1 - overlap) of the three rounds of matching
SAME = 0.15  # distance of two tracks that are one
FAR = 1e6


@dataclass(frozen=True, slots=True)
class Tuning:
    """sure: confidence of the first round. floor: below it boxes are thrown away. buffer_s: how long a track waits."""

    sure: float = 0.35
    floor: float = 0.1
    buffer_s: float = 120.0


@dataclass(slots=True)
class Track:
    """One track: the filters of its four quantities as [value, velocity, and their covariance's three entries]."""

    number: int
    last: Sighting
    born: int
    seen: int
    confirmed: bool
    filters: list[list[float]]
    lost: bool = False
    classes: Counter[str] = field(default_factory=Counter)

    @property
    def class_name(self) -> str:
        """The class it was seen as most often."""
        return self.classes.most_common(1)[0][0]

    @property
    def box(self) -> Box:
        """Where the filter has it, xyxy."""
        x, y, ratio, height = (one[0] for one in self.filters)
        half = ratio * height / 2
        return x - half, y - height / 2, x + half, y + height / 2


class Tracker:
    """Tracks one camera's boxes; `forgotten` names the tracks that the last look ended for good."""

    def __init__(self, tuning: Tuning, interval_s: float) -> None:
        self._tuning = tuning
        self._buffer = max(1, round(tuning.buffer_s / interval_s))
        self._look, self._born = 0, 0
        self._tracks: list[Track] = []
        self.forgotten: list[int] = []

    def update(self, seen: Sequence[Sighting]) -> list[Track]:
        """Take one look's boxes; returns the confirmed tracks that have one of them."""
        self._look += 1
        sure = [s for s in seen if s.confidence >= self._tuning.sure]
        unsure = [s for s in seen if self._tuning.floor <= s.confidence < self._tuning.sure]
        for track in self._tracks:
            _predict(track)
        known = [track for track in self._tracks if track.confirmed]
        fresh = [track for track in self._tracks if not track.confirmed]
        rest, sure = self._matched(known, sure, FIRST, _fused)
        lost = [track for track in rest if track.lost]
        rest, _ = self._matched([track for track in rest if not track.lost], unsure, SECOND, _apart)
        dropped, sure = self._matched(fresh, sure, NEW, _fused)
        for track in rest:
            track.lost = True
        self._forget(dropped, [*lost, *rest])
        self._tracks += [self._begun(s) for s in sure if s.confidence >= self._tuning.sure + 0.1]
        self._drop_twins()
        return [track for track in self._tracks if track.confirmed and not track.lost]

    def _matched(
        self, tracks: list[Track], seen: list[Sighting], limit: float, distance: Callable[[Track, Sighting], float]
    ) -> tuple[list[Track], list[Sighting]]:
        pairs = assigned([[distance(track, s) for s in seen] for track in tracks], limit)
        for row, column in pairs:
            self._seen_again(tracks[row], seen[column])
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [track for n, track in enumerate(tracks) if n not in rows],
            [s for n, s in enumerate(seen) if n not in columns],
        )

    def _seen_again(self, track: Track, seen: Sighting) -> None:
        _correct(track, seen.box)
        track.last, track.seen, track.lost, track.confirmed = seen, self._look, False, True
        track.classes[seen.class_name] += 1

    def _begun(self, seen: Sighting) -> Track:
        self._born += 1
        height = seen.box[3] - seen.box[1]
        spread = [(2 * POSITION * height, 10 * VELOCITY * height)] * 4
        spread[2] = (1e-2, 1e-5)
        filters = [[v, 0.0, p * p, 0.0, q * q] for v, (p, q) in zip(_measured(seen.box), spread, strict=True)]
        first = self._look == 1
        return Track(self._born, seen, self._look, self._look, first, filters, classes=Counter([seen.class_name]))

    def _forget(self, dropped: list[Track], lost: list[Track]) -> None:
        old = [track for track in lost if self._look - track.seen > self._buffer]
        gone = {id(track) for track in (*dropped, *old)}
        self._tracks = [track for track in self._tracks if id(track) not in gone]
        self.forgotten = [track.number for track in old]

    def _drop_twins(self) -> None:
        """Of a followed and a lost track on one spot the one that was followed for longer stays."""
        for lost in [track for track in self._tracks if track.lost]:
            for other in [track for track in self._tracks if not track.lost]:
                if 1 - boxes.iou(lost.box, other.box) < SAME:
                    older = lost.seen - lost.born > other.seen - other.born
                    self._tracks = [t for t in self._tracks if t is not (other if older else lost)]
                    break


def _apart(track: Track, seen: Sighting) -> float:
    return 1 - boxes.iou(track.box, seen.box)


def _fused(track: Track, seen: Sighting) -> float:
    return 1 - boxes.iou(track.box, seen.box) * seen.confidence


def _measured(box: Box) -> tuple[float, float, float, float]:
    height = max(box[3] - box[1], 1e-6)
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, (box[2] - box[0]) / height, height


def _predict(track: Track) -> None:
    height = track.filters[3][0]
    if track.lost:
        track.filters[3][1] = 0.0  # a lost track's height stays, as published
    for n, one in enumerate(track.filters):
        p, q = (1e-2, 1e-5) if n == 2 else (POSITION * height, VELOCITY * height)
        value, speed, a, b, c = one
        track.filters[n] = [value + speed, speed, a + 2 * b + c + p * p, b + c, c + q * q]


def _correct(track: Track, box: Box) -> None:
    height = track.filters[3][0]
    for n, (one, measured) in enumerate(zip(track.filters, _measured(box), strict=True)):
        noise = 1e-1 if n == 2 else POSITION * height
        value, speed, a, b, c = one
        gain, turn = a / (a + noise * noise), b / (a + noise * noise)
        off = measured - value
        track.filters[n] = [value + gain * off, speed + turn * off, a - gain * a, b - gain * b, c - turn * b]


def assigned(costs: list[list[float]], limit: float) -> list[tuple[int, int]]:
    """Rows and columns paired at the least total cost, pairs beyond `limit` left out (Hungarian method)."""
    if not costs or not costs[0]:
        return []
    rows, columns = len(costs), len(costs[0])
    if rows > columns:
        turned = [[costs[r][c] for r in range(rows)] for c in range(columns)]
        return [(row, column) for column, row in assigned(turned, limit)]
    # who is beyond the limit costs more than any sum of pairs within: as many good pairs as there can be
    matrix = [[cost if cost <= limit else FAR for cost in row] for row in costs]
    return [(row, column) for row, column in _hungarian(matrix) if costs[row][column] <= limit]


def _hungarian(costs: list[list[float]]) -> list[tuple[int, int]]:
    """Potentials and shortest augmenting paths, for rows ≤ columns (Kuhn 1955, in the form of Jonker and Volgenant)."""
    columns = len(costs[0])
    left, right = [0.0] * (len(costs) + 1), [0.0] * (columns + 1)
    owner = [0] * (columns + 1)  # row of each column, numbered from 1; 0 is free
    for row in range(1, len(costs) + 1):
        owner[0] = row
        _augment(costs, left, right, owner)
    return [(owner[column] - 1, column - 1) for column in range(1, columns + 1) if owner[column]]


def _augment(costs: list[list[float]], left: list[float], right: list[float], owner: list[int]) -> None:
    """Give the row in owner[0] a column, moving others where that is cheapest."""
    count = len(right)
    least, came, used, here = [float("inf")] * count, [0] * count, [False] * count, 0
    while owner[here]:
        used[here] = True
        row = owner[here]
        for column in range(1, count):
            reduced = costs[row - 1][column - 1] - left[row] - right[column]
            if not used[column] and reduced < least[column]:
                least[column], came[column] = reduced, here
        there = min((c for c in range(1, count) if not used[c]), key=least.__getitem__)
        step = least[there]
        for column in range(count):
            if used[column]:
                left[owner[column]] += step
                right[column] -= step
            else:
                least[column] -= step
        here = there
    while here:
        owner[here], here = owner[came[here]], came[here]
