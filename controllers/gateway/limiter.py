"""How many lamps commands may darken within a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor

from slic.lamps.level import pm_from_pct
from slic.messages.payloads import Limits


class DarkeningLimiter:
    """Lets commands take at most a share of a segment's lamps below a level within a time.

    A lamp counts once, from the last command that darkened it until ``within_s`` later, that moment included; giving
    it back does not free its place. The share is rounded down, but one lamp may always be darkened, so that a lamp
    can be tested in a small segment; a share of 0 allows none. Every kind of command is limited, safety too.

    limits : the share, level and time; lamps : of the segment
    """

    def __init__(self, limits: Limits, lamps: int) -> None:
        self.below_pm = pm_from_pct(limits.below_pct)
        self.within_ms = round(limits.within_s * 1000)
        self.most = _most(limits.share_pct, lamps)
        self._darkened_ms: dict[int, int] = {}  # lamp -> when it was darkened last, oldest first
        self._latest_ms = 0

    def allows(self, t_ms: int, lamps: Iterable[int], level_pm: int, levels_pm: Sequence[int]) -> bool:
        """Whether a command may take ``lamps`` to ``level_pm`` at ``t_ms``. ``levels_pm``: before it, of each lamp.

        A level below 0 is not known and counts as lit.
        """
        new = self.darkens(lamps, level_pm, levels_pm)
        if not new:
            return True
        self._forget(t_ms)
        return len(new | self._darkened_ms.keys()) <= self.most

    def took(self, t_ms: int, lamps: Iterable[int], level_pm: int, levels_pm: Sequence[int]) -> None:
        """A command was obeyed; arguments as in :meth:`allows`."""
        self._forget(t_ms)
        for lamp in self.darkens(lamps, level_pm, levels_pm):
            self._darkened_ms.pop(lamp, None)
            self._darkened_ms[lamp] = t_ms

    def clock_set(self, t_ms: int) -> None:
        """The clock was set, forward or back, to ``t_ms``: no time has passed since the last command."""
        moved_ms = t_ms - self._latest_ms
        self._latest_ms = t_ms
        self._darkened_ms = {lamp: at_ms + moved_ms for lamp, at_ms in self._darkened_ms.items()}

    def go_on(self, before: DarkeningLimiter, index: Mapping[int, int]) -> None:
        """Count also what the limiter of another configuration has counted. index : its lamps -> those of now."""
        if self._latest_ms > before._latest_ms:
            self.clock_set(before._latest_ms)
        self._latest_ms = before._latest_ms
        counted = {index[lamp]: at_ms for lamp, at_ms in before._darkened_ms.items() if lamp in index}
        self._darkened_ms = dict(sorted({**self._darkened_ms, **counted}.items(), key=lambda place: place[1]))

    def darkens(self, lamps: Iterable[int], level_pm: int, levels_pm: Sequence[int]) -> set[int]:
        """The lamps that a command would darken; arguments as in :meth:`allows`."""
        if level_pm >= self.below_pm:
            return set()
        return {i for i in lamps if not 0 <= levels_pm[i] < self.below_pm}

    def _forget(self, t_ms: int) -> None:
        """Drop what is too long ago."""
        if t_ms < self._latest_ms:
            self.clock_set(t_ms)
        self._latest_ms = t_ms
        while self._darkened_ms:
            oldest = next(iter(self._darkened_ms))
            if t_ms - self._darkened_ms[oldest] <= self.within_ms:
                return
            del self._darkened_ms[oldest]


def _most(share_pct: float, lamps: int) -> int:
    """Lamps of a share; a hair is added for shares that binary fractions fall short of."""
    return max(floor(share_pct * lamps / 100 + 1e-9), 1) if share_pct else 0
