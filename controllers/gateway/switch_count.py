"""Switch-ons of a lamp that nobody asked for, from its counter."""

from __future__ import annotations

from collections import deque

HOUR_MS = 3_600_000


class SwitchCount:
    """Follows the switch-on counter of one lamp. A lamp that starts anew (another boot) counts from 0 again."""

    __slots__ = ("_asked", "_at_ms", "_boot", "_count", "_unasked")

    def __init__(self) -> None:
        self._boot = ""
        self._count = 0
        self._at_ms = 0
        self._asked = 0
        self._unasked: deque[tuple[int, int]] | None = None

    def asked(self) -> None:
        """The lamp was told to switch on."""
        self._asked += 1

    def in_last_hour(self, t_ms: int, boot: str, count: int) -> int | None:
        """Unasked switch-ons in the hour before a reading; None for the first. Over a longer silence, its mean."""
        rise = count if boot != self._boot else max(0, count - self._count)
        first, elapsed_ms = not self._boot, t_ms - self._at_ms
        self._boot, self._count, self._at_ms = boot, count, max(t_ms, self._at_ms)
        # A switch-on may be asked for just before a reading and counted in the next; one that never comes is forgotten.
        unasked, self._asked = max(0, rise - self._asked), min(1, max(0, self._asked - rise))
        if first:
            return None
        if unasked:
            self._unasked = self._unasked or deque()
            self._unasked.append((t_ms, unasked * HOUR_MS // max(HOUR_MS, elapsed_ms)))
        return self._sum(t_ms)

    def moved(self, delta_ms: int) -> None:
        """The clock was set by so much."""
        self._at_ms += delta_ms
        if self._unasked:
            self._unasked = deque((t_ms + delta_ms, n) for t_ms, n in self._unasked)

    def _sum(self, t_ms: int) -> int:
        unasked = self._unasked
        while unasked and unasked[0][0] <= t_ms - HOUR_MS:
            unasked.popleft()
        if not unasked:
            self._unasked = None
            return 0
        return sum(n for _, n in unasked)
