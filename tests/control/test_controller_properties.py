"""What must hold for every program and every order of events, drawn at random with many ties."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slic.control.controller import SegmentController
from slic.control.program import ControlProgram
from slic.control.segment import Action, Override
from tests.control.segments import LIT, at, plan, planner, program

LAMPS = 3
START = at("16:00")
HOUR = 3_600_000

levels = st.sampled_from([0, 5, 20, 40, 100])
clocks = st.sampled_from(["17:00", "18:00", "21:00", "23:00", "02:00", "06:00"])
operations = st.sampled_from(["Set", "Max", "Min", "Add", "Sub", "Mul"])
periods = st.sampled_from(
    [
        LIT,
        [{"kind": "photocell"}],
        [{"kind": "astronomical_photocell"}],
        [{"kind": "astronomical"}],
    ]
)
windows = st.none() | st.builds(lambda a, b: {"start": a, "end": b}, clocks, clocks)
controls = st.lists(
    st.builds(
        lambda op, level, hold, window, only: {
            "name": "c", "operation": op, "level_pct": level, "hold_s": hold, "window": window, "sensors": only,
        },
        operations, levels, st.sampled_from([0, 10, 60]), windows, st.sampled_from([[], ["p1"]]),
    ),
    max_size=3,
)  # fmt: skip
classes = st.none() | st.just(
    {
        "window_s": 600,
        "step_s": 300,
        "classes": [{"name": "low", "up_to_per_h": 6, "level_pct": 30}, {"name": "high", "level_pct": 90}],
    }
)


@st.composite
def programs(draw: st.DrawFn) -> ControlProgram:
    fixed = draw(st.lists(clocks, max_size=3, unique=True))
    return program(
        active_periods=draw(periods),
        idle_level_pct=draw(levels),
        fixed_time_controls=[{"at": c, "level_pct": draw(levels), "entrance_level_pct": draw(levels)} for c in fixed],
        dynamic_controls=draw(controls),
        traffic_classes=draw(classes),
        presence={"style": draw(st.sampled_from(["cluster", "train", "own"]))},
        ramp_up_s=draw(st.sampled_from([0, 1])),
        ramp_down_s=draw(st.sampled_from([0, 420])),
        minimum_burn_s=draw(st.sampled_from([0, 600])),
    )


sensors = st.integers(0, LAMPS - 1)
lux = st.sampled_from([0.0, 10.0, 50.0, 3000.0, float("nan"), -1.0])
events = st.one_of(
    st.tuples(st.just("pulse"), sensors, st.sampled_from([0, 1000, 9000]), st.sampled_from([-1, 0, 1])),
    st.tuples(st.just("presence"), sensors, st.booleans()),
    st.tuples(st.just("sensor_lost"), sensors),
    st.tuples(st.just("sensor_back"), sensors),
    st.tuples(st.just("ambient"), lux),
    st.tuples(
        st.just("override"),
        st.integers(0, 1000),
        st.integers(1, 3 * HOUR),
        st.sampled_from(["safety", "manual", "override"]),
    ),
    st.tuples(st.just("new_program"), st.booleans()),
    st.tuples(st.just("clock_set"), st.sampled_from([-25 * HOUR, -HOUR, -1, 1, HOUR, 30 * HOUR]), st.booleans()),
)
gaps = st.sampled_from([0, 0, 1, 999, 10_000, 60_000, 300_000, HOUR])
histories = st.lists(st.tuples(gaps, events), max_size=40)


class Field:
    """Plays a history to a controller and keeps what it commanded."""

    def __init__(self, night_program: ControlProgram | None, safe_level_pm: int = 1000) -> None:
        self.controller = SegmentController(plan(night_program, LAMPS, safe_level_pm=safe_level_pm))
        self.program = night_program
        self.clock_ms = START
        self.actions: list[Action] = self.controller.start(START)
        self.levels = {a.lamp: a.level_pm for a in self.actions}
        self.orders = 0

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            assert 0 <= action.level_pm <= 1000
            assert action.ramp_ms >= 0
            assert action.level_pm != self.levels[action.lamp], "a command that changes nothing"
            assert action.rule and action.source and action.until_ms > action.t_ms - 1
            self.levels[action.lamp] = action.level_pm
        self.actions += actions

    def play(self, gap_ms: int, event: tuple[Any, ...]) -> None:
        self.clock_ms += gap_ms
        self.wait(self.clock_ms - 1)
        name, *args = event
        if name == "clock_set":
            self.clock_ms += args[0]
            args = [args[1]]
        if name == "override":
            if not self.controller.clock_trusted:
                return
            self.orders += 1
            args = [
                Override(f"o{self.orders}", "ann", "test", args[0], self.clock_ms, self.clock_ms + args[1], args[2])
            ]
        if name == "new_program":
            args = ["g", planner(self.program) if args[0] and self.program else None]
        self.take(getattr(self.controller, name)(self.clock_ms, *args))
        self.take(self.controller.due(self.clock_ms))

    def wait(self, t_ms: int) -> None:
        while self.controller.next_deadline_ms <= t_ms:
            self.take(self.controller.due(self.controller.next_deadline_ms))


@settings(max_examples=150, deadline=None)
@given(programs(), histories)
def test_levels_stay_in_range_and_commands_change_something(night_program: ControlProgram, history: Any) -> None:
    field = Field(night_program)
    for gap_ms, event in history:
        field.play(gap_ms, event)
    for lamp in range(LAMPS):
        assert field.controller.why(lamp).level_pm == field.levels[lamp]


@settings(max_examples=100, deadline=None)
@given(programs(), histories)
def test_no_override_is_eternal(night_program: ControlProgram, history: Any) -> None:
    field = Field(night_program)
    for gap_ms, event in history:
        field.play(gap_ms, event)
    end_ms = field.clock_ms + 4 * HOUR
    field.wait(end_ms)
    assert all(field.controller.why(i).source not in ("safety", "manual", "override") for i in range(LAMPS))


@settings(max_examples=100, deadline=None)
@given(programs(), histories)
def test_the_same_history_gives_the_same_actions(night_program: ControlProgram, history: Any) -> None:
    first, second = Field(night_program), Field(night_program)
    for gap_ms, event in history:
        first.play(gap_ms, event)
        second.play(gap_ms, event)
    assert first.actions == second.actions


missing = st.one_of(
    st.tuples(st.just("sensor_lost"), sensors),
    st.tuples(st.just("ambient"), st.sampled_from([float("nan"), -1.0, float("inf")])),
    st.tuples(st.just("new_program"), st.just(False)),
    st.tuples(st.just("clock_set"), st.sampled_from([-HOUR, 0, 26 * HOUR]), st.just(False)),
)


@settings(max_examples=150, deadline=None)
@given(programs(), st.lists(st.tuples(st.sampled_from([0, 1, 60_000]), missing), min_size=1, max_size=10))
def test_missing_information_never_darkens_a_night(night_program: ControlProgram, history: Any) -> None:
    """From 23:00 on, in full darkness: whatever is lost, no lamp goes below what its program would have given."""
    field = Field(night_program)
    field.clock_ms = at("23:30")
    field.wait(field.clock_ms)
    for gap_ms, event in history:
        before = dict(field.levels)
        field.play(gap_ms, event)
        if event[0] in ("new_program", "clock_set"):
            trusted_dark = all(x == 1000 for x in field.levels.values())
            assert trusted_dark, (event, field.levels)
        elif event[0] == "sensor_lost":
            raised = [c for c in night_program.dynamic_controls if c.operation in ("Max", "Add")]
            if len(raised) == len(night_program.dynamic_controls):
                assert all(field.levels[i] >= before[i] for i in range(LAMPS))
        else:
            assert field.levels == before


@settings(max_examples=60, deadline=None)
@given(programs(), histories, st.integers(0, 1000))
def test_early_questions_change_nothing(night_program: ControlProgram, history: Any, extra: int) -> None:
    """Asking between deadlines, as a real clock does, gives the same commands as asking exactly at them."""
    lazy, eager = Field(night_program), Field(night_program)
    for gap_ms, event in history:
        lazy.play(gap_ms, event)
        middle_ms = eager.clock_ms + gap_ms * extra // 1000
        eager.wait(middle_ms)
        eager.take(eager.controller.due(middle_ms))
        eager.play(gap_ms, event)
    assert lazy.actions == eager.actions
