from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.replay import Kind
from sim.sensing import sense
from sim.sensor_view import Sensing
from sim.traffic import Users
from slic.scenario.layout import Sensor, Street
from slic.scenario.model import Sensors, StuckSensor

NIGHT = (0, 43_200_000)


def street(*positions_mm: int) -> Street:
    sensors = tuple(Sensor(f"s{i}", "c", p) for i, p in enumerate(positions_mm))
    return Street("street", (), sensors, 120_000)


def users(*rows: tuple[int, int, int]) -> Users:
    t_ms, speed, direction = np.array(rows, np.int64).reshape(-1, 3).T
    return Users(t_ms, speed, direction)


def reports(people: Users, at_mm: tuple[int, ...] = (60_000,), wanted=NIGHT, seed: int = 1, **values: Any):
    asked = Sensing(street(*at_mm), people, Sensors(**values), NIGHT, wanted, lambda: np.random.default_rng(seed))
    return sense(asked).rows()


def test_a_point_sensor_gives_one_pulse_per_user_in_order():
    rows = reports(users((10_000, 5000, 1), (4_000, 2000, -1)), (60_000, 70_000))
    assert rows == [
        (4_000, Kind.PULSE, 0, 2000, -1),
        (10_000, Kind.PULSE, 0, 5000, 1),
        (12_000, Kind.PULSE, 1, 5000, 1),
    ]


def test_with_a_range_users_who_overlap_are_one_presence():
    """5 m/s through 2 x 10 m takes 4 s: the second user comes 3 s after the first, the third alone."""
    rows = reports(users((10_000, 5000, 1), (13_000, 5000, -1), (60_000, 5000, 1)), range_m=10)
    assert rows == [
        (8_000, Kind.ON, 0, 5000, 1),
        (11_000, Kind.MORE, 0, 5000, -1),
        (15_000, Kind.OFF, 0, 0, 0),
        (58_000, Kind.ON, 0, 5000, 1),
        (62_000, Kind.OFF, 0, 0, 0),
    ]


def test_who_comes_as_another_leaves_keeps_the_sensor_up():
    rows = reports(users((10_000, 5000, 1), (14_000, 5000, 1)), range_m=10)
    assert [row[1] for row in rows] == [Kind.ON, Kind.MORE, Kind.OFF]


def test_speed_and_direction_only_if_the_sensor_gives_them():
    assert reports(users((10_000, 5000, 1)), gives_speed=False, gives_direction=False)[0][3:] == (0, 0)


def test_latency_delays_and_what_then_falls_beyond_the_night_is_lost():
    rows = reports(users((10_000, 5000, 1), (43_199_900, 5000, 1)), latency_s=0.3)
    assert [row[0] for row in rows] == [10_300]


def test_nothing_at_or_after_the_horizon_counts():
    assert [row[0] for row in reports(users((43_199_999, 5000, 1), (43_200_000, 5000, 1)))] == [43_199_999]


def test_a_sensor_is_blind_after_it_fell_and_then_sees_who_is_still_there():
    """Up 8-12 s, blind until 17 s: the user of 14-16 s is missed, the one of 16-20 s seen from 17 s on."""
    people = users((10_000, 5000, 1), (15_000, 10_000, 1), (18_000, 5000, 1))
    rows = reports(people, range_m=10, retrigger_s=5)
    assert [row[:2] for row in rows] == [
        (8_000, Kind.ON), (12_000, Kind.OFF), (17_000, Kind.ON), (20_000, Kind.OFF),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("absent", [(1_000, Kind.PULSE), (7_300_000, Kind.PULSE)]),
        (
            "present",
            [(1_000, Kind.PULSE), (3_600_000, Kind.ON), (7_200_000, Kind.OFF), (7_300_000, Kind.PULSE)],
        ),
    ],
)
def test_stuck_sensors(state, expected):
    fault = StuckSensor(sensor="s0", state=state, from_h=1, for_h=1)
    people = users((1_000, 5000, 1), (5_000_000, 5000, 1), (7_300_000, 5000, 1))
    assert [row[:2] for row in reports(people, stuck=[fault])] == expected


def test_detection_probability_and_false_triggers_are_as_often_as_stated():
    many = users(*[(1_000 * i, 5000, 1) for i in range(10_000)])
    assert abs(len(reports(many, detection_probability=0.9)) - 9000) < 4 * (10_000 * 0.9 * 0.1) ** 0.5
    false = reports(users(), tuple(range(100)), false_triggers_per_h=2)
    assert abs(len(false) - 2400) < 4 * 2400**0.5
    assert {row[1:2] + row[3:] for row in false} == {(Kind.PULSE, 0, 0)}


def test_what_is_wanted_does_not_move_the_draws():
    many = users(*[(10_000 * i, 5000, 1) for i in range(1000)])
    faults = {"detection_probability": 0.5, "false_triggers_per_h": 10}
    everything = reports(many, **faults)
    part = reports(many, wanted=(5_000_000, 6_000_000), **faults)
    assert part == [row for row in everything if 5_000_000 <= row[0] < 6_000_000]


@given(
    st.lists(st.tuples(st.integers(0, 60_000), st.integers(500, 20_000), st.sampled_from([-1, 1])), max_size=30),
    st.sampled_from([0, 5, 30]),
    st.sampled_from([0, 3]),
)
def test_reports_of_a_sensor_always_make_sense(rows, range_m, retrigger_s):
    """Up and down alternate, more only while up, a pulse only while down, times never go back."""
    up = {0: False, 1: False}
    last = 0
    people = users(*((t + 1_000_000, v, d) for t, v, d in rows))
    for t_ms, kind, sensor, _, _ in reports(people, (50_000, 60_000), range_m=range_m, retrigger_s=retrigger_s):
        assert t_ms >= last
        last = t_ms
        assert up[sensor] == (kind in (Kind.MORE, Kind.OFF))
        up[sensor] = {Kind.ON: True, Kind.OFF: False}.get(Kind(kind), up[sensor])
    assert not any(up.values())
