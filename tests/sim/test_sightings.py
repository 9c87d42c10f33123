"""What sensors hold and report by sightings is what it is by detections, whoever is seen."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.crossing import crossing_ms, lines_of, times_at
from sim.detections import Detections
from sim.presence import presence
from sim.sensing import sense
from sim.sensor_view import Sensing
from sim.sightings import Sightings, held, sightings_of
from sim.traffic import Users
from slic.scenario.layout import Street
from slic.scenario.model import Sensors
from tests.sim.test_detections import NIGHT, edges_ms, people, places, sensors, street

Spans = list[tuple[int, int, int]]
HOLDS_MS = st.sampled_from([0, 1, 1000, 60_000, 86_400_000])


def by_detections(found: Detections, hold_ms: int) -> Spans:
    """Held by the first reports of episodes and by pulses, one interval after the other."""
    told = found.pick(found.first | ~found.long)
    rows = sorted(zip(told.sensor.tolist(), told.enter_ms.tolist(), (told.fall_ms + hold_ms).tolist(), strict=True))
    spans: Spans = []
    for sensor, begin, end in rows:
        if spans and spans[-1][0] == sensor and begin <= spans[-1][2]:
            sensor, begin, before = spans.pop()
            end = max(end, before)
        spans.append((sensor, begin, end))
    return [(sensor, begin - NIGHT[0], min(end, NIGHT[1]) - NIGHT[0]) for sensor, begin, end in spans]


def by_sightings(found: Sightings, hold_ms: int) -> Spans:
    spans = held([found], hold_ms)
    end_ms = np.minimum(spans.end_ms, NIGHT[1] - NIGHT[0])
    return list(zip(spans.sensor.tolist(), spans.begin_ms.tolist(), end_ms.tolist(), strict=True))


def check(along: Street, users: Users, kind: Sensors, wanted: tuple[int, int], seed: int, hold_ms: int) -> None:
    asked = Sensing(along, users, kind, NIGHT, wanted, lambda: np.random.default_rng(seed))
    detections, sightings = sense(asked), presence([asked])[0]
    expected = by_detections(detections, hold_ms)
    for found in (sightings, sightings_of(detections, NIGHT, len(along.sensors))):
        assert by_sightings(found, hold_ms) == expected
        assert found.reports == int((detections.first | ~detections.long).sum())


@settings(max_examples=400, deadline=None)
@given(people(), places, sensors, edges_ms, edges_ms, st.integers(0, 3), HOLDS_MS)
def test_sensors_hold_and_report_as_their_detections_do(
    users: Users, at_mm: list[int], kind: Sensors, since_ms: int, until_ms: int, seed: int, hold_ms: int
) -> None:
    """Ties, equal and very slow users, nobody, ranges and none, chance, faults, latency, edges of night and span."""
    wanted = min(since_ms, until_ms), max(since_ms, until_ms)
    check(street(*at_mm), users, kind, wanted, seed, hold_ms)


def test_a_busy_street_in_parts_as_whole() -> None:
    """20 sensors x 4,000 users are more than one part; some are fast enough to be in a short range for no time."""
    rng = np.random.default_rng(7)
    users = Users(
        np.sort(rng.integers(*NIGHT, 4000)), rng.integers(500, 60_000, 4000), rng.choice(np.array([-1, 1]), 4000)
    )
    along = street(*(6000 * k for k in range(20)))
    chance = {"detection_probability": 0.9, "false_triggers_per_h": 5}
    for values in ({}, {"range_m": 5}, {"range_m": 0.01}, {"range_m": 0.005, **chance}, {"range_m": 1, **chance}):
        for hold_ms in (0, 3000):
            check(along, users, Sensors(**values), NIGHT, 3, hold_ms)


def test_streets_together_are_streets_one_after_the_other() -> None:
    kind = Sensors(range_m=3)
    found = []
    for number, sensor_count in enumerate((3, 0, 1, 40)):
        rng = np.random.default_rng(number)
        t_ms = np.sort(rng.integers(*NIGHT, 700 * number))
        users = Users(t_ms, np.full(len(t_ms), 1500), np.ones(len(t_ms), np.int64))
        along = street(*(1000 * k for k in range(sensor_count)))
        found.append(presence([(along, users, kind, NIGHT, NIGHT, lambda: np.random.default_rng(1))])[0])
    expected, before = [], 0
    for one, number in zip(found, (3, 0, 1, 40), strict=True):
        expected += [(before + sensor, begin, end) for sensor, begin, end in zip(*held([one], 5000), strict=True)]
        before += number
    together = held(found, 5000)
    assert list(zip(together.sensor, together.begin_ms, together.end_ms, strict=True)) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(people(), min_size=1, max_size=4), places, sensors, edges_ms, edges_ms)
def test_streets_that_are_alike_are_seen_as_each_alone(
    crowds: list[Users], at_mm: list[int], kind: Sensors, since_ms: int, until_ms: int
) -> None:
    along, wanted = street(*at_mm), (min(since_ms, until_ms), max(since_ms, until_ms))
    asked = [
        Sensing(along, users, kind, NIGHT, wanted, partial(np.random.default_rng, seed))
        for seed, users in enumerate(crowds)
    ]
    found = presence(asked)
    for one, mine in zip(asked, found, strict=True):
        alone = presence([one])[0]
        assert mine.reports == alone.reports
        assert by_sightings(mine, 1000) == by_sightings(alone, 1000)


def test_who_is_seen_when_the_night_begins() -> None:
    """5 m/s through 2 x 10 m takes 4 s. The first is seen before the night, the second with him; the third is new."""
    start = NIGHT[0]
    users = Users(np.array([start, start + 3000, start + 9000]), np.full(3, 5000), np.array([1, 1, 1]))
    kind = Sensors(range_m=10, latency_s=0.5)
    found = presence([Sensing(street(60_000), users, kind, NIGHT, NIGHT, lambda: np.random.default_rng(1))])[0]
    assert by_sightings(found, 1000) == [(0, 7500, 12_500)] and found.reports == 1


@pytest.mark.parametrize(
    ("since_ms", "until_ms", "number"), [(102_000, 200_000, 1), (102_001, 200_000, 0), (0, 98_001, 1), (0, 98_000, 0)]
)
def test_what_touches_the_wanted_span_is_seen(since_ms: int, until_ms: int, number: int) -> None:
    """5 m/s through 2 x 10 m: in range from 98 s to 102 s of the night."""
    users = Users(np.array([NIGHT[0] + 100_000]), np.array([5000]), np.array([1]))
    wanted = NIGHT[0] + since_ms, NIGHT[0] + until_ms
    check(street(60_000), users, Sensors(range_m=10), wanted, 1, 0)
    asked = Sensing(street(60_000), users, Sensors(range_m=10), NIGHT, wanted, lambda: np.random.default_rng(1))
    assert presence([asked])[0].reports == number


moments = st.integers(-(2**36), 2**36) | st.integers(-(10**5), 10**5)
lines = st.tuples(moments, st.integers(1, 60_000) | st.sampled_from([1, 2, 3, 7, 2000]), st.sampled_from([-1, 1]))
points = st.lists(st.integers(-(10**6), 10**6) | st.integers(-(10**10), 10**10), min_size=1, max_size=8)


@settings(max_examples=400)
@given(st.lists(lines, min_size=1, max_size=8), points, st.sampled_from([0, -(2**31), 10**12]))
def test_lines_cross_places_when_whole_division_says(
    rows: list[tuple[int, int, int]], points_mm: list[int], zero_ms: int
) -> None:
    """Within a night; who stands far away, or passed long ago, is at its edge."""
    users = Users(*np.array(rows, np.int64).T.copy())
    users = Users(users.t_ms + zero_ms, users.speed_mm_s, users.direction)
    places = np.array(points_mm, np.int64)
    found = times_at(places, *lines_of(users, zero_ms), 90_000_000)
    assert np.array_equal(found, np.clip(crossing_ms(users, 0, places) - zero_ms, -1, 90_000_000))


@given(
    st.lists(st.tuples(st.integers(0, 79_000_000), st.integers(1, 400)), min_size=1, max_size=20), st.integers(1, 10**7)
)
def test_lines_cross_places_where_that_falls_on_a_millisecond(rows: list[tuple[int, int]], ms: int) -> None:
    """Places that users reach after whole milliseconds and after halves, which go up."""
    for t_ms, speed in rows:
        users = Users(np.array([t_ms]), np.array([2000 * speed]), np.array([1]))
        places = np.array([2 * speed * ms, 2 * speed * ms + speed])
        assert times_at(places, *lines_of(users, 0), 90_000_000).ravel().tolist() == [t_ms + ms, t_ms + ms + 1]
