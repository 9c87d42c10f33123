"""Presence and hold: from when until when lamps are held up, as the union of closed intervals.

Starts and ends are sorted independently: the union has a gap after its k-th end exactly where that end lies before
the start that is next in order. No pairing is needed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.fast.axis import NIGHT_BITS, NIGHT_MASK, NOTHING, Ints, Small


class Runs(NamedTuple):
    """Stretches in which a row of lamps is held up without a break, in order of row, then time.

    row : which row; begin_ms, end_ms : since the start of the night, the end is the moment at which the hold is over
    """

    row: Ints
    begin_ms: Ints
    end_ms: Ints

    def of_some_time(self) -> Runs:
        """Without those that are over when the night begins: a hold of no time that begins with it."""
        kept = self.end_ms > 0
        return self if kept.all() else Runs(self.row[kept], self.begin_ms[kept], self.end_ms[kept])


NOBODY = Runs(NOTHING, NOTHING, NOTHING)


def runs(row: Ints, begin_ms: Small, end_ms: Small) -> Runs:
    """Union of the intervals of each row, in any order; ``end_ms`` includes the hold time."""
    if not len(row):
        return NOBODY
    base = row << NIGHT_BITS
    begins, ends = base + begin_ms, base + end_ms
    begins.sort()
    ends.sort()
    gap = ends[:-1] < begins[1:]
    begin = begins[np.concatenate(([True], gap))]
    end = ends[np.concatenate((gap, [True]))]
    return Runs(begin >> NIGHT_BITS, begin & NIGHT_MASK, end & NIGHT_MASK)
