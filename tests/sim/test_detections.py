"""Detections of all sensors at once give the reports that one sensor after the other gave."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.replay import Kind
from sim.sensing import sense
from sim.sensor_view import Sensing
from sim.traffic import Users
from slic.scenario.layout import Sensor, Street
from slic.scenario.model import Sensors, StuckSensor
from tests.sim.sensing_by_sensor import rows_by_sensor

NIGHT = (1_000_000, 1_000_000 + 7_200_000)


def street(*positions_mm: int) -> Street:
    return Street("s", (), tuple(Sensor(f"s{i}", "c", p) for i, p in enumerate(positions_mm)), 120_000)


@st.composite
def people(draw: st.DrawFn) -> Users:
    """On a coarse grid, with crowds at the edges of the night, so that much happens in one millisecond."""
    moments = st.one_of(
        st.integers(0, 72).map(lambda k: NIGHT[0] + 100_000 * k),
        st.integers(0, 20).map(lambda k: NIGHT[0] + 1000 * k),
        st.integers(0, 20).map(lambda k: NIGHT[1] - 1 - 1000 * k),
        st.integers(*NIGHT),
    )
    # One very slow user is enough for nobody to be left out as too far away.
    speeds = draw(st.sampled_from([[1, 500, 5000], [5000, 10_000, 4321]]))
    user = st.tuples(moments, st.sampled_from(speeds), st.sampled_from([-1, 1]))
    rows = sorted(draw(st.lists(user, max_size=40)))
    return Users(*np.array(rows, np.int64).reshape(-1, 3).T.copy())


stuck = st.builds(
    StuckSensor,
    sensor=st.sampled_from(["s0", "s1", "s9"]),
    state=st.sampled_from(["absent", "present"]),
    from_h=st.sampled_from([0, 0.5, 1.9]),
    for_h=st.sampled_from([0.1, 1]),
)
sensors = st.builds(
    Sensors,
    range_m=st.sampled_from([0, 0, 5, 30]),
    detection_probability=st.sampled_from([1, 1, 0.5, 0]),
    false_triggers_per_h=st.sampled_from([0, 0, 3, 200]),
    latency_s=st.sampled_from([0, 0, 0.3, 10]),
    retrigger_s=st.sampled_from([0, 0, 0, 3]),
    gives_speed=st.booleans(),
    gives_direction=st.booleans(),
    stuck=st.lists(stuck, max_size=2) | st.just([]),
)
places = st.lists(st.sampled_from([0, 40_000, 60_000, 60_000, 75_000, 120_000]), max_size=5)
edges_ms = st.integers(NIGHT[0] - 20_000, NIGHT[1] + 20_000) | st.sampled_from([0, 10_000_000])


@settings(max_examples=300, deadline=None)
@given(people(), places, sensors, edges_ms, edges_ms, st.integers(0, 3))
def test_rows_are_those_of_one_sensor_after_the_other(
    users: Users, at_mm: list[int], faults: Sensors, since_ms: int, until_ms: int, seed: int
) -> None:
    wanted = min(since_ms, until_ms), max(since_ms, until_ms)
    found = sense(Sensing(street(*at_mm), users, faults, NIGHT, wanted, lambda: np.random.default_rng(seed)))
    expected = rows_by_sensor(street(*at_mm), users, faults, NIGHT, wanted, np.random.default_rng(seed))
    assert found.rows() == expected
    said = [row for row in expected if row[1] != Kind.OFF]
    assert Counter(zip(found.enter_ms.tolist(), found.sensor.tolist(), strict=True)) == Counter(
        (row[0], row[2]) for row in said
    )


def test_a_crowd_on_a_long_street_in_parts_as_whole() -> None:
    """20 sensors x 4,000 users are more than one part; the parts make no difference."""
    rng = np.random.default_rng(7)
    t_ms = np.sort(rng.integers(*NIGHT, 4000))
    users = Users(t_ms, rng.integers(500, 9000, 4000), rng.choice(np.array([-1, 1]), 4000))
    along = street(*(6000 * k for k in range(20)))
    for values in ({}, {"range_m": 5}, {"range_m": 1, "detection_probability": 0.9, "false_triggers_per_h": 5}):
        faults = Sensors(**values)
        found = sense(Sensing(along, users, faults, NIGHT, NIGHT, lambda: np.random.default_rng(3)))
        assert found.rows() == rows_by_sensor(along, users, faults, NIGHT, NIGHT, np.random.default_rng(3))


def detections(*rows: tuple[int, int, int], wanted: tuple[int, int] = NIGHT, **values: Any) -> Any:
    users = Users(*np.array(rows, np.int64).reshape(-1, 3).T.copy())
    return sense(Sensing(street(60_000), users, Sensors(**values), NIGHT, wanted, _no_dice))


def _no_dice() -> np.random.Generator:
    raise AssertionError("nothing is left to chance here")


def test_episodes_and_their_falls() -> None:
    """5 m/s through 2 x 10 m takes 4 s: two users overlap, the third is alone; latency is added to all times."""
    at = NIGHT[0] + 100_000
    found = detections((at, 5000, 1), (at + 3000, 2000, -1), (at + 60_000, 5000, 1), range_m=10, latency_s=0.5)
    assert (found.enter_ms - at).tolist() == [-2000 + 500, -2000 + 500, 58_000 + 500]
    assert (found.fall_ms - at).tolist() == [8000 + 500, 8000 + 500, 62_000 + 500]
    assert found.first.tolist() == [True, False, True] and found.long.all()
    assert found.speed_mm_s.tolist() == [5000, 2000, 5000] and found.direction.tolist() == [1, -1, 1]


def test_an_episode_over_the_edge_of_the_night() -> None:
    """Seen 2 s before and after the start: only the fall is reported. At the end: the fall stays as it is."""
    start, end = NIGHT
    found = detections((start, 5000, 1), (end - 1, 5000, 1), range_m=10)
    assert found.rows() == [(start + 2000, Kind.OFF, 0, 0, 0), (end - 2001, Kind.ON, 0, 5000, 1)]
    assert (found.enter_ms.tolist(), found.fall_ms.tolist()) == ([end - 2001], [end + 1999])
    assert (found.lone_sensor.tolist(), found.lone_fall_ms.tolist()) == ([0], [start + 2000])
    assert len(found.pick(found.sensor == 1)) == 0


def test_who_outlasts_a_lost_first_report_stays_in_the_episode() -> None:
    start = NIGHT[0]
    found = detections((start, 5000, 1), (start + 3000, 5000, 1), range_m=10)
    assert found.rows() == [(start + 1000, Kind.MORE, 0, 5000, 1), (start + 5000, Kind.OFF, 0, 0, 0)]
    assert not found.first.any() and not len(found.lone_sensor)
