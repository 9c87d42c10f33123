"""Where lamps give less than is required, and how much less: gaps in the night, all lamps on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from slic.energy.moves import Bools, Ints, Moves, at_or_above


@dataclass(frozen=True, slots=True)
class RequiredSpan:
    """A required level [per mille] from one moment of the night to just before another."""

    from_ms: int
    until_ms: int
    level_pm: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Moves, cut where the required level changes; those of one lamp after another.

    move : the move that a line is a part of; first : each lamp's first line
    required_pm : level required along it; below : whether the level is lower somewhere, or the line has no length
    t0_ms, t1_ms : where it is lower, of lines below; else start and end
    lack_pm_ms : integral of what is missing to the required level over all lines before it
    """

    moves: Moves
    move: Ints
    first: Ints
    required_pm: Ints
    below: Bools
    t0_ms: Ints
    t1_ms: Ints
    lack_pm_ms: Ints

    def lack_until(self, line: Ints, t_ms: Ints) -> Ints:
        """Integral [per mille ms] of what is missing over all lines before and along lines below until ``t``."""
        move, required_pm = self.move[line], self.required_pm[line]
        return self.lack_pm_ms[line] + _lack(self.moves, move, required_pm, self.t0_ms[line], t_ms)


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Stretches below the required level, as long as they go; all lamps on one axis (:func:`on_axis`).

    first, last : their lines; lamp : index; begin, end : on the axis; before_ms : length of all earlier gaps
    """

    first: Ints
    last: Ints
    lamp: Ints
    begin: Ints
    end: Ints
    before_ms: Ints


def on_axis(moves: Moves, lamp: Ints, t_ms: Ints) -> Ints:
    """Moments of the night of several lamps on one axis, one lamp's night after the other."""
    axis = np.multiply(lamp, moves.end_ms - moves.start_ms + 1, dtype=np.int64)
    axis += t_ms
    return axis


def lines_of(moves: Moves, spans: Sequence[RequiredSpan]) -> Lines:
    """Lines of all lamps towards the required levels of a night that the spans cover."""
    cuts = _cuts(moves, spans)
    whole, t0_ms, t1_ms = cuts.whole, cuts.t0_ms, cuts.t1_ms
    required_pm = _required(spans, t0_ms)
    low_pm, high_pm = np.minimum(whole.from_pm, whole.to_pm), np.maximum(whole.from_pm, whole.to_pm)
    below = low_pm < required_pm
    through = np.flatnonzero(below & (high_pm >= required_pm))
    below |= t0_ms == t1_ms
    lack = _whole_lacks(whole, required_pm)
    if len(through):
        t0_ms, t1_ms = t0_ms.copy(), t1_ms.copy()
        lower = _lower_part(moves, cuts.move[through], required_pm[through], t0_ms[through], t1_ms[through])
        t0_ms[through], t1_ms[through] = lower
    if odd := [at for at in (through, cuts.cut) if len(at)]:
        at = np.concatenate(odd)
        part = (cuts.move[at], required_pm[at], t0_ms[at], t1_ms[at])
        lack[at] = np.where(below[at], _lack(moves, *part), 0)
    return Lines(moves, cuts.move, cuts.first, required_pm, below, t0_ms, t1_ms, np.cumsum(lack) - lack)


def gaps_of(lines: Lines) -> Gaps:
    """Gaps of all lamps, in order."""
    joined = np.zeros(len(lines.below) + 1, bool)
    joined[1:-1] = lines.below[1:] & lines.below[:-1] & (lines.t0_ms[1:] == lines.t1_ms[:-1])
    joined[lines.first] = False
    first = np.flatnonzero(lines.below & ~joined[:-1])
    last = np.flatnonzero(lines.below & ~joined[1:])
    lamp = lines.moves.lamp[lines.move[first]]
    begin = on_axis(lines.moves, lamp, lines.t0_ms[first])
    end = on_axis(lines.moves, lamp, lines.t1_ms[last])
    length_ms = end - begin
    return Gaps(first, last, lamp, begin, end, np.cumsum(length_ms) - length_ms)


class _Whole(NamedTuple):
    """The move of each line: start and end of its ramp, end of its hold, levels."""

    t0_ms: Ints
    t1_ms: Ints
    t2_ms: Ints
    from_pm: Ints
    to_pm: Ints


class _Cuts(NamedTuple):
    """Lines as parts of moves; cut : the lines on either side of each cut."""

    move: Ints
    whole: _Whole
    t0_ms: Ints
    t1_ms: Ints
    first: Ints
    cut: Ints


def _cuts(moves: Moves, spans: Sequence[RequiredSpan]) -> _Cuts:
    every = np.arange(len(moves.lamp))
    whole = _Whole(moves.t0_ms, moves.t1_ms, moves.t2_ms, moves.from_pm, moves.to_pm)
    inside = [(moves.t0_ms < span.from_ms) & (moves.t2_ms > span.from_ms) for span in spans[1:]]
    found = [np.flatnonzero(where) for where in inside]
    if not found or not sum(map(len, found)):
        return _Cuts(every, whole, moves.t0_ms, moves.t2_ms, moves.first, every[:0])
    t_ms = np.repeat([span.from_ms for span in spans[1:]], [len(at) for at in found])
    move = np.concatenate(found)
    order = np.lexsort((t_ms, move))
    move, t_ms = move[order], t_ms[order]
    of_line = np.insert(every, move + 1, move)
    return _Cuts(
        of_line,
        _Whole._make(values[of_line] for values in whole),
        np.insert(moves.t0_ms, move + 1, t_ms),
        np.insert(moves.t2_ms, move, t_ms),
        moves.first + np.searchsorted(move, moves.first),
        np.add.outer([0, 1], move + np.arange(len(move))).ravel(),
    )


def _required(spans: Sequence[RequiredSpan], t_ms: Ints) -> Ints:
    """Required level at each moment of the night."""
    if len(spans) == 1:
        return np.broadcast_to(np.int64(spans[0].level_pm), t_ms.shape)
    required_pm = np.full_like(t_ms, spans[0].level_pm)
    for span in spans[1:]:
        required_pm[t_ms >= span.from_ms] = span.level_pm
    return required_pm


def _whole_lacks(whole: _Whole, required_pm: Ints) -> Ints:
    """What is missing along whole moves that do not cross the level: rounded up, as what is given is rounded down."""
    lower_pm = np.maximum(required_pm - whole.to_pm, 0)
    doubled: Ints = 2 * lower_pm
    doubled *= whole.t2_ms - whole.t1_ms
    lower_pm += np.maximum(required_pm - whole.from_pm, 0)
    lower_pm *= whole.t1_ms - whole.t0_ms
    doubled += lower_pm
    doubled += 1
    doubled >>= 1
    return doubled


def _lower_part(moves: Moves, move: Ints, required_pm: Ints, t0_ms: Ints, t1_ms: Ints) -> tuple[Ints, Ints]:
    """Part of each line below the required level, for lines along moves that cross it."""
    ramps = moves.ramps(move)
    begin_ms, end_ms = at_or_above(ramps, required_pm)
    up = ramps.from_pm < ramps.to_pm
    return np.where(up, t0_ms, np.clip(end_ms, t0_ms, t1_ms)), np.where(up, np.clip(begin_ms, t0_ms, t1_ms), t1_ms)


def _lack(moves: Moves, move: Ints, required_pm: Ints, t0_ms: Ints, t1_ms: Ints) -> Ints:
    """What is missing along parts of moves below the required level [per mille ms]."""
    lack: Ints = (required_pm - moves.from_pm[move]) * (t1_ms - t0_ms)
    return lack - _climbed(moves, move, t1_ms) + _climbed(moves, move, t0_ms)


def _climbed(moves: Moves, move: Ints, t_ms: Ints) -> Ints:
    """Integral [per mille ms], rounded down, of what a move has risen above its start until a moment.

    The square of a night of ms, times a level, fits 64 bits.
    """
    t0_ms, t1_ms, from_pm, to_pm = moves.ramps(move)
    on_ramp: Ints = (to_pm - from_pm) * (np.minimum(t_ms, t1_ms) - t0_ms) ** 2 // np.maximum(2 * (t1_ms - t0_ms), 1)
    on_ramp += (to_pm - from_pm) * np.maximum(t_ms - t1_ms, 0)
    return on_ramp
