"""Road users that a file names one by one, and the time for which it does: nobody is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.counts import Counts
from sim.traffic import Users
from slic.errors import InputError

_SLOT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """Users in order of time, and by minute how many there were; minutes that the file does not cover are missing."""

    users: Users
    counts: Counts

    def between(self, start_ms: int, end_ms: int, thin: float, dice: Callable[[], np.random.Generator]) -> Users:
        """Who passes the middle of the street in [start, end); each is kept with the probability ``thin``."""
        first, last = np.searchsorted(self.users.t_ms, (start_ms, end_ms))
        kept = np.arange(first, last)
        if thin < 1:
            kept = kept[dice().random(len(kept)) < thin]
        return Users(self.users.t_ms[kept], self.users.speed_mm_s[kept], self.users.direction[kept])


def recorded(
    rows: Sequence[tuple[int, int, int]], start_ms: int, end_ms: int, file: str, warnings: tuple[str, ...] = ()
) -> Recorded:
    """Users from rows of time at the middle [UTC ms], speed [mm/s] and direction (1 or -1).

    start_ms, end_ms : what the file covers; only whole minutes count. InputError if that is less than a minute.
    """
    slots = (end_ms - start_ms) // _SLOT_MS
    if slots < 1:
        allowed = "a minute or more"
        raise InputError("covers less than a minute", file=file, value=f"{end_ms - start_ms} ms", allowed=allowed)
    t_ms, speed, direction = np.array(sorted(rows), np.int64).reshape(-1, 3).T
    slot = np.clip((t_ms - start_ms) // _SLOT_MS, 0, slots - 1)
    forward, backward = (np.bincount(slot[direction == way], minlength=slots).astype(float) for way in (1, -1))
    return Recorded(Users(t_ms, speed, direction), Counts(start_ms, _SLOT_MS, forward, backward, warnings))
