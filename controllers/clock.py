"""Clocks that shells read."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What a shell knows of time."""

    def now_ms(self) -> int:
        """UTC milliseconds."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back, from an unknown start."""


class WallClock:
    """The clock of the machine."""

    def now_ms(self) -> int:
        """UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back, from an unknown start."""
        return time.monotonic_ns() // 1_000_000
