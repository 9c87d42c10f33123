"""Nights of lamps as arrays of moves, each a ramp and the hold after it: what energy and service are computed from."""

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


class Ramps(NamedTuple):
    """Ramps of any lamps: start and end, level at the start and at the end."""

    t0_ms: Ints
    t1_ms: Ints
    from_pm: Ints
    to_pm: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Moves of one lamp after another, all over the same night. A lamp's next move begins where its last one ends.

    lamp : which lamp a move belongs to, from 0, ascending
    t0_ms, t1_ms : its ramp; one without length is a step, or with equal levels no change at all
    t2_ms : end of the hold at ``to_pm`` after it
    from_pm, to_pm : level at the start and end of the ramp; first : index of each lamp's first move
    """

    lamp: Ints
    t0_ms: Ints
    t1_ms: Ints
    t2_ms: Ints
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
        return int(self.t2_ms[-1])

    @property
    def last(self) -> Ints:
        """Index of each lamp's last move."""
        return np.append(self.first[1:], len(self.lamp)) - 1

    def ramps(self, at: Ints) -> Ramps:
        """The ramps of some of the moves."""
        return Ramps(self.t0_ms[at], self.t1_ms[at], self.from_pm[at], self.to_pm[at])

    def sum_by_lamp(self, values: Ints) -> Ints:
        """Sum of a value of each move, lamp by lamp."""
        return np.add.reduceat(values, self.first)


def moves_of(lamps: Sequence[Breakpoints]) -> Moves:
    """Moves of one or more lamps over one night.

    Raises ValueError if a lamp has fewer than two breakpoints, if times go back, if a level is outside
    0-1000 per mille, or if the lamps do not all start and end together.
    """
    rows = [_array(points) for points in lamps]
    counts = np.array([len(points) for points in rows], dtype=np.int64)
    if not rows or counts.min() < 2:
        raise ValueError("a lamp's night needs at least two breakpoints")
    t_ms, level_pm = np.concatenate(rows).T
    lamp = np.repeat(np.arange(len(rows)), counts)
    _check(t_ms, level_pm, lamp, np.cumsum(counts))
    return moves_between(lamp, t_ms, level_pm)


def moves_between(lamp: Ints, t_ms: Ints, level_pm: Ints) -> Moves:
    """Moves along breakpoints, of one lamp after another; at least two of each lamp."""
    line = np.flatnonzero(lamp[1:] == lamp[:-1])
    changes = level_pm[line] != level_pm[line + 1]
    opens = np.diff(lamp[line], prepend=-1) > 0
    begins = changes | opens
    begins[1:] |= ~changes[:-1]
    at = np.flatnonzero(begins)
    before, after = line[at], line[np.append(at[1:], len(line)) - 1]
    t0_ms, from_pm = t_ms[before], level_pm[before]
    t1_ms = np.where(changes[at], t_ms[before + 1], t0_ms)
    return Moves(lamp[before], t0_ms, t1_ms, t_ms[after + 1], from_pm, level_pm[after + 1], np.flatnonzero(opens[at]))


def _array(points: Breakpoints) -> Ints:
    if isinstance(points, np.ndarray):
        return points.reshape(-1, 2)
    return np.fromiter(chain.from_iterable(points), dtype=np.int64, count=2 * len(points)).reshape(-1, 2)


def _check(t_ms: Ints, level_pm: Ints, lamp: Ints, stops: Ints) -> None:
    if ((np.diff(t_ms) < 0) & (lamp[1:] == lamp[:-1])).any():
        raise ValueError("the times of breakpoints must not go back")
    if level_pm.min() < 0 or level_pm.max() > 1000:
        raise ValueError("a breakpoint's level is outside 0-1000 per mille")
    starts_ms, ends_ms = t_ms[np.append(0, stops[:-1])], t_ms[stops - 1]
    if np.ptp(starts_ms) or np.ptp(ends_ms) or starts_ms[0] >= ends_ms[0]:
        raise ValueError("all lamps must have the same night, of positive length")


def at_or_above(ramps: Ramps, level_pm: int | Ints) -> tuple[Ints, Ints]:
    """Start and end [ms] of the part of each ramp that is at or above a level (one, or one of each);
    equal where there is none.

    A ramp crosses the level at the nearest millisecond, halves up. A part holds from its start to just
    before its end, as a level does.
    """
    t0, t1, a, b = ramps
    climb = np.where(a == b, 1, b - a)
    cross = t0 + (2 * (level_pm - a) * (t1 - t0) * np.sign(climb) + abs(climb)) // (2 * abs(climb))
    begin = np.where(a >= level_pm, t0, np.where(b >= level_pm, cross, t1))
    end = np.where(b >= level_pm, t1, np.where(a >= level_pm, cross, t1))
    return begin, end
