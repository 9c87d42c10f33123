"""The nights of many lamps as straight pieces, from their ramps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sim.fast.axis import Ints, Small, first_of_each
from sim.fast.commands import Commands, Flags
from sim.fast.ramps import Ramps, level_on_ramp, ramps_of
from slic.energy.pieces import Pieces


class _Lines(NamedTuple):
    """Straight lines, one pattern after the other; times since the start of the night."""

    lamp: Ints
    t0_ms: Ints
    t1_ms: Ints
    from_pm: Ints
    to_pm: Ints


class _Points(NamedTuple):
    """Breakpoints, one lamp after the other. The times of two at a step are equal."""

    lamp: Ints
    t_ms: Ints
    level_pm: Ints


def pieces_of_commands(commands: Commands, minimum_pm: Ints, night_ms: int, start_ms: int) -> Pieces:
    """The night of each pattern of lamps as pieces, in UTC ms.

    minimum_pm : lowest level above 0 that the gear of each pattern can hold; the commands are not below it
    """
    ramps = ramps_of(commands, minimum_pm, night_ms)
    lines = _lines(commands.pattern, ramps, night_ms)
    t0_ms, t1_ms = lines.t0_ms + start_ms, lines.t1_ms + start_ms
    return Pieces(lines.lamp, t0_ms, t1_ms, lines.from_pm, lines.to_pm, np.flatnonzero(first_of_each(lines.lamp)))


def _lines(pattern: Ints, ramps: Ramps, night_ms: int) -> _Lines:
    """Straight lines of each pattern, the simple way for most and by way of all breakpoints for the others."""
    careful = np.zeros(int(pattern[-1]) + 1, bool)
    careful[pattern[_is_odd(ramps)]] = True
    if not careful.any():
        return _plain_lines(pattern, ramps, night_ms)
    odd = careful[pattern]
    if odd.all():
        return _lines_of_points(pattern, ramps, night_ms)
    plain = _plain_lines(pattern[~odd], ramps.pick(~odd), night_ms)
    other = _lines_of_points(pattern[odd], ramps.pick(odd), night_ms)
    order = np.argsort(np.concatenate((plain.lamp, other.lamp)), kind="stable")
    return _Lines._make(np.concatenate((ours, theirs))[order] for ours, theirs in _paired(plain, other))


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


def _plain_lines(pattern: Ints, ramps: Ramps, night_ms: int) -> _Lines:
    """A transition and a hold for each command, with a step before it from off, and one after it to off.

    Each kind is written to its places among all lines; what a command lacks goes to a place after the last.
    """
    until = np.minimum(ramps.t1_ms, ramps.next_ms)
    hold = until < ramps.next_ms
    up = np.flatnonzero((ramps.from_pm != ramps.arrival_pm) & ~ramps.first)
    down = np.flatnonzero((ramps.to_pm != ramps.final_pm) & (ramps.t1_ms <= ramps.next_ms))
    number = hold.astype(np.int64)
    number += ~ramps.first
    number[up] += 1
    number[down] += 1
    after = np.cumsum(number)
    total = int(after[-1])
    held_at = after - 1
    moved_at = held_at - hold
    moved_at[down] -= 1
    held_at[~hold] = total
    moved_at[ramps.first] = total

    def placed(moved: Small, held: Small, at_up: Small, at_down: Small) -> Ints:
        values = np.empty(total + 1, np.int64)
        values[moved_at] = moved
        values[held_at] = held
        values[moved_at[up] - 1] = at_up
        values[moved_at[down] + 1] = at_down
        return values[:-1]

    t0_ms = placed(ramps.t0_ms, until, ramps.t0_ms[up], ramps.t1_ms[down])
    from_pm = placed(ramps.from_pm, ramps.final_pm, ramps.arrival_pm[up], ramps.to_pm[down])
    to_pm = placed(ramps.reached_pm, ramps.final_pm, ramps.from_pm[up], ramps.final_pm[down])
    t1_ms = np.append(t0_ms[1:], night_ms)
    t1_ms[after[:-1][ramps.first[1:]] - 1] = night_ms
    lines = _Lines(pattern.repeat(number), t0_ms, t1_ms, from_pm, to_pm)
    still = (ramps.reached_pm == ramps.from_pm) & ~ramps.first
    return _with_holds_joined(lines) if still.any() else lines


def _with_holds_joined(lines: _Lines) -> _Lines:
    """The same lines, where holds of one level that follow each other are one."""
    flat = lines.from_pm == lines.to_pm
    again = np.zeros(len(flat), bool)
    again[1:] = flat[1:] & flat[:-1] & (lines.lamp[1:] == lines.lamp[:-1])
    last = np.append(~again[1:], True)
    return _Lines._make(values[last if name == "t1_ms" else ~again] for name, values in lines._asdict().items())


def _paired(one: Iterable[Small], other: Iterable[Small]) -> Iterator[tuple[Small, Small]]:
    return zip(one, other, strict=True)


def _lines_of_points(pattern: Ints, ramps: Ramps, night_ms: int) -> _Lines:
    """Lines by way of all breakpoints, of which the redundant ones are taken out."""
    lamp, t_ms, level_pm = _without_redundant(_cut(_points(pattern, ramps, night_ms), night_ms))
    within = np.flatnonzero(lamp[1:] == lamp[:-1])
    return _Lines(lamp[within], *(values[at] for values in (t_ms, level_pm) for at in (within, within + 1)))


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
