"""The grid against comparing all points with all, and 30,000 lamps at one place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slic.site.grid import Grid, nearest

metres = st.integers(0, 300).map(float)
points = st.lists(st.tuples(metres, metres), min_size=1, max_size=40).map(np.array)


def distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])


@given(points, points)
def test_nearest_is_what_comparing_all_with_all_finds(lamps: np.ndarray, sensors: np.ndarray) -> None:
    index, distance_m = nearest(*lamps.T, *sensors.T)
    every_m = distances(lamps, sensors)
    assert distance_m == pytest.approx(every_m.min(axis=1))
    assert every_m[np.arange(len(lamps)), index] == pytest.approx(distance_m)


def test_thirty_thousand_lamps_at_one_point_need_no_pairs_or_are_refused() -> None:
    x_m = np.zeros(30_000)
    index, distance_m = nearest(x_m, x_m, x_m, x_m)
    assert index.max() == 0 and distance_m.max() == 0
    with pytest.raises(ValueError, match="900000000 pairs"):
        Grid(x_m, x_m).nearest(x_m, x_m)
