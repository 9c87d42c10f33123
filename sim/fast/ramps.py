"""What the gear of many lamps does with its commands: straight pieces, by the rules of :class:`slic.lamps.gear.Gear`.

A command that comes while a ramp is under way starts from the level reached. Where the ramp before it began is known as
soon as the command before it found its lamp at rest; so such chains are resolved link by link, all lamps at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sim.fast.axis import Ints, Small, first_of_each
from sim.fast.commands import Commands, Flags
from slic.energy.pieces import Pieces


class _Ramps(NamedTuple):
    """Ramp of each command: from (t0, from) to (t1, to), after which final holds. arrival : level just before it.

    first : of its pattern; interrupted : it comes while the ramp before it is under way
    next_ms : the next command or the end of the night; reached_pm : what the ramp comes to until then
    """

    t0_ms: Small
    t1_ms: Small
    arrival_pm: Small
    from_pm: Small
    to_pm: Small
    final_pm: Small
    first: Flags
    interrupted: Flags
    next_ms: Small
    reached_pm: Small

    def pick(self, which: Flags) -> _Ramps:
        """Those of some commands."""
        return _Ramps._make(values[which] for values in self)


class _Lines(NamedTuple):
    """Straight lines, one pattern after the other; times since the start of the night."""

    lamp: Ints
    t0_ms: Small
    t1_ms: Small
    from_pm: Small
    to_pm: Small


class _Points(NamedTuple):
    """Breakpoints, one lamp after the other. The times of two at a step are equal."""

    lamp: Ints
    t_ms: Ints
    level_pm: Ints


def pieces_of_commands(commands: Commands, minimum_pm: Ints, night_ms: int, start_ms: int) -> Pieces:
    """The night of each pattern of lamps as pieces, in UTC ms.

    minimum_pm : lowest level above 0 that the gear of each pattern can hold; the commands are not below it
    """
    ramps = _ramps(commands, minimum_pm, night_ms)
    lines = _lines(commands.pattern, ramps, night_ms)
    t0_ms, t1_ms, from_pm, to_pm = (values.astype(np.int64) for values in lines[1:])
    t0_ms += start_ms
    t1_ms += start_ms
    return Pieces(lines.lamp, t0_ms, t1_ms, from_pm, to_pm, np.flatnonzero(first_of_each(lines.lamp)))


def _lines(pattern: Ints, ramps: _Ramps, night_ms: int) -> _Lines:
    """Straight lines of each pattern, the simple way for most and by way of all breakpoints for the others."""
    careful = np.zeros(int(pattern[-1]) + 1, bool)
    careful[pattern[_is_odd(ramps)]] = True
    if not careful.any():
        return _plain_lines(pattern, ramps)
    odd = careful[pattern]
    plain = _plain_lines(pattern[~odd], ramps.pick(~odd))
    other = _lines_of_points(pattern[odd], ramps.pick(odd), night_ms)
    order = np.argsort(np.concatenate((plain.lamp, other.lamp)), kind="stable")
    return _Lines._make(np.concatenate((ours, theirs))[order] for ours, theirs in _paired(plain, other))


def _ramps(commands: Commands, minimum_pm: Ints, night_ms: int) -> _Ramps:
    pattern, t0, final, ramp = commands
    first = first_of_each(pattern)
    t1 = t0 + ramp
    arrival = np.empty_like(final)
    arrival[1:] = final[:-1]
    arrival[first] = 0
    lowest = minimum_pm[pattern] if minimum_pm.any() else np.zeros(1, np.int64)
    start = _start_levels(arrival, final, ramp, lowest)
    interrupted = np.zeros(len(t0), bool)
    np.less(t0[1:], t1[:-1], out=interrupted[1:])
    interrupted[first] = False
    for link in _links(interrupted):
        before = link - 1
        at_least = lowest[link] if len(lowest) > 1 else lowest
        to = _end_levels(start[before], final[before], ramp[before], at_least)
        arrival[link] = _level_on_ramp(t0[before], start[before], t1[before], to, t0[link])
        start[link] = _start_levels(arrival[link], final[link], ramp[link], at_least)
    to = _end_levels(start, final, ramp, lowest)
    following = np.empty_like(t0)
    following[:-1] = t0[1:]
    following[-1:] = night_ms
    following[:-1][first[1:]] = night_ms
    reached = to.copy()
    cut = np.flatnonzero((t1 > following) & (t0 < following))
    reached[cut] = _level_on_ramp(t0[cut], start[cut], t1[cut], to[cut], following[cut])
    return _Ramps(t0, t1, arrival, start, to, final, first, interrupted, following, reached)


def _links(interrupted: Flags) -> list[Ints]:
    """Commands that interrupt a ramp, in groups: those of one group depend on earlier groups only."""
    at = np.flatnonzero(interrupted)
    if not len(at):
        return []
    depth = at - np.maximum.accumulate(np.where(first_of_each(at - np.arange(len(at))), at, 0))
    order = np.argsort(depth, kind="stable")
    return np.split(at[order], np.cumsum(np.bincount(depth))[:-1])


def _start_levels(now_pm: Small, level_pm: Small, ramp_ms: Small, lowest_pm: Small) -> Small:
    """A ramp from off starts at the lowest level."""
    if not lowest_pm.any():
        return now_pm.copy()
    return np.where((now_pm == 0) & (ramp_ms > 0) & (level_pm > 0), lowest_pm, now_pm)


def _end_levels(start_pm: Small, level_pm: Small, ramp_ms: Small, lowest_pm: Small) -> Small:
    """A ramp to off ends at the lowest level."""
    if not lowest_pm.any():
        return level_pm
    return np.where((level_pm == 0) & (ramp_ms > 0) & (start_pm > 0), lowest_pm, level_pm)


def _level_on_ramp(t0_ms: Small, from_pm: Small, t1_ms: Small, to_pm: Small, t_ms: Small | int) -> Small:
    """:func:`slic.lamps.level.level_on_ramp` for moments from the start to before the end of their ramps."""
    span = t1_ms.astype(np.int64) - t0_ms
    level_pm: Small = from_pm + (2 * (to_pm - from_pm) * (t_ms - t0_ms).astype(np.int64) + span) // (2 * span)
    return level_pm


def _is_odd(ramps: _Ramps) -> Flags:
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


def _plain_lines(pattern: Ints, ramps: _Ramps) -> _Lines:
    """A transition and a hold for each command, with a step before it from off, and one after it to off."""
    until = np.minimum(ramps.t1_ms, ramps.next_ms)
    wanted = np.empty((len(pattern), 2), bool)
    np.logical_not(ramps.first, out=wanted[:, 0])
    np.less(until, ramps.next_ms, out=wanted[:, 1])
    lines = _Lines(
        np.repeat(pattern, wanted.sum(axis=1, dtype=np.int8)),
        _pairs(ramps.t0_ms, until)[wanted],
        _pairs(until, ramps.next_ms)[wanted],
        _pairs(ramps.from_pm, ramps.final_pm)[wanted],
        _pairs(ramps.reached_pm, ramps.final_pm)[wanted],
    )
    lines = _with_steps(lines, pattern, ramps, wanted)
    still = (ramps.reached_pm == ramps.from_pm) & ~ramps.first
    return _with_holds_joined(lines) if still.any() else lines


def _with_steps(lines: _Lines, pattern: Ints, ramps: _Ramps, wanted: Flags) -> _Lines:
    """Steps between off and the lowest level, which are no part of a ramp."""
    up = np.flatnonzero((ramps.from_pm != ramps.arrival_pm) & ~ramps.first)
    down = np.flatnonzero((ramps.to_pm != ramps.final_pm) & (ramps.t1_ms <= ramps.next_ms))
    at = np.concatenate((up, down))
    if not len(at):
        return lines
    before = np.cumsum(wanted.ravel())
    place = np.concatenate((before[2 * up] - 1, before[2 * down]))
    t_ms = np.concatenate((ramps.t0_ms[up], ramps.t1_ms[down]))
    from_pm = np.concatenate((ramps.arrival_pm[up], ramps.to_pm[down]))
    to_pm = np.concatenate((ramps.from_pm[up], ramps.final_pm[down]))
    steps = (pattern[at], t_ms, t_ms, from_pm, to_pm)
    return _Lines._make(np.insert(values, place, step) for values, step in _paired(lines, steps))


def _with_holds_joined(lines: _Lines) -> _Lines:
    """The same lines, where holds of one level that follow each other are one."""
    flat = lines.from_pm == lines.to_pm
    again = np.zeros(len(flat), bool)
    again[1:] = flat[1:] & flat[:-1] & (lines.lamp[1:] == lines.lamp[:-1])
    last = np.append(~again[1:], True)
    return _Lines._make(values[last if name == "t1_ms" else ~again] for name, values in lines._asdict().items())


def _paired(one: Iterable[Small], other: Iterable[Small]) -> Iterator[tuple[Small, Small]]:
    return zip(one, other, strict=True)


def _pairs(one: Small, other: Small) -> Small:
    return np.stack((one, other), axis=1)


def _lines_of_points(pattern: Ints, ramps: _Ramps, night_ms: int) -> _Lines:
    """Lines by way of all breakpoints, of which the redundant ones are taken out."""
    lamp, t_ms, level_pm = _without_redundant(_cut(_points(pattern, ramps, night_ms), night_ms))
    within = np.flatnonzero(lamp[1:] == lamp[:-1])
    small = t_ms.astype(np.int32), level_pm.astype(np.int32)
    return _Lines(lamp[within], *(values[at] for values in small for at in (within, within + 1)))


def _points(pattern: Ints, ramps: _Ramps, night_ms: int) -> _Points:
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
        level_pm[end] = _level_on_ramp(t_ms[before], level_pm[before], t_ms[end], level_pm[end], night_ms)
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
