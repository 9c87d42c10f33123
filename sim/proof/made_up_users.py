"""Made-up road users: on the grid of holds, ramps and steps, at the edges of the night and in crowds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.proof.source import Source, chance, several
from sim.traffic import Users

SPEEDS_MM_S = [5000, 3000, 6000, 1500, 30_000, 4321, 20]
"""Spacings of 15 m are passed in whole seconds, but at the last but one; at the last a night is short."""
GRIDS_MS = [10_000, 1000, 60_000, 1, 500]
User = tuple[int, int, int]


def made_up_users(
    source: Source, moments_ms: Sequence[int], start_ms: int, end_ms: int, holds_ms: Sequence[int], range_mm: int
) -> Users:
    """Up to forty users that pass the middle of the street around some of these moments [start, end).

    holds_ms, range_mm : of programs and sensors, so that some users come just as the hold of those before ends
    """

    def crowd(source: Source) -> list[User]:
        at_ms, grid_ms = source.pick(moments_ms), source.pick(GRIDS_MS)
        if chance(source, 60):
            return _column(source, at_ms, source.pick(holds_ms), range_mm)
        return several(source, 1, 8, lambda s: _user(s, at_ms, grid_ms))

    found = [user for users in several(source, 0, 5, crowd) for user in users]
    rows = sorted((min(max(t_ms, start_ms), end_ms - 1), speed, way) for t_ms, speed, way in found)
    t_ms, speed, direction = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    return Users(t_ms, speed, direction)


def _column(source: Source, at_ms: int, hold_ms: int, range_mm: int) -> list[User]:
    """Users of one speed and way, each seen at the very moment at which the hold of the one before ends, or almost."""
    speed, way = source.pick(SPEEDS_MM_S), source.pick([1, -1])
    apart_ms = hold_ms + 2 * range_mm * 1000 // speed
    number = source.integer(2, 4)
    return [(at_ms + k * apart_ms + source.pick([0, 0, 0, 1]), speed, way) for k in range(number)]


def _user(source: Source, at_ms: int, grid_ms: int) -> User:
    return at_ms + grid_ms * source.integer(-20, 20), source.pick(SPEEDS_MM_S), source.pick([1, -1])
