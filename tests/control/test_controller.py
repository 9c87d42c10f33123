"""The controller against what the words of a program say, read off by hand."""

from __future__ import annotations

import pytest

from slic.control.controller import SegmentController
from slic.control.program import ControlProgram
from slic.control.segment import Action, Override, SegmentPlan
from slic.errors import InputError
from tests.control.segments import LIT, PRESENCE, at, plan, planner, program, seen


def started(seg: SegmentPlan, clock: str = "12:00") -> tuple[SegmentController, list[Action]]:
    controller = SegmentController(seg)
    return controller, controller.start(at(clock))


def run_to(controller: SegmentController, t_ms: int) -> list[Action]:
    """Let a controller's own deadlines run, one by one, as a caller with nothing to report would."""
    actions: list[Action] = []
    while controller.next_deadline_ms <= t_ms:
        actions += controller.due(controller.next_deadline_ms)
    return actions + controller.due(t_ms)


def test_fixed_times_switch_at_their_moments() -> None:
    controller, first = started(
        plan(
            program(fixed_time_controls=[{"at": "23:00", "level_pct": 50}, {"at": "05:00", "level_pct": 100}]),
            1,
        )
    )
    night = run_to(controller, at("12:00", 11))
    assert seen(first) == [(at("12:00"), 0, 0)]
    assert seen(night) == [
        (at("18:00"), 0, 1000), (at("23:00"), 0, 500), (at("05:00", 11), 0, 1000), (at("06:00", 11), 0, 0),
    ]  # fmt: skip
    assert night[1].source == "program"
    assert "23:00" in night[1].rule
    assert night[1].until_ms == at("05:00", 11)


def test_nights_follow_one_another() -> None:
    controller, _ = started(plan(program(), 1))
    levels = seen(run_to(controller, at("12:00", 13)))
    assert levels == [(at(c, d), 0, x) for d in (10, 11, 12) for c, d, x in (("18:00", d, 1000), ("06:00", d + 1, 0))]


def test_starting_at_three_in_the_morning_tells_every_lamp_its_level() -> None:
    _, first = started(plan(program(idle_level_pct=40), 3), "03:00")
    assert seen(first) == [(at("03:00"), i, 400) for i in range(3)]
    assert {a.ramp_ms for a in first} == {0}


def test_a_detection_extends_and_never_stacks() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1), "20:00")
    up = controller.pulse(at("21:00"), 0)
    extended = controller.pulse(at("21:00:50"), 0)
    early = controller.due(at("21:01"))
    down = run_to(controller, at("22:00"))
    assert seen(up) == [(at("21:00"), 0, 1000)]
    assert (up[0].source, up[0].rule, up[0].cause, up[0].until_ms) == (
        "sensor",
        "presence",
        "sensor p0",
        at("21:01"),
    )
    assert extended == early == []
    assert seen(down) == [(at("21:01:50"), 0, 200)]
    assert down[0].cause == "hold time over"


def test_a_detection_at_the_very_end_of_the_hold_comes_before_the_timer() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1), "20:00")
    controller.pulse(at("21:00"), 0)
    assert controller.pulse(at("21:01"), 0) == []
    assert controller.due(at("21:01")) == []
    assert seen(run_to(controller, at("22:00"))) == [(at("21:02"), 0, 200)]


def test_presence_holds_from_its_fall() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1), "20:00")
    assert seen(controller.presence(at("21:00"), 0, True)) == [(at("21:00"), 0, 1000)]
    assert run_to(controller, at("21:30")) == []
    assert controller.presence(at("21:30"), 0, False) == []
    assert seen(run_to(controller, at("22:00"))) == [(at("21:31"), 0, 200)]


def test_overlapping_sensors_hold_until_the_last_one_fell() -> None:
    style = {**PRESENCE, "presence": {"style": "cluster"}}
    controller, _ = started(plan(program(**style), 2), "20:00")
    assert seen(controller.presence(at("21:00"), 0, True)) == [(at("21:00"), 0, 1000), (at("21:00"), 1, 1000)]
    controller.presence(at("21:00:10"), 1, True)
    controller.presence(at("21:00:20"), 0, False)
    assert run_to(controller, at("21:05")) == []
    controller.presence(at("21:05"), 1, False)
    assert seen(run_to(controller, at("22:00"))) == [(at("21:06"), 0, 200), (at("21:06"), 1, 200)]


def test_a_train_lights_behind_and_ahead_by_speed() -> None:
    """At 10 m/s up the street, 20 m + 4 s lead = 60 m ahead, 15 m behind: from 60 m, lamps at 60, 90 and 120 m."""
    reach = {"style": "train", "behind_m": 15, "ahead_m": 20, "lead_s": 4}
    controller, _ = started(plan(program(**{**PRESENCE, "presence": reach}), 8), "20:00")
    assert [a.lamp for a in controller.pulse(at("21:00"), 2, 10_000, 1)] == [2, 3, 4]
    run_to(controller, at("21:30"))
    assert [a.lamp for a in controller.pulse(at("22:00"), 2, 10_000, -1)] == [0, 1, 2]
    run_to(controller, at("22:30"))
    assert [a.lamp for a in controller.pulse(at("23:00"), 2, 2_500, 1)] == [2, 3]
    run_to(controller, at("23:20"))
    assert [a.lamp for a in controller.pulse(at("23:30"), 2, 2_500, 0)] == [1, 2, 3]


def test_an_unknown_speed_uses_the_assumed_one() -> None:
    reach = {"style": "train", "behind_m": 0, "ahead_m": 0, "lead_s": 10, "assumed_speed_m_s": 6}
    controller, _ = started(plan(program(**{**PRESENCE, "presence": reach}), 8), "20:00")
    assert [a.lamp for a in controller.pulse(at("21:00"), 2, 0, 1)] == [2, 3, 4]


def test_entrance_lamps_keep_their_level_when_the_path_goes_off() -> None:
    """Roeselare: 20 % until 23:00, then only the entrance lamp idles at 20 % and the others wait dark."""
    controller, _ = started(
        plan(
            program(**PRESENCE, fixed_time_controls=[{"at": "23:00", "level_pct": 0, "entrance_level_pct": 20}]),
            2,
        ),
        "20:00",
    )
    assert seen(run_to(controller, at("23:30"))) == [(at("23:00"), 1, 0)]
    assert seen(controller.pulse(at("23:40"), 1)) == [(at("23:40"), 1, 1000)]


def test_sensors_do_nothing_outside_the_active_period() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1))
    assert controller.pulse(at("15:00"), 0) == []
    assert run_to(controller, at("17:59")) == []


def test_somebody_still_there_at_switch_on_is_lit_fully() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1))
    controller.presence(at("17:55"), 0, True)
    assert seen(run_to(controller, at("18:10"))) == [(at("18:00"), 0, 1000)]


@pytest.mark.parametrize(
    ("operation", "level_pct", "expected_pm"),
    [
        ("Set", 10, 100),
        ("Max", 10, 400),
        ("Min", 10, 100),
        ("Add", 25, 650),
        ("Sub", 25, 150),
        ("Mul", 50, 200),
    ],
)
def test_the_six_operations(operation: str, level_pct: float, expected_pm: int) -> None:
    control = {"name": "c", "operation": operation, "level_pct": level_pct}
    controller, _ = started(
        plan(program(**{**PRESENCE, "idle_level_pct": 40, "dynamic_controls": [control]}), 1), "20:00"
    )
    controller.pulse(at("21:00"), 0)
    assert controller.why(0).level_pm == expected_pm


def test_the_first_dynamic_control_that_applies_wins() -> None:
    """'door' is first and drives 60 % from sensor p1 alone; 'presence' drives 100 % from any."""
    fields = {
        **PRESENCE,
        "presence": {"style": "cluster"},
        "dynamic_controls": [
            {"name": "door", "operation": "Set", "level_pct": 60, "hold_s": 30, "sensors": ["p1"]},
            {"name": "presence", "hold_s": 90},
        ],
    }
    controller, _ = started(plan(program(**fields), 2), "20:00")
    controller.pulse(at("21:00"), 0)
    assert controller.why(0).rule == "presence"
    assert [a.level_pm for a in controller.pulse(at("21:00:10"), 1)] == [600, 600]
    after = run_to(controller, at("22:00"))
    assert seen(after) == [
        (at("21:00:40"), 0, 1000), (at("21:00:40"), 1, 1000), (at("21:01:40"), 0, 200), (at("21:01:40"), 1, 200),
    ]  # fmt: skip


def test_a_window_bounds_a_dynamic_control() -> None:
    control = {"name": "late", "window": {"start": "22:00", "end": "23:00"}}
    controller, _ = started(plan(program(**{**PRESENCE, "dynamic_controls": [control]}), 1), "20:00")
    assert controller.pulse(at("21:00"), 0) == []
    controller.pulse(at("21:59:30"), 0)
    assert seen(run_to(controller, at("22:10"))) == [(at("22:00"), 0, 1000), (at("22:00:30"), 0, 200)]
    controller.presence(at("22:50"), 0, True)
    assert seen(run_to(controller, at("23:10"))) == [(at("23:00"), 0, 200)]


def test_ramps_differ_up_and_down() -> None:
    controller, _ = started(plan(program(**PRESENCE, ramp_up_s=1, ramp_down_s=420), 1), "20:00")
    assert controller.pulse(at("21:00"), 0)[0].ramp_ms == 1000
    assert run_to(controller, at("22:00"))[0].ramp_ms == 420_000


def test_levels_below_the_minimum_are_lifted_but_off_stays_off() -> None:
    seg = plan(
        program(idle_level_pct=5, fixed_time_controls=[{"at": "23:00", "level_pct": 0}]),
        1,
        lamp={"minimum_level_pm": 100},
    )
    controller, _ = started(seg)
    assert [a.level_pm for a in run_to(controller, at("12:00", 11))] == [100, 0]


def order(**fields: object) -> Override:
    given = {
        "id": "o1",
        "issuer": "ann",
        "reason": "accident",
        "level_pm": 1000,
        "start_ms": at("21:00"),
        "expiry_ms": at("22:00"),
    }
    return Override(**{**given, **fields})  # type: ignore[arg-type]


def test_an_override_begins_and_ends_by_itself() -> None:
    controller, _ = started(plan(program(idle_level_pct=30), 1), "20:00")
    assert controller.override(at("20:30"), order()) == []
    actions = run_to(controller, at("23:00"))
    assert seen(actions) == [(at("21:00"), 0, 1000), (at("22:00"), 0, 300)]
    assert actions[0].source == "override"
    assert "ann" in actions[0].rule and "accident" in actions[0].rule


def test_an_override_works_by_day_and_beats_presence() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1))
    assert seen(controller.override(at("13:00"), order(level_pm=500, start_ms=at("13:00")))) == [(at("13:00"), 0, 500)]
    controller.pulse(at("18:30"), 0)
    assert controller.why(0).level_pm == 500


def test_safety_beats_manual_beats_override_and_the_newest_of_a_kind_wins() -> None:
    controller, _ = started(plan(program(), 1), "20:00")
    hour = {"start_ms": at("21:00"), "expiry_ms": at("22:00")}
    for number, (kind, level_pm) in enumerate([("override", 100), ("safety", 900), ("manual", 300), ("override", 200)]):
        controller.override(at("21:00"), order(id=f"o{number}", kind=kind, level_pm=level_pm, **hour))
    assert controller.why(0).level_pm == 900
    assert seen(controller.end_override(at("21:10"), "o1")) == [(at("21:10"), 0, 300)]
    assert seen(controller.end_override(at("21:20"), "o2")) == [(at("21:20"), 0, 200)]
    assert seen(controller.end_override(at("21:30"), "o3")) == [(at("21:30"), 0, 100)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"expiry_ms": at("21:00")},
        {"expiry_ms": at("21:00", 20)},
        {"level_pm": 1001},
        {"lamps": (7,)},
        {"ramp_ms": -1},
    ],
)
def test_overrides_that_cannot_be_obeyed_or_would_not_end_are_refused(wrong: dict[str, object]) -> None:
    controller, _ = started(plan(program(), 1), "20:00")
    with pytest.raises(InputError):
        controller.override(at("20:30"), order(**wrong))


def test_a_clock_set_back_does_not_stretch_an_override() -> None:
    """Half an hour is left when the clock goes back a day: it ends half an hour later, not a day later."""
    controller, _ = started(plan(program(idle_level_pct=30), 1), "20:00")
    controller.override(at("21:00"), order())
    run_to(controller, at("21:30"))
    controller.clock_set(at("21:30", 9))
    assert seen(run_to(controller, at("23:00", 9))) == [(at("22:00", 9), 0, 300)]


def test_a_clock_set_back_does_not_stretch_a_hold() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1), "20:00")
    controller.pulse(at("21:00"), 0)
    controller.clock_set(at("20:00:10"))
    assert seen(run_to(controller, at("20:30"))) == [(at("20:01:10"), 0, 200)]


def test_an_input_from_the_past_counts_as_now() -> None:
    controller, _ = started(plan(program(**PRESENCE), 1), "20:00")
    controller.due(at("21:00"))
    assert seen(controller.pulse(at("20:30"), 0)) == [(at("21:00"), 0, 1000)]


# ---- the fail-safe ladder ---------------------------------------------------------------------------------


def test_without_a_program_the_astronomical_default_lights_fully() -> None:
    controller, first = started(plan(None, 1), "23:00")
    assert [(a.level_pm, a.source) for a in first] == [(1000, "astro-default")]
    assert [a.level_pm for a in run_to(controller, at("11:00", 11))] == [0]


def test_without_program_and_position_a_light_reading_decides() -> None:
    controller, first = started(plan(None, 1, place=None))
    assert [(a.level_pm, a.source) for a in first] == [(1000, "safe")]
    assert [(a.level_pm, a.source) for a in controller.ambient(at("12:01"), 5000)] == [(0, "photocell")]
    assert seen(run_to(controller, at("13:00"))) == [(at("12:31"), 0, 1000)]


def test_an_untrusted_clock_leads_to_the_safe_level_and_refuses_overrides() -> None:
    controller, _ = started(plan(program(idle_level_pct=20), 1, safe_level_pm=800), "20:00")
    assert [(a.level_pm, a.source) for a in controller.clock_set(at("20:00", 5), trusted=False)] == [(800, "safe")]
    with pytest.raises(InputError, match="clock"):
        controller.override(at("20:01", 5), order())
    assert [(a.level_pm, a.source) for a in controller.clock_set(at("20:05"), trusted=True)] == [(200, "program")]


@pytest.mark.parametrize("kind", ["safety", "manual"])
def test_without_a_trusted_clock_people_on_site_are_obeyed_for_as_long_as_they_meant(kind: str) -> None:
    controller, _ = started(plan(program(idle_level_pct=20), 1, safe_level_pm=800), "20:00")
    controller.clock_set(at("20:00", 5), trusted=False)
    command = order(kind=kind, level_pm=1000, start_ms=at("21:00", 3), expiry_ms=at("22:00", 3))
    assert seen(controller.override(at("20:10", 5), command)) == [(at("20:10", 5), 0, 1000)]
    assert seen(run_to(controller, at("23:00", 5))) == [(at("21:10", 5), 0, 800)]


def test_a_lost_program_never_lowers_and_a_new_one_takes_over() -> None:
    controller, _ = started(plan(program(idle_level_pct=20), 1), "23:00")
    assert [(a.level_pm, a.source) for a in controller.new_program(at("23:30"), "g", None)] == [(1000, "astro-default")]
    again = controller.new_program(at("23:40"), "g", planner(program(idle_level_pct=60)))
    assert [(a.level_pm, a.source) for a in again] == [(600, "program")]


def test_a_lost_sensor_keeps_its_lamps_up_until_it_is_back() -> None:
    controller, _ = started(plan(program(**PRESENCE), 2), "20:00")
    assert seen(controller.sensor_lost(at("21:00"), 0)) == [(at("21:00"), 0, 1000)]
    controller.presence(at("21:10"), 0, False)
    assert run_to(controller, at("23:00")) == []
    controller.sensor_back(at("23:00"), 0)
    assert seen(run_to(controller, at("23:30"))) == [(at("23:01"), 0, 200)]


# ---- light and traffic ------------------------------------------------------------------------------------

CELL = [{"kind": "photocell", "on_lux": 35, "off_lux": 70}]


def test_a_photocell_switches_with_hysteresis() -> None:
    controller, _ = started(plan(program(active_periods=CELL), 1, smoothing_s=0, stale_after_s=86_400))
    lux = [5000, 60, 34, 60, 69, 71, 60, 36, 34]
    levels = []
    for minute, value in enumerate(lux):
        controller.ambient(at(f"15:{minute:02d}"), value)
        levels.append(controller.why(0).level_pm)
    assert levels == [0, 0, 1000, 1000, 1000, 0, 0, 0, 1000]


def test_a_stale_photocell_falls_back_to_the_astronomical_clock() -> None:
    """At 51 N in January the sun sets about 16:00 UTC at 3.7 E: bright at 15:00, unknown from 15:30, dark by clock."""
    controller, _ = started(plan(program(active_periods=CELL), 1, smoothing_s=0, stale_after_s=1800))
    controller.ambient(at("15:00"), 9000)
    actions = run_to(controller, at("20:00"))
    assert [a.level_pm for a in actions] == [1000]
    assert at("15:50") < actions[0].t_ms < at("16:20")
    assert "astronomical clock" in actions[0].rule


def test_a_dark_storm_at_noon_outside_the_trigger_window_does_not_switch_on() -> None:
    window = [{"kind": "astronomical_photocell"}]
    controller, _ = started(plan(program(active_periods=window), 1, smoothing_s=0, stale_after_s=86_400))
    assert controller.ambient(at("12:30"), 3) == []
    first = run_to(controller, at("17:00"))[0]
    assert first.level_pm == 1000
    assert at("15:20") < first.t_ms < at("15:50")


def test_minimum_burn_holds_a_photocell_lamp_on() -> None:
    cell = program(active_periods=CELL, minimum_burn_s=600)
    controller, _ = started(plan(cell, 1, smoothing_s=0, stale_after_s=86_400))
    controller.ambient(at("15:00"), 5000)
    controller.ambient(at("15:01"), 10)
    assert controller.ambient(at("15:02"), 5000) == []
    assert seen(run_to(controller, at("15:30"))) == [(at("15:11"), 0, 0)]


def test_smoothing_follows_the_exponential() -> None:
    """From 1000 lx to 0 with 100 s time constant, 35 lx is reached after 100 ln(1000/35) = 335.2 s."""
    controller, _ = started(plan(program(active_periods=CELL), 1, smoothing_s=100, stale_after_s=86_400))
    controller.ambient(at("15:00"), 1000)
    start = at("15:00")
    on_at = [s for s in range(1, 400) if controller.ambient(start + s * 1000, 0)]
    assert on_at == [336]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_a_reading_that_is_no_light_level_counts_as_missing(value: float) -> None:
    controller, _ = started(plan(program(active_periods=CELL), 1, smoothing_s=0, stale_after_s=1800), "13:00")
    controller.ambient(at("13:10"), 5000)
    assert controller.ambient(at("13:20"), value) == []
    assert controller.why(0).level_pm == 0


CLASSES = {
    "window_s": 600,
    "step_s": 300,
    "classes": [
        {"name": "P6", "up_to_per_h": 30, "level_pct": 40},
        {"name": "P4", "level_pct": 100},
    ],
}


def test_counts_averaged_over_a_window_choose_the_class() -> None:
    """Ten minutes with 4 passers are 24 per hour: P6. Two more five minutes with 3 each are 36 per hour: P4."""
    controller, _ = started(plan(program(traffic_classes=CLASSES), 1), "20:00")
    for minute in (1, 2, 6, 7, 11, 12, 13, 16, 17, 18):
        controller.pulse(at(f"20:{minute:02d}"), 0)
        run_to(controller, at(f"20:{minute:02d}"))
    run_to(controller, at("20:10"))
    actions = run_to(controller, at("20:21"))
    assert controller.why(0).rule == "traffic class P4 (36 per hour)"
    assert [a.level_pm for a in actions] == [1000]


def test_a_quiet_road_steps_down_only_after_a_whole_window() -> None:
    controller, _ = started(plan(program(traffic_classes=CLASSES), 1), "20:00")
    assert seen(run_to(controller, at("21:00"))) == [(at("20:10"), 0, 400)]


def test_a_lost_counting_sensor_means_the_most_demanding_class() -> None:
    controller, _ = started(plan(program(traffic_classes=CLASSES), 2), "20:00")
    run_to(controller, at("21:00"))
    assert [a.level_pm for a in controller.sensor_lost(at("21:01"), 1)] == [1000, 1000]
    assert run_to(controller, at("22:00")) == []


def test_a_calendar_changes_the_program_at_noon() -> None:
    from slic.control.calendar import Calendar
    from slic.control.planner import Planner

    programs = {
        name: ControlProgram.model_validate({"name": name, "active_periods": LIT, "idle_level_pct": level})
        for name, level in (("week", 50), ("weekend", 100))
    }
    calendar = Calendar.model_validate(
        {"name": "c", "rules": [{"program": "weekend", "weekdays": ["fri", "sat"]}], "default": "week"}
    )
    seg = plan(program(), 1)
    seg = SegmentPlan("s", seg.place, seg.lamps, seg.sensors, {"g": Planner(programs, calendar, seg.place)})  # type: ignore[arg-type]
    controller = SegmentController(seg)
    controller.start(at("12:00", 12))
    actions = run_to(controller, at("12:00", 14))
    assert [(a.level_pm, a.program) for a in actions if a.level_pm] == [(500, "week"), (1000, "weekend")]


def test_a_hold_still_counts_for_inputs_of_its_last_millisecond() -> None:
    """An override ends by command at the very end of a hold: presence still rules, until the timers of that moment."""
    controller, _ = started(plan(program(**PRESENCE), 1), "20:00")
    controller.pulse(at("21:00"), 0)
    controller.override(at("21:00:30"), order(level_pm=500, start_ms=at("21:00:30")))
    assert seen(controller.end_override(at("21:01"), "o1")) == [(at("21:01"), 0, 1000)]
    assert seen(controller.due(at("21:01"))) == [(at("21:01"), 0, 200)]


def test_a_pulse_does_not_cut_short_what_another_sensor_holds_up() -> None:
    style = {**PRESENCE, "presence": {"style": "cluster"}}
    controller, _ = started(plan(program(**style), 2), "20:00")
    controller.presence(at("21:00"), 0, True)
    controller.pulse(at("21:00:10"), 1)
    assert run_to(controller, at("21:30")) == []


def test_known_light_counts_for_a_new_program_at_once() -> None:
    controller, _ = started(plan(program(), 1, smoothing_s=0), "13:00")
    controller.ambient(at("13:10"), 5)
    actions = controller.new_program(at("13:10:01"), "g", planner(program(active_periods=CELL)))
    assert [(a.level_pm, a.rule) for a in actions] == [(1000, "idle level, photocell 35/70 lx")]


def test_an_unknown_group_is_refused() -> None:
    controller, _ = started(plan(program(), 1))
    with pytest.raises(InputError, match=r"g2.*allowed: g"):
        controller.new_program(at("13:00"), "g2", None)


def test_a_set_clock_keeps_the_age_of_a_light_reading() -> None:
    """Ten minutes old when the clock goes forward an hour: it is stale twenty minutes later, not at once."""
    controller, _ = started(plan(program(active_periods=CELL), 1, smoothing_s=0, stale_after_s=1800), "17:00")
    controller.ambient(at("17:10"), 5000)
    run_to(controller, at("17:20"))
    assert controller.clock_set(at("18:20")) == []
    assert seen(run_to(controller, at("19:00"))) == [(at("18:40"), 0, 1000)]


def test_a_set_clock_keeps_what_is_left_of_a_minimum_burn() -> None:
    cell = program(active_periods=CELL, minimum_burn_s=600)
    controller, _ = started(plan(cell, 1, smoothing_s=0, stale_after_s=86_400))
    controller.ambient(at("15:00"), 5000)
    controller.ambient(at("15:01"), 10)
    controller.ambient(at("15:02"), 5000)
    controller.clock_set(at("13:02"))
    assert seen(run_to(controller, at("14:00"))) == [(at("13:11"), 0, 0)]


def test_a_set_clock_keeps_counting_traffic() -> None:
    controller, _ = started(plan(program(traffic_classes=CLASSES), 1), "20:00")
    controller.clock_set(at("19:00"))
    assert seen(run_to(controller, at("19:30"))) == [(at("19:10"), 0, 400)]


def test_after_a_gap_the_light_filter_starts_afresh() -> None:
    """A first reading of 1000 lx, nothing for an hour, then 5 lx: with the old value kept it would read 400 lx."""
    controller, _ = started(plan(program(active_periods=CELL), 1, smoothing_s=3600, stale_after_s=600), "13:00")
    controller.ambient(at("13:00"), 1000)
    run_to(controller, at("14:00"))
    assert [a.level_pm for a in controller.ambient(at("14:00"), 5)] == [1000]


def test_a_photocell_of_negative_ratio_switches_by_crossings() -> None:
    """On at 70 lx falling, off at 35 lx rising: at 50 lx it is on at dusk and off at dawn."""
    cell = [{"kind": "photocell", "on_lux": 70, "off_lux": 35}]
    controller, _ = started(plan(program(active_periods=cell), 1, smoothing_s=0, stale_after_s=86_400))
    levels = []
    for minute, value in enumerate([5000, 80, 50, 36, 20, 30, 36, 50, 69, 71, 69]):
        controller.ambient(at(f"15:{minute:02d}"), value)
        levels.append(controller.why(0).level_pm)
    assert levels == [0, 0, 1000, 1000, 1000, 1000, 0, 0, 0, 0, 1000]


def test_multiplying_two_positive_levels_is_never_darkness() -> None:
    control = {"name": "c", "operation": "Mul", "level_pct": 1}
    fields = {**PRESENCE, "idle_level_pct": 4, "dynamic_controls": [control]}
    controller, _ = started(plan(program(**fields), 1), "20:00")
    assert [a.level_pm for a in controller.pulse(at("21:00"), 0)] == [1]


def test_the_reason_is_the_one_in_force_also_where_the_level_stays() -> None:
    """A lamp raised by a sensor at 21:00 stays up when the clock is lost at 21:00:30: now because of that."""
    controller, _ = started(plan(program(**PRESENCE), 1), "20:00")
    controller.pulse(at("21:00"), 0)
    assert controller.clock_set(at("21:00:30"), trusted=False) == []
    why = controller.why(0)
    assert (why.t_ms, why.source, why.cause, why.level_pm) == (at("21:00:30"), "safe", "clock not trusted", 1000)
    assert why.rule == "clock not trusted, no light reading: safe level"
