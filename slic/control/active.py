"""When a program's lamps may be on: its active periods in one night, joined."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from slic.control.civil import DAY_MIN, MINUTE_MS, Night, minutes_after_noon, minutes_of
from slic.control.darkness import Darkness
from slic.control.program import (
    Absolute,
    Astronomical,
    AstronomicalPhotocell,
    ClockWindow,
    ControlProgram,
)
from slic.control.schedule import Mode
from slic.control.sun import SUNSET_ELEVATION_DEG, Interval

_HOUR_MIN = 60


class Segment(NamedTuple):
    """A part of the night of one mode, and the period whose photocell rules (-1: none)."""

    start_ms: int
    end_ms: int
    mode: Mode
    cell: int


class _Span(NamedTuple):
    start_ms: int
    end_ms: int
    mode: Mode
    period: int


def active_segments(program: ControlProgram, night: Night, darkness: Darkness) -> list[Segment]:
    """The night without gaps, as segments of one mode: ON wins over CELL, CELL over OFF.

    Scheduled burns shorter than the program's ``minimum_burn_s`` are OFF, unless they touch a photocell's time;
    a burn that crosses noon counts with its whole length, so the night is looked at with a margin of that minimum.
    """
    reach_ms = round(program.minimum_burn_s * 1000)
    low, high = night.start_ms - reach_ms, night.end_ms + reach_ms
    segments = _joined(_spans(program, night, darkness, reach_ms), low, high)
    if not reach_ms:
        return segments
    return _clipped(_without_short(segments, reach_ms), night)


def longest_burn(program: ControlProgram, night: Night, darkness: Darkness) -> Interval | None:
    """The longest time without a break that the lamp is lit in a night; photocells count as the clock says."""
    lit: list[Interval] = []
    for segment in active_segments(program, night, darkness):
        lit = _lengthened(lit, _lit_parts(program, segment, darkness))
    return max(lit, key=lambda burn: burn[1] - burn[0], default=None)


def reference_elevation_deg(program: ControlProgram) -> float:
    """Sun elevation [degrees] that means sunset and sunrise for a program: its first period's that has one."""
    for period in program.active_periods:
        if isinstance(period, Astronomical | AstronomicalPhotocell):
            return period.sun_elevation_deg
    return SUNSET_ELEVATION_DEG


def cell_elevation_deg(program: ControlProgram, cell: int) -> float:
    """Sun elevation [degrees] by which the clock stands in for a period's photocell."""
    if cell < 0:
        return reference_elevation_deg(program)
    period = program.active_periods[cell]
    return period.sun_elevation_deg if isinstance(period, AstronomicalPhotocell) else SUNSET_ELEVATION_DEG


def clock_spans(window: ClockWindow | Absolute, night: Night, utc: bool, reach_ms: int = 0) -> list[Interval]:
    """A daily clock window as moments [UTC ms] that touch the night, widened by ``reach_ms`` on both sides."""
    length = (minutes_of(window.end) - minutes_of(window.start)) % DAY_MIN or DAY_MIN
    reach = -(-reach_ms // MINUTE_MS)
    first = minutes_after_noon(window.start)
    if utc:
        first = (night.at_utc(minutes_of(window.start)) - night.start_ms) // MINUTE_MS
    spans: list[Interval] = []
    for start in (first - DAY_MIN, first, first + DAY_MIN):
        if start + length > -reach and start < DAY_MIN + _HOUR_MIN + reach:
            spans.append(_moments(night, start, start + length, utc))
    return [(start, end) for start, end in spans if start < end]


def _moments(night: Night, start: int, end: int, utc: bool) -> Interval:
    if utc:
        return night.start_ms + start * MINUTE_MS, night.start_ms + end * MINUTE_MS
    return night.at(start), night.at(end)


def _spans(program: ControlProgram, night: Night, darkness: Darkness, reach_ms: int) -> list[_Span]:
    spans: list[_Span] = []
    low, high = night.start_ms - reach_ms, night.end_ms + reach_ms
    for index, period in enumerate(program.active_periods):
        if isinstance(period, Astronomical):
            spans += _astronomical(period, index, low, high, darkness)
        elif isinstance(period, AstronomicalPhotocell):
            spans += _trigger_windows(period, index, low, high, darkness)
        elif isinstance(period, Absolute):
            clock = clock_spans(period, night, program.clock == "utc", reach_ms)
            spans += [_Span(start, end, Mode.ON, index) for start, end in clock]
        else:
            spans.append(_Span(low, high, Mode.CELL, index))
    return spans


def _astronomical(period: Astronomical, index: int, low: int, high: int, darkness: Darkness) -> list[_Span]:
    late = round(period.sunset_offset_min * MINUTE_MS)
    long = round(period.sunrise_offset_min * MINUTE_MS)
    nights = darkness.between(low - long, high - late, period.sun_elevation_deg)
    return [_Span(s + late, e + long, Mode.ON, index) for s, e in nights if s + late < e + long]


def _trigger_windows(period: AstronomicalPhotocell, index: int, low: int, high: int, darkness: Darkness) -> list[_Span]:
    before_set = round(period.before_sunset_min * MINUTE_MS)
    after_set = round(period.after_sunset_min * MINUTE_MS)
    before_rise = round(period.before_sunrise_min * MINUTE_MS)
    after_rise = round(period.after_sunrise_min * MINUTE_MS)
    earliest, latest = low - max(after_set, after_rise), high + max(before_set, before_rise)
    nights = darkness.between(earliest, latest, period.sun_elevation_deg)
    spans: list[_Span] = []
    for sunset, sunrise in nights:
        spans.append(_Span(sunset - before_set, sunset + after_set, Mode.CELL, index))
        spans.append(_Span(sunset + after_set, sunrise - before_rise, Mode.ON, index))
        spans.append(_Span(sunrise - before_rise, sunrise + after_rise, Mode.CELL, index))
    return [span for span in spans if span.start_ms < span.end_ms]


def _joined(spans: list[_Span], low: int, high: int) -> list[Segment]:
    near = [span for span in spans if span[0] < high and span[1] > low]
    if all(one[1] <= two[0] for one, two in pairwise(near)):
        return _with_gaps(near, low, high)
    edges = {low, *[span[0] for span in near], *[span[1] for span in near]}
    moments = [t_ms for t_ms in sorted(edges) if low <= t_ms < high]
    segments: list[Segment] = []
    for start, end in zip(moments, [*moments[1:], high], strict=True):
        mode, cell = _mode_at(near, start)
        if segments and segments[-1].mode is mode and segments[-1].cell == cell:
            start = segments.pop().start_ms
        segments.append(Segment(start, end, mode, cell))
    return segments


def _with_gaps(spans: list[_Span], low: int, high: int) -> list[Segment]:
    """Segments of spans that follow each other without overlap, as those of a single period mostly do."""
    segments: list[Segment] = []
    now = low
    for start, end, mode, period in spans:
        cell = period if mode is Mode.CELL else -1
        if start > now:
            segments.append(Segment(now, start, Mode.OFF, -1))
        if segments and segments[-1][2] is mode and segments[-1][3] == cell:
            start = segments.pop()[0]
        now = min(end, high)
        segments.append(Segment(max(start, low), now, mode, cell))
    if now < high:
        segments.append(Segment(now, high, Mode.OFF, -1))
    return segments


def _mode_at(spans: list[_Span], t_ms: int) -> tuple[Mode, int]:
    found, cell = Mode.OFF, -1
    for start, end, mode, period in spans:
        if start <= t_ms < end:
            if mode is Mode.ON:
                return mode, -1
            if cell < 0:
                found, cell = mode, period
    return found, cell


def _without_short(segments: list[Segment], minimum_ms: int) -> list[Segment]:
    if all(end - start >= minimum_ms or mode is not Mode.ON for start, end, mode, _ in segments):
        return segments
    kept: list[Segment] = []
    for index, segment in enumerate(segments):
        mode = segment.mode
        beside = segments[max(index - 1, 0)], segments[min(index + 1, len(segments) - 1)]
        short = segment.end_ms - segment.start_ms < minimum_ms
        if mode is Mode.ON and short and not any(other.mode is Mode.CELL for other in beside):
            mode = Mode.OFF
        start_ms = segment.start_ms
        if kept and kept[-1].mode is mode and kept[-1].cell == segment.cell:
            start_ms = kept.pop().start_ms
        kept.append(Segment(start_ms, segment.end_ms, mode, segment.cell))
    return kept


def _clipped(segments: list[Segment], night: Night) -> list[Segment]:
    """The part of segments without gaps that lies in the night."""
    inside = [one for one in segments if one[0] < night.end_ms and one[1] > night.start_ms]
    inside[0] = inside[0]._replace(start_ms=night.start_ms)
    inside[-1] = inside[-1]._replace(end_ms=night.end_ms)
    return inside


def _lit_parts(program: ControlProgram, segment: Segment, darkness: Darkness) -> list[Interval]:
    if segment.mode is Mode.OFF:
        return []
    if segment.mode is Mode.ON:
        return [(segment.start_ms, segment.end_ms)]
    dark = darkness.between(segment.start_ms, segment.end_ms, cell_elevation_deg(program, segment.cell))
    parts = [(max(start, segment.start_ms), min(end, segment.end_ms)) for start, end in dark]
    return [(start, end) for start, end in parts if start < end]


def _lengthened(lit: list[Interval], parts: list[Interval]) -> list[Interval]:
    for start, end in parts:
        if lit and lit[-1][1] == start:
            start = lit.pop()[0]
        lit.append((start, end))
    return lit
