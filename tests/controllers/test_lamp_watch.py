"""Faults of lamps: each planted once on an otherwise healthy lamp, and none where nothing is wrong or nothing known."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.fault import Fault
from controllers.gateway.lamp_watch import LampWatch
from controllers.gateway.plan import FieldLamp
from slic.control.segment import Action
from slic.messages.payloads import LampReading, LampState

START_MS = 1_795_000_000_000
SECOND_MS, MINUTE_MS, HOUR_MS = 1000, 60_000, 3_600_000
FULL_W = 28.0
PERIOD_S = 900


class Lamp:
    """A lamp that reports every quarter of an hour, as the test says, and the watch that hears it."""

    def __init__(self, power_w: float | None = FULL_W, period_s: float = PERIOD_S) -> None:
        self.watch = LampWatch([FieldLamp("l1", power_w=power_w)], period_s, START_MS)
        self.t_ms = START_MS
        self.level_pct = 0.0
        self.faults: list[Fault] = []
        self.boot, self.switch_ons = "boot-one", 0

    def told(self, level_pct: float, obeys: bool = True, ramp_ms: int = 0) -> None:
        action = Action(self.t_ms, 0, round(level_pct * 10), ramp_ms, "program", "", "", 0, "")
        self.watch.commanded(action)
        self.switch_ons += self.level_pct == 0 < level_pct
        self.level_pct = level_pct
        if obeys:
            self.says(level_pct)

    def says(self, level_pct: float, target_pct: float | None = None, age_ms: int = 0, **more: Any) -> None:
        fields = {"mode": "auto", "src": "program", **more}
        target_pct = self.level_pct if target_pct is None else target_pct
        state = LampState(**self._envelope(age_ms), level_pct=level_pct, target_pct=target_pct, **fields)
        self.faults += self.watch.state(self.t_ms, 0, state)

    def meters(self, power_w: float | None, age_ms: int = 0) -> None:
        reading = LampReading(
            **self._envelope(age_ms), energy_wh=1.0, on_s=1.0, switch_ons=self.switch_ons, power_w=power_w
        )
        self.faults += self.watch.reading(self.t_ms, 0, reading)

    def passes(self, ms: int, power_w: float | None = None, level_pct: float | None = None, **more: Any) -> None:
        """Time in which it reports each quarter: a power if given, and a level if given."""
        for _ in range(ms // (15 * MINUTE_MS)):
            self.t_ms += 15 * MINUTE_MS
            if power_w is not None:
                self.meters(power_w)
            if level_pct is not None:
                self.says(level_pct, **more)
            self.faults += self.watch.due(self.t_ms)

    @property
    def story(self) -> list[tuple[str, str]]:
        return [(fault.code, fault.phase) for fault in self.faults]

    def _envelope(self, age_ms: int) -> dict[str, Any]:
        return {"id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "ts": self.t_ms - age_ms, "boot": self.boot, "seq": 0}


def test_a_lamp_that_does_as_told_has_no_fault() -> None:
    lamp = Lamp()
    for level_pct, power_w in ((100.0, 28.0), (50.0, 15.0), (30.0, 10.0), (10.0, 4.5), (0.0, 0.5)) * 3:
        lamp.told(level_pct)
        lamp.passes(2 * HOUR_MS, power_w, level_pct)
    assert lamp.story == []


@pytest.mark.parametrize(
    ("told_pct", "bad", "good", "code"),
    [
        (100.0, {"power_w": 0.5}, {"power_w": 28.0}, "lamp_failure"),
        (20.0, {"power_w": 0.5}, {"power_w": 6.5}, "lamp_failure"),
        (40.0, {"power_w": 28.0}, {"power_w": 12.0}, "dimming_failure"),
        (100.0, {"power_w": 36.0}, {"power_w": 29.0}, "power_too_high"),
        (100.0, {"power_w": 20.0}, {"power_w": 25.0}, "power_too_low"),
        (0.0, {"power_w": 28.0}, {"power_w": 0.5}, "lamp_unexpectedly_on"),
        (0.0, {"level_pct": 100.0}, {"level_pct": 0.0, "power_w": 0.5}, "lamp_unexpectedly_on"),
    ],
)
def test_each_fault_is_raised_once_and_ends_once(
    told_pct: float, bad: dict[str, float], good: dict[str, float], code: str
) -> None:
    lamp = Lamp()
    lamp.told(told_pct)
    lamp.passes(HOUR_MS, **good)
    assert lamp.story == []
    lamp.passes(5 * HOUR_MS, **bad)
    assert lamp.story == [(code, "start")]
    lamp.passes(5 * HOUR_MS, **good)
    assert lamp.story == [(code, "start"), (code, "end")]
    lamp.passes(5 * HOUR_MS, **bad)
    assert lamp.story == [(code, "start"), (code, "end"), (code, "start")]


def test_a_fault_says_when_it_was_seen_first_how_often_and_how() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.passes(5 * HOUR_MS, 0.5)
    first_ms = START_MS + 15 * MINUTE_MS
    assert lamp.faults == [Fault(0, "lamp_failure", "start", first_ms, 2, "told 100 %, takes 0.5 W of 28 W")]
    lamp.passes(HOUR_MS, 28.0)
    assert lamp.faults[1].phase == "end" and (lamp.faults[1].first_seen_ms, lamp.faults[1].count) == (first_ms, 20)


def test_one_bad_look_is_no_fault_and_one_good_look_no_end() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    for power_w in (0.5, 28.0) * 5:
        lamp.passes(15 * MINUTE_MS, power_w)
    assert lamp.story == []
    for power_w in (0.5, 0.5, 28.0, 0.5, 28.0, 0.5):
        lamp.passes(15 * MINUTE_MS, power_w)
    assert lamp.story == [("lamp_failure", "start")]


def test_a_lamp_without_a_meter_is_judged_by_what_it_says() -> None:
    lamp = Lamp(power_w=None)
    lamp.told(100.0)
    lamp.passes(HOUR_MS, level_pct=100.0)
    lamp.passes(HOUR_MS, level_pct=100.0, faults=["lamp_failure"])
    lamp.passes(HOUR_MS, level_pct=100.0)
    lamp.passes(HOUR_MS, level_pct=0.0)
    assert lamp.story == [("lamp_failure", "start"), ("lamp_failure", "end"), ("lamp_failure", "start")]
    undimmed = Lamp(power_w=None)
    undimmed.told(40.0)
    undimmed.passes(HOUR_MS, level_pct=100.0)
    assert undimmed.story == [("dimming_failure", "start")]


def test_silence_is_no_darkness() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.passes(44 * MINUTE_MS + 59 * SECOND_MS)
    assert lamp.watch.next_ms == START_MS + 45 * MINUTE_MS
    assert lamp.faults == []
    lamp.passes(12 * HOUR_MS)
    assert lamp.story == [("communication_failure", "start")]
    assert lamp.watch.lost == 1
    lamp.passes(15 * MINUTE_MS, 28.0)
    assert lamp.story[1:] == [("communication_failure", "end")]
    assert lamp.watch.lost == 0


def test_a_reading_without_power_says_nothing_about_light() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    for _ in range(20):
        lamp.t_ms += 15 * MINUTE_MS
        lamp.meters(None)
    assert lamp.story == []


def test_a_lamp_that_did_not_hear_its_command_has_not_failed() -> None:
    lamp = Lamp()
    lamp.told(0.0)
    lamp.passes(HOUR_MS, 0.5, 0.0)
    lamp.told(100.0, obeys=False)
    lamp.passes(5 * HOUR_MS, 0.5, 0.0, target_pct=0.0)
    assert lamp.story == []


@pytest.mark.parametrize("local", [{"src": "local"}, {"mode": "manual"}, {"mode": "maintenance"}])
def test_a_lamp_under_local_control_is_not_judged(local: dict[str, Any]) -> None:
    lamp = Lamp()
    lamp.told(0.0)
    lamp.says(100.0, **local)
    lamp.passes(HOUR_MS, 28.0, 100.0, **local)
    assert lamp.story == []


def test_what_was_measured_during_a_ramp_says_nothing() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.told(0.0, ramp_ms=20 * MINUTE_MS)
    lamp.t_ms += HOUR_MS
    for minute in range(1, 20):
        lamp.meters(14.0, age_ms=(60 - minute) * MINUTE_MS)
    assert lamp.story == []
    for minute in range(21, 40):
        lamp.meters(14.0, age_ms=(60 - minute) * MINUTE_MS)
    assert lamp.story == [("lamp_unexpectedly_on", "start")]


def test_power_that_was_measured_before_the_command_says_nothing_after_it() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.passes(HOUR_MS, 28.0)
    lamp.told(0.0)
    lamp.passes(5 * HOUR_MS, level_pct=0.0)
    lamp.told(100.0)
    lamp.passes(5 * HOUR_MS, level_pct=0.0)
    assert lamp.story == [], "a lamp with a meter is dark when the meter says so"


def test_telling_a_lamp_again_does_not_put_off_the_verdict() -> None:
    lamp = Lamp()
    for _ in range(4):
        lamp.told(100.0)
        lamp.passes(15 * MINUTE_MS)
        lamp.told(100.0)
        lamp.meters(0.5)
    assert lamp.story == [("lamp_failure", "start")]


def test_one_cause_is_one_fault() -> None:
    lamp = Lamp()
    lamp.told(40.0)
    for _ in range(8):
        lamp.passes(15 * MINUTE_MS, level_pct=40.0, faults=["lamp_failure"])
        lamp.meters(28.0)
    assert lamp.story == [("lamp_failure", "start")]


def test_a_level_that_takes_hardly_more_than_darkness_is_not_judged() -> None:
    lamp = Lamp()
    lamp.told(5.0)
    lamp.passes(5 * HOUR_MS, 1.4)
    assert lamp.story == []


def test_a_state_that_is_older_than_the_last_says_nothing() -> None:
    lamp = Lamp()
    lamp.told(0.0)
    lamp.passes(HOUR_MS, level_pct=0.0)
    for age_min in range(40, 20, -1):
        lamp.says(100.0, age_ms=age_min * MINUTE_MS)
    assert lamp.story == []


def test_a_switch_on_may_be_counted_in_the_reading_after_the_next() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.meters(28.0)
    for _ in range(10):
        lamp.told(0.0)
        lamp.t_ms += 2 * MINUTE_MS
        before = lamp.switch_ons
        lamp.told(100.0)
        lamp.switch_ons, after = before, lamp.switch_ons
        lamp.meters(28.0)
        lamp.t_ms += 2 * MINUTE_MS
        lamp.switch_ons = after
        lamp.meters(28.0)
    assert lamp.story == []


def test_readings_that_were_held_up_count_for_when_they_were_measured() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.t_ms += 10 * HOUR_MS
    lamp.meters(0.5, age_ms=2 * HOUR_MS)
    lamp.meters(0.5, age_ms=HOUR_MS)
    assert lamp.story == [("lamp_failure", "start")]
    assert lamp.faults[0].first_seen_ms == START_MS + 8 * HOUR_MS
    lamp.meters(28.0, age_ms=9 * HOUR_MS)
    lamp.meters(28.0, age_ms=8 * HOUR_MS + 30 * MINUTE_MS)
    assert len(lamp.faults) == 1, "what is older than the last does not count"


def test_switch_ons_that_nobody_asked_for_are_cycling() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.passes(HOUR_MS, 28.0)
    for _ in range(8):
        lamp.switch_ons += 2
        lamp.passes(15 * MINUTE_MS, 28.0)
    assert lamp.story == [("cycling_failure", "start")]
    assert lamp.faults[0].detail == "8 unasked switch-ons in an hour"
    lamp.passes(3 * HOUR_MS, 28.0)
    assert lamp.story[1:] == [("cycling_failure", "end")]


def test_a_lamp_that_starts_anew_again_and_again_is_cycling_too() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.passes(HOUR_MS, 28.0)
    for start in range(8):
        lamp.boot, lamp.switch_ons = f"boot-{start:04}", 1
        lamp.t_ms += 5 * MINUTE_MS
        lamp.meters(28.0)
    assert lamp.story == [("cycling_failure", "start")]


def test_switch_ons_that_were_asked_for_and_one_power_cut_are_not_cycling() -> None:
    lamp = Lamp()
    for _ in range(60):
        lamp.told(100.0)
        lamp.t_ms += MINUTE_MS
        lamp.told(0.0)
        lamp.t_ms += MINUTE_MS
        lamp.meters(0.5)
    lamp.boot, lamp.switch_ons = "boot-two", 1
    lamp.meters(28.0)
    assert lamp.story == []


def test_many_switch_ons_over_a_long_silence_are_not_many_in_an_hour() -> None:
    lamp = Lamp(period_s=0)
    lamp.told(100.0)
    lamp.meters(28.0)
    lamp.t_ms += 20 * HOUR_MS
    lamp.switch_ons += 20
    lamp.meters(28.0)
    assert lamp.story == []
    lamp.t_ms += 20 * HOUR_MS
    lamp.switch_ons += 200
    lamp.meters(28.0)
    assert lamp.story == [("cycling_failure", "start")]


def test_setting_the_clock_makes_no_fault() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.passes(15 * MINUTE_MS, 28.0)
    for delta_ms in (24 * HOUR_MS, -48 * HOUR_MS):
        lamp.t_ms += delta_ms
        lamp.watch.clock_set(delta_ms)
        lamp.faults += lamp.watch.due(lamp.t_ms)
        lamp.passes(15 * MINUTE_MS, 0.5)
        lamp.passes(15 * MINUTE_MS, 28.0)
    assert lamp.story == []


def test_a_clock_set_to_1970_gives_no_time_before_it() -> None:
    lamp = Lamp()
    lamp.told(100.0)
    lamp.passes(15 * MINUTE_MS, 0.5)
    lamp.t_ms += 15 * MINUTE_MS
    lamp.watch.clock_set(-lamp.t_ms)
    lamp.t_ms = 0
    lamp.meters(0.5)
    assert (lamp.story, lamp.faults[0].first_seen_ms) == ([("lamp_failure", "start")], 0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 10.0, 40.0, 70.0, 100.0]),
            st.integers(0, 3 * HOUR_MS),
            st.sampled_from([None, 0.0, 0.5, 3.0, 12.0, 20.0, 28.0, 36.0]),
            st.sampled_from([None, 0.0, 50.0, 100.0]),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_whatever_comes_each_fault_begins_before_it_ends_and_dark_needs_proof(
    messages: list[tuple[float, int, float | None, float | None, bool]],
) -> None:
    lamp, open_codes, dark_proof = Lamp(), set[str](), False
    for told_pct, pause_ms, power_w, level_pct, obeys in messages:
        lamp.told(told_pct, obeys)
        lamp.t_ms += pause_ms
        if power_w is not None or level_pct is None:
            lamp.meters(power_w)
        if level_pct is not None:
            lamp.says(level_pct)
        dark_proof |= (power_w is not None and power_w <= 2) or level_pct == 0
        lamp.faults += lamp.watch.due(lamp.t_ms)
        for fault in lamp.faults:
            assert (fault.code in open_codes) == (fault.phase == "end")
            assert fault.count >= 1 and fault.first_seen_ms <= lamp.t_ms and len(fault.detail) <= 200
            (open_codes.add if fault.phase == "start" else open_codes.discard)(fault.code)
            assert fault.code != "lamp_failure" or dark_proof
        lamp.faults.clear()
