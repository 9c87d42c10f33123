"""Where lamps give less than is required, and how much less: gaps in the night, all lamps on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from slic.energy.pieces import Bools, Ints, Pieces, Straight, at_or_above


@dataclass(frozen=True, slots=True)
class RequiredSpan:
    """A required level [per mille] from one moment of the night to just before another."""

    from_ms: int
    until_ms: int
    level_pm: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Pieces, cut where the required level changes; those of one lamp after another.

    piece : the piece that a line is a part of; first : each lamp's first line
    required_pm : level required along it; below : whether the level is lower somewhere, or the line has no length
    t0_ms, t1_ms : where it is lower, of lines below; else start and end
    lack_pm_ms : integral of what is missing to the required level over all lines before it
    """

    pieces: Pieces
    piece: Ints
    first: Ints
    required_pm: Ints
    below: Bools
    t0_ms: Ints
    t1_ms: Ints
    lack_pm_ms: Ints

    def lack_until(self, line: Ints, t_ms: Ints) -> Ints:
        """Integral [per mille ms] of what is missing over all lines before and along lines below until ``t``."""
        piece, required_pm = self.piece[line], self.required_pm[line]
        return self.lack_pm_ms[line] + _lack(self.pieces, piece, required_pm, self.t0_ms[line], t_ms)


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


def on_axis(pieces: Pieces, lamp: Ints, t_ms: Ints) -> Ints:
    """Moments of the night of several lamps on one axis, one lamp's night after the other."""
    axis = np.multiply(lamp, pieces.end_ms - pieces.start_ms + 1, dtype=np.int64)
    axis += t_ms
    return axis


def lines_of(pieces: Pieces, spans: Sequence[RequiredSpan]) -> Lines:
    """Lines of all lamps towards the required levels of a night that the spans cover."""
    cuts = _cuts(pieces, spans)
    piece, t0_ms, t1_ms = cuts.piece, cuts.t0_ms, cuts.t1_ms
    a, b = (pieces.from_pm[piece], pieces.to_pm[piece]) if len(cuts.cut) else (pieces.from_pm, pieces.to_pm)
    required_pm = _required(spans, t0_ms)
    below = np.minimum(a, b) < required_pm
    through = np.flatnonzero(below & (np.maximum(a, b) > required_pm))
    below |= t0_ms == t1_ms
    lack = _trapezoids(a, b, required_pm, t1_ms - t0_ms)
    if len(through):
        t0_ms, t1_ms = t0_ms.copy(), t1_ms.copy()
        ramps = pieces.pick(piece[through])
        t0_ms[through], t1_ms[through] = _lower_part(ramps, required_pm[through], t0_ms[through], t1_ms[through])
    if odd := [at for at in (through, cuts.cut) if len(at)]:
        at = np.concatenate(odd)
        part = (piece[at], required_pm[at], t0_ms[at], t1_ms[at])
        lack[at] = np.where(below[at], _lack(pieces, *part), 0)
    return Lines(pieces, piece, cuts.first, required_pm, below, t0_ms, t1_ms, np.cumsum(lack) - lack)


def gaps_of(lines: Lines) -> Gaps:
    """Gaps of all lamps, in order."""
    joined = np.zeros(len(lines.below) + 1, bool)
    joined[1:-1] = lines.below[1:] & lines.below[:-1] & (lines.t0_ms[1:] == lines.t1_ms[:-1])
    joined[lines.first] = False
    first = np.flatnonzero(lines.below & ~joined[:-1])
    last = np.flatnonzero(lines.below & ~joined[1:])
    lamp = lines.pieces.lamp[lines.piece[first]]
    begin = on_axis(lines.pieces, lamp, lines.t0_ms[first])
    end = on_axis(lines.pieces, lamp, lines.t1_ms[last])
    length_ms = end - begin
    return Gaps(first, last, lamp, begin, end, np.cumsum(length_ms) - length_ms)


class _Cuts(NamedTuple):
    """Lines as parts of pieces; cut : the lines on either side of each cut."""

    piece: Ints
    t0_ms: Ints
    t1_ms: Ints
    first: Ints
    cut: Ints


def _cuts(pieces: Pieces, spans: Sequence[RequiredSpan]) -> _Cuts:
    every = np.arange(len(pieces.lamp))
    inside = [(pieces.t0_ms < span.from_ms) & (pieces.t1_ms > span.from_ms) for span in spans[1:]]
    found = [np.flatnonzero(where) for where in inside]
    if not found or not sum(map(len, found)):
        return _Cuts(every, pieces.t0_ms, pieces.t1_ms, pieces.first, every[:0])
    t_ms = np.repeat([span.from_ms for span in spans[1:]], [len(at) for at in found])
    piece = np.concatenate(found)
    order = np.lexsort((t_ms, piece))
    piece, t_ms = piece[order], t_ms[order]
    return _Cuts(
        np.insert(every, piece + 1, piece),
        np.insert(pieces.t0_ms, piece + 1, t_ms),
        np.insert(pieces.t1_ms, piece, t_ms),
        pieces.first + np.searchsorted(piece, pieces.first),
        np.add.outer([0, 1], piece + np.arange(len(piece))).ravel(),
    )


def _required(spans: Sequence[RequiredSpan], t_ms: Ints) -> Ints:
    """Required level at each moment of the night."""
    if len(spans) == 1:
        return np.broadcast_to(np.int64(spans[0].level_pm), t_ms.shape)
    required_pm = np.full_like(t_ms, spans[0].level_pm)
    for span in spans[1:]:
        required_pm[t_ms >= span.from_ms] = span.level_pm
    return required_pm


def _trapezoids(from_pm: Ints, to_pm: Ints, required_pm: Ints, dt_ms: Ints) -> Ints:
    """What is missing along whole pieces that do not cross the level: rounded up, as what is given is rounded down."""
    doubled: Ints = 2 * required_pm - from_pm
    doubled -= to_pm
    np.maximum(doubled, 0, out=doubled)
    doubled *= dt_ms
    doubled += 1
    doubled >>= 1
    return doubled


def _lower_part(ramps: Straight, required_pm: Ints, t0_ms: Ints, t1_ms: Ints) -> tuple[Ints, Ints]:
    """Part of each line below the required level, for lines along ramps that cross it."""
    begin_ms, end_ms = at_or_above(ramps, required_pm)
    up = ramps.from_pm < ramps.to_pm
    return np.where(up, t0_ms, np.clip(end_ms, t0_ms, t1_ms)), np.where(up, np.clip(begin_ms, t0_ms, t1_ms), t1_ms)


def _lack(pieces: Pieces, piece: Ints, required_pm: Ints, t0_ms: Ints, t1_ms: Ints) -> Ints:
    """What is missing along parts of pieces below the required level [per mille ms]."""
    lack: Ints = (required_pm - pieces.from_pm[piece]) * (t1_ms - t0_ms)
    return lack - _climbed(pieces, piece, t1_ms) + _climbed(pieces, piece, t0_ms)


def _climbed(pieces: Pieces, piece: Ints, t_ms: Ints) -> Ints:
    """Integral [per mille ms], rounded down, of what a piece has risen above its start until a moment.

    The square of a night of ms, times a level, fits 64 bits; pieces of no length have risen by nothing.
    """
    t0_ms = pieces.t0_ms[piece]
    climb_pm, span_ms = pieces.to_pm[piece] - pieces.from_pm[piece], pieces.t1_ms[piece] - t0_ms
    climbed: Ints = climb_pm * (t_ms - t0_ms) ** 2 // np.maximum(2 * span_ms, 1)
    return climbed
