"""A control program and a night become a schedule: strictly ascending steps in which nothing changes."""

from __future__ import annotations

from operator import itemgetter
from typing import Literal, NamedTuple

from slic.control.active import active_segments, cell_elevation_deg, clock_spans, reference_elevation_deg
from slic.control.civil import MINUTE_MS, Night, minutes_after_noon, minutes_of
from slic.control.darkness import Darkness
from slic.control.operation import operate
from slic.control.program import AstroClockControl, ControlProgram, MidnightStep, Operation
from slic.control.schedule import Mode, NightSchedule, Step
from slic.control.sun import Interval
from slic.lamps.level import pm_from_pct

OUTSIDE = "outside the active period"
IDLE = "idle level"


class Setting(NamedTuple):
    """A program level, for ordinary and for entrance lamps, and the control that set it, in words."""

    level_pm: int
    entrance_pm: int
    rule: str


class _Operator(NamedTuple):
    event: Literal["sunset", "sunrise"]
    offset_ms: int
    operation: Operation
    level_pm: int
    rule: str


# A change is (moment, track, value): from then on the track has that value. Plain tuples of integers, for speed:
# the values of all tracks at a moment are the key under which the content of a step is kept.
_Change = tuple[int, int, int]
_Content = tuple[Mode, bool, int, int, str, tuple[int, ...], int]
_SEGMENT, _SETTING, _OPERATOR, _FIRST_FREE = range(4)
_NONE = -1
_MOMENT = itemgetter(0)
_EVER_SINCE = -(1 << 62)


class NightCompiler:
    """Compiles one program for any night of a place. Keeps what is the same every night."""

    def __init__(self, program: ControlProgram, darkness: Darkness) -> None:
        self._program = program
        self._darkness = darkness
        self._utc = program.clock == "utc"
        timed = _fixed(program)
        learned = program.learned_midnight.steps if program.learned_midnight else []
        self._fixed_minutes = [minutes for minutes, _ in timed]
        self._learned_ms = [round(step.offset_min * MINUTE_MS) for step in learned]
        self._table = [_idle(program), *[setting for _, setting in timed], *[_learned(step) for step in learned]]
        self._operator_table = [_operator(control) for control in program.astro_clock_controls]
        self._dynamics = range(_FIRST_FREE, _FIRST_FREE + len(program.dynamic_controls))
        self._elevation = [cell_elevation_deg(program, cell) for cell in range(len(program.active_periods))]
        self._elevation.append(reference_elevation_deg(program))
        self._elevations = sorted(set(self._elevation))
        first_dark = self._dynamics.stop
        self._dark_track = [first_dark + self._elevations.index(deg) for deg in self._elevation]
        self._contents: dict[tuple[int, ...], _Content] = {}

    def night(self, night: Night, middle_ms: int | None = None) -> NightSchedule:
        """The schedule of a night. ``middle_ms`` : learned middle of the night, UTC ms; None while not known."""
        changes = self._segments(night) + self._settings(night, middle_ms) + self._dark(night)
        if self._operator_table:
            changes += self._operators(night)
        if self._dynamics:
            changes += self._windows(night)
        changes.append((night.end_ms, _SEGMENT, 0))
        # Stable: of changes before noon or at one moment, the order above and that of the program count.
        changes.sort(key=_MOMENT)
        steps = self._steps(changes, night.start_ms, night.end_ms)
        return NightSchedule(self._program.name, night.date, night.start_ms, night.end_ms, tuple(steps))

    def _segments(self, night: Night) -> list[_Change]:
        segments = active_segments(self._program, night, self._darkness)
        return [(start_ms, _SEGMENT, 4 * cell + mode) for start_ms, _, mode, cell in segments]

    def _settings(self, night: Night, middle_ms: int | None) -> list[_Change]:
        changes: list[_Change] = [(_EVER_SINCE, _SETTING, 0)]
        at = night.at_utc if self._utc else night.at
        for number, minutes in enumerate(self._fixed_minutes, 1):
            changes.append((at(minutes), _SETTING, number))
        if middle_ms is not None:
            for number, offset_ms in enumerate(self._learned_ms, 1 + len(self._fixed_minutes)):
                changes.append((middle_ms + offset_ms, _SETTING, number))
        return changes

    def _dark(self, night: Night) -> list[_Change]:
        changes: list[_Change] = []
        for track, elevation_deg in enumerate(self._elevations, self._dynamics.stop):
            changes += _on_off(track, self._darkness.between(night.start_ms, night.end_ms, elevation_deg))
        return changes

    def _operators(self, night: Night) -> list[_Change]:
        dark = self._darkness.between(night.start_ms, night.end_ms, self._elevation[-1])
        changes: list[_Change] = []
        for number, operator in enumerate(self._operator_table):
            for sunset, sunrise in dark:
                t_ms = sunset if operator.event == "sunset" else sunrise
                if night.start_ms <= t_ms < night.end_ms:
                    changes.append((t_ms + operator.offset_ms, _OPERATOR, number))
        return changes

    def _windows(self, night: Night) -> list[_Change]:
        changes: list[_Change] = []
        for track, control in zip(self._dynamics, self._program.dynamic_controls, strict=True):
            if control.window is None:
                changes.append((night.start_ms, track, 1))
            else:
                changes += _on_off(track, clock_spans(control.window, night, self._utc))
        return changes

    def _steps(self, changes: list[_Change], start_ms: int, end_ms: int) -> list[Step]:
        state = [0] * (self._dynamics.stop + len(self._elevations))
        state[_OPERATOR] = _NONE
        contents = self._contents
        steps: list[Step] = []
        last: _Content | None = None
        now_ms = start_ms
        for t_ms, track, value in changes:
            if t_ms > now_ms:
                key = tuple(state)
                now = contents.get(key) or contents.setdefault(key, self._content(state))
                if now != last:
                    steps.append(Step(now_ms, *now))
                    last = now
                if t_ms >= end_ms:
                    break
                now_ms = t_ms
            state[track] = value
        return steps

    def _content(self, state: list[int]) -> _Content:
        """Everything of a step but its moment."""
        cell, mode = state[_SEGMENT] >> 2, Mode(state[_SEGMENT] & 3)
        dark = bool(state[self._dark_track[cell]])
        if mode is Mode.OFF:
            return Mode.OFF, dark, 0, 0, OUTSIDE, (), -1
        operator = None if state[_OPERATOR] == _NONE else self._operator_table[state[_OPERATOR]]
        level_pm, entrance_pm, rule = _operated(self._table[state[_SETTING]], operator)
        dynamics = tuple([track - _FIRST_FREE for track in self._dynamics if state[track]])
        return mode, dark, level_pm, entrance_pm, rule, dynamics, cell


def astro_rule(control: AstroClockControl) -> str:
    """An astro-clock control in words: "sunset +30 min", "sunrise -60 min: Max 50 %"."""
    when = f"{control.event} {control.offset_min:+g} min" if control.offset_min else control.event
    return when if control.operation == "Set" else f"{when}: {control.operation} {control.level_pct:g} %"


def learned_rule(step: MidnightStep) -> str:
    """A step of learned midnight in words: "learned midnight +120 min"."""
    return f"learned midnight {step.offset_min:+g} min"


def _idle(program: ControlProgram) -> Setting:
    level_pm = pm_from_pct(program.idle_level_pct)
    entrance = program.entrance_idle_level_pct
    return Setting(level_pm, level_pm if entrance is None else pm_from_pct(entrance), IDLE)


def _learned(step: MidnightStep) -> Setting:
    level_pm = pm_from_pct(step.level_pct)
    return Setting(level_pm, level_pm, learned_rule(step))


def _operator(control: AstroClockControl) -> _Operator:
    offset_ms = round(control.offset_min * MINUTE_MS)
    return _Operator(control.event, offset_ms, control.operation, pm_from_pct(control.level_pct), astro_rule(control))


def _fixed(program: ControlProgram) -> list[tuple[int, Setting]]:
    timed: list[tuple[int, Setting]] = []
    for control in program.fixed_time_controls:
        level_pm = pm_from_pct(control.level_pct)
        entrance = control.entrance_level_pct
        setting = Setting(level_pm, level_pm if entrance is None else pm_from_pct(entrance), f"fixed time {control.at}")
        minutes = minutes_of(control.at) if program.clock == "utc" else minutes_after_noon(control.at)
        timed.append((minutes, setting))
    return timed if program.clock == "utc" else sorted(timed, key=itemgetter(0))


def _on_off(track: int, intervals: list[Interval]) -> list[_Change]:
    changes: list[_Change] = []
    for start, end in intervals:
        changes.append((start, track, 1))
        changes.append((end, track, 0))
    return changes


def _operated(setting: Setting, operator: _Operator | None) -> Setting:
    if operator is None:
        return setting
    return Setting(
        operate(operator.operation, setting.level_pm, operator.level_pm),
        operate(operator.operation, setting.entrance_pm, operator.level_pm),
        operator.rule if operator.operation == "Set" else f"{operator.rule} on {setting.rule}",
    )
