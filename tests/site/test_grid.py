"""The grid against comparing all points with all, and its time on 30,000 lamps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slic.site.grid import Grid, nearest, nearest_other

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


@given(points)
def test_nearest_other_is_never_the_point_itself(lamps: np.ndarray) -> None:
    index, distance_m = nearest_other(*lamps.T)
    every_m = distances(lamps, lamps)
    np.fill_diagonal(every_m, np.inf)
    assert distance_m == pytest.approx(every_m.min(axis=1))
    if len(lamps) > 1:
        assert (index != np.arange(len(lamps))).all()
        assert every_m[np.arange(len(lamps)), index] == pytest.approx(distance_m)


@given(points, st.integers(1, 200))
def test_within_finds_each_close_pair_once_each_way(lamps: np.ndarray, radius_m: int) -> None:
    one, other = Grid(*lamps.T).within(radius_m)
    close = distances(lamps, lamps) <= radius_m
    np.fill_diagonal(close, False)
    assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == [tuple(p) for p in np.argwhere(close).tolist()]


def test_thirty_thousand_lamps_at_one_point_need_no_pairs_or_are_refused() -> None:
    x_m = np.zeros(30_000)
    index, distance_m = nearest_other(x_m, x_m)
    assert distance_m.max() == 0 and (index != np.arange(30_000)).all()
    assert nearest(x_m, x_m, x_m, x_m)[0].max() == 0
    with pytest.raises(ValueError, match="900000000 pairs"):
        Grid(x_m, x_m).within(1)


def test_a_lone_lamp_has_no_neighbour() -> None:
    index, distance_m = nearest_other(np.array([1.0]), np.array([2.0]))
    assert index.tolist() == [-1] and np.isinf(distance_m[0])
