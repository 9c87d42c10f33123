"""How long a record has waited, although the wall clock may be set or have started in 1970."""

from __future__ import annotations

from controllers.clock import Clock

SET_MS = 1_577_836_800_000
"""2020 [UTC ms]: times before it come from a clock that nobody had set."""


class StoreClock:
    """Time that never goes back: the wall clock's at the start, then the monotonic clock's.

    last_ms : latest time in the store; a wall clock before it is not believed
    """

    def __init__(self, clock: Clock, last_ms: int) -> None:
        self._clock = clock
        self._offset_ms = max(clock.now_ms(), last_ms) - clock.monotonic_ms()

    def now_ms(self) -> int:
        """Milliseconds, UTC if the clock was right at the start."""
        return self._offset_ms + self._clock.monotonic_ms()

    def waited_s(self, kept_ms: int) -> int:
        """Whole seconds since ``kept_ms``; 0 if the clock was not set then but is now."""
        now_ms = self.now_ms()
        return 0 if kept_ms < SET_MS <= now_ms else max(0, now_ms - kept_ms) // 1000
