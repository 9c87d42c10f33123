"""Growing pauses between attempts, drawn so that many clients do not come at once."""

from __future__ import annotations

from random import Random

FIRST_S, LONGEST_S = 0.25, 30.0
STABLE_S = 10.0
"""A connection that lasted so long was a good one."""
_AFTER_SHORT = 2
"""Failures that are counted at most after a connection that was made but soon lost: about a second's pause."""


class Backoff:
    """Pauses between attempts to connect: doubled after each failure, then drawn from their upper half."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0

    def pause_s(self, lasted_s: float | None = None) -> float:
        """The next pause. lasted_s : how long the connection held that was just lost; None if there was none."""
        if lasted_s is not None:
            self._failures = 0 if lasted_s >= STABLE_S else min(self._failures, _AFTER_SHORT)
        longest_s: float = min(LONGEST_S, FIRST_S * 2 ** min(self._failures, 30))
        self._failures += 1
        return longest_s * self._random.uniform(0.5, 1)
