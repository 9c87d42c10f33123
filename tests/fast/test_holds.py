"""The union of closed intervals, against counting half a millisecond after the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.fast.holds import runs

INTERVAL = st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 12))


def test_a_gap_of_a_millisecond_parts_runs_and_a_touch_does_not():
    """[0, 30] and [30, 60] touch, [61, 70] begins a millisecond later; row 1 is another lamp."""
    found = runs(np.array([0, 0, 0, 1]), np.array([30, 61, 0, 65]), np.array([60, 70, 30, 66]))
    assert [tuple(map(int, run)) for run in zip(*found, strict=True)] == [(0, 0, 60), (0, 61, 70), (1, 65, 66)]


@given(st.lists(INTERVAL, max_size=12))
def test_runs_are_the_stretches_that_intervals_cover(intervals):
    """Counted in half milliseconds, so that intervals that only lie side by side do not touch."""
    row, start, length = (np.array([i[k] for i in intervals], np.int64) for k in range(3))
    found = [tuple(run) for run in zip(*(values.tolist() for values in runs(row, start, start + length)), strict=True)]
    covered = {(r, h) for r, s, n in intervals for h in range(2 * s, 2 * (s + n) + 1)}
    begins = sorted((r, h // 2) for r, h in covered if (r, h - 1) not in covered)
    ends = sorted((r, h // 2) for r, h in covered if (r, h + 1) not in covered)
    assert found == [(r, begin, end) for (r, begin), (_, end) in zip(begins, ends, strict=True)]
