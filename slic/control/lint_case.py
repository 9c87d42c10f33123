"""What the checks of a program share: the case they look at, and what they find."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from slic.control.planner import Planner
from slic.control.program import ControlProgram
from slic.control.schedule import Mode, Step
from slic.lamps.level import pm_from_pct

Severity = Literal["error", "warning", "info"]


class Finding(NamedTuple):
    """Something a person should look at.

    code : short name of the kind of finding; night : the first night it concerns, None if not of a night
    """

    code: str
    severity: Severity
    night: date | None
    message: str


class Case(NamedTuple):
    """A program, the planner that runs it, and the nights on which it does, in order."""

    program: ControlProgram
    planner: Planner
    nights: list[date]


def warning(code: str, message: str, night: date | None = None) -> Finding:
    """A finding of the middle severity."""
    return Finding(code, "warning", night, message)


def when(nights: list[date]) -> str:
    """Nights in words."""
    nights = sorted(set(nights))
    if len(nights) == 1:
        return f"in the night of {nights[0]}"
    return f"in {len(nights)} nights, first {nights[0]}"


def without_masked(program: ControlProgram) -> ControlProgram:
    """The program without what its traffic classes mask, at the level of the most demanding class."""
    if program.traffic_classes is None:
        return program
    level_pct = max(one.level_pct for one in program.traffic_classes.classes)
    return program.model_copy(
        update={
            "idle_level_pct": level_pct,
            "entrance_idle_level_pct": None,
            "fixed_time_controls": [],
            "astro_clock_controls": [],
            "learned_midnight": None,
        }
    )


def base_levels_pm(program: ControlProgram, step: Step) -> frozenset[int]:
    """Levels without presence that lamps may have in a step, if they are lit: ordinary and entrance, or all classes."""
    if step.mode is Mode.OFF:
        return frozenset()
    if program.traffic_classes is not None:
        return frozenset(pm_from_pct(one.level_pct) for one in program.traffic_classes.classes)
    return frozenset((step.level_pm, step.entrance_level_pm))
