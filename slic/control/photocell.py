"""Ambient light: a smoothed lux reading, and photocells that switch on it with hysteresis."""

from __future__ import annotations

import math

DEFAULT_ON_LUX = 35.0
DEFAULT_OFF_LUX = 70.0
"""Thresholds of the fail-safe photocell: on at 35 lx, off at 70 lx, the positive ratio of electronic cells."""


class LuxFilter:
    """Exponentially smoothed illuminance.

    smoothing_s : time constant; 0 passes readings through. A reading older than ``stale_after_s`` no longer
    counts, and the first one after that starts afresh.
    """

    __slots__ = ("_last_ms", "_smoothing_ms", "lux", "stale_after_ms")

    def __init__(self, smoothing_s: float, stale_after_s: float) -> None:
        self._smoothing_ms = smoothing_s * 1000
        self.stale_after_ms = round(stale_after_s * 1000)
        self._last_ms: int | None = None
        self.lux = 0.0

    def read(self, t_ms: int, lux: float) -> bool:
        """Take a reading [lx]; False (and nothing changes) if it is not a finite number from 0 up."""
        if not (math.isfinite(lux) and lux >= 0):
            return False
        if not self.fresh(t_ms) or self._smoothing_ms == 0:
            self.lux = lux
        else:
            assert self._last_ms is not None
            weight = -math.expm1((self._last_ms - t_ms) / self._smoothing_ms)
            self.lux += (lux - self.lux) * weight
        self._last_ms = t_ms
        return True

    def go_on(self, before: LuxFilter) -> None:
        """Take over what another filter has read."""
        self._last_ms, self.lux = before._last_ms, before.lux

    def fresh(self, t_ms: int) -> bool:
        """Whether the last reading still counts at ``t_ms``."""
        return self._last_ms is not None and t_ms - self._last_ms < self.stale_after_ms

    @property
    def stale_at_ms(self) -> int | None:
        """When the last reading stops counting; None before the first."""
        return None if self._last_ms is None else self._last_ms + self.stale_after_ms

    def shift(self, delta_ms: int) -> None:
        """Move the memory with a clock that was set."""
        if self._last_ms is not None:
            self._last_ms += delta_ms


class Cell:
    """A photocell switch: dark below ``on_lux``, bright above ``off_lux``.

    A negative ratio (``off_lux`` below ``on_lux``, as cells for discharge lamps have) works by crossings: it
    turns dark only after the light was at or above ``on_lux``, and bright only after it was at or below ``off_lux``.
    Once dark it stays so for ``minimum_burn_ms``. ``dark`` is None until the first reading.
    """

    __slots__ = ("_may_brighten", "_may_darken", "dark", "minimum_burn_ms", "off_lux", "on_lux", "since_ms")

    def __init__(self, on_lux: float, off_lux: float, minimum_burn_ms: int = 0) -> None:
        self.on_lux = on_lux
        self.off_lux = off_lux
        self.minimum_burn_ms = minimum_burn_ms
        self.dark: bool | None = None
        self.since_ms = 0
        self._may_darken = False
        self._may_brighten = False

    def update(self, t_ms: int, lux: float) -> int | None:
        """Follow the smoothed light; returns when to ask again if a minimum burn holds the lamp on."""
        if self.dark is None:
            # Between the thresholds the first reading does not tell: burning is the safe side.
            self._switch(t_ms, lux <= max(self.on_lux, self.off_lux))
        self._may_darken |= lux >= self.on_lux or lux < self.off_lux
        self._may_brighten |= lux <= self.off_lux or lux > self.on_lux
        if not self.dark and lux < self.on_lux and self._may_darken:
            self._switch(t_ms, True)
            self._may_brighten = lux <= self.off_lux
        elif self.dark and lux > self.off_lux and self._may_brighten:
            burnt_ms = t_ms - self.since_ms
            if burnt_ms < self.minimum_burn_ms:
                return self.since_ms + self.minimum_burn_ms
            self._switch(t_ms, False)
            self._may_darken = lux >= self.on_lux
        return None

    def shift(self, delta_ms: int) -> None:
        """Move the memory with a clock that was set."""
        self.since_ms += delta_ms

    def _switch(self, t_ms: int, dark: bool) -> None:
        self.dark = dark
        self.since_ms = t_ms
