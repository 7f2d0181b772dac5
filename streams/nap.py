# SPDX-License-Identifier: AGPL-3.0-or-later
"""A reader that dozes: packets gather in the socket and are read together, but for keyframes, which are waited for.

Waking up for each of 25 pictures a second is a third of what receiving costs. Between keyframes nobody needs them at
once, so the reader sleeps, and dates afterwards by the stream's own clock when each of them came.
"""

LONGEST_S = 0.3
EARLY_S = 0.03  # awake so long before a keyframe is expected,
LATE_S = 0.15  # and so long after; one later than that is not waited for
WAITED_S = 0.01  # a read that took longer had to wait for its packet: everything before it is read
BEHIND_S = 0.5  # whoever is further behind the stream than this does not sleep
REORDERED_S = 1.0  # a time that steps back by less belongs to a picture that is shown before one that was sent earlier
JUMP_S = 5.0  # a stream's clock that is further off than this was set anew
DRIFT = 1e-3  # by which the camera's clock may run slower than ours


class Nap:
    """One connection's sleep; times are monotonic seconds, media times the stream's own seconds."""

    def __init__(self) -> None:
        self._clock = _StreamClock()
        self._last = self._key = float("-inf")  # when the last packet came, and the last keyframe
        self._gap_s: float | None = None  # between keyframes

    def arrived(self, media_s: float | None, now: float, *, waited_s: float, key: bool) -> tuple[float, float]:
        """When a packet came that is read now after such a wait, and how long to sleep thereafter."""
        drained, behind_s = waited_s >= WAITED_S, self._clock.behind_s(media_s, now)
        at = now
        if behind_s is not None and not drained:  # it came during the sleep, or while its reader was busy
            at = min(now, max(now - behind_s, now - LONGEST_S - EARLY_S, self._last))
        if key:
            self._gap_s = at - self._key if self._key > 0 else None
            self._key = at
        self._last = at
        sleepy = drained and behind_s is not None and behind_s < BEHIND_S
        return at, self._until_keyframe_s(now) if sleepy else 0.0

    def _until_keyframe_s(self, now: float) -> float:
        if self._gap_s is None:
            return 0.0
        due_s = self._key + self._gap_s - now
        if due_s > EARLY_S:
            return min(LONGEST_S, due_s - EARLY_S)
        return 0.0 if due_s > -LATE_S else LONGEST_S


class _StreamClock:
    """How far a reader is behind its stream, by the stream's own clock."""

    def __init__(self) -> None:
        self._ahead: float | None = None  # monotonic minus media time of the promptest packet
        self._media_s = self._read = float("-inf")  # of the last packet that had a time
        self._reordered = False

    def behind_s(self, media_s: float | None, now: float) -> float | None:
        """How long ago a packet came that is read now; None without a time, and once pictures came out of order."""
        if media_s is None:
            return None
        self._reordered |= 0 < self._media_s - media_s < REORDERED_S
        self._media_s = media_s
        if self._reordered:
            return None
        late = now - media_s
        if self._ahead is None or abs(late - self._ahead) > JUMP_S:
            self._ahead = late
        else:
            self._ahead = min(self._ahead + DRIFT * (now - self._read), late)
        self._read = now
        return late - self._ahead
