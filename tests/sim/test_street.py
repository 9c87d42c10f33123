"""The SimPy street against a plain replay, and the rules of ties, horizon, radio and faults."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.replay import Inputs, Kind, replay
from sim.street import Radio, Street
from slic.control.controller import SegmentController
from slic.control.place import Place
from slic.control.planner import planner_for
from slic.control.program import ControlProgram
from slic.control.segment import LampPlan, Override, SegmentPlan, SensorPlan
from slic.lamps.gear import Gear

PLACE = Place(51.05, 3.71, "Europe/Brussels")
SCHEDULE = planner_for(ControlProgram(name="full"), PLACE).night(date(2022, 11, 14))
NOON, END = SCHEDULE.start_ms, SCHEDULE.end_ms
MIDNIGHT = NOON + 12 * 3_600_000
FLIP = {"name": "flip", "idle_level_pct": 20, "hold_s": 60, "dynamic_controls": [{"name": "somebody"}]}
TRAIN = {**FLIP, "presence": {"style": "train"}, "ramp_up_s": 2, "ramp_down_s": 10}


def plan(program: dict[str, object], lamps: int = 4) -> SegmentPlan:
    planner = planner_for(ControlProgram.model_validate(program), PLACE)
    places = [15_000 + 30_000 * i for i in range(lamps)]
    return SegmentPlan(
        name="s",
        place=PLACE,
        lamps=tuple(LampPlan(f"l{i}", "all", f"c{i // 2}", "s", at) for i, at in enumerate(places)),
        sensors=tuple(SensorPlan(f"s{i}", f"c{i // 2}", "s", at) for i, at in enumerate(places)),
        groups={"all": planner},
    )


def simulate(program, rows, radio=None, overrides=()):
    segment = plan(program)
    gears = [Gear(NOON) for _ in segment.lamps]
    inputs = Inputs(rows, (), overrides)
    actions = Street(SegmentController(segment), gears, inputs, radio).run(NOON, END)
    return actions, [gear.finish(END) for gear in gears]


def levels(points, start_ms):
    """Breakpoints from a moment on, as seconds after it."""
    return [((t - start_ms) / 1000, level) for t, level in points if t >= start_ms]


def test_a_pulse_raises_the_cluster_for_the_hold_time():
    _, lamps = simulate(FLIP, [(MIDNIGHT, Kind.PULSE, 0, 5000, 1)])
    expected = [(0, 200), (0, 1000), (60, 1000), (60, 200)]
    assert levels(lamps[0], MIDNIGHT)[:4] == levels(lamps[1], MIDNIGHT)[:4] == expected
    assert levels(lamps[2], MIDNIGHT)[0][1] == 200 and 1000 not in [pm for _, pm in lamps[2]]


def test_a_detection_at_the_end_of_the_hold_extends_it_without_a_dip():
    """Inputs come before timers at the same millisecond, and holds are closed intervals."""
    rows = [(MIDNIGHT, Kind.PULSE, 0, 0, 0), (MIDNIGHT + 60_000, Kind.PULSE, 0, 0, 0)]
    _, lamps = simulate(FLIP, rows)
    assert levels(lamps[0], MIDNIGHT)[:4] == [(0, 200), (0, 1000), (120, 1000), (120, 200)]
    _, lamps = simulate(FLIP, [rows[0], (MIDNIGHT + 60_001, Kind.PULSE, 0, 0, 0)])
    assert levels(lamps[0], MIDNIGHT)[2:5] == [(60, 1000), (60, 200), (60.001, 200)]


def test_nothing_at_or_after_the_horizon_counts():
    silent, _ = simulate(FLIP, [])
    late, _ = simulate(FLIP, [(END, Kind.PULSE, 0, 0, 0), (END + 5, Kind.PULSE, 0, 0, 0)])
    assert late == silent
    assert all(action.t_ms < END for action in silent)


def test_latency_moves_every_command_and_nothing_else():
    rows = [(MIDNIGHT, Kind.PULSE, 0, 0, 0)]
    actions, lamps = simulate(FLIP, rows, Radio(latency_ms=250))
    assert actions == simulate(FLIP, rows)[0]
    assert levels(lamps[0], MIDNIGHT)[:4] == [(0.25, 200), (0.25, 1000), (60.25, 1000), (60.25, 200)]


def test_lost_commands_change_the_lamp_but_not_the_decision():
    rows = [(MIDNIGHT + 200_000 * i, Kind.PULSE, 0, 0, 0) for i in range(100)]
    actions, lamps = simulate(FLIP, rows, Radio(1.0))
    assert actions == simulate(FLIP, rows)[0]
    assert lamps == [[(NOON, 0), (END, 0)]] * 4
    _, half = simulate(FLIP, rows, Radio(0.5, key=b"1"))
    assert 0 < len(half[0]) < len(simulate(FLIP, rows)[1][0])


def test_a_lost_command_is_sent_again_until_it_arrives():
    """Half of all sendings are lost, but with one every second no lamp misses dusk by more than a minute."""
    certain = simulate(FLIP, [])[1]
    _, lamps = simulate(FLIP, [], Radio(0.5, resend_ms=1000, key=b"1"))
    late_ms = [got[1][0] - sent[1][0] for got, sent in zip(lamps, certain, strict=True)]
    assert [level for _, level in lamps[0]] == [level for _, level in certain[0]] == [0, 0, 200, 200, 0, 0]
    assert max(late_ms) > 0
    assert all(0 <= late < 60_000 and late % 1000 == 0 for late in late_ms)


def test_a_newer_command_takes_the_place_of_a_lost_one():
    """Raised and lowered again before the resend: the lost raise never comes."""
    rows = [(MIDNIGHT, Kind.PULSE, 0, 0, 0)]
    key = next(k for k in (bytes([i]) for i in range(256)) if Radio(0.5, key=k).loses(0, MIDNIGHT))
    _, lamps = simulate(FLIP, rows, Radio(0.5, resend_ms=61_000, key=key))
    after = {level for t, level in lamps[0] if MIDNIGHT <= t < MIDNIGHT + 3_600_000}
    assert 1000 not in after


def test_losses_depend_on_lamp_and_moment_alone_and_are_as_many_as_stated():
    radio = Radio(0.2, key=b"2")
    lost = [radio.loses(lamp, MIDNIGHT + t) for lamp in range(20) for t in range(500)]
    assert lost == [radio.loses(lamp, MIDNIGHT + t) for lamp in range(20) for t in range(500)]
    assert sum(lost) / len(lost) == pytest.approx(0.2, abs=3 * (0.2 * 0.8 / 10_000) ** 0.5)


def test_the_first_levels_need_no_radio():
    """In the polar night lamps burn at noon already; a lost command then cannot leave them dark."""
    always = {"name": "always", "active_periods": [{"kind": "absolute", "start": "12:00", "end": "12:00"}]}
    _, lamps = simulate(always, [], Radio(1.0))
    assert lamps == [[(NOON, 1000), (END, 1000)]] * 4


def test_an_override_of_some_lamps_begins_and_ends():
    order = Override("o", "police", "accident", 700, MIDNIGHT, MIDNIGHT + 600_000, "safety", (1,))
    _, lamps = simulate(FLIP, [(MIDNIGHT, Kind.OVERRIDE, 0, 0, 0)], overrides=[order])
    assert levels(lamps[1], MIDNIGHT)[:4] == [(0, 200), (0, 700), (600, 700), (600, 200)]
    assert levels(lamps[0], MIDNIGHT)[0][1] == 200


pulses = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from([0, 1400, 9000]), st.sampled_from([-1, 0, 1])),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(pulses, st.sampled_from([FLIP, TRAIN]), st.booleans())
def test_the_street_does_what_a_plain_replay_does(events, program, ranged):
    """Same inputs with many ties and edges: same actions in the same order, so the same light and energy."""
    rows = []
    for second, sensor, speed, direction in events:
        t_ms = MIDNIGHT + second * 1000
        if ranged:
            rows += [(t_ms, Kind.ON, sensor, speed, direction), (t_ms + 3000, Kind.OFF, sensor, 0, 0)]
        else:
            rows.append((t_ms, Kind.PULSE, sensor, speed, direction))
    rows.sort(key=lambda row: row[:2])
    actions, _ = simulate(program, rows)
    assert actions == replay(SegmentController(plan(program)), Inputs(rows), NOON, END)


@pytest.mark.parametrize("style", ["cluster", "train", "own"])
def test_further_users_are_nothing_to_a_sensor_that_is_up_unless_lamps_follow_them(style):
    program = {**FLIP, "presence": {"style": style}}
    rows = [
        (MIDNIGHT, Kind.ON, 1, 2000, 1),
        (MIDNIGHT + 1000, Kind.MORE, 1, 2000, -1),
        (MIDNIGHT + 9000, Kind.OFF, 1, 0, 0),
    ]
    with_more, without = simulate(program, rows)[1], simulate(program, [rows[0], rows[2]])[1]
    assert (with_more == without) == (style != "train")
