from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from slic.control.calendar import Calendar, CalendarRule
from slic.control.lint import Finding, lint, lint_calendar
from slic.control.place import Place
from slic.control.planner import Planner
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
    codes = {one.code for one in findings(active_periods=CLOCK, idle_level_pct=20, dynamic_controls=[control])}
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
    found = findings(active_periods=CLOCK, idle_level_pct=20, dynamic_controls=[{"name": "always"}, evening])
    assert only("unreachable", found).message.startswith("dynamic control evening never acts")
    assert only(
        "overlap", findings(active_periods=CLOCK, idle_level_pct=20, dynamic_controls=[evening, late])
    ).message.endswith("overlap for 60 min: the first wins")
    other_sensor = [{"name": "gate", "sensors": ["gate-1"]}, {"name": "street"}]
    assert findings(active_periods=CLOCK, idle_level_pct=20, dynamic_controls=other_sensor) == []


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


ASTRO = {"kind": "astronomical"}


@pytest.mark.parametrize(
    ("periods", "code", "words"),
    [
        ([ASTRO, ASTRO], "same-period", "active period 2 (astronomical) is the same as active period 1"),
        ([*CLOCK, {"kind": "absolute", "start": "20:00", "end": "23:00"}], "never-acts", "active period 2"),
        ([ASTRO, {"kind": "photocell"}], "hidden-photocell", "active period 2 (photocell): its photocell decides only"),
        (
            [{**ASTRO, "sunset_offset_min": -40, "sunrise_offset_min": 40}, {"kind": "astronomical_photocell"}],
            "never-acts",
            "active period 2 (astronomical and photocell) never acts: the others cover it",
        ),
        (
            [*CLOCK, {"kind": "absolute", "start": "17:00", "end": "19:00"}],
            "period-overlap",
            "active periods 1 and 2 overlap in 365 nights, first 2023-01-01",
        ),
        (
            [
                {"kind": "absolute", "start": "18:00", "end": "00:00"},
                {"kind": "absolute", "start": "00:00", "end": "06:00"},
                {"kind": "absolute", "start": "23:00", "end": "01:00"},
            ],
            "never-acts",
            "active period 3 (absolute) never acts",
        ),
    ],
)
def test_active_periods_that_others_cover(periods: list[dict[str, Any]], code: str, words: str) -> None:
    found = [one for one in findings(active_periods=periods) if not one.code.startswith("clock")]
    assert words in only(code, found).message


def test_active_periods_that_meet_are_no_fault() -> None:
    evening = {"kind": "absolute", "start": "16:00", "end": "23:00"}
    assert findings(active_periods=[evening, {"kind": "absolute", "start": "23:00", "end": "07:00"}]) == []


@pytest.mark.parametrize(
    ("control", "code"),
    [
        ({"window": {"start": "11:30", "end": "13:00"}}, "never-acts"),
        ({"operation": "Max", "level_pct": 20}, "no-effect"),
        ({"operation": "Mul", "level_pct": 100}, "no-effect"),
        ({"operation": "Min", "level_pct": 100}, "no-effect"),
        ({"operation": "Set", "level_pct": 0}, "darkens"),
        ({"operation": "Sub", "level_pct": 5}, "darkens"),
    ],
)
def test_a_dynamic_control_that_does_nothing_or_harm(control: dict[str, Any], code: str) -> None:
    found = only(code, findings(idle_level_pct=20, dynamic_controls=[{"name": "presence", **control}]))
    assert found.severity == "warning" and "presence" in found.message


def test_a_control_that_darkens_says_in_which_nights() -> None:
    """Idle 100 in the evening, 20 from 22:00: half level on presence is a loss before 22:00 only."""
    found = findings(
        active_periods=CLOCK,
        fixed_time_controls=fixed(("22:00", 20)),
        dynamic_controls=[{"name": "half", "operation": "Set", "level_pct": 50}],
    )
    assert only("darkens", found).message == (
        "dynamic control half lowers the level on presence in 365 nights, first 2023-01-01"
    )


def test_a_control_hidden_by_two_others_together() -> None:
    controls = [
        {"name": "early", "window": {"start": "18:00", "end": "23:00"}},
        {"name": "late", "window": {"start": "23:00", "end": "06:00"}},
        {"name": "all night"},
    ]
    found = only("unreachable", findings(active_periods=CLOCK, idle_level_pct=20, dynamic_controls=controls))
    assert found.message == "dynamic control all night never acts: early and late always win"
    sensors = [
        {"name": "a", "sensors": ["s1"]},
        {"name": "b", "sensors": ["s2"]},
        {"name": "c", "sensors": ["s1", "s2"]},
    ]
    found = only("unreachable", findings(idle_level_pct=20, dynamic_controls=sensors))
    assert found.message == "dynamic control c never acts: a and b always win"


@pytest.mark.parametrize(
    "control",
    [
        {"event": "sunset", "operation": "Min", "level_pct": 100},
        {"event": "sunset", "operation": "Set", "level_pct": 100},
        {"event": "sunrise", "offset_min": -60, "operation": "Add", "level_pct": 0},
    ],
)
def test_an_astro_clock_control_that_changes_nothing(control: dict[str, Any]) -> None:
    assert "without it the year is the same" in only("no-change", findings(astro_clock_controls=[control])).message


def test_an_astro_clock_control_that_changes_something() -> None:
    control = {"event": "sunrise", "offset_min": -60, "operation": "Min", "level_pct": 50}
    assert findings(astro_clock_controls=[control]) == []


QUIET = {"name": "quiet", "up_to_per_h": 20, "level_pct": 40}


def test_traffic_classes_that_mask_the_rest() -> None:
    classes = {"classes": [QUIET, {"name": "busy", "level_pct": 100}]}
    found = findings(traffic_classes=classes, fixed_time_controls=fixed(("22:00", 50)), idle_level_pct=80)
    assert only("masked", found).message.endswith("the idle level, fixed times never act")
    assert findings(traffic_classes=classes) == []
    presence = [{"name": "presence", "level_pct": 60}]
    assert findings(traffic_classes=classes, dynamic_controls=presence) == []
    assert only("no-effect", findings(traffic_classes=classes, dynamic_controls=[{"name": "p", "level_pct": 40}]))


def test_classes_whose_level_falls_as_traffic_rises() -> None:
    found = only("class-order", findings(traffic_classes={"classes": [QUIET, {"name": "busy", "level_pct": 30}]}))
    assert found.message == "traffic class busy has 30 %, less than quiet with less traffic"


def test_nights_without_any_light() -> None:
    """London's sunrise is before 05:30 from 3 May (05:29) to 5 August (05:29): a program lit from then has no night."""
    found = findings(idle_level_pct=0, fixed_time_controls=fixed(("05:30", 100)))
    dark = [one for one in found if one.code == "dark-nights"]
    assert len(dark) == 1 and dark[0].severity == "warning" and dark[0].night == date(2023, 5, 2)
    assert dark[0].message == "95 nights without any light, first 2023-05-02"


def test_a_calendar_is_checked_on_the_nights_of_each_program() -> None:
    """A 05:00 step is lost around midsummer only, and this program runs in winter only."""
    programs = {
        "winter": ControlProgram.model_validate({"name": "winter", "fixed_time_controls": fixed(("05:00", 50))}),
        "summer": ControlProgram.model_validate({"name": "summer", "fixed_time_controls": fixed(("22:00", 100))}),
        "fair": ControlProgram(name="fair"),
    }
    rules = [
        CalendarRule(program="fair", first="2022-07-15", last="2022-07-25"),
        CalendarRule(program="winter", first="--10-01", last="--03-31"),
    ]
    found = lint_calendar(Planner(programs, Calendar(name="c", rules=rules, default="summer"), LONDON), 2023)
    assert [(one.code, one.message) for one in found] == [
        ("never-runs", "the calendar gives program fair no night of this year"),
        ("no-change", "summer: fixed time 22:00 sets 100 %, the level that already holds"),
    ]


GHENT = Place(51.05, 3.71, "Europe/Brussels")
TRUE_WARNINGS = {
    ("part-night", 2023): {"short-burn"},
    ("part-night", 2022): {"short-burn"},
    ("roeselare-path", 2023): {"short-burn"},
}
"""Minutes of light between the morning step and sunrise, around two dates a year."""


@pytest.mark.parametrize("name", list_programs())
@pytest.mark.parametrize(("place", "year"), [(LONDON, 2023), (GHENT, 2022)])
def test_library_programs_have_no_false_warnings(name: str, place: Place, year: int) -> None:
    found = {one.code for one in lint(load_program(name), place, year) if one.severity != "info"}
    assert found == TRUE_WARNINGS.get((name, year), set())


@pytest.mark.parametrize("name", list_programs())
def test_library_programs_have_no_errors(name: str) -> None:
    program = load_program(name)
    assert program.title and program.source
    assert not [one for one in lint(program, LONDON, 2023) if one.severity == "error"]
