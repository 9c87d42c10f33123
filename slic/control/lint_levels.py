"""Checks of levels: nights without light, entries without effect, traffic classes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from slic.control.calendar import Calendar
from slic.control.civil import minutes_after_noon
from slic.control.compile_night import IDLE, astro_rule, learned_rule
from slic.control.lint_case import Case, Finding, base_levels_pm, warning, when
from slic.control.lint_presence import level_on_presence_pm
from slic.control.planner import Planner
from slic.control.program import ControlProgram
from slic.control.schedule import NightSchedule, Step
from slic.control.year import lit_parts


def light(planner: Planner, nights: list[date]) -> Iterator[Finding]:
    """No light in the whole year, or in some nights although they are dark."""
    without = [night for night in nights if not _may_light(planner, night)]
    if len(without) == len(nights):
        yield Finding("never-lights", "error", None, "the program never lights a lamp in this year")
        return
    dark = [night for night in without if any(step.dark_by_clock for step in planner.night(night).steps)]
    if len(dark) == 1:
        yield warning("dark-nights", f"1 night without any light, {dark[0]}", dark[0])
    elif dark:
        yield warning("dark-nights", f"{len(dark)} nights without any light, first {dark[0]}", dark[0])


def _may_light(planner: Planner, night: date) -> bool:
    schedule = planner.night(night)
    program = planner.programs[schedule.program]
    return any(_step_may_light(program, step) for step in schedule.steps)


def _step_may_light(program: ControlProgram, step: Step) -> bool:
    levels = base_levels_pm(program, step)
    controls = [program.dynamic_controls[index] for index in step.dynamics]
    return any(levels) or any(level_on_presence_pm(control, base) for control in controls for base in levels)


def without_effect(case: Case) -> Iterator[Finding]:
    """Entries that do not show on any night, or not on some; and astro-clock controls that change nothing."""
    lit = {night: [part.rule for part in lit_parts(case.planner.night(night))] for night in case.nights}
    lit = {night: rules for night, rules in lit.items() if rules}
    never: set[str] = set()
    for name in _entries(case.program) if lit else []:
        without = [night for night, rules in lit.items() if not any(_shows(rule, name) for rule in rules)]
        if len(without) == len(lit):
            never.add(name)
            yield warning("never-acts", f"{name} never takes effect in this year", without[0])
        elif without:
            yield Finding("short-night", "info", without[0], f"{name} does not take effect {when(without)}")
    for index, control in enumerate(case.program.astro_clock_controls):
        if astro_rule(control) not in never and lit and not _changes_a_night(case, index):
            yield warning("no-change", f"{astro_rule(control)} changes nothing: without it the year is the same")


def _entries(program: ControlProgram) -> list[str]:
    """Each entry by the words that steps use for it."""
    names = [f"fixed time {control.at}" for control in program.fixed_time_controls]
    names += [IDLE] if names else []
    names += [astro_rule(control) for control in program.astro_clock_controls]
    steps = program.learned_midnight.steps if program.learned_midnight else []
    return names + [learned_rule(step) for step in steps]


def _shows(rule: str, name: str) -> bool:
    return rule == name or rule.startswith(f"{name} on ") or rule.endswith(f" on {name}")


def _changes_a_night(case: Case, index: int) -> bool:
    """Whether any night differs from the one without an astro-clock control."""
    kept = [one for number, one in enumerate(case.program.astro_clock_controls) if number != index]
    without = case.program.model_copy(update={"astro_clock_controls": kept})
    calendar = Calendar(name="without", default=without.name)
    planner = Planner({without.name: without}, calendar, case.planner.place)
    return any(_levels(case.planner.night(night)) != _levels(planner.night(night)) for night in case.nights)


def _levels(schedule: NightSchedule) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for step in schedule.steps:
        if not found or found[-1][1:] != (step.mode, step.level_pm, step.entrance_level_pm):
            found.append((step.t_ms, step.mode, step.level_pm, step.entrance_level_pm))
    return found


def same_moment(program: ControlProgram) -> Iterator[Finding]:
    """Entries of one kind for one moment."""
    fixed = [f"fixed time {control.at}" for control in program.fixed_time_controls]
    astro = [f"{control.event} {control.offset_min:+g} min" for control in program.astro_clock_controls]
    steps = program.learned_midnight.steps if program.learned_midnight else []
    learned = [learned_rule(step) for step in steps]
    for names in (fixed, astro, learned):
        for name in dict.fromkeys(names):
            if (count := names.count(name)) > 1:
                text = f"{name} is given {count} times: only the last of them acts"
                yield warning("same-moment", text)


def no_change(program: ControlProgram) -> Iterator[Finding]:
    """Entries that set what holds already; where the order is not that of civil time, none is looked for."""
    if program.learned_midnight is not None or program.clock == "utc":
        return
    idle = program.idle_level_pct
    entrance = program.entrance_idle_level_pct
    now = (idle, idle if entrance is None else entrance)
    for control in sorted(program.fixed_time_controls, key=lambda entry: minutes_after_noon(entry.at)):
        own = control.entrance_level_pct
        new = (control.level_pct, control.level_pct if own is None else own)
        if new == now:
            text = f"fixed time {control.at} sets {control.level_pct:g} %, the level that already holds"
            yield warning("no-change", text)
        now = new


def traffic_classes(program: ControlProgram) -> Iterator[Finding]:
    """Entries that traffic classes mask, and classes whose level falls as traffic rises."""
    if program.traffic_classes is None:
        return
    masked = {
        "the idle level": "idle_level_pct",
        "the entrance level": "entrance_idle_level_pct",
        "fixed times": "fixed_time_controls",
        "astro-clock controls": "astro_clock_controls",
        "learned midnight": "learned_midnight",
    }
    fields = ControlProgram.model_fields
    names = [words for words, field in masked.items() if getattr(program, field) != fields[field].default]
    if names:
        yield warning("masked", f"traffic classes set the level as long as a lamp is lit: {', '.join(names)} never act")
    classes = program.traffic_classes.classes
    for quiet, busy in pairwise(classes):
        if busy.level_pct < quiet.level_pct:
            text = f"traffic class {busy.name} has {busy.level_pct:g} %, less than {quiet.name} with less traffic"
            yield warning("class-order", text)
