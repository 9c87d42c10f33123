"""What the gear of many lamps does with its commands, by the rules of :class:`slic.lamps.gear.Gear`: ramps.

A command that comes while a ramp is under way starts from the level reached. Where the ramp before it began is known as
soon as the command before it found its lamp at rest; so such chains are resolved link by link, all lamps at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.fast.axis import Ints, Small, first_of_each
from sim.fast.commands import Commands, Flags


class Ramps(NamedTuple):
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

    def pick(self, which: Flags) -> Ramps:
        """Those of some commands."""
        return Ramps._make(values[which] for values in self)


def ramps_of(commands: Commands, minimum_pm: Ints, night_ms: int) -> Ramps:
    """The ramps of all commands. minimum_pm : see :func:`sim.fast.moves.moves_of_commands`."""
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
        arrival[link] = level_on_ramp(t0[before], start[before], t1[before], to, t0[link])
        start[link] = _start_levels(arrival[link], final[link], ramp[link], at_least)
    to = _end_levels(start, final, ramp, lowest)
    following = np.empty_like(t0)
    following[:-1] = t0[1:]
    following[-1:] = night_ms
    following[:-1][first[1:]] = night_ms
    reached = to.copy()
    cut = np.flatnonzero((t1 > following) & (t0 < following))
    reached[cut] = level_on_ramp(t0[cut], start[cut], t1[cut], to[cut], following[cut])
    return Ramps(t0, t1, arrival, start, to, final, first, interrupted, following, reached)


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


def level_on_ramp(t0_ms: Small, from_pm: Small, t1_ms: Small, to_pm: Small, t_ms: Small | int) -> Small:
    """:func:`slic.lamps.level.level_on_ramp` for moments from the start to before the end of their ramps."""
    span = t1_ms.astype(np.int64) - t0_ms
    level_pm: Small = from_pm + (2 * (to_pm - from_pm) * (t_ms - t0_ms).astype(np.int64) + span) // (2 * span)
    return level_pm
