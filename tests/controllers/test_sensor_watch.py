"""Sensors that fall silent or never fall."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.fault import Fault
from controllers.gateway.sensor_watch import SensorNews, SensorWatch
from slic.control.group import NEVER_MS

START_MS = 1_795_000_000_000
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def _faults(news: list[SensorNews]) -> list[tuple[int, str, str, bool | None]]:
    return [(n.fault.device, n.fault.code, n.fault.phase, n.lost) for n in news]


def test_a_sensor_that_never_spoke_is_lost_after_the_time_of_silence_and_not_before() -> None:
    watch = SensorWatch(2, 300, START_MS)
    assert watch.next_ms == START_MS + 300_000
    watch.heard(START_MS + 1000, 0, active=False)
    assert watch.due(START_MS + 299_999) == []
    lost = watch.due(START_MS + 300_000)
    assert lost == [
        SensorNews(
            Fault(1, "communication_failure", "start", START_MS + 300_000, 1, "nothing heard for 300 s"), lost=True
        )
    ]
    assert watch.due(START_MS + 300_999) == [], "said once"
    assert (watch.lost, watch.next_ms) == (1, START_MS + 301_000)


def test_a_lost_sensor_is_back_when_it_speaks() -> None:
    watch = SensorWatch(1, 300, START_MS)
    watch.due(START_MS + 300_000)
    back = watch.heard(START_MS + HOUR_MS, 0, active=True)
    assert _faults(back) == [(0, "communication_failure", "end", False)]
    assert back[0].fault.first_seen_ms == START_MS + 300_000
    assert watch.lost == 0
    assert watch.heard(START_MS + HOUR_MS + 1, 0, active=False) == []


def test_sensors_that_do_not_repeat_themselves_are_never_lost() -> None:
    watch = SensorWatch(3, 0, START_MS)
    assert watch.next_ms == NEVER_MS
    assert watch.due(START_MS + 1000 * HOUR_MS) == []


@pytest.mark.parametrize("repeats", [False, True])
def test_a_sensor_that_is_up_for_six_hours_is_stuck_until_it_falls(repeats: bool) -> None:
    watch = SensorWatch(1, 0, START_MS)
    watch.heard(START_MS, 0, active=True)
    assert watch.next_ms == START_MS + 6 * HOUR_MS
    if repeats:
        for minute in range(1, 360):
            assert watch.heard(START_MS + minute * MINUTE_MS, 0, active=True) == []
    assert watch.due(START_MS + 6 * HOUR_MS - 1) == []
    stuck = watch.due(START_MS + 6 * HOUR_MS)
    assert stuck == [SensorNews(Fault(0, "sensor_stuck", "start", START_MS, 1, "up for 6 h"), lost=None)]
    assert watch.heard(START_MS + 7 * HOUR_MS, 0, active=True) == [] and watch.next_ms == NEVER_MS
    assert _faults(watch.heard(START_MS + 8 * HOUR_MS, 0, active=False)) == [(0, "sensor_stuck", "end", None)]


def test_a_sensor_that_falls_or_pulses_is_not_stuck() -> None:
    watch = SensorWatch(2, 0, START_MS)
    for hour in range(20):
        t_ms = START_MS + hour * HOUR_MS
        watch.heard(t_ms, 0, active=True)
        watch.heard(t_ms + 1, 0, active=False)
        watch.heard(t_ms, 1, active=True, momentary=True)
        assert watch.due(t_ms + 2) == []


def test_setting_the_clock_neither_loses_nor_spares_a_sensor() -> None:
    for delta_ms in (-HOUR_MS, 24 * HOUR_MS):
        watch = SensorWatch(1, 300, START_MS)
        watch.clock_set(delta_ms)
        assert watch.due(START_MS + delta_ms + 299_999) == []
        assert len(watch.due(START_MS + delta_ms + 300_000)) == 1


def test_a_clock_set_to_1970_gives_no_time_before_it() -> None:
    watch = SensorWatch(1, 0, START_MS)
    watch.heard(START_MS, 0, active=True)
    watch.clock_set(-START_MS - HOUR_MS)
    assert watch.due(5 * HOUR_MS)[0].fault.first_seen_ms == 0


def test_a_shorter_time_of_silence_holds_at_once() -> None:
    watch = SensorWatch(1, 0, START_MS)
    watch.use(60)
    assert watch.next_ms == START_MS + MINUTE_MS
    assert len(watch.due(START_MS + MINUTE_MS)) == 1


@given(st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 3), st.booleans()), max_size=60))
def test_lost_is_exactly_who_was_silent_for_so_long(messages: list[tuple[int, int, bool]]) -> None:
    watch, t_ms, last_ms, lost = SensorWatch(4, 300, START_MS), START_MS, [START_MS] * 4, set[int]()
    for pause_ms, sensor, active in messages:
        t_ms += pause_ms
        for news in [*watch.due(t_ms), *watch.heard(t_ms, sensor, active=active)]:
            assert news.lost != (news.fault.device in lost), "each begins once and ends once"
            (lost.add if news.lost else lost.discard)(news.fault.device)
        last_ms[sensor] = t_ms
        assert lost == {i for i in range(4) if t_ms - last_ms[i] >= 300_000}
        assert watch.next_ms > t_ms
