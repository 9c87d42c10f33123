"""Which road users are under which lamp, and when, in integer milliseconds and closed intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from sim.counts import Integers
from sim.crossing import Times, lines_of, near, times_at
from sim.ordered import blocks, ordered
from sim.traffic import Users
from slic.scenario.layout import Street

_SPAN_BITS = 28
"""A time within the dark of a night of 25 h is below 2^28 ms."""


@dataclass(frozen=True, slots=True)
class Passages:
    """Road users at lamps, one array entry each, in order of lamp, then enter.

    lamp : index in the street; enter_ms, leave_ms : the user is in the lamp's stretch, closed [UTC ms]
    """

    lamp: Integers
    enter_ms: Integers
    leave_ms: Integers

    def of(self, lamp: int) -> tuple[Integers, Integers]:
        """When users enter and leave the stretch of one lamp."""
        first, last = np.searchsorted(self.lamp, (lamp, lamp + 1))
        return self.enter_ms[first:last], self.leave_ms[first:last]


def zones_mm(street: Street) -> tuple[Integers, Integers]:
    """The stretch each lamp serves: half-way to its neighbours, the outer ones to the street's ends."""
    edges = _edges_mm(street) + street.length_mm // 2
    return edges[:-1], edges[1:]


_edges: WeakKeyDictionary[Street, Integers] = WeakKeyDictionary()


def _edges_mm(street: Street) -> Integers:
    """Where the stretches of lamps begin and end, from the middle of the street on; one more than lamps."""
    if street not in _edges:
        places = np.array([lamp.position_mm for lamp in street.lamps], np.int64)
        edges = np.empty(len(places) + 1, np.int64)
        edges[0] = min(0, int(places[0]))
        edges[1:-1] = (places[:-1] + places[1:]) // 2
        edges[-1] = max(street.length_mm, int(places[-1]))
        _edges[street] = edges - street.length_mm // 2
    return _edges[street]


def passages(street: Street, users: Users, dark: Sequence[tuple[int, int]]) -> Passages:
    """When users, given in order of ``t_ms``, enter and leave the stretch of each lamp in the dark.

    dark : ascending spans [UTC ms]; a passage that outlasts its span ends with it; who enters in daylight is left out
    """
    nothing = np.zeros(0, np.int64)
    if not dark or not len(users) or not street.lamps:
        return Passages(nothing, nothing, nothing)
    edges = _edges_mm(street)
    since_ms, until_ms = dark[0][0], dark[-1][1]
    users = users.part(near(users, max(abs(int(edges[0])), abs(int(edges[-1]))), since_ms, until_ms))
    slope, moment = lines_of(users, since_ms)
    parts = []
    for block in blocks(len(street.lamps), len(users)):
        at = times_at(edges[block.start : block.stop + 1], slope, moment, until_ms - since_ms)
        enter, leave, number = _in_order(at, until_ms - since_ms)
        enter += since_ms
        leave += since_ms
        parts.append((np.arange(block.start, block.stop).repeat(number), enter, leave))
    lamp, enter, leave = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    found = Passages(lamp, enter, leave)
    return found if len(dark) == 1 else _without_days(found, dark)


def _in_order(at: Times, span_ms: int) -> tuple[Integers, Integers, Integers]:
    """Enter and leave of those who enter in [0, span), lamp after lamp, and their number at each.

    at : times at the edges of lamps, -1 if before all [edges x users]
    Enter and leave are sorted as one number; of those that count, both are below 2^28.
    """
    key = np.minimum(at[:-1], at[1:]).astype(np.int64)
    key <<= _SPAN_BITS
    key |= np.maximum(at[:-1], at[1:])
    key, number = ordered(key, span_ms << _SPAN_BITS)
    enter = key >> _SPAN_BITS
    key &= (1 << _SPAN_BITS) - 1
    return enter, key, number


def _without_days(found: Passages, dark: Sequence[tuple[int, int]]) -> Passages:
    """Only who enters in the dark, until it ends."""
    starts_ms, ends_ms = np.array(dark).T
    ends_ms = ends_ms[np.searchsorted(starts_ms, found.enter_ms, side="right") - 1]
    kept = found.enter_ms < ends_ms
    return Passages(found.lamp[kept], found.enter_ms[kept], np.minimum(found.leave_ms, ends_ms)[kept])
