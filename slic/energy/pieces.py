"""Breakpoints of lamps as arrays of straight pieces: what energy and service are both computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Breakpoints = Sequence[tuple[int, int]] | Ints
"""One lamp's night: (t_ms, level_pm) rows, straight lines between them, two at one moment are a step."""


class Straight(NamedTuple):
    """Straight pieces of any lamps: start and end, level at the start and at the end."""

    t0_ms: Ints
    t1_ms: Ints
    from_pm: Ints
    to_pm: Ints


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

    def pick(self, at: Ints) -> Straight:
        """Some of the pieces, on their own."""
        return Straight(self.t0_ms[at], self.t1_ms[at], self.from_pm[at], self.to_pm[at])

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


def at_or_above(pieces: Pieces | Straight, level_pm: int | Ints) -> tuple[Ints, Ints]:
    """Start and end [ms] of the part of each piece that is at or above a level (one, or one of each);
    equal where there is none.

    A ramp crosses the level at the nearest millisecond, halves up. A part holds from its start to just
    before its end, as a level does.
    """
    t0, t1, a, b = pieces.t0_ms, pieces.t1_ms, pieces.from_pm, pieces.to_pm
    climb = np.where(a == b, 1, b - a)
    cross = t0 + (2 * (level_pm - a) * (t1 - t0) * np.sign(climb) + abs(climb)) // (2 * abs(climb))
    begin = np.where(a >= level_pm, t0, np.where(b >= level_pm, cross, t1))
    end = np.where(b >= level_pm, t1, np.where(a >= level_pm, cross, t1))
    return begin, end
