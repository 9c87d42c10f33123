"""Nights of lamps as arrays of moves, each a ramp and the hold after it: what energy and service are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from slic.energy.ramps import RampKinds, Ramps, ramp_kinds

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Breakpoints = Sequence[tuple[int, int]] | Ints
"""One lamp's night: (t_ms, level_pm) rows, straight lines between them, two at one moment are a step."""


@dataclass(frozen=True, eq=False)
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
    def night(self) -> tuple[int, int]:
        """Start and end of the night."""
        return int(self.t0_ms[0]), int(self.t2_ms[-1])

    @property
    def last(self) -> Ints:
        """Index of each lamp's last move."""
        return np.append(self.first[1:], len(self.lamp)) - 1

    @cached_property
    def kinds(self) -> RampKinds:
        """The ramps, by kind."""
        return ramp_kinds(self.t1_ms - self.t0_ms, self.from_pm, self.to_pm)

    @cached_property
    def _starts(self) -> Ints:
        return on_axis(self.night, self.lamp, self.t0_ms)

    def at(self, t_ms: Ints) -> Ints:
        """For each lamp (row), the last move that starts at or before each moment of the night (column)."""
        wanted = on_axis(self.night, np.arange(len(self.first))[:, None], t_ms)
        return self._starts.searchsorted(wanted.ravel(), side="right").reshape(wanted.shape) - 1

    def ramps(self, at: Ints) -> Ramps:
        """The ramps of some of the moves."""
        return Ramps(self.t0_ms[at], self.t1_ms[at], self.from_pm[at], self.to_pm[at])

    def sum_by_lamp(self, values: Ints) -> Ints:
        """Sum of a value of each move, lamp by lamp."""
        return np.add.reduceat(values, self.first)


def on_axis(night: tuple[int, int], lamp: Ints, t_ms: Ints | np.int64) -> Ints:
    """Moments of the night of several lamps on one axis, one lamp's night after the other."""
    start_ms, end_ms = night
    return np.multiply(lamp, end_ms - start_ms + 1, dtype=np.int64) + t_ms


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
