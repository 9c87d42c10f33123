"""A calendar of a scenario, found by name."""

from __future__ import annotations

from slic.control.calendar import Calendar
from slic.errors import InputError
from slic.scenario.model import Scenario


def scenario_calendar(scenario: Scenario, name: str, file: str = "") -> Calendar:
    """The calendar ``name``; InputError with the names that there are. ``file`` : for the error."""
    if name not in scenario.calendars:
        allowed = ", ".join(scenario.calendars) or "none: the scenario has no calendars"
        raise InputError("is not a calendar", file=file, field="calendar", value=name, allowed=allowed)
    return scenario.calendars[name]
