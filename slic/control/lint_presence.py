"""Checks of dynamic controls, against what the nights of the year really hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from slic.control.civil import DAY_MIN, minutes_of
from slic.control.lint_case import Case, Finding, base_levels_pm, warning, when
from slic.control.operation import operate
from slic.control.program import ClockWindow, ControlProgram, DynamicControl
from slic.lamps.level import pm_from_pct


class _Situation(NamedTuple):
    """What a control meets: levels without presence, and the controls whose window holds, in list order."""

    levels_pm: frozenset[int]
    dynamics: tuple[int, ...]


_Situations = Mapping[_Situation, list[date]]


def dynamic_controls(case: Case) -> Iterator[Finding]:
    """Dynamic controls that never act, never change the level, or lower it; and windows that overlap."""
    situations = _situations(case)
    acting: list[int] = []
    for index in range(len(case.program.dynamic_controls)) if situations else ():
        found = list(_findings(case.program, index, situations))
        if not any(one.code in ("never-acts", "unreachable") for one in found):
            acting.append(index)
        yield from found
    yield from _overlaps([case.program.dynamic_controls[index] for index in acting])


def level_on_presence_pm(control: DynamicControl, base_pm: int) -> int:
    """Level [per mille] of a dynamic control over a base level."""
    return operate(control.operation, base_pm, pm_from_pct(control.level_pct))


def _situations(case: Case) -> _Situations:
    found: dict[_Situation, list[date]] = {}
    for night in case.nights:
        for step in case.planner.night(night).steps:
            levels = base_levels_pm(case.program, step)
            if levels:
                found.setdefault(_Situation(levels, step.dynamics), []).append(night)
    return found


def _findings(program: ControlProgram, index: int, situations: _Situations) -> Iterator[Finding]:
    control = program.dynamic_controls[index]
    listed = [one for one in situations if index in one.dynamics]
    if not listed:
        yield warning("never-acts", f"dynamic control {control.name} never acts: no lamp is lit in its window")
        return
    first = [one for one in listed if not _is_hidden(control, _before(program, index, one))]
    if not first:
        names = dict.fromkeys(other.name for one in listed for other in _before(program, index, one))
        text = " and ".join(names) + (" stands before it and always wins" if len(names) == 1 else " always win")
        yield warning("unreachable", f"dynamic control {control.name} never acts: {text}")
        return
    if not any(level_on_presence_pm(control, level) != level for one in first for level in one.levels_pm):
        yield warning("no-effect", f"dynamic control {control.name} never changes the level")
    lower = [one for one in first if any(level_on_presence_pm(control, level) < level for level in one.levels_pm)]
    nights = sorted(night for one in lower for night in situations[one])
    if nights:
        yield warning(
            "darkens", f"dynamic control {control.name} lowers the level on presence {when(nights)}", nights[0]
        )


def _before(program: ControlProgram, index: int, situation: _Situation) -> list[DynamicControl]:
    """Controls that stand before one and hold at the same time, if they share a sensor with it."""
    sensors = set(program.dynamic_controls[index].sensors)
    earlier = [program.dynamic_controls[number] for number in situation.dynamics if number < index]
    return [one for one in earlier if not one.sensors or not sensors or sensors & set(one.sensors)]


def _is_hidden(control: DynamicControl, earlier: list[DynamicControl]) -> bool:
    """Whether every sensor of a control drives one before it. Of a control for all sensors some may be free."""
    if any(not one.sensors for one in earlier):
        return True
    taken = {sensor for one in earlier for sensor in one.sensors}
    return bool(control.sensors) and set(control.sensors) <= taken


def _overlaps(controls: list[DynamicControl]) -> Iterator[Finding]:
    for number, later in enumerate(controls):
        for earlier in controls[:number]:
            if earlier.sensors and not set(later.sensors or ["*"]) <= set(earlier.sensors):
                continue
            both = len(_minutes(earlier) & _minutes(later))
            if both:
                text = f"dynamic controls {earlier.name} and {later.name} overlap for {both} min: the first wins"
                yield Finding("overlap", "info", None, text)


def _minutes(control: DynamicControl) -> set[int]:
    window = control.window or ClockWindow(start="00:00", end="00:00")
    start = minutes_of(window.start)
    length = (minutes_of(window.end) - start) % DAY_MIN or DAY_MIN
    return {(start + minute) % DAY_MIN for minute in range(length)}
