# SPDX-License-Identifier: AGPL-3.0-or-later
"""When to try again."""

from collections.abc import Callable

from streams.errors import LoginRefused, StreamError

FIRST_S = 1.0
LONGEST_S = 60.0
HEALTHY_S = 60.0
SPREAD = 0.25
LOCKOUT_S = 30.0  # cameras lock an account after a few wrong passwords


class Backoff:
    """Doubles from 1 s to 60 s, each spread by ±25 %; starts over after a healthy minute.

    A refused login waits at least 30 s, so that the camera does not lock the account.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter  # 0..1
        self._failures = 0

    def next_s(self, error: StreamError, healthy_s: float) -> float:
        """Seconds to wait after this failure of a connection that delivered pictures for healthy_s seconds."""
        if healthy_s >= HEALTHY_S:
            self._failures = 0
        elif healthy_s > 0:
            self._failures = min(self._failures, 1)
        base_s = min(FIRST_S * (1 << min(self._failures, 16)), LONGEST_S)
        self._failures += 1
        if isinstance(error, LoginRefused):
            base_s = max(base_s, LOCKOUT_S / (1 - SPREAD))
        return base_s * (1 - SPREAD + 2 * SPREAD * self._jitter())
