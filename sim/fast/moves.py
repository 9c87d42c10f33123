"""The nights of many lamps as moves, from their ramps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.fast.axis import Ints, Small, first_of_each
from sim.fast.commands import Commands, Flags
from sim.fast.ramps import Ramps, level_on_ramp, ramps_of
from slic.energy.moves import Moves, moves_between


class _Points(NamedTuple):
    """Breakpoints, one lamp after the other. The times of two at a step are equal."""

    lamp: Ints
    t_ms: Ints
    level_pm: Ints


def moves_of_commands(commands: Commands, minimum_pm: Ints, night_ms: int, start_ms: int) -> Moves:
    """The night of each pattern of lamps as moves, in UTC ms.

    minimum_pm : lowest level above 0 that the gear of each pattern can hold; the commands are not below it
    """
    moves = _moves(commands.pattern, ramps_of(commands, minimum_pm, night_ms), night_ms)
    for times in (moves.t0_ms, moves.t1_ms, moves.t2_ms):
        times += start_ms
    return moves


def _moves(pattern: Ints, ramps: Ramps, night_ms: int) -> Moves:
    """Moves of each pattern, the simple way for most and by way of all breakpoints for the others."""
    odd = _is_odd(ramps)
    if not odd.any():
        return _plain_moves(pattern, ramps)
    careful = np.zeros(int(pattern[-1]) + 1, bool)
    careful[pattern[odd]] = True
    odd = careful[pattern]
    other = moves_between(*_without_redundant(_cut(_points(pattern[odd], ramps.pick(odd), night_ms), night_ms)))
    if odd.all():
        return other
    plain = _plain_moves(pattern[~odd], ramps.pick(~odd))
    order = np.argsort(np.concatenate((plain.lamp, other.lamp)), kind="stable")
    lamp, t0_ms, t1_ms, t2_ms, from_pm, to_pm = (
        np.concatenate((getattr(plain, name), getattr(other, name)))[order]
        for name in ("lamp", "t0_ms", "t1_ms", "t2_ms", "from_pm", "to_pm")
    )
    return Moves(lamp, t0_ms, t1_ms, t2_ms, from_pm, to_pm, np.flatnonzero(first_of_each(lamp)))


def _is_odd(ramps: Ramps) -> Flags:
    """Commands whose transition meets the next one without a hold, where both are on one line or one has a step.

    That is rare, and takes the care of :func:`_without_redundant`.
    """
    odd: Flags = ramps.t0_ms >= ramps.next_ms
    at = np.flatnonzero((ramps.t1_ms >= ramps.next_ms)[:-1] & ~ramps.first[:-1] & ~ramps.first[1:])
    length = (np.minimum(ramps.t1_ms, ramps.next_ms) - ramps.t0_ms).astype(np.int64)
    climb = ramps.reached_pm - ramps.from_pm
    odd[at] |= (climb[at] != 0) & (climb[at] * length[at + 1] == climb[at + 1] * length[at])
    odd[at] |= (ramps.to_pm[at] != ramps.final_pm[at]) & (ramps.t1_ms[at] == ramps.next_ms[at])
    odd[at] |= ramps.from_pm[at + 1] != ramps.arrival_pm[at + 1]
    return odd


def _plain_moves(pattern: Ints, ramps: Ramps) -> Moves:
    """A move for each command, with a step before it from off, and one after it to off."""
    until = np.minimum(ramps.t1_ms, ramps.next_ms)
    from_pm = np.where(ramps.first, ramps.final_pm, ramps.from_pm)
    np.copyto(until, ramps.t0_ms, where=from_pm == ramps.reached_pm)
    up = np.flatnonzero((ramps.from_pm != ramps.arrival_pm) & ~ramps.first)
    down = np.flatnonzero((ramps.to_pm != ramps.final_pm) & (ramps.t1_ms <= ramps.next_ms))
    columns = ramps.t0_ms, until, ramps.next_ms, from_pm, ramps.reached_pm
    moves = _Columns(pattern, *(column.astype(np.int64) for column in columns))
    if len(up) or len(down):
        moves = _with_steps(moves, ramps, up, down)
    return Moves(*moves, np.flatnonzero(first_of_each(moves.lamp)))


class _Columns(NamedTuple):
    """Moves without the first of each lamp."""

    lamp: Ints
    t0_ms: Ints
    t1_ms: Ints
    t2_ms: Ints
    from_pm: Ints
    to_pm: Ints


def _with_steps(moves: _Columns, ramps: Ramps, up: Ints, down: Ints) -> _Columns:
    """Moves with a step from off before some of them, and one to off after some, which then hold nothing."""
    number = np.ones(len(moves.lamp), np.int64)
    number[up] += 1
    number[down] += 1
    after = np.cumsum(number)
    at = after - 1
    at[down] -= 1
    moves.t2_ms[down] = ramps.t1_ms[down]

    def placed(values: Ints, at_up: Small, at_down: Small) -> Ints:
        found = np.empty(int(after[-1]), np.int64)
        found[at] = values
        found[at[up] - 1] = at_up
        found[at[down] + 1] = at_down
        return found

    t0_up, t1_down = ramps.t0_ms[up], ramps.t1_ms[down]
    return _Columns(
        np.repeat(moves.lamp, number),
        placed(moves.t0_ms, t0_up, t1_down),
        placed(moves.t1_ms, t0_up, t1_down),
        placed(moves.t2_ms, t0_up, ramps.next_ms[down]),
        placed(moves.from_pm, ramps.arrival_pm[up], ramps.to_pm[down]),
        placed(moves.to_pm, ramps.from_pm[up], ramps.final_pm[down]),
    )


def _points(pattern: Ints, ramps: Ramps, night_ms: int) -> _Points:
    """Breakpoints of each command: arrival, start of the ramp, its end and what holds then, unless interrupted."""
    last = np.append(ramps.first[1:], True)
    whole = np.append(~ramps.interrupted[1:], True)
    rising = ramps.t1_ms > ramps.t0_ms
    end_ms = np.maximum(ramps.t1_ms, night_ms)
    wanted = np.stack(
        (
            ~ramps.first,
            (ramps.from_pm != ramps.arrival_pm) & rising,
            whole,
            whole & (ramps.to_pm != ramps.final_pm),
            last,
        ),
        axis=1,
    )
    t_ms = np.stack((ramps.t0_ms, ramps.t0_ms, ramps.t1_ms, ramps.t1_ms, end_ms), axis=1)
    level_pm = np.stack((ramps.arrival_pm, ramps.from_pm, ramps.to_pm, ramps.final_pm, ramps.final_pm), axis=1)
    lamp = np.repeat(pattern, wanted.sum(axis=1))
    return _Points(lamp, t_ms[wanted].astype(np.int64), level_pm[wanted].astype(np.int64))


def _cut(points: _Points, night_ms: int) -> _Points:
    """The same lines, ending with the night at the level just before its end."""
    lamp, t_ms, level_pm = points
    after = t_ms > night_ms
    if after.any():
        end = np.flatnonzero(after & ~np.append(True, after[:-1] & (lamp[1:] == lamp[:-1])))
        before = end - 1
        level_pm = level_pm.copy()
        level_pm[end] = level_on_ramp(t_ms[before], level_pm[before], t_ms[end], level_pm[end], night_ms)
        t_ms = np.minimum(t_ms, night_ms)
        after[end] = False
        lamp, t_ms, level_pm = lamp[~after], t_ms[~after], level_pm[~after]
    # What happens at the very end does not count: of several points there the first one stays.
    again = np.zeros(len(t_ms), bool)
    again[1:] = (t_ms[1:] == night_ms) & (t_ms[:-1] == night_ms) & (lamp[1:] == lamp[:-1])
    return _Points(lamp[~again], t_ms[~again], level_pm[~again]) if again.any() else _Points(lamp, t_ms, level_pm)


def _without_redundant(points: _Points) -> _Points:
    """The same lines without doubled points, without points between those of one step, and without those on a line."""
    found = points
    while (kept := _tidied(found)) is not found:
        found = kept
    return found


def _tidied(points: _Points) -> _Points:
    for redundant in (_doubled, _inside_step, _on_line):
        gone = redundant(*points)
        if gone.any():
            return _Points(*(values[~gone] for values in points))
    return points


def _doubled(lamp: Ints, t_ms: Ints, level_pm: Ints) -> Ints:
    gone = np.zeros(len(lamp), bool)
    gone[1:] = (lamp[1:] == lamp[:-1]) & (t_ms[1:] == t_ms[:-1]) & (level_pm[1:] == level_pm[:-1])
    return gone


def _inside_step(lamp: Ints, t_ms: Ints, level_pm: Ints) -> Ints:
    """Between two points of the same moment; at the start of a night the first of two goes too."""
    gone = np.zeros(len(lamp), bool)
    same = (lamp[1:] == lamp[:-1]) & (t_ms[1:] == t_ms[:-1])
    gone[1:-1] = same[1:] & same[:-1]
    gone[:-1] |= same & first_of_each(lamp)[:-1]
    return gone


def _on_line(lamp: Ints, t_ms: Ints, level_pm: Ints) -> Ints:
    """On the straight line between two neighbours at other moments."""
    gone = np.zeros(len(lamp), bool)
    dt, climb = np.diff(t_ms), np.diff(level_pm)
    inside = (lamp[2:] == lamp[:-2]) & (dt[1:] > 0) & (dt[:-1] > 0)
    gone[1:-1] = inside & (climb[:-1] * dt[1:] == climb[1:] * dt[:-1])
    return gone
