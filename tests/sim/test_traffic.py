from __future__ import annotations

from datetime import date
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.counts import Counts
from sim.crossing import crossing_ms, interval_ms
from sim.dice import Purpose, stream
from sim.passages import passages, zones_mm
from sim.traffic import Users, flow_of, make_users
from slic.scenario.layout import Lamp, Street
from slic.scenario.model import RoadUser, SteadyFlow, Traffic
from tests.sim.sensing_by_sensor import crossing_by_division

HOUR_MS = 3_600_000
WAYS = st.sampled_from([-1, 1])


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


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**41),
            st.integers(1, 60_000) | st.sampled_from([1, 2, 3, 7, 2000]),
            st.sampled_from([-1, 1]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.integers(-(10**6), 10**6) | st.integers(-(10**11), 10**11), min_size=1, max_size=8),
)
def test_crossings_are_those_of_whole_division(rows, points_mm):
    """Also at halves, which go up: any odd way at a speed of 2000 mm/s is half a millisecond."""
    users = Users(*np.array(rows, np.int64).T.copy())
    points = np.array(points_mm, np.int64)
    assert np.array_equal(crossing_ms(users, 60_001, points), crossing_by_division(users, 60_001, points))


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
    enter, leave = passages(street(60_000), users, [(30_000, 43_000)]).of(0)
    assert enter.tolist() == [34_000]
    assert leave.tolist() == [43_000]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 300).map(lambda k: 1000 * k),
            st.sampled_from([1, 1500, 5000, 4321]),
            st.sampled_from([-1, 1]),
        ),
        max_size=30,
    ),
    st.sampled_from([[0], [15_000, 45_000, 45_000, 105_000], [-5000, 130_000]]),
    st.lists(st.integers(0, 400_000), max_size=6, unique=True).map(lambda edges: sorted(edges)[: len(edges) // 2 * 2]),
)
def test_passages_of_all_lamps_are_those_of_each(rows, lamps_mm, edges_ms):
    """Against one lamp and one user after the other, with several spans of dark."""
    users = Users(*np.array(sorted(rows), np.int64).reshape(-1, 3).T.copy())
    dark = list(zip(edges_ms[::2], edges_ms[1::2], strict=True))
    found = passages(street(*lamps_mm), users, dark)
    low, high = zones_mm(street(*lamps_mm))
    expected = []
    for lamp in range(len(lamps_mm)):
        enter, leave = interval_ms(users, 60_000, low[lamp : lamp + 1], high[lamp : lamp + 1])
        times = sorted(zip(enter[0].tolist(), leave[0].tolist(), strict=True))
        expected += [(lamp, a, min(b, end)) for a, b in times for since, end in dark if since <= a < end]
    got = list(zip(found.lamp.tolist(), found.enter_ms.tolist(), found.leave_ms.tolist(), strict=True))
    assert [row[:2] for row in got] == [row[:2] for row in expected] and sorted(got) == sorted(expected)
    for lamp in range(len(lamps_mm)):
        assert found.of(lamp)[0].tolist() == [row[1] for row in got if row[0] == lamp]


def test_passages_on_a_busy_street_are_worked_out_in_parts():
    """15 lamps x 4,000 users; each is in exactly one stretch at a time, so the lamps' times join without a gap."""
    rng = np.random.default_rng(2)
    t_ms = np.sort(rng.integers(1_000_000, 80_000_000, 4000))
    users = Users(t_ms, rng.integers(1000, 9000, 4000), np.ones(4000, np.int64))
    found = passages(street(*(8000 * k for k in range(15))), users, [(0, 86_400_000)])
    assert np.bincount(found.lamp).tolist() == [4000] * 15
    for lamp in range(14):
        assert sorted(found.of(lamp)[1].tolist()) == found.of(lamp + 1)[0].tolist()


WALK = RoadUser(kind="pedestrian", share=0.2, mean_m_s=1.4, sd_m_s=0.5, min_m_s=1, max_m_s=2)
RIDE = RoadUser(kind="cyclist", share=0.6, mean_m_s=5, sd_m_s=1, min_m_s=2, max_m_s=9)
DRIVE = RoadUser(kind="car", share=0.6, mean_m_s=13.9, min_m_s=10, max_m_s=13)
SOME = Traffic(thin=0.3, users=[WALK, RIDE, DRIVE])
MOST = Traffic(thin=0.9, users=[RIDE, DRIVE])
STEADY = SteadyFlow(forward_per_h=20, backward_per_h=5)
COUNTED = Counts(
    1_000_000, 300_000, np.array([3, np.nan, 0, 7.5, 20, 1, 2, np.nan]), np.array([0, 4, np.nan, 2.5, 10, 1, np.nan, 0])
)


@pytest.mark.parametrize(
    ("source", "traffic", "span_ms", "number", "crc"),
    [
        (STEADY, Traffic(), (0, 86_400_000), 592, [101746872, 1004485870, 1575632898]),
        (
            STEADY,
            Traffic(thin=0.3, users=[WALK, RIDE, DRIVE]),
            (5, 36_000_000),
            72,
            [1416064927, 3923674601, 1805304005],
        ),
        (COUNTED, Traffic(users=[WALK]), (900_000, 3_500_000), 46, [1531047290, 2688039922, 3488194382]),
        (
            COUNTED,
            Traffic(users=[RIDE, DRIVE], thin=0.9),
            (1_300_001, 2_799_999),
            45,
            [3325269257, 3995500725, 4136177719],
        ),
        (None, Traffic(), (0, 86_400_000), 0, [0, 0, 0]),
    ],
)
def test_the_same_seed_gives_the_same_users_for_ever(source, traffic, span_ms, number, crc):
    """Numbers and CRC-32 of times, speeds and directions as commit b0f6abf drew them from seed 11."""
    users = make_users(flow_of(source, *span_ms), traffic, *span_ms, np.random.default_rng(11))
    arrays = (users.t_ms, users.speed_mm_s, users.direction)
    assert (len(users), [crc32(array.tobytes()) for array in arrays]) == (number, crc)
