"""Who is where: when road users are at a point of the street, in integer milliseconds and closed intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.counts import Integers
from sim.traffic import Users
from slic.scenario.layout import Street


def crossing_ms(users: Users, site_mm: int, points_mm: Integers) -> Integers:
    """When each user is at each point [points x users], to the nearest ms, halves up.

    site_mm : where the users' ``t_ms`` holds
    """
    way_mm = (points_mm[:, None] - site_mm) * users.direction[None, :]
    speed = users.speed_mm_s[None, :]
    return users.t_ms[None, :] + (2000 * way_mm + speed) // (2 * speed)


def interval_ms(users: Users, site_mm: int, low_mm: Integers, high_mm: Integers) -> tuple[Integers, Integers]:
    """When each user enters and leaves each stretch [stretches x users]."""
    at_low = crossing_ms(users, site_mm, low_mm)
    at_high = crossing_ms(users, site_mm, high_mm)
    return np.minimum(at_low, at_high), np.maximum(at_low, at_high)


def zones_mm(street: Street) -> tuple[Integers, Integers]:
    """The stretch each lamp serves: half-way to its neighbours, the outer ones to the street's ends."""
    places = np.array([lamp.position_mm for lamp in street.lamps], np.int64)
    between = (places[:-1] + places[1:]) // 2
    ends = np.array([min(0, int(places[0]))]), np.array([max(street.length_mm, int(places[-1]))])
    edges = np.concatenate([ends[0], between, ends[1]])
    return edges[:-1], edges[1:]


def passages(street: Street, users: Users, dark: Sequence[tuple[int, int]]) -> list[tuple[Integers, Integers]]:
    """For each lamp, when users enter and leave its stretch in the dark; who enters in daylight is left out.

    dark : ascending spans [UTC ms]; a passage that outlasts its span ends with it
    """
    low, high = zones_mm(street)
    enter, leave = interval_ms(users, street.length_mm // 2, low, high)
    return [_in_the_dark(enter[lamp], leave[lamp], dark) for lamp in range(len(street.lamps))]


def _in_the_dark(enter: Integers, leave: Integers, dark: Sequence[tuple[int, int]]) -> tuple[Integers, Integers]:
    order = np.argsort(enter, kind="stable")
    enter, leave = enter[order], leave[order]
    cuts = [np.searchsorted(enter, span) for span in dark]
    parts = [(enter[a:b], np.minimum(leave[a:b], end)) for (a, b), (_, end) in zip(cuts, dark, strict=True)]
    nobody = np.zeros(0, np.int64)
    return (
        np.concatenate([nobody, *(part[0] for part in parts)]),
        np.concatenate([nobody, *(part[1] for part in parts)]),
    )
