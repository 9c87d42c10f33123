"""Whether the machine's clock can be believed. A gateway with a clock in doubt goes down the ladder, never dark.

In doubt is

* a time before this software was made, whatever else speaks for it;
* a time that differs from the core's by more than :data:`MAX_OFFSET_MS`, by the last pong;
* a time before the latest one that was believed, kept from the last run or seen in this one: until it is passed;
* a time more than a day ahead of what has passed since: until the core confirms it, or where no core has ever
  answered, until an hour went by without another step, as after a time server has mended a wrong clock.

A pong close to our time ends the last two doubts. Smaller steps forward are believed and reported.
"""

from __future__ import annotations

from typing import NamedTuple

EARLIEST_MS = 1_793_491_200_000
"""2026-11-01 00:00 UTC: this software did not run before."""

LEAP_MS = 86_400_000
SETTLED_MS = 3_600_000
MAX_STEP_MS = 2000
"""Smaller jumps are jitter, but they add up. This and the next are settings of SLIC, chosen by judgement."""

MAX_OFFSET_MS = 30_000
"""From the core's clock."""

LONGEST_ROUND_TRIP_MS = 10_000
"""A ping lives so long, so a pong after more than that answers nothing."""


class Look(NamedTuple):
    """What is known of the clock.

    step_ms : how far it was set since the last look, 0 if it was not; reason : why it is in doubt, or empty
    """

    trusted: bool
    step_ms: int = 0
    reason: str = ""

    @property
    def stepped(self) -> bool:
        """Whether the clock was set since the last look."""
        return self.step_ms != 0


class ClockWatch:
    """Compares the wall clock with one that never goes back, with the time kept last, and with the core's.

    last_kept_ms : latest time that an earlier run kept, 0 for none
    offset_ms : our clock minus the core's by the last pong, moved with each step since; None before the first
    """

    def __init__(self, last_kept_ms: int = 0) -> None:
        self.offset_ms: int | None = None
        self._latest_ms = last_kept_ms
        self._latest_monotonic_ms: int | None = None
        self._difference_ms: int | None = None
        self._stepped_at_ms = 0
        self._confirmed = False

    def look(self, now_ms: int, monotonic_ms: int) -> Look:
        """Compare both clocks with the last look; call it at each turn, before the time is used."""
        step_ms = self._step(now_ms - monotonic_ms)
        if step_ms:
            self._stepped_at_ms = monotonic_ms
            self._confirmed = False
            if self.offset_ms is not None:
                self.offset_ms += step_ms
        reason = self._doubt(now_ms, monotonic_ms)
        if not reason and (self._confirmed or now_ms > self._latest_ms):
            self._latest_ms, self._latest_monotonic_ms = now_ms, monotonic_ms
        self._confirmed = False
        return Look(not reason, step_ms, reason)

    def pong(self, sent_ms: int, received_ms: int, core_ms: int) -> None:
        """The core answered a ping: our time when it was sent and answered, and the core's time between them.

        The next look takes it into account.
        """
        if 0 <= received_ms - sent_ms <= LONGEST_ROUND_TRIP_MS:
            self.offset_ms = (sent_ms + received_ms) // 2 - core_ms
            self._confirmed = abs(self.offset_ms) <= MAX_OFFSET_MS

    def _step(self, difference_ms: int) -> int:
        if self._difference_ms is None:
            self._difference_ms = difference_ms
        step_ms = difference_ms - self._difference_ms
        if abs(step_ms) <= MAX_STEP_MS:
            return 0
        self._difference_ms = difference_ms
        return step_ms

    def _doubt(self, now_ms: int, monotonic_ms: int) -> str:
        if now_ms < EARLIEST_MS:
            return "the time is before this software was made"
        if self.offset_ms is not None and abs(self.offset_ms) > MAX_OFFSET_MS:
            return f"the core's clock differs by {abs(self.offset_ms) / 1000:.0f} s"
        if self._confirmed:
            return ""
        if now_ms < self._latest_ms - MAX_STEP_MS:
            return "the time is before one that has been"
        if self._leapt_ms(now_ms, monotonic_ms) > LEAP_MS and not self._settled(monotonic_ms):
            return "the time leapt ahead by more than a day"
        return ""

    def _leapt_ms(self, now_ms: int, monotonic_ms: int) -> int:
        """How far the clock is ahead of what has passed since it was believed last; 0 if it never was in this run."""
        if self._latest_monotonic_ms is None:
            return 0
        return now_ms - self._latest_ms - (monotonic_ms - self._latest_monotonic_ms)

    def _settled(self, monotonic_ms: int) -> bool:
        return monotonic_ms - self._stepped_at_ms >= SETTLED_MS
