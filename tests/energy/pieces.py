"""Breakpoints of lamps as arrays of straight pieces: what the other implementations of energy and service read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from slic.energy.moves import Bools, Breakpoints, Ints
from slic.energy.ramps import Ramps, at_or_above


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Straight pieces of one lamp after another, all over the same night.

    lamp : which lamp a piece belongs to, from 0, ascending
    t0_ms, t1_ms : its start and end; a step has no length
    from_pm, to_pm : level at its start and end; first : index of each lamp's first piece
    """

    lamp: Ints
    t0_ms: Ints
    t1_ms: Ints
    from_pm: Ints
    to_pm: Ints
    first: Ints

    @property
    def start_ms(self) -> int:
        """Start of the night."""
        return int(self.t0_ms[0])

    @property
    def end_ms(self) -> int:
        """End of the night."""
        return int(self.t1_ms[-1])

    @property
    def last(self) -> Ints:
        """Index of each lamp's last piece."""
        return np.append(self.first[1:], len(self.lamp)) - 1

    @property
    def flat(self) -> Bools:
        """Pieces along which the level stays."""
        return np.equal(self.from_pm, self.to_pm)

    def at_or_above(self, level_pm: int) -> tuple[Ints, Ints]:
        """Start and end [ms] of the part of each piece that is at or above a level."""
        return at_or_above(Ramps(self.t0_ms, self.t1_ms, self.from_pm, self.to_pm), level_pm)

    def sum_by_lamp(self, values: Ints) -> Ints:
        """Sum of a value of each piece, lamp by lamp."""
        return np.add.reduceat(values, self.first)


def pieces_of(lamps: Sequence[Breakpoints]) -> Pieces:
    """Pieces of one or more lamps over one night.

    Raises ValueError if a lamp has fewer than two breakpoints, if times go back, if a level is outside
    0-1000 per mille, or if the lamps do not all start and end together.
    """
    rows = [_array(points) for points in lamps]
    counts = np.array([len(points) for points in rows], dtype=np.int64)
    if not rows or counts.min() < 2:
        raise ValueError("a lamp's night needs at least two breakpoints")
    t_ms, level_pm = np.concatenate(rows).T
    last = np.cumsum(counts) - 1
    within = np.ones(len(t_ms) - 1, dtype=bool)
    within[last[:-1]] = False
    before, after = np.flatnonzero(within), np.flatnonzero(within) + 1
    _check(t_ms, level_pm, before, after, last - counts + 1, last)
    lamp = np.repeat(np.arange(len(rows)), counts - 1)
    first = np.cumsum(counts - 1) - (counts - 1)
    return Pieces(lamp, t_ms[before], t_ms[after], level_pm[before], level_pm[after], first)


def _array(points: Breakpoints) -> Ints:
    if isinstance(points, np.ndarray):
        return points.reshape(-1, 2)
    return np.fromiter(chain.from_iterable(points), dtype=np.int64, count=2 * len(points)).reshape(-1, 2)


def _check(t_ms: Ints, level_pm: Ints, before: Ints, after: Ints, first: Ints, last: Ints) -> None:
    if (t_ms[after] < t_ms[before]).any():
        raise ValueError("the times of breakpoints must not go back")
    if level_pm.min() < 0 or level_pm.max() > 1000:
        raise ValueError("a breakpoint's level is outside 0-1000 per mille")
    if np.ptp(t_ms[first]) or np.ptp(t_ms[last]) or t_ms[first[0]] >= t_ms[last[0]]:
        raise ValueError("all lamps must have the same night, of positive length")
