"""Who is where: when road users are at a point of the street, in integer milliseconds and closed intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.counts import Floats, Integers
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


def crossing_ms(users: Users, site_mm: int, points_mm: Integers) -> Integers:
    """When each user is at each point [points x users], to the nearest ms, halves up.

    site_mm : where the users' ``t_ms`` holds
    That is t + floor(q + 1/2) with q = way / speed. It is exact in float64 while 2000 way + 2 speed < 2^52, which is
    2 million km: if q + 1/2 is an integer, both are float64 numbers; if not, it is at least 1 / (2 speed) away from
    one, and the two roundings move it by less than (2 |q| + 1) 2^-53 < 1 / (2 speed), so not as far as an integer.
    """
    at: Floats = np.divide.outer(
        1000.0 * (points_mm - site_mm), (users.speed_mm_s * users.direction).astype(np.float64)
    )
    at += 0.5
    np.floor(at, out=at)
    at += users.t_ms.astype(np.float64)
    return at.astype(np.int64)


def interval_ms(users: Users, site_mm: int, low_mm: Integers, high_mm: Integers) -> tuple[Integers, Integers]:
    """When each user enters and leaves each stretch [stretches x users]."""
    at_low = crossing_ms(users, site_mm, low_mm)
    at_high = crossing_ms(users, site_mm, high_mm)
    return np.minimum(at_low, at_high), np.maximum(at_low, at_high)


def near(users: Users, way_mm: int, since_ms: int, until_ms: int) -> slice:
    """The users, of some in order of ``t_ms``, who can be within a way of the middle in [since, until]; some more."""
    if not len(users):
        return slice(0, 0)
    travel_ms = way_mm * 1000 // int(users.speed_mm_s.min()) + 1
    first, last = users.t_ms.searchsorted((since_ms - travel_ms, until_ms + travel_ms + 1)).tolist()
    return slice(first, last)


def zones_mm(street: Street) -> tuple[Integers, Integers]:
    """The stretch each lamp serves: half-way to its neighbours, the outer ones to the street's ends."""
    edges = _edges_mm(street)
    return edges[:-1], edges[1:]


def _edges_mm(street: Street) -> Integers:
    """Where the stretches of lamps begin and end, one more than lamps."""
    places = np.array([lamp.position_mm for lamp in street.lamps], np.int64)
    edges = np.empty(len(places) + 1, np.int64)
    edges[0] = min(0, int(places[0]))
    edges[1:-1] = (places[:-1] + places[1:]) // 2
    edges[-1] = max(street.length_mm, int(places[-1]))
    return edges


def passages(street: Street, users: Users, dark: Sequence[tuple[int, int]]) -> Passages:
    """When users, given in order of ``t_ms``, enter and leave the stretch of each lamp in the dark.

    dark : ascending spans [UTC ms]; a passage that outlasts its span ends with it; who enters in daylight is left out
    """
    nothing = np.zeros(0, np.int64)
    if not dark or not len(users) or not street.lamps:
        return Passages(nothing, nothing, nothing)
    site_mm, edges = street.length_mm // 2, _edges_mm(street)
    way_mm = int(max(abs(edges[0] - site_mm), abs(edges[-1] - site_mm)))
    users = users.part(near(users, way_mm, dark[0][0], dark[-1][1])).after(dark[0][0])
    parts = []
    for block in blocks(len(street.lamps), len(users)):
        at = crossing_ms(users, site_mm, edges[block.start : block.stop + 1])
        enter, leave, number = _in_order(at, dark[-1][1] - dark[0][0])
        enter += dark[0][0]
        leave += dark[0][0]
        parts.append((np.arange(block.start, block.stop).repeat(number), enter, leave))
    lamp, enter, leave = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    found = Passages(lamp, enter, leave)
    return found if len(dark) == 1 else _without_days(found, dark)


def _in_order(at: Integers, span_ms: int) -> tuple[Integers, Integers, Integers]:
    """Enter and leave of those who enter in [0, span), lamp after lamp, and their number at each.

    at : times at the edges of lamps [edges x users]
    Enter and length are sorted as one number; of those that count, both are below 2^28.
    """
    key = np.minimum(at[:-1], at[1:])
    length = np.maximum(at[:-1], at[1:])
    np.minimum(length, span_ms, out=length)
    length -= key
    np.maximum(key, -1, out=key)
    key <<= _SPAN_BITS
    key |= length
    key, number = ordered(key, span_ms << _SPAN_BITS)
    enter = key >> _SPAN_BITS
    key &= (1 << _SPAN_BITS) - 1
    key += enter
    return enter, key, number


def _without_days(found: Passages, dark: Sequence[tuple[int, int]]) -> Passages:
    """Only who enters in the dark, until it ends."""
    starts_ms, ends_ms = np.array(dark).T
    ends_ms = ends_ms[np.searchsorted(starts_ms, found.enter_ms, side="right") - 1]
    kept = found.enter_ms < ends_ms
    return Passages(found.lamp[kept], found.enter_ms[kept], np.minimum(found.leave_ms, ends_ms)[kept])
