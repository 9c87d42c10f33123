"""One integer axis for the nights of many lamps: lamp after lamp, each with the milliseconds of its night.

A moment is ``lamp << NIGHT_BITS | ms since the start of the night``, so that one sort and one search serve all lamps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Small = NDArray[np.signedinteger[Any]]
"""Times within a night, levels and ramps; of 32 bits where that is half the time."""

NIGHT_BITS = 28
"""A night of 25 h and a hold of a day after it are under 2^28 ms."""
NIGHT_MASK = (1 << NIGHT_BITS) - 1
NOTHING: Ints = np.zeros(0, np.int64)


def first_of_each(ids: Ints) -> NDArray[np.bool_]:
    """Where a new id begins in ascending ids."""
    first = np.ones(len(ids), bool)
    np.not_equal(ids[1:], ids[:-1], out=first[1:])
    return first


def spread(first: Ints, count: Ints) -> Ints:
    """The numbers first, first + 1, ... (``count`` of them) of each entry, one entry after the other."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total) + np.repeat(first - (ends - count), count)
    return numbers
