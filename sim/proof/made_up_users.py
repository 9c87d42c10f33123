"""Made-up road users: on the grid of holds, ramps and steps, at the edges of the night and in crowds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.proof.source import Source, several
from sim.traffic import Users

SPEEDS_MM_S = [5000, 3000, 6000, 1500, 30_000, 4321]
"""Spacings of 15 m are passed in whole seconds, but at the last speed."""
GRIDS_MS = [10_000, 1000, 60_000, 1, 500]
User = tuple[int, int, int]


def made_up_users(source: Source, moments_ms: Sequence[int], start_ms: int, end_ms: int) -> Users:
    """Up to forty users that pass the middle of the street around some of these moments [start, end)."""

    def crowd(source: Source) -> list[User]:
        at_ms, grid_ms = source.pick(moments_ms), source.pick(GRIDS_MS)
        return several(source, 1, 8, lambda s: _user(s, at_ms, grid_ms))

    found = [user for users in several(source, 0, 5, crowd) for user in users]
    rows = sorted((min(max(t_ms, start_ms), end_ms - 1), speed, way) for t_ms, speed, way in found)
    t_ms, speed, direction = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    return Users(t_ms, speed, direction)


def _user(source: Source, at_ms: int, grid_ms: int) -> User:
    return at_ms + grid_ms * source.integer(-20, 20), source.pick(SPEEDS_MM_S), source.pick([1, -1])
