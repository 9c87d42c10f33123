"""A planner's year in figures: hours, saving, burns. No weather and no road users: the program alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from slic.control.civil import midnight_ms, night_of, zone
from slic.control.planner import Planner
from slic.control.schedule import Mode, NightSchedule

HOUR_MS = 3_600_000
CELL_NOTE = "photocell periods counted by the astronomical clock"


class LitPart(NamedTuple):
    """A part of a night inside the active period, with one level. Level 0 is a lamp switched off by its program."""

    start_ms: int
    end_ms: int
    level_pm: int
    rule: str


class Burn(NamedTuple):
    """A time without a break at a level above 0, and the night in which it begins."""

    start_ms: int
    end_ms: int
    night: date

    @property
    def duration_ms(self) -> int:
        """Length [ms]."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class MonthHours:
    """Hours of one civil month. month : "YYYY-MM"."""

    month: str
    lit_h: float
    full_level_equivalent_h: float


@dataclass(frozen=True, slots=True)
class YearSummary:
    """Figures of one ordinary lamp over a span of civil days, without sensors.

    active_h : hours inside the active period; lit_h : hours at a level above 0
    full_level_equivalent_h : integral of the level; saving_pct : of light against full level for the whole active
    period, None if there is no active hour. Equals the saving of energy only where power follows level and nothing
    is drawn when off
    switch_ons : how often the lamp goes from dark to lit; level_changes : of the level, switching included
    longest, shortest : burns that begin in the span, None if there is none
    dark_nights : nights of the span's evenings without any light; note : how photocell periods were counted, or ""
    """

    first: date
    last: date
    active_h: float
    lit_h: float
    full_level_equivalent_h: float
    saving_pct: float | None
    months: tuple[MonthHours, ...]
    switch_ons: int
    level_changes: int
    longest: Burn | None
    shortest: Burn | None
    dark_nights: int
    note: str


def lit_parts(schedule: NightSchedule) -> list[LitPart]:
    """The parts of a night inside the active period; a photocell's time counts where the clock says dark."""
    return [
        LitPart(step.t_ms, end_ms, step.level_pm, step.rule)
        for step, end_ms in schedule.spans()
        if step.mode is Mode.ON or (step.mode is Mode.CELL and step.dark_by_clock)
    ]


def burns(planner: Planner, first: date, last: date) -> list[Burn]:
    """Burns of the nights from ``first`` to ``last``; one that crosses a noon counts once."""
    found: list[Burn] = []
    for night in days(first, last):
        for part in lit_parts(planner.night(night)):
            if part.level_pm == 0:
                continue
            if found and found[-1].end_ms == part.start_ms:
                found[-1] = found[-1]._replace(end_ms=part.end_ms)
            else:
                found.append(Burn(part.start_ms, part.end_ms, night))
    return found


def days(first: date, last: date) -> Iterator[date]:
    """Every day from ``first`` to ``last``, both included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def year_summary(planner: Planner, year: int) -> YearSummary:
    """Figures of a civil year, from 1 January 00:00 local time to the next."""
    return span_summary(planner, date(year, 1, 1), date(year, 12, 31))


def span_summary(planner: Planner, first: date, last: date) -> YearSummary:
    """Figures of the civil days from ``first`` to ``last``, both included. ValueError if ``last`` is earlier."""
    if last < first:
        raise ValueError(f"the last day {last} is before the first day {first}")
    timezone = planner.place.timezone
    start_ms, end_ms = midnight_ms(timezone, first), midnight_ms(timezone, last + timedelta(days=1))
    parts = _parts_between(planner, start_ms, end_ms)
    months = _months(parts, timezone, first, last)
    active_h = sum(part.end_ms - part.start_ms for part in parts) / HOUR_MS
    equivalent_h = _equivalent_h(parts)
    all_burns = [burn for burn in burns(planner, first - timedelta(days=1), last) if burn.end_ms > start_ms]
    whole = [burn for burn in all_burns if start_ms <= burn.start_ms < end_ms]
    return YearSummary(
        first=first,
        last=last,
        active_h=active_h,
        lit_h=_lit_h(parts),
        full_level_equivalent_h=equivalent_h,
        saving_pct=100 * (1 - equivalent_h / active_h) if active_h else None,
        months=months,
        switch_ons=len(whole),
        level_changes=_level_changes(parts),
        longest=max(whole, key=lambda burn: burn.duration_ms, default=None),
        shortest=min(whole, key=lambda burn: burn.duration_ms, default=None),
        dark_nights=sum(_is_dark(planner.night(night)) for night in days(first, last)),
        note=CELL_NOTE if _has_cells(planner, first, last) else "",
    )


def _parts_between(planner: Planner, start_ms: int, end_ms: int) -> list[LitPart]:
    timezone = planner.place.timezone
    parts: list[LitPart] = []
    for night in days(night_of(timezone, start_ms), night_of(timezone, end_ms)):
        for part in lit_parts(planner.night(night)):
            if part.start_ms < end_ms and part.end_ms > start_ms:
                clipped = part._replace(start_ms=max(part.start_ms, start_ms), end_ms=min(part.end_ms, end_ms))
                parts.append(clipped)
    return parts


def _months(parts: list[LitPart], timezone: str, first: date, last: date) -> tuple[MonthHours, ...]:
    by_month: dict[str, list[LitPart]] = {f"{day:%Y-%m}": [] for day in days(first, last)}
    for part in parts:
        while True:
            month = datetime.fromtimestamp(part.start_ms / 1000, UTC).astimezone(zone(timezone)).date()
            next_month_ms = midnight_ms(timezone, (month.replace(day=28) + timedelta(days=4)).replace(day=1))
            by_month[f"{month:%Y-%m}"].append(part._replace(end_ms=min(part.end_ms, next_month_ms)))
            if part.end_ms <= next_month_ms:
                break
            part = part._replace(start_ms=next_month_ms)
    return tuple(MonthHours(month, _lit_h(own), _equivalent_h(own)) for month, own in by_month.items())


def _lit_h(parts: list[LitPart]) -> float:
    return sum(part.end_ms - part.start_ms for part in parts if part.level_pm) / HOUR_MS


def _equivalent_h(parts: list[LitPart]) -> float:
    return sum((part.end_ms - part.start_ms) * part.level_pm for part in parts) / (1000 * HOUR_MS)


def _level_changes(parts: list[LitPart]) -> int:
    changes, level_pm, end_ms = 0, 0, 0
    for part in parts:
        if part.start_ms > end_ms and level_pm:
            changes, level_pm = changes + 1, 0
        changes += part.level_pm != level_pm
        level_pm, end_ms = part.level_pm, part.end_ms
    return changes


def _is_dark(schedule: NightSchedule) -> bool:
    return not any(part.level_pm for part in lit_parts(schedule))


def _has_cells(planner: Planner, first: date, last: date) -> bool:
    return any(step.mode is Mode.CELL for night in days(first, last) for step in planner.night(night).steps)
