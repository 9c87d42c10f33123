from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from slic.control.lint import Finding, lint
from slic.control.place import Place
from slic.control.program import ControlProgram
from slic.scenario.library import list_programs, load_program

LONDON = Place(51.5074, -0.1278, "Europe/London")
TROMSO = Place(69.65, 18.96, "Europe/Oslo")
CLOCK = [{"kind": "absolute", "start": "18:00", "end": "06:00"}]


def findings(place: Place = LONDON, **fields: Any) -> list[Finding]:
    return lint(ControlProgram.model_validate({"name": "test", **fields}), place, 2023)


def fixed(*entries: tuple[str, float]) -> list[dict[str, object]]:
    return [{"at": at, "level_pct": level} for at, level in entries]


def only(code: str, found: list[Finding]) -> Finding:
    assert [one.code for one in found] == [code], found
    return found[0]


def test_times_that_happen_twice_or_never() -> None:
    found = findings(active_periods=CLOCK, fixed_time_controls=fixed(("01:30", 50), ("03:00", 100)))
    assert [(one.code, one.night) for one in found] == [
        ("clock-twice", date(2023, 10, 28)),
        ("clock-never", date(2023, 3, 25)),
    ]
    assert "01:30" in found[0].message and "first pass" in found[0].message


def test_the_window_of_a_dynamic_control_may_lie_on_the_clock_change() -> None:
    control = {"name": "late", "window": {"start": "23:00", "end": "01:00"}}
    codes = {one.code for one in findings(active_periods=CLOCK, dynamic_controls=[control])}
    assert codes == {"clock-twice", "clock-never"}


def test_a_utc_clock_has_no_clock_changes() -> None:
    assert findings(clock="utc", active_periods=CLOCK, fixed_time_controls=fixed(("01:30", 50), ("03:00", 100))) == []


def test_an_entry_that_only_short_nights_lack() -> None:
    """London's earliest sunrise is 04:43: an entry at 05:00 is lost around midsummer only."""
    found = only("short-night", findings(fixed_time_controls=fixed(("05:00", 50))))
    assert found.night == date(2023, 5, 21)
    assert "54 nights" in found.message


def test_an_entry_that_never_acts() -> None:
    found = only("never-acts", findings(active_periods=CLOCK, fixed_time_controls=fixed(("09:00", 50))))
    assert "fixed time 09:00" in found.message and found.severity == "warning"


def test_the_same_moment_twice() -> None:
    found = findings(active_periods=CLOCK, fixed_time_controls=fixed(("22:00", 50), ("22:00", 70)))
    assert only("same-moment", found).message == "fixed time 22:00 is given 2 times: only the last of them acts"


def test_an_entry_that_changes_nothing() -> None:
    found = findings(active_periods=CLOCK, fixed_time_controls=fixed(("20:00", 100), ("22:00", 50)))
    assert [one.code for one in found if one.severity == "warning"] == ["no-change"]
    assert "fixed time 20:00" in found[0].message


def test_dynamic_controls_that_cannot_act_or_overlap() -> None:
    evening = {"name": "evening", "window": {"start": "18:00", "end": "23:00"}}
    late = {"name": "late", "window": {"start": "22:00", "end": "05:00"}}
    found = findings(active_periods=CLOCK, dynamic_controls=[{"name": "always"}, evening])
    assert only("unreachable", found).message.startswith("dynamic control evening never acts")
    assert only("overlap", findings(active_periods=CLOCK, dynamic_controls=[evening, late])).message.endswith(
        "overlap for 60 min: the first wins"
    )
    other_sensor = [{"name": "gate", "sensors": ["gate-1"]}, {"name": "street"}]
    assert findings(active_periods=CLOCK, dynamic_controls=other_sensor) == []


def test_burns_below_the_minimum_and_short_ones() -> None:
    short = [{"kind": "absolute", "start": "17:00", "end": "17:08"}, *CLOCK]
    assert "365 nights" in only("short-burn", findings(active_periods=short)).message
    found = only("below-minimum", findings(active_periods=short, minimum_burn_s=900))
    assert "900 s is left out in 365 nights" in found.message


def test_a_morning_burn_of_seconds_is_found() -> None:
    """Part-night until 05:30: around two dates a year the sun rises minutes later."""
    found = lint(load_program("part-night"), LONDON, 2023)
    assert "short-burn" in [one.code for one in found]


def test_polar_day_and_night() -> None:
    found = findings(TROMSO)
    assert [one.code for one in found] == ["polar-day", "polar-night"]
    assert found[0].night is not None and abs((found[0].night - date(2023, 5, 18)).days) <= 1


@pytest.mark.parametrize(
    "fields",
    [
        {"idle_level_pct": 0},
        {"active_periods": [{"kind": "astronomical", "sunset_offset_min": 720, "sunrise_offset_min": -720}]},
    ],
)
def test_a_program_that_never_lights(fields: dict[str, Any]) -> None:
    first = findings(**fields)[0]
    assert (first.code, first.severity) == ("never-lights", "error")


def test_off_until_detection_is_not_an_error() -> None:
    assert findings(idle_level_pct=0, dynamic_controls=[{"name": "presence"}]) == []


@pytest.mark.parametrize("name", list_programs())
def test_library_programs_have_no_errors(name: str) -> None:
    program = load_program(name)
    assert program.title and program.source
    assert not [one for one in lint(program, LONDON, 2023) if one.severity == "error"]
