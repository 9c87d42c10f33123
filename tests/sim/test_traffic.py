from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dice import Purpose, stream
from sim.passages import crossing_ms, interval_ms, passages, zones_mm
from sim.traffic import Users, flow_of, make_users
from slic.scenario.layout import Lamp, Street
from slic.scenario.model import RoadUser, SteadyFlow, Traffic

HOUR_MS = 3_600_000


def street(*positions_mm: int, length_mm: int = 120_000) -> Street:
    lamps = tuple(Lamp(f"l{p}", "s", "all", "c", p, False, "x", 28, 28, "x") for p in positions_mm)
    return Street("s", lamps, (), length_mm)


def users_of(hours: int = 1000, thin: float = 1, seed: int = 1, **flow: float) -> Users:
    end_ms = hours * HOUR_MS
    dice = np.random.default_rng(seed)
    return make_users(flow_of(SteadyFlow(**flow), 0, end_ms), Traffic(thin=thin), 0, end_ms, dice)


def test_a_steady_flow_is_poisson():
    """20,000 expected users: their number within 4 standard deviations, gaps exponential (mean = deviation)."""
    users = users_of(forward_per_h=20)
    assert abs(len(users) - 20_000) < 4 * 20_000**0.5
    gaps = np.diff(users.t_ms)
    assert gaps.mean() == pytest.approx(180_000, rel=0.03)
    assert gaps.std() == pytest.approx(180_000, rel=0.04)
    assert set(users.direction) == {1}


def test_directions_and_speed_limits():
    users = users_of(forward_per_h=10, backward_per_h=30)
    assert np.mean(users.direction == -1) == pytest.approx(0.75, abs=0.02)
    assert users.speed_mm_s.min() >= 2000 and users.speed_mm_s.max() <= 9000
    assert users.speed_mm_s.mean() == pytest.approx(5000, abs=30)  # the default cut is symmetric to 0.01 m/s


def test_kinds_come_by_share():
    walk = RoadUser(kind="pedestrian", share=0.2, mean_m_s=1.4, min_m_s=1, max_m_s=2)
    ride = RoadUser(kind="cyclist", share=0.6, mean_m_s=5, min_m_s=2, max_m_s=9)
    flow = flow_of(SteadyFlow(forward_per_h=10), 0, 1000 * HOUR_MS)
    users = make_users(flow, Traffic(users=[walk, ride]), 0, 1000 * HOUR_MS, np.random.default_rng(3))
    assert np.mean(users.speed_mm_s == 1400) == pytest.approx(0.25, abs=0.02)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_thinner_traffic_is_a_part_of_denser_traffic(one, other, seed):
    few, many = (users_of(24, thin, seed, forward_per_h=5, backward_per_h=5) for thin in sorted((one, other)))
    rows = [set(zip(u.t_ms.tolist(), u.speed_mm_s.tolist(), u.direction.tolist(), strict=True)) for u in (few, many)]
    assert rows[0] <= rows[1]


def test_streams_differ_by_every_part_of_their_key():
    keys = [
        (1, 0, "a", date(2022, 1, 1), Purpose.TRAFFIC),
        (2, 0, "a", date(2022, 1, 1), Purpose.TRAFFIC),
        (1, 1, "a", date(2022, 1, 1), Purpose.TRAFFIC),
        (1, 0, "b", date(2022, 1, 1), Purpose.TRAFFIC),
        (1, 0, "a", date(2022, 1, 2), Purpose.TRAFFIC),
        (1, 0, "a", date(2022, 1, 1), Purpose.SENSORS),
    ]
    assert len({stream(*key).random() for key in keys}) == len(keys)


def test_users_are_counted_in_the_middle_and_cross_with_their_speed():
    users = Users(np.array([1000, 1000]), np.array([5000, 3000]), np.array([1, -1]))
    at = crossing_ms(users, 60_000, np.array([60_000, 65_000, 55_000]))
    assert at.tolist() == [[1000, 1000], [2000, -667], [0, 2667]]


def test_zones_reach_half_way_to_the_neighbours():
    low, high = zones_mm(street(15_000, 45_000, 105_000))
    assert low.tolist() == [0, 30_000, 75_000]
    assert high.tolist() == [30_000, 75_000, 120_000]


def test_a_user_is_always_under_exactly_one_lamp():
    low, high = zones_mm(street(15_000, 45_000, 105_000))
    users = Users(np.array([0, 500]), np.array([3333, 4700]), np.array([1, -1]))
    enter, leave = interval_ms(users, 60_000, low, high)
    assert leave[:-1, 0].tolist() == enter[1:, 0].tolist()
    assert enter[:-1, 1].tolist() == leave[1:, 1].tolist()


def test_passages_in_daylight_do_not_count_and_end_with_the_dark():
    users = Users(np.array([10_000, 40_000, 90_000]), np.array([10_000] * 3), np.array([1] * 3))
    enter, leave = passages(street(60_000), users, [(30_000, 43_000)])[0]
    assert enter.tolist() == [34_000]
    assert leave.tolist() == [43_000]
