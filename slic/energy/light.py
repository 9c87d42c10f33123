"""Where lamps give less than is required, and how much less: gaps in the night, all lamps on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from slic.energy.moves import Bools, Ints, Moves, on_axis
from slic.energy.ramps import RampKinds, at_or_above


@dataclass(frozen=True, slots=True)
class RequiredSpan:
    """A required level [per mille] from one moment of the night to just before another."""

    from_ms: int
    until_ms: int
    level_pm: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Moves, cut where the required level changes; those of one lamp after another.

    move : the move that a line is a part of; first : each lamp's first line; required_pm : level required along it
    below : whether the level is lower somewhere, or the line has no length; t0_ms, t1_ms : where, of lines below
    lack_pm_ms : integral of what is missing to the required level over all lines before it; one more at the end
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
        short_pm = np.maximum(required_pm - self.moves.to_pm[move], 0)
        lack: Ints = self.lack_pm_ms[line + 1] - short_pm * (self.t1_ms[line] - t_ms)
        on_ramp = np.flatnonzero(t_ms < self.moves.t1_ms[move])
        if len(on_ramp):
            line, move, required_pm = line[on_ramp], move[on_ramp], required_pm[on_ramp]
            along = _lack(self.moves, move, required_pm, self.t0_ms[line], t_ms[on_ramp])
            lack[on_ramp] = self.lack_pm_ms[line] + along
        return lack


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


def lines_of(moves: Moves, spans: Sequence[RequiredSpan]) -> Lines:
    """Lines of all lamps towards the required levels of a night that the spans cover."""
    cuts = _cuts(moves, spans)
    kind, hold_ms = moves.kinds.of_move, moves.t2_ms - moves.t1_ms
    if len(cuts.at):
        kind, hold_ms = kind[cuts.move], hold_ms[cuts.move]
    levels_pm = list(dict.fromkeys(span.level_pm for span in spans))
    lower = _lower_parts(moves.kinds, levels_pm)
    if len(levels_pm) > 1:
        kind = kind + len(moves.kinds.dt_ms) * _level_at(cuts.t0_ms, spans, levels_pm)
    short_pm = lower.short_pm[kind]
    below = lower.below[kind] | (cuts.t0_ms == cuts.t1_ms)
    t0_ms = cuts.t0_ms + lower.begin_ms[kind]
    t1_ms = np.where(short_pm > 0, cuts.t1_ms, cuts.t0_ms + lower.end_ms[kind])
    lack = lower.lack_pm_ms[kind]
    lack += short_pm * hold_ms
    required_pm = lower.required_pm[kind]
    if len(cuts.at):
        part = _part_below(moves, cuts, required_pm)
        t0_ms[cuts.at], t1_ms[cuts.at], lack[cuts.at] = part
    return Lines(moves, cuts.move, cuts.first, required_pm, below, t0_ms, t1_ms, np.concatenate(([0], np.cumsum(lack))))


def gaps_of(lines: Lines) -> Gaps:
    """Gaps of all lamps, in order."""
    joined = np.zeros(len(lines.below) + 1, bool)
    joined[1:-1] = lines.below[1:] & lines.below[:-1] & (lines.t0_ms[1:] == lines.t1_ms[:-1])
    joined[lines.first] = False
    first = np.flatnonzero(lines.below & ~joined[:-1])
    last = np.flatnonzero(lines.below & ~joined[1:])
    lamp = lines.moves.lamp[lines.move[first]]
    begin = on_axis(lines.moves.night, lamp, lines.t0_ms[first])
    end = on_axis(lines.moves.night, lamp, lines.t1_ms[last])
    length_ms = end - begin
    return Gaps(first, last, lamp, begin, end, np.cumsum(length_ms) - length_ms)


class _Lower(NamedTuple):
    """Of each kind of ramp under each required level, level after level.

    below : whether the ramp or the hold after it is lower somewhere
    begin_ms, end_ms : where the ramp is lower, since its start; lack_pm_ms : what is missing there
    short_pm : what the hold after it lacks; required_pm : the level
    """

    below: Bools
    begin_ms: Ints
    end_ms: Ints
    lack_pm_ms: Ints
    short_pm: Ints
    required_pm: Ints


def _level_at(t_ms: Ints, spans: Sequence[RequiredSpan], levels_pm: Sequence[int]) -> Ints:
    """Which of the levels is required at each moment of the night."""
    required = np.array([levels_pm.index(span.level_pm) for span in spans])
    later_ms = np.array([span.from_ms for span in spans[1:]])
    return required[later_ms.searchsorted(t_ms, side="right")]


def _lower_parts(kinds: RampKinds, levels_pm: Sequence[int]) -> _Lower:
    parts = [_lower_part(kinds, level_pm) for level_pm in levels_pm]
    return parts[0] if len(parts) == 1 else _Lower._make(map(np.concatenate, zip(*parts, strict=True)))


def _lower_part(kinds: RampKinds, level_pm: int) -> _Lower:
    """What is given is rounded down, so what is missing is rounded up."""
    begin_ms, end_ms = at_or_above(kinds.ramps, level_pm)
    low_first = kinds.from_pm < level_pm
    lower_ms = np.where(low_first, 0, end_ms), np.where(low_first, begin_ms, kinds.dt_ms)
    lack = (level_pm - kinds.from_pm) * (lower_ms[1] - lower_ms[0])
    lack += _climbed(kinds.dt_ms, kinds.from_pm, kinds.to_pm, lower_ms[0])
    lack -= _climbed(kinds.dt_ms, kinds.from_pm, kinds.to_pm, lower_ms[1])
    below = np.minimum(kinds.from_pm, kinds.to_pm) < level_pm
    short_pm = np.maximum(level_pm - kinds.to_pm, 0)
    return _Lower(below, *lower_ms, lack, short_pm, np.full_like(short_pm, level_pm))


class _Cuts(NamedTuple):
    """Lines as parts of moves, with start and end; at : the lines on either side of each cut."""

    move: Ints
    t0_ms: Ints
    t1_ms: Ints
    first: Ints
    at: Ints


def _cuts(moves: Moves, spans: Sequence[RequiredSpan]) -> _Cuts:
    every, later_ms = np.arange(len(moves.lamp)), np.array([span.from_ms for span in spans[1:]], np.int64)
    move = moves.at(later_ms).ravel()
    t_ms = np.tile(later_ms, len(moves.first))
    inside = moves.t0_ms[move] < t_ms
    if not inside.any():
        return _Cuts(every, moves.t0_ms, moves.t2_ms, moves.first, every[:0])
    move, t_ms = move[inside], t_ms[inside]
    return _Cuts(
        np.insert(every, move + 1, move),
        np.insert(moves.t0_ms, move + 1, t_ms),
        np.insert(moves.t2_ms, move, t_ms),
        moves.first + np.searchsorted(move, moves.first),
        np.unique(np.add.outer([0, 1], move + np.arange(len(move)))),
    )


def _part_below(moves: Moves, cuts: _Cuts, required_pm: Ints) -> tuple[Ints, Ints, Ints]:
    """Start and end of what lies below the required level in lines that are parts of moves, and what is missing."""
    move, required_pm = cuts.move[cuts.at], required_pm[cuts.at]
    ramps = moves.ramps(move)
    begin_ms, end_ms = at_or_above(ramps, required_pm)
    low_first = ramps.from_pm < required_pm
    up_to_ms = np.where(low_first, begin_ms, ramps.t1_ms)
    up_to_ms = np.where(ramps.to_pm < required_pm, moves.t2_ms[move], up_to_ms)
    line = cuts.t0_ms[cuts.at], cuts.t1_ms[cuts.at]
    t0_ms = np.clip(np.where(low_first, ramps.t0_ms, end_ms), *line)
    t1_ms = np.clip(up_to_ms, *line)
    return t0_ms, t1_ms, _lack(moves, move, required_pm, t0_ms, t1_ms)


def _lack(moves: Moves, move: Ints, required_pm: Ints, t0_ms: Ints, t1_ms: Ints) -> Ints:
    """What is missing along parts of moves below the required level [per mille ms]."""
    begin_ms, end_ms, from_pm, to_pm = moves.ramps(move)
    lack: Ints = (required_pm - from_pm) * (t1_ms - t0_ms)
    for t_ms, sign in ((t0_ms, 1), (t1_ms, -1)):
        on_ramp = _climbed(end_ms - begin_ms, from_pm, to_pm, np.minimum(t_ms, end_ms) - begin_ms)
        lack += sign * (on_ramp + (to_pm - from_pm) * np.maximum(t_ms - end_ms, 0))
    return lack


def _climbed(dt_ms: Ints, from_pm: Ints, to_pm: Ints, inside_ms: Ints) -> Ints:
    """Integral [per mille ms], rounded down, of what ramps have risen above their start until ``inside_ms`` after it.

    The square of a night of ms, times a level, fits 64 bits.
    """
    return (to_pm - from_pm) * inside_ms**2 // np.maximum(2 * dt_ms, 1)
