from __future__ import annotations

from datetime import date

import pytest

from slic.control.place import Place
from slic.control.planner import planner_for
from slic.control.program import ControlProgram
from slic.control.year import CELL_NOTE, burns, span_summary, year_summary

LONDON = Place(51.5074, -0.1278, "Europe/London")
TROMSO = Place(69.65, 18.96, "Europe/Oslo")


def clock_program(start: str, end: str, **fields: object) -> ControlProgram:
    period = {"kind": "absolute", "start": start, "end": end}
    return ControlProgram.model_validate({"name": "clock", "active_periods": [period], **fields})


def test_a_clock_program_of_ten_hours_a_day() -> None:
    """Ten hours a day, one less on 26 March, one more on 29 October: 3650 h."""
    summary = year_summary(planner_for(clock_program("20:00", "06:00"), LONDON), 2023)
    assert summary.lit_h == 3650
    assert summary.switch_ons == 365
    assert summary.level_changes == 731  # the burn of New Year's Eve before is still on at 00:00
    march = next(month for month in summary.months if month.month == "2023-03")
    assert march.lit_h == 31 * 10 - 1
    assert summary.shortest is not None and summary.shortest.duration_ms == 9 * 3_600_000
    assert summary.shortest.night == date(2023, 3, 25)
    assert summary.longest is not None and summary.longest.night == date(2023, 10, 28)


def test_months_add_up_to_the_year() -> None:
    summary = year_summary(planner_for(ControlProgram(name="night", idle_level_pct=40), LONDON), 2023)
    assert len(summary.months) == 12
    assert sum(month.lit_h for month in summary.months) == pytest.approx(summary.lit_h)
    assert summary.full_level_equivalent_h == pytest.approx(0.4 * summary.lit_h)
    assert summary.saving_pct == pytest.approx(60)


def test_a_month_without_night_stands_there_with_no_hours() -> None:
    """70 N: the sun does not set in June."""
    program = ControlProgram(name="full")
    months = year_summary(planner_for(program, Place(70, 20, "Europe/Oslo")), 2023).months
    assert [m.month for m in months] == [f"2023-{n:02d}" for n in range(1, 13)]
    assert months[5].lit_h == 0


def test_a_lamp_switched_off_by_its_program_is_not_lit() -> None:
    program = clock_program("20:00", "06:00", fixed_time_controls=[{"at": "00:00", "level_pct": 0}])
    summary = span_summary(planner_for(program, LONDON), date(2023, 1, 1), date(2023, 1, 10))
    assert (summary.active_h, summary.lit_h, summary.saving_pct) == (100, 40, pytest.approx(60))
    assert summary.switch_ons == 10


def test_a_lamp_that_never_burns_has_no_saving() -> None:
    summary = span_summary(planner_for(ControlProgram(name="night"), TROMSO), date(2023, 6, 1), date(2023, 6, 30))
    assert (summary.active_h, summary.saving_pct, summary.longest, summary.shortest) == (0, None, None, None)
    assert summary.dark_nights == 30


def test_the_polar_night_is_one_burn() -> None:
    found = burns(planner_for(ControlProgram(name="night"), TROMSO), date(2023, 12, 1), date(2023, 12, 31))
    assert len(found) == 1
    assert found[0].duration_ms == 31 * 24 * 3_600_000


def test_photocell_time_counts_by_the_clock_and_says_so() -> None:
    cell = ControlProgram.model_validate({"name": "cell", "active_periods": [{"kind": "photocell"}]})
    summary = year_summary(planner_for(cell, LONDON), 2023)
    assert summary.lit_h == pytest.approx(4280.1, rel=0.0005)  # sunset to sunrise, see tests/oracles/test_london.py
    assert summary.note == CELL_NOTE
    assert year_summary(planner_for(ControlProgram(name="night"), LONDON), 2023).note == ""


def test_a_span_that_ends_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before the first"):
        span_summary(planner_for(ControlProgram(name="night"), LONDON), date(2023, 2, 1), date(2023, 1, 1))
