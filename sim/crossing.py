"""When road users are at places of the street: in integer milliseconds, to the nearest one, halves up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.counts import Floats, Integers
from sim.traffic import Users

Times = NDArray[np.int32]
"""Milliseconds of one night: sorted in half the time of 64 bits."""


class Lines(NamedTuple):
    """Users as straight lines: the whole part of ``slope * place + moment`` is a millisecond after each is there.

    slope : ms per mm, below 0 down the street; moment : a millisecond after each is in the middle, and what rounds it
    """

    slope: Floats
    moment: Floats


def lines_of(users: Users, zero_ms: int) -> Lines:
    """Lines in time from ``zero_ms`` on and place from where the users' ``t_ms`` holds.

    A time is to be the whole part of t + q + 1/2 with q = way / speed, a multiple of 1 / (2 speed). So 1 / (4 speed)
    may be added: then the nearest integers are so far away on both sides, and rounding does not reach them. It moves
    the sum by less than (6 |q| + 3 s) 2^-53, s being the span in which times matter, which is below 1 / (4 speed)
    while 24,000 way + 12 s speed < 2^53: for nights, 100,000 km at up to 1 km/s.
    """
    speed = users.speed_mm_s.astype(np.float64)
    return Lines(1000.0 * users.direction / speed, (users.t_ms - (zero_ms - 1)) + (0.5 + 0.25 / speed))


def times_at(places_mm: Integers, slope: Floats, moments: Floats, last_ms: int) -> Times:
    """Times at each place, cut to [-1, last] before they become integers [... x places x lines].

    places_mm : from where ``t_ms`` holds; moments : [... x lines]; last_ms : below 2^31
    """
    at: Floats = np.multiply.outer(places_mm.astype(np.float64), slope) + moments[..., None, :]
    at.clip(0, last_ms + 1, out=at)
    times = at.astype(np.int32)
    times -= 1
    return times


def crossing_ms(users: Users, site_mm: int, points_mm: Integers) -> Integers:
    """When each user is at each point [points x users], whatever the time.

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
