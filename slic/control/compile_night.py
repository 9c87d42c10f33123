"""A control program and a night become a schedule: strictly ascending steps in which nothing changes."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, NamedTuple

from slic.control.active import Segment, active_segments, cell_elevation_deg, clock_spans, reference_elevation_deg
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


class _Timed(NamedTuple):
    minutes: int
    setting: Setting


class _Operator(NamedTuple):
    operation: Operation
    level_pm: int
    rule: str


# A change is (moment, track, value): from then on the track has that value. Plain tuples, for speed.
_Change = tuple[int, int, Any]
_SEGMENT, _SETTING, _OPERATOR, _FIRST_FREE = range(4)
_MOMENT = itemgetter(0)
_EVER_SINCE = -(1 << 62)


class NightCompiler:
    """Compiles one program for any night of a place. Keeps what is the same every night."""

    def __init__(self, program: ControlProgram, darkness: Darkness) -> None:
        self._program = program
        self._darkness = darkness
        self._utc = program.clock == "utc"
        self._idle = _idle(program)
        self._fixed = _fixed(program)
        self._dynamics = range(_FIRST_FREE, _FIRST_FREE + len(program.dynamic_controls))
        self._elevation = [cell_elevation_deg(program, cell) for cell in range(len(program.active_periods))]
        self._elevation.append(reference_elevation_deg(program))
        self._elevations = sorted(set(self._elevation))
        first_dark = self._dynamics.stop
        self._dark_track = [first_dark + self._elevations.index(deg) for deg in self._elevation]

    def night(self, night: Night, middle_ms: int | None = None) -> NightSchedule:
        """The schedule of a night. ``middle_ms`` : learned middle of the night, UTC ms; None while not known."""
        changes = self._segments(night) + self._settings(night, middle_ms) + self._dark(night)
        if self._program.astro_clock_controls:
            changes += self._operators(night)
        if self._dynamics:
            changes += self._windows(night)
        # Stable: of changes before noon or at one moment, the order above and that of the program count.
        changes.sort(key=_MOMENT)
        steps = self._steps(changes, night.start_ms, night.end_ms)
        return NightSchedule(self._program.name, night.date, night.start_ms, night.end_ms, tuple(steps))

    def _segments(self, night: Night) -> list[_Change]:
        segments = active_segments(self._program, night, self._darkness)
        return [(segment.start_ms, _SEGMENT, segment) for segment in segments]

    def _settings(self, night: Night, middle_ms: int | None) -> list[_Change]:
        changes: list[_Change] = [(_EVER_SINCE, _SETTING, self._idle)]
        for minutes, setting in self._fixed:
            t_ms = night.at_utc(minutes) if self._utc else night.at(minutes)
            changes.append((t_ms, _SETTING, setting))
        learned = self._program.learned_midnight
        if learned is not None and middle_ms is not None:
            for step in learned.steps:
                level_pm = pm_from_pct(step.level_pct)
                t_ms = middle_ms + round(step.offset_min * MINUTE_MS)
                changes.append((t_ms, _SETTING, Setting(level_pm, level_pm, learned_rule(step))))
        return changes

    def _dark(self, night: Night) -> list[_Change]:
        changes: list[_Change] = []
        for track, elevation_deg in enumerate(self._elevations, self._dynamics.stop):
            changes += _on_off(track, self._darkness.between(night.start_ms, night.end_ms, elevation_deg))
        return changes

    def _operators(self, night: Night) -> list[_Change]:
        dark = self._darkness.between(night.start_ms, night.end_ms, reference_elevation_deg(self._program))
        changes: list[_Change] = []
        for control in self._program.astro_clock_controls:
            offset_ms = round(control.offset_min * MINUTE_MS)
            operator = _Operator(control.operation, pm_from_pct(control.level_pct), astro_rule(control))
            for sunset, sunrise in dark:
                t_ms = sunset if control.event == "sunset" else sunrise
                if night.start_ms <= t_ms < night.end_ms:
                    changes.append((t_ms + offset_ms, _OPERATOR, operator))
        return changes

    def _windows(self, night: Night) -> list[_Change]:
        changes: list[_Change] = []
        for track, control in zip(self._dynamics, self._program.dynamic_controls, strict=True):
            if control.window is None:
                changes.append((night.start_ms, track, True))
            else:
                changes += _on_off(track, clock_spans(control.window, night, self._utc))
        return changes

    def _steps(self, changes: list[_Change], start_ms: int, end_ms: int) -> list[Step]:
        state: list[Any] = [None] * (self._dynamics.stop + len(self._elevations))
        steps: list[Step] = []
        last: tuple[Any, ...] = ()
        now_ms = start_ms
        for t_ms, track, value in changes:
            if t_ms > now_ms:
                last = self._append(steps, last, now_ms, state)
                if t_ms >= end_ms:
                    return steps
                now_ms = t_ms
            state[track] = value
        self._append(steps, last, now_ms, state)
        return steps

    def _append(self, steps: list[Step], last: tuple[Any, ...], t_ms: int, state: list[Any]) -> tuple[Any, ...]:
        """Add a step unless nothing changes with it; return its content."""
        now = self._content(state)
        if now != last:
            steps.append(Step(t_ms, *now))
        return now

    def _content(self, state: list[Any]) -> tuple[Mode, bool, int, int, str, tuple[int, ...], int]:
        """Everything of a step but its moment."""
        segment: Segment = state[_SEGMENT]
        dark = bool(state[self._dark_track[segment.cell]])
        if segment.mode is Mode.OFF:
            return Mode.OFF, dark, 0, 0, OUTSIDE, (), -1
        level_pm, entrance_pm, rule = _operated(state[_SETTING], state[_OPERATOR])
        dynamics = tuple([track - _FIRST_FREE for track in self._dynamics if state[track]])
        return segment.mode, dark, level_pm, entrance_pm, rule, dynamics, segment.cell


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


def _fixed(program: ControlProgram) -> list[_Timed]:
    timed: list[_Timed] = []
    for control in program.fixed_time_controls:
        level_pm = pm_from_pct(control.level_pct)
        entrance = control.entrance_level_pct
        setting = Setting(level_pm, level_pm if entrance is None else pm_from_pct(entrance), f"fixed time {control.at}")
        minutes = minutes_of(control.at) if program.clock == "utc" else minutes_after_noon(control.at)
        timed.append(_Timed(minutes, setting))
    return timed if program.clock == "utc" else sorted(timed, key=lambda entry: entry.minutes)


def _on_off(track: int, intervals: list[Interval]) -> list[_Change]:
    changes: list[_Change] = []
    for start, end in intervals:
        changes.append((start, track, True))
        changes.append((end, track, False))
    return changes


def _operated(setting: Setting, operator: _Operator | None) -> Setting:
    if operator is None:
        return setting
    return Setting(
        operate(operator.operation, setting.level_pm, operator.level_pm),
        operate(operator.operation, setting.entrance_pm, operator.level_pm),
        operator.rule if operator.operation == "Set" else f"{operator.rule} on {setting.rule}",
    )
