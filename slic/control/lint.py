"""Faults of a program that only a whole year at a place shows: clock changes, solstices, entries without effect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from slic.control.active import reference_elevation_deg
from slic.control.civil import DAY_MIN, minutes_after_noon, minutes_of, night_span
from slic.control.compile_night import IDLE, astro_rule, learned_rule
from slic.control.place import Place
from slic.control.planner import Planner, planner_for
from slic.control.program import Absolute, ClockWindow, ControlProgram, DynamicControl
from slic.control.sun import dark_intervals
from slic.control.year import burns, days, lit_parts

SHORT_BURN_MS = 600_000

Severity = Literal["error", "warning", "info"]


class Finding(NamedTuple):
    """Something a person should look at.

    code : short name of the kind of finding; night : the first night it concerns, None if not of a night
    """

    code: str
    severity: Severity
    night: date | None
    message: str


def lint(program: ControlProgram, place: Place, year: int) -> list[Finding]:
    """Findings about a program over the nights of a civil year, errors first.

    Raises InputError for a place or time zone that does not exist.
    """
    planner = planner_for(program, place)
    nights = list(days(date(year, 1, 1), date(year, 12, 31)))
    findings = [
        *_never_lights(planner, nights),
        *_clock_changes(program, place, nights),
        *_without_effect(planner, program, nights),
        *_same_moment(program),
        *_no_change(program),
        *_dynamic_overlaps(program),
        *_short_burns(program, place, nights),
        *_polar(program, place, nights),
    ]
    return sorted(findings, key=lambda finding: ("error", "warning", "info").index(finding.severity))


def _never_lights(planner: Planner, nights: list[date]) -> Iterator[Finding]:
    dynamic = any(control.level_pct for control in planner.programs[planner.calendar.default].dynamic_controls)
    active = [part for night in nights for part in lit_parts(planner.night(night))]
    if not active or not (dynamic or any(part.level_pm for part in active)):
        yield Finding("never-lights", "error", None, "the program never lights a lamp in this year")


def _clock_changes(program: ControlProgram, place: Place, nights: list[date]) -> Iterator[Finding]:
    if program.clock == "utc":
        return
    spans = [night_span(place.timezone, night) for night in nights]
    unsteady = [span for span in spans if not span.steady]
    for what, at in _clock_entries(program):
        for fault, meaning in (("twice", "its first pass counts"), ("never", "it acts when the clock jumps")):
            hit = [span.date for span in unsteady if span.fault(minutes_after_noon(at)) == fault]
            if hit:
                text = f"{what} {at} happens {fault} {_when(hit)}: {meaning}"
                yield Finding(f"clock-{fault}", "warning", hit[0], text)


def _clock_entries(program: ControlProgram) -> Iterator[tuple[str, str]]:
    for control in program.fixed_time_controls:
        yield "fixed time", control.at
    for period in program.active_periods:
        if isinstance(period, Absolute):
            yield "start of the active period", period.start
            yield "end of the active period", period.end
    for dynamic in program.dynamic_controls:
        if dynamic.window is not None:
            yield f"window of {dynamic.name}, start", dynamic.window.start
            yield f"window of {dynamic.name}, end", dynamic.window.end


def _without_effect(planner: Planner, program: ControlProgram, nights: list[date]) -> Iterator[Finding]:
    lit = {night: [part.rule for part in lit_parts(planner.night(night))] for night in nights}
    lit = {night: rules for night, rules in lit.items() if rules}
    if not lit:
        return
    for name in _entries(program):
        without = [night for night, rules in lit.items() if not any(_shows(rule, name) for rule in rules)]
        if len(without) == len(lit):
            yield Finding("never-acts", "warning", without[0], f"{name} never takes effect in this year")
        elif without:
            text = f"{name} does not take effect {_when(without)}"
            yield Finding("short-night", "info", without[0], text)


def _entries(program: ControlProgram) -> list[str]:
    """Each entry by the words that steps use for it."""
    names = [f"fixed time {control.at}" for control in program.fixed_time_controls]
    names += [IDLE] if names else []
    names += [astro_rule(control) for control in program.astro_clock_controls]
    steps = program.learned_midnight.steps if program.learned_midnight else []
    return names + [learned_rule(step) for step in steps]


def _shows(rule: str, name: str) -> bool:
    return rule == name or rule.startswith(f"{name} on ") or rule.endswith(f" on {name}")


def _same_moment(program: ControlProgram) -> Iterator[Finding]:
    fixed = [f"fixed time {control.at}" for control in program.fixed_time_controls]
    astro = [f"{control.event} {control.offset_min:+g} min" for control in program.astro_clock_controls]
    steps = program.learned_midnight.steps if program.learned_midnight else []
    learned = [learned_rule(step) for step in steps]
    for names in (fixed, astro, learned):
        for name in dict.fromkeys(names):
            if (count := names.count(name)) > 1:
                text = f"{name} is given {count} times: only the last of them acts"
                yield Finding("same-moment", "warning", None, text)


def _no_change(program: ControlProgram) -> Iterator[Finding]:
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
            yield Finding("no-change", "warning", None, text)
        now = new


def _dynamic_overlaps(program: ControlProgram) -> Iterator[Finding]:
    controls = program.dynamic_controls
    for index, later in enumerate(controls):
        for earlier in controls[:index]:
            if earlier.sensors and not set(later.sensors or ["*"]) <= set(earlier.sensors):
                continue
            both = _minutes(earlier) & _minutes(later)
            if both == _minutes(later):
                text = f"dynamic control {later.name} never acts: {earlier.name} stands before it and always wins"
                yield Finding("unreachable", "warning", None, text)
                break
            if both:
                text = f"dynamic controls {earlier.name} and {later.name} overlap for {len(both)} min: the first wins"
                yield Finding("overlap", "info", None, text)


def _minutes(control: DynamicControl) -> set[int]:
    window = control.window or ClockWindow(start="00:00", end="00:00")
    start = minutes_of(window.start)
    length = (minutes_of(window.end) - start) % DAY_MIN or DAY_MIN
    return {(start + minute) % DAY_MIN for minute in range(length)}


def _short_burns(program: ControlProgram, place: Place, nights: list[date]) -> Iterator[Finding]:
    active = ControlProgram(name=program.name, clock=program.clock, active_periods=program.active_periods)
    limited = active.model_copy(update={"minimum_burn_s": program.minimum_burn_s})
    kept = burns(planner_for(limited, place), nights[0], nights[-1])
    left_out = [burn.night for burn in burns(planner_for(active, place), nights[0], nights[-1]) if burn not in kept]
    if left_out:
        text = f"a burn shorter than the minimum of {program.minimum_burn_s:g} s is left out {_when(left_out)}"
        yield Finding("below-minimum", "warning", left_out[0], text)
    limit_ms = max(SHORT_BURN_MS, round(program.minimum_burn_s * 1000))
    found = burns(planner_for(program, place), nights[0], nights[-1])
    short = [burn.night for burn in found if burn.duration_ms < limit_ms]
    if short:
        text = f"a burn is shorter than {limit_ms / 60_000:g} min {_when(short)}"
        yield Finding("short-burn", "warning", short[0], text)


def _polar(program: ControlProgram, place: Place, nights: list[date]) -> Iterator[Finding]:
    elevation_deg = reference_elevation_deg(program)
    start_ms = night_span(place.timezone, nights[0]).start_ms
    dark = dark_intervals(place, start_ms, night_span(place.timezone, nights[-1]).end_ms, elevation_deg)
    spans = [night_span(place.timezone, night) for night in nights]
    never_dark = [s.date for s in spans if not any(a < s.end_ms and b > s.start_ms for a, b in dark)]
    always_dark = [s.date for s in spans if any(a <= s.start_ms and b >= s.end_ms for a, b in dark)]
    if never_dark:
        text = f"polar day: the sun does not go below {elevation_deg:g} degrees {_when(never_dark)}"
        yield Finding("polar-day", "info", never_dark[0], text)
    if always_dark:
        text = f"polar night: the sun stays below {elevation_deg:g} degrees from noon to noon {_when(always_dark)}"
        yield Finding("polar-night", "info", always_dark[0], text)


def _when(nights: list[date]) -> str:
    nights = sorted(set(nights))
    if len(nights) == 1:
        return f"in the night of {nights[0]}"
    return f"in {len(nights)} nights, first {nights[0]}"
