"""Faults of a program or calendar that only a whole year at a place shows: clock changes, solstices, idle entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from slic.control.lint_active import active_periods, short_burns
from slic.control.lint_case import Case, Finding, warning, without_masked
from slic.control.lint_clock import clock_changes, polar
from slic.control.lint_levels import light, no_change, same_moment, traffic_classes, without_effect
from slic.control.lint_presence import dynamic_controls
from slic.control.place import Place
from slic.control.planner import Planner, planner_for
from slic.control.program import ControlProgram
from slic.control.year import days

__all__ = ["Finding", "lint", "lint_calendar"]


def lint(program: ControlProgram, place: Place, year: int) -> list[Finding]:
    """Findings about a program over the nights of a civil year, errors first.

    Raises InputError for a place or time zone that does not exist.
    """
    return lint_calendar(planner_for(program, place), year)


def lint_calendar(planner: Planner, year: int) -> list[Finding]:
    """Findings about a planner's programs, each over the nights of a civil year on which it runs, errors first.

    With several programs a message begins with the name of the one it is about.
    """
    nights = list(days(date(year, 1, 1), date(year, 12, 31)))
    by_program: dict[str, list[date]] = {}
    for night in nights:
        by_program.setdefault(planner.calendar.program_for(night), []).append(night)
    unmasked = {name: without_masked(program) for name, program in planner.programs.items()}
    seen = Planner(unmasked, planner.calendar, planner.place)
    findings = [*light(seen, nights), *_never_runs(planner, by_program)]
    for name, own in by_program.items():
        found = _of_program(planner.programs[name], Case(unmasked[name], seen, own))
        prefix = f"{name}: " if len(by_program) > 1 else ""
        findings += [one._replace(message=prefix + one.message) for one in found]
    findings += polar(planner.programs[planner.calendar.default], planner.place, nights)
    return sorted(findings, key=lambda finding: ("error", "warning", "info").index(finding.severity))


def _of_program(program: ControlProgram, case: Case) -> Iterator[Finding]:
    yield from clock_changes(case)
    yield from without_effect(case)
    yield from traffic_classes(program)
    yield from same_moment(case.program)
    yield from no_change(case.program)
    yield from dynamic_controls(case)
    yield from active_periods(case)
    yield from short_burns(case)


def _never_runs(planner: Planner, by_program: dict[str, list[date]]) -> Iterator[Finding]:
    calendar = planner.calendar
    for name in dict.fromkeys((*(rule.program for rule in calendar.rules), calendar.default)):
        if name not in by_program:
            yield warning("never-runs", f"the calendar gives program {name} no night of this year")
