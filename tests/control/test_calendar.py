from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from slic.control.calendar import Calendar, CalendarRule


def calendar(*rules: CalendarRule, holidays: tuple[date, ...] = ()) -> Calendar:
    return Calendar(name="town", rules=list(rules), default="default", holidays=list(holidays))


def test_the_first_rule_that_matches_wins() -> None:
    town = calendar(
        CalendarRule(program="first", weekdays=["mon"]),
        CalendarRule(program="second", first="2023-01-01", last="2023-01-31"),
    )
    assert town.program_for(date(2023, 1, 2)) == "first"
    assert town.program_for(date(2023, 1, 3)) == "second"
    assert town.program_for(date(2023, 2, 1)) == "default"


def test_a_range_without_a_year_may_cross_new_year() -> None:
    town = calendar(CalendarRule(program="winter", first="--11-15", last="--02-15"))
    days = [date(2023, 11, 14), date(2023, 11, 15), date(2024, 1, 1), date(2024, 2, 15), date(2024, 2, 16)]
    assert [town.program_for(day) for day in days] == ["default", "winter", "winter", "winter", "default"]


def test_the_last_friday_of_a_month() -> None:
    """2024: the last Fridays are 26 January, 23 February (leap year), 29 March."""
    town = calendar(CalendarRule(program="late", weekdays=["fri"], occurrences=["L"]))
    late = [day for day in range(1, 32) if town.program_for(date(2024, 1, day)) == "late"]
    assert late == [26]
    assert [day for day in range(1, 30) if town.program_for(date(2024, 2, day)) == "late"] == [23]
    assert [day for day in range(1, 32) if town.program_for(date(2024, 3, day)) == "late"] == [29]


def test_the_first_and_third_monday() -> None:
    town = calendar(CalendarRule(program="market", weekdays=["mon"], occurrences=["1", "3"]))
    assert [day for day in range(1, 32) if town.program_for(date(2023, 5, day)) == "market"] == [1, 15]


def test_holidays() -> None:
    town = calendar(
        CalendarRule(program="holiday", holidays=True),
        CalendarRule(program="weekday", weekdays=["mon"], holidays=False),
        holidays=(date(2023, 5, 1),),
    )
    assert town.program_for(date(2023, 5, 1)) == "holiday"
    assert town.program_for(date(2023, 5, 8)) == "weekday"


@pytest.mark.parametrize(
    "fields",
    [
        {"first": "2023-02-30"},
        {"first": "--02-01", "last": "2023-03-01"},
        {"first": "2023-03-01", "last": "2023-02-01"},
        {"occurrences": ["1"]},
    ],
)
def test_bad_rules_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CalendarRule.model_validate({"program": "any", **fields})
