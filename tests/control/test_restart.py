"""A controller that starts in the middle of a night and knows what the lamps were told: no flash, no dark second."""

from __future__ import annotations

from slic.control.controller import SegmentController
from slic.control.segment import Known
from tests.control.segments import PRESENCE, at, plan, program, seen


def test_lamps_that_hold_their_level_are_told_nothing() -> None:
    controller = SegmentController(plan(program(idle_level_pct=40), 2))
    assert controller.start(at("03:00"), {0: Known(400, "program"), 1: Known(400, "program")}) == []
    assert controller.why(0).source == "program"
    assert (controller.why(0).t_ms, controller.why(0).level_pm) == (at("03:00"), 400)


def test_another_level_is_reached_by_the_programs_ramp() -> None:
    controller = SegmentController(plan(program(idle_level_pct=40, ramp_up_s=3), 2))
    actions = controller.start(at("03:00"), {0: Known(200, "local")})
    assert seen(actions) == [(at("03:00"), 0, 400), (at("03:00"), 1, 400)]
    assert [a.ramp_ms for a in actions] == [3000, 0]


def test_a_lamp_that_a_sensor_had_raised_keeps_its_level_for_one_hold_time() -> None:
    controller = SegmentController(plan(program(**PRESENCE), 3))
    first = controller.start(
        at("03:00"), {0: Known(200, "program"), 1: Known(1000, "sensor"), 2: Known(200, "program")}
    )
    assert first == []
    assert controller.why(1).source == "sensor"
    assert seen(controller.due(at("03:00:59.999"))) == []
    assert seen(controller.due(at("03:01"))) == [(at("03:01"), 1, 200)]


def test_a_level_that_no_sensor_gives_any_more_is_not_kept() -> None:
    controller = SegmentController(plan(program(**PRESENCE), 1))
    assert seen(controller.start(at("03:00"), {0: Known(900, "sensor")})) == [(at("03:00"), 0, 200)]


def test_a_detection_after_the_start_extends_the_kept_level() -> None:
    controller = SegmentController(plan(program(**PRESENCE), 1))
    controller.start(at("03:00"), {0: Known(1000, "sensor")})
    assert controller.pulse(at("03:00:50"), 0) == []
    assert seen(controller.due(at("03:01"))) == []
    assert seen(controller.due(at("03:01:50"))) == [(at("03:01:50"), 0, 200)]
