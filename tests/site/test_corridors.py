"""Lamps grouped into streets by their places: made-up towns whose streets are known, and crowded places."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from slic.site.corridors import fit_streets


def streets_of(points: np.ndarray) -> list[set[int]]:
    return [set(members.tolist()) for members in fit_streets(*points.T)]


def line(start: tuple[float, float], way_deg: float, count: int, spacing_m: float = 30) -> np.ndarray:
    way = np.array([np.cos(np.radians(way_deg)), np.sin(np.radians(way_deg))])
    return np.array(start) + np.arange(count)[:, None] * spacing_m * way


@pytest.mark.parametrize("way_deg", [0, 30, 90, 135, 271])
@pytest.mark.parametrize("spacing_m", [15, 30, 45])
def test_a_straight_row_is_a_street(way_deg: float, spacing_m: float) -> None:
    assert streets_of(line((5, 7), way_deg, 20, spacing_m)) == [set(range(20))]


def test_two_streets_that_cross_stay_two() -> None:
    points = np.concatenate((line((0, 0), 0, 20), line((285, -285), 90, 20)))
    assert sorted(map(len, streets_of(points))) == [20, 20]
    assert streets_of(points)[0] == set(range(20))


def test_lamps_on_both_sides_are_one_street() -> None:
    staggered = np.concatenate((line((0, 0), 0, 20), line((15, 10), 0, 20)))
    opposite = np.concatenate((line((0, 0), 0, 20), line((0, 10), 0, 20)))
    assert streets_of(staggered) == streets_of(opposite) == [set(range(40))]


def test_parallel_streets_stay_apart() -> None:
    assert streets_of(np.concatenate((line((0, 0), 0, 20), line((0, 40), 0, 20)))) == [
        set(range(20)),
        set(range(20, 40)),
    ]


def test_a_bend_is_followed_and_a_corner_ends_a_street() -> None:
    turn = np.radians(np.arange(0, 90, 10))
    bend = np.column_stack((172 * np.sin(turn), 172 * (1 - np.cos(turn))))  # 30 m apart on a radius of 172 m
    assert streets_of(bend) == [set(range(9))]
    corner = np.concatenate((line((0, 0), 0, 10), line((300, 30), 90, 10)))
    assert sorted(map(len, streets_of(corner))) == [10, 10]


def test_a_lit_square_and_lone_lamps_are_no_street() -> None:
    x, y = np.meshgrid(np.arange(15) * 20.0, np.arange(15) * 20.0)
    square = np.column_stack((x.ravel(), y.ravel())) @ [[0.9, 0.1], [-0.1, 0.9]]
    assert all(len(street) <= 15 for street in streets_of(square))
    assert streets_of(np.array([[0.0, 0.0], [500, 0], [0, 500], [700, 700]])) == []
    assert streets_of(np.zeros((0, 2))) == streets_of(np.zeros((2, 2))) == []


def test_a_noisy_town_of_streets_is_found_again() -> None:
    """60 avenues 45 m apart with 40 lamps each, a metre off their line: nearly each avenue is found whole."""
    dice = np.random.default_rng(1)
    points = np.concatenate([line((17.0 * row % 30, 45.0 * row), 0, 40) for row in range(60)])
    found = streets_of(points + dice.normal(0, 1, points.shape))
    assert sum(len(street) >= 36 for street in found) >= 55
    assert all(max(street) // 40 == min(street) // 40 for street in found)


def test_the_order_of_the_file_moves_only_the_order_of_the_streets() -> None:
    dice = np.random.default_rng(2)
    points = np.concatenate([line((0, 45.0 * row), 10, 30) for row in range(20)]) + dice.normal(0, 1, (600, 2))
    shuffled = dice.permutation(600)
    there = {frozenset(int(shuffled[at]) for at in street) for street in streets_of(points[shuffled])}
    assert there == set(map(frozenset, streets_of(points)))


@pytest.mark.parametrize("size_m", [0, 20])
def test_thirty_thousand_lamps_in_one_place_are_refused_before_all_pairs_are_made(size_m: float) -> None:
    began = perf_counter()
    with pytest.raises(ValueError, match="lie too close together"):
        streets_of(np.random.default_rng(3).uniform(0, size_m, (30_000, 2)))
    assert perf_counter() - began < 20


def test_some_thousand_lamps_at_one_point_are_no_street() -> None:
    assert streets_of(np.full((2_000, 2), 17.5)) == []
