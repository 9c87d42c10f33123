"""Checks against the clock and the sun of a place: clock changes, midsummer and midwinter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from slic.control.active import reference_elevation_deg
from slic.control.civil import minutes_after_noon, night_span
from slic.control.lint_case import Case, Finding, warning, when
from slic.control.place import Place
from slic.control.program import Absolute, ControlProgram
from slic.control.sun import dark_intervals


def clock_changes(case: Case) -> Iterator[Finding]:
    """Clock times that happen twice or never in some night."""
    if case.program.clock == "utc":
        return
    spans = [night_span(case.planner.place.timezone, night) for night in case.nights]
    unsteady = [span for span in spans if not span.steady]
    for what, at in _clock_entries(case.program):
        for fault, meaning in (("twice", "its first pass counts"), ("never", "it acts when the clock jumps")):
            hit = [span.date for span in unsteady if span.fault(minutes_after_noon(at)) == fault]
            if hit:
                yield warning(f"clock-{fault}", f"{what} {at} happens {fault} {when(hit)}: {meaning}", hit[0])


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


def polar(program: ControlProgram, place: Place, nights: list[date]) -> Iterator[Finding]:
    """Nights without darkness, and without daylight."""
    elevation_deg = reference_elevation_deg(program)
    start_ms = night_span(place.timezone, nights[0]).start_ms
    dark = dark_intervals(place, start_ms, night_span(place.timezone, nights[-1]).end_ms, elevation_deg)
    spans = [night_span(place.timezone, night) for night in nights]
    never_dark = [s.date for s in spans if not any(a < s.end_ms and b > s.start_ms for a, b in dark)]
    always_dark = [s.date for s in spans if any(a <= s.start_ms and b >= s.end_ms for a, b in dark)]
    if never_dark:
        text = f"polar day: the sun does not go below {elevation_deg:g} degrees {when(never_dark)}"
        yield Finding("polar-day", "info", never_dark[0], text)
    if always_dark:
        text = f"polar night: the sun stays below {elevation_deg:g} degrees from noon to noon {when(always_dark)}"
        yield Finding("polar-night", "info", always_dark[0], text)
