"""Calendars: which program runs on which night. The first rule that matches wins; a night runs noon to noon."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from slic.control.program import Strict

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _day(text: str) -> str:
    try:
        date.fromisoformat(f"2000-{text[2:]}" if text.startswith("--") else text)
    except ValueError:
        raise ValueError("is not a date (YYYY-MM-DD, or --MM-DD for every year)") from None
    return text


Day = Annotated[str, AfterValidator(_day)]


class CalendarRule(Strict):
    """A program for the nights that begin on the given days; all conditions that are given must hold."""

    program: str
    first: Day | None = Field(None, description="first night, inclusive")
    last: Day | None = Field(None, description="last night, inclusive; may lie in the next year with --MM-DD")
    weekdays: list[Weekday] = Field([], description="of the evening; empty: all")
    occurrences: list[Literal["1", "2", "3", "4", "5", "L"]] = Field(
        [], description="which of that weekday in the month (L: last); empty: all"
    )
    holidays: bool | None = Field(None, description="true: only holidays, false: only other days")

    @model_validator(mode="after")
    def _both_or_neither(self) -> CalendarRule:
        for one, other in ((self.first, self.last), (self.last, self.first)):
            if one and other and one.startswith("--") != other.startswith("--"):
                raise ValueError("first and last must both name a year, or neither")
        if self.first and self.last and not self.first.startswith("--") and self.first > self.last:
            raise ValueError("first must not be later than last")
        if self.occurrences and not self.weekdays:
            raise ValueError("occurrences need weekdays")
        return self


class Calendar(Strict):
    """Ordered rules with a default program; ``holidays`` are evenings."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    rules: list[CalendarRule] = []
    default: str
    holidays: list[date] = []

    def program_for(self, night: date) -> str:
        """Name of the program of the night that begins on the evening of ``night``."""
        for rule in self.rules:
            if _matches(rule, night, self.holidays):
                return rule.program
        return self.default


def _matches(rule: CalendarRule, night: date, holidays: list[date]) -> bool:
    return (
        _in_range(rule, night)
        and (not rule.weekdays or _WEEKDAYS[night.weekday()] in rule.weekdays)
        and (not rule.occurrences or bool(_occurrence(night) & set(rule.occurrences)))
        and (rule.holidays is None or rule.holidays == (night in holidays))
    )


def _in_range(rule: CalendarRule, night: date) -> bool:
    yearless = (rule.first or rule.last or "").startswith("--")
    day = f"--{night:%m-%d}" if yearless else night.isoformat()
    after_first = rule.first is None or day >= rule.first
    before_last = rule.last is None or day <= rule.last
    if yearless and rule.first and rule.last and rule.first > rule.last:
        return after_first or before_last
    return after_first and before_last


def _occurrence(night: date) -> set[str]:
    found = {str((night.day - 1) // 7 + 1)}
    if (night.replace(day=28) + (date.resolution * 4)).replace(day=1) - date.resolution * 7 <= night:
        found.add("L")
    return found
