"""Rows of a matrix put in order, all at once: how the times of many lamps or sensors are sorted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.counts import Integers

ABSENT = np.iinfo(np.int64).max
"""A key that stands for nothing."""

BLOCK = 32_768
"""So many numbers are worked on at a time: a few arrays of them stay in the cache."""

_FEW_DESCENTS = 4


def ordered(keys: Integers, limit: int) -> tuple[Integers, Integers]:
    """Keys in [0, limit) row by row, each ascending, and how many each row has. The matrix is sorted in place."""
    columns = keys.shape[1]
    if columns > 1:
        # Rows that are nearly in order are faster to merge than to sort; equal keys are alike, so both do the same.
        descents = np.count_nonzero(keys[0, 1:] < keys[0, :-1])
        keys.sort(axis=1, kind="stable" if descents * _FEW_DESCENTS < columns else None)
    there = keys.view(np.uint64) < np.uint64(limit)  # what is negative is beyond all limits
    return keys[there], there.sum(axis=1)


def together(sizes: Sequence[int], most: int) -> list[slice]:
    """Things that follow each other, as many at a time as have at most a size together, or one."""
    found: list[slice] = []
    room = 0
    for number, size in enumerate(sizes):
        if found and size <= room:
            found[-1] = slice(found[-1].start, number + 1)
        else:
            found.append(slice(number, number + 1))
            room = most
        room -= size
    return found


def blocks(rows: int, columns: int) -> list[slice]:
    """The rows of a matrix in parts that fit the cache."""
    step = max(1, BLOCK // max(1, columns))
    return [slice(first, min(first + step, rows)) for first in range(0, rows, step)]
