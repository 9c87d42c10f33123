"""Checks of active periods: those that others cover, and burns that are too short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from slic.control.active import Segment, active_segments, cell_elevation_deg
from slic.control.civil import night_span
from slic.control.darkness import Darkness
from slic.control.lint_case import Case, Finding, warning, when
from slic.control.planner import planner_for
from slic.control.program import ControlProgram
from slic.control.schedule import Mode
from slic.control.sun import Interval
from slic.control.year import burns

SHORT_BURN_MS = 600_000

_Nights = dict[date, list[Segment]]


def active_periods(case: Case) -> Iterator[Finding]:
    """Periods that are there twice, that others hide, or that overlap."""
    if len(case.program.active_periods) < 2:
        return
    darkness = Darkness(case.planner.place)
    alone = [_alone(case, number, darkness) for number in range(len(case.program.active_periods))]
    kept = list(range(len(alone)))
    for number in reversed(range(len(alone))):
        others = [alone[other] for other in kept if other != number]
        found = _hidden(case, number, alone, others, darkness)
        if found is not None:
            kept.remove(number)
            yield found
    for second in kept:
        for first in kept[: kept.index(second)]:
            yield from _overlap(case, alone, first, second)


def _alone(case: Case, number: int, darkness: Darkness) -> _Nights:
    """Segments of one active period as if it were the only one."""
    program = _only(case.program, number)
    spans = {night: night_span(case.planner.place.timezone, night) for night in case.nights}
    segments = {night: active_segments(program, span, darkness) for night, span in spans.items()}
    return {night: [one for one in found if one.mode is not Mode.OFF] for night, found in segments.items()}


def _only(program: ControlProgram, number: int) -> ControlProgram:
    return program.model_copy(update={"active_periods": [program.active_periods[number]], "minimum_burn_s": 0})


def _hidden(case: Case, number: int, alone: list[_Nights], others: list[_Nights], darkness: Darkness) -> Finding | None:
    """The fault of a period that adds nothing to the others, or whose photocell decides only by day."""
    name = _name(case.program, number)
    twin = next((other for other in range(number) if alone[other] == alone[number]), None)
    if twin is not None:
        return warning("same-period", f"{name} is the same as active period {twin + 1}")
    left = {night: _uncovered(segments, others, night) for night, segments in alone[number].items()}
    if not any(left.values()):
        reason = "the others cover it" if any(alone[number].values()) else "it holds at no time"
        return warning("never-acts", f"{name} never acts: {reason}")
    program = _only(case.program, number)
    if _decides_in_the_dark(program, alone[number], darkness) and not _decides_in_the_dark(program, left, darkness):
        return warning(
            "hidden-photocell", f"{name}: its photocell decides only by day, for others are on while it is dark"
        )
    return None


def _name(program: ControlProgram, number: int) -> str:
    return f"active period {number + 1} ({program.active_periods[number].kind.replace('_', ' and ')})"


def _uncovered(segments: list[Segment], others: list[_Nights], night: date) -> list[Segment]:
    """Parts of segments in which no other period is on."""
    on = [one for nights in others for one in nights[night] if one.mode is Mode.ON]
    left: list[Segment] = []
    for segment in segments:
        start_ms = segment.start_ms
        for one in sorted(on):
            if start_ms < one.start_ms < segment.end_ms:
                left.append(segment._replace(start_ms=start_ms, end_ms=one.start_ms))
            if one.start_ms < segment.end_ms:
                start_ms = max(start_ms, one.end_ms)
        if start_ms < segment.end_ms:
            left.append(segment._replace(start_ms=start_ms))
    return left


def _decides_in_the_dark(program: ControlProgram, nights: _Nights, darkness: Darkness) -> bool:
    elevation_deg = cell_elevation_deg(program, 0)
    return any(
        _touch((one.start_ms, one.end_ms), dark)
        for segments in nights.values()
        for one in segments
        if one.mode is Mode.CELL
        for dark in darkness.between(one.start_ms, one.end_ms, elevation_deg)
    )


def _touch(one: Interval, other: Interval) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def _overlap(case: Case, alone: list[_Nights], first: int, second: int) -> Iterator[Finding]:
    nights = [
        night
        for night in case.nights
        if any(
            one.mode is two.mode and _touch(one[:2], two[:2])
            for one in alone[first][night]
            for two in alone[second][night]
        )
    ]
    if nights:
        text = f"active periods {first + 1} and {second + 1} overlap {when(nights)}: they are joined"
        yield Finding("period-overlap", "info", nights[0], text)


def short_burns(case: Case) -> Iterator[Finding]:
    """Burns that the minimum leaves out, and short ones that stay."""
    program, place, own = case.program, case.planner.place, set(case.nights)
    first, last = case.nights[0], case.nights[-1]
    active = ControlProgram(name=program.name, clock=program.clock, active_periods=program.active_periods)
    if program.minimum_burn_s:
        limited = active.model_copy(update={"minimum_burn_s": program.minimum_burn_s})
        kept = set(burns(planner_for(limited, place), first, last))
        out = [one.night for one in burns(planner_for(active, place), first, last) if one not in kept]
        if out := [night for night in out if night in own]:
            text = f"a burn shorter than the minimum of {program.minimum_burn_s:g} s is left out {when(out)}"
            yield warning("below-minimum", text, out[0])
    limit_ms = max(SHORT_BURN_MS, round(program.minimum_burn_s * 1000))
    found = burns(case.planner, first, last)
    if short := [one.night for one in found if one.night in own and one.duration_ms < limit_ms]:
        yield warning("short-burn", f"a burn is shorter than {limit_ms / 60_000:g} min {when(short)}", short[0])
