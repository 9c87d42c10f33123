"""TALQ JSON. The structural check below states facts of the public 2.7.1 data model (names, types, required keys)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slic.control.calendar import Calendar, CalendarRule
from slic.control.program import ControlProgram
from slic.control.talq import EXTENSION, Imported, export_calendar, export_program, import_calendar, import_program
from slic.errors import InputError
from slic.scenario.library import list_programs, load_program

HH_MM_SS = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d")
OPERATIONS = {"Set", "Max", "Min", "Add", "Sub", "Mul"}
PERIODS = {
    "AbsoluteActivePeriod": {"startTime", "endTime"},
    "AstroClockActivePeriod": {"sunsetOffset", "sunriseOffset"},
    "SensorActivePeriod": {"sensor", "onLevel", "offLevel"},
    "AstroAndSensorActivePeriod": {
        "sensor",
        "sunsetOffset",
        "sunriseOffset",
        "pcActiveBeforeSunset",
        "pcActiveBeforeSunrise",
    },
}


def check_program(document: dict[str, Any]) -> None:
    assert document["type"] == "ControlProgramOne"
    assert isinstance(document["id"], str) and isinstance(document["ownerCMS"], str)
    for period in document["activePeriods"]:
        assert PERIODS[period["name"]] <= set(period)
        assert all(isinstance(period[key], int) for key in period if key.endswith("Offset") or key.startswith("pc"))
    times = [control["startTime"] for control in document["fixedTimeControls"]]
    assert times == sorted(set(times)) and all(HH_MM_SS.fullmatch(time) for time in times)
    for control in document["fixedTimeControls"]:
        check_command(control["command"])
    for control in document["astroClockTimeControls"]:
        assert isinstance(control["offset"], int)
        assert control["solarEventType"] in {"sunrise", "sunset"} and control["operation"] in OPERATIONS
        check_command(control["command"])
    for control in document["dynamicControls"]:
        check_effect(control["effect"])
        window = control.get("period", {"startTime": "00:00:00", "endTime": "00:00:00"})
        assert HH_MM_SS.fullmatch(window["startTime"]) and HH_MM_SS.fullmatch(window["endTime"])


def check_effect(effect: dict[str, Any]) -> None:
    assert effect["type"] == "FixedControlEffect" and effect["operation"] in OPERATIONS
    assert len(effect["source"]["sensor"]["sensorAddresses"]) <= 2
    assert effect["holdTime"] >= 0
    check_command(effect["command"])


def check_command(command: dict[str, Any]) -> None:
    assert command["state"]["name"] == "LevelState"
    value = command["state"]["value"]
    assert type(value) is int and 0 <= value <= 100


def talq_only(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != EXTENSION}


clock_time = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
whole = st.integers(0, 100).map(float)
any_level = whole | st.floats(0, 100)
name = st.from_regex(r"[a-z0-9][a-z0-9-]{0,12}", fullmatch=True)
window = st.fixed_dictionaries({"start": clock_time, "end": clock_time})
period = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("astronomical"),
            "sunset_offset_min": st.integers(-720, 720),
            "sunrise_offset_min": st.integers(-720, 720),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("photocell"), "on_lux": st.floats(1, 100), "off_lux": st.floats(1, 100)}),
    st.fixed_dictionaries(
        {
            "kind": st.just("astronomical_photocell"),
            "before_sunset_min": st.integers(0, 180),
            "after_sunset_min": st.integers(0, 180),
            "before_sunrise_min": st.integers(0, 180),
            "after_sunrise_min": st.integers(0, 180),
            "off_lux": st.floats(1, 100),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("absolute"), "start": clock_time, "end": clock_time}),
)


def programs(level: st.SearchStrategy[float], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    operations = st.sampled_from(sorted(OPERATIONS))
    return st.fixed_dictionaries(
        {
            "name": name,
            "active_periods": st.lists(period, min_size=1, max_size=3),
            "idle_level_pct": level,
            "fixed_time_controls": st.lists(
                st.fixed_dictionaries({"at": clock_time, "level_pct": level}), max_size=5, unique_by=lambda c: c["at"]
            ),
            "astro_clock_controls": st.lists(
                st.fixed_dictionaries(
                    {
                        "event": st.sampled_from(["sunset", "sunrise"]),
                        "offset_min": st.integers(-720, 720),
                        "operation": operations,
                        "level_pct": level,
                    }
                ),
                max_size=2,
            ),
            "dynamic_controls": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": st.just("presence"),
                        "operation": operations,
                        "level_pct": level,
                        "hold_s": st.integers(0, 900).map(float),
                        "window": st.none() | window,
                        "sensors": st.lists(name, max_size=2),
                    }
                ),
                max_size=3,
            ),
            **more,
        }
    )


beyond_talq = {
    "title": st.text(max_size=20),
    "clock": st.sampled_from(["civil", "utc"]),
    "entrance_idle_level_pct": st.none() | any_level,
    "hold_s": st.floats(0, 900),
    "ramp_up_s": st.floats(0, 60),
    "minimum_burn_s": st.integers(0, 900),
    "presence": st.fixed_dictionaries({"style": st.sampled_from(["cluster", "train", "own"])}),
    "learned_midnight": st.none() | st.just({"nights_to_learn": 5, "steps": [{"offset_min": -60, "level_pct": 33.3}]}),
    "traffic_classes": st.none()
    | st.just({"classes": [{"name": "M5", "up_to_per_h": 60, "level_pct": 50}, {"name": "M4", "level_pct": 100}]}),
}


@settings(max_examples=150, deadline=None)
@given(programs(any_level, **beyond_talq))
def test_export_and_import_are_lossless(fields: dict[str, Any]) -> None:
    program = ControlProgram.model_validate(fields)
    document = json.loads(json.dumps(export_program(program).document))
    check_program(document)
    assert import_program(document) == (program, [])


@settings(max_examples=150, deadline=None)
@given(programs(whole))
def test_the_talq_part_alone_carries_what_talq_can_say(fields: dict[str, Any]) -> None:
    """Without the extension: whole levels and minutes survive; names of dynamic controls and list order do not."""
    program = ControlProgram.model_validate(fields)
    again = import_program(talq_only(export_program(program).document)).model
    assert again.active_periods == program.active_periods
    assert again.astro_clock_controls == program.astro_clock_controls
    levels = {control.at: control.level_pct for control in program.fixed_time_controls}
    noon = levels.pop("12:00", program.idle_level_pct)
    assert again.idle_level_pct == noon
    assert {control.at: control.level_pct for control in again.fixed_time_controls} == levels
    unnamed = [control.model_copy(update={"name": ""}) for control in again.dynamic_controls]
    assert unnamed == [control.model_copy(update={"name": ""}) for control in program.dynamic_controls]


@pytest.mark.parametrize("name", list_programs())
def test_library_programs_survive(name: str) -> None:
    exported = export_program(load_program(name))
    check_program(exported.document)
    assert import_program(exported.document) == (load_program(name), [])


def test_a_level_is_rounded_with_a_warning_and_never_to_darkness() -> None:
    program = ControlProgram.model_validate(
        {
            "name": "fine",
            "idle_level_pct": 33.3,
            "fixed_time_controls": [{"at": "23:00", "level_pct": 0.2}, {"at": "23:30", "level_pct": 0}],
        }
    )
    exported = export_program(program)
    values = {c["startTime"]: c["command"]["state"]["value"] for c in exported.document["fixedTimeControls"]}
    assert values == {"12:00:00": 33, "23:00:00": 1, "23:30:00": 0}
    assert exported.warnings == [
        "level 33.3 % is written as 33 % (TALQ levels are whole per cent)",
        "level 0.2 % is written as 1 % (TALQ levels are whole per cent)",
    ]


def test_an_edit_by_another_system_wins_and_the_rest_is_kept() -> None:
    document = export_program(load_program("presence-train")).document
    document["fixedTimeControls"][0]["command"]["state"]["value"] = 35
    program = import_program(document).model
    assert program.idle_level_pct == 35
    assert program.presence == load_program("presence-train").presence


RICH = ControlProgram.model_validate(
    {
        "name": "rich",
        "active_periods": [{"kind": "astronomical", "sunset_offset_min": 10.5, "sun_elevation_deg": -3}],
        "idle_level_pct": 33.3,
        "fixed_time_controls": [
            {"at": "22:00", "level_pct": 20, "entrance_level_pct": 40},
            {"at": "05:00", "level_pct": 60},
        ],
        "dynamic_controls": [
            {"name": "gate", "level_pct": 80, "sensors": ["s1", "s2", "s3", "s4"]},
            {"name": "street", "level_pct": 100},
        ],
        "hold_s": 45,
        "ramp_up_s": 2,
        "ramp_down_s": 5,
    }
)


def edited(change: Callable[[dict[str, Any]], None], program: ControlProgram = RICH) -> Imported[ControlProgram]:
    document = json.loads(json.dumps(export_program(program).document))
    change(document)
    return import_program(document)


def with_fields(**fields: Any) -> ControlProgram:
    return ControlProgram.model_validate(RICH.model_dump() | fields)


def test_a_renamed_program_keeps_all_the_rest() -> None:
    assert edited(lambda doc: doc.update(id="Other")) == (with_fields(name="other"), [])


def test_unknown_keys_change_nothing_and_are_named() -> None:
    def add(document: dict[str, Any]) -> None:
        document["vendorField"] = 1
        document["dynamicControls"][1]["effect"]["command"]["reason"] = "x"

    warnings = [
        "vendorField is not known to SLIC and left out",
        "dynamicControls[1].effect.command.reason is not known to SLIC and left out",
    ]
    assert edited(add) == (RICH, warnings)


def test_one_changed_level_changes_one_level() -> None:
    def change(document: dict[str, Any]) -> None:
        document["fixedTimeControls"][2]["command"]["state"]["value"] = 15

    fixed = [{"at": "05:00", "level_pct": 60}, {"at": "22:00", "level_pct": 15, "entrance_level_pct": 40}]
    assert edited(change) == (with_fields(fixed_time_controls=fixed), [])


def test_a_changed_dynamic_control_keeps_its_name_hold_and_further_sensors() -> None:
    def change(document: dict[str, Any]) -> None:
        effect = document["dynamicControls"][0]["effect"]
        effect["command"]["state"]["value"] = 70
        effect["source"]["sensor"]["sensorAddresses"] = ["s1", "s9"]

    program, warnings = edited(change)
    assert program.dynamic_controls[0].model_dump() == {
        "name": "gate",
        "operation": "Max",
        "level_pct": 70,
        "hold_s": None,
        "window": None,
        "sensors": ["s1", "s9", "s3", "s4"],
    }
    assert program.dynamic_controls[1:] == RICH.dynamic_controls[1:] and not warnings


def test_swapped_dynamic_controls_keep_their_names() -> None:
    program, warnings = edited(lambda doc: doc["dynamicControls"].reverse())
    assert [control.name for control in program.dynamic_controls] == ["street", "gate"]
    assert program.dynamic_controls[1].sensors == ["s1", "s2", "s3", "s4"] and not warnings


def test_a_changed_offset_keeps_the_sun_elevation() -> None:
    program, warnings = edited(lambda doc: doc["activePeriods"][0].update(sunriseOffset=-7))
    assert program.active_periods[0].model_dump() == {
        "kind": "astronomical",
        "sunset_offset_min": 10.5,
        "sunrise_offset_min": -7,
        "sun_elevation_deg": -3,
    }
    assert not warnings


def test_what_goes_with_a_removed_entry_is_said() -> None:
    def remove(document: dict[str, Any]) -> None:
        del document["fixedTimeControls"][2]
        del document["dynamicControls"][0]
        document["activePeriods"] = [{"name": "AbsoluteActivePeriod", "startTime": "18:00", "endTime": "06:00"}]

    program, warnings = edited(remove)
    assert [control.name for control in program.dynamic_controls] == ["street"]
    assert warnings == [
        "astronomical is no longer in the TALQ part: sun_elevation_deg -3 could not be kept",
        "22:00 is no longer in the TALQ part: entrance_level_pct 40 could not be kept",
        "gate is no longer in the TALQ part: sensor s3, sensor s4 could not be kept",
    ]


def test_a_moved_fixed_time_takes_its_entrance_level_along() -> None:
    program, warnings = edited(lambda doc: doc["fixedTimeControls"][2].update(startTime="22:30:00"))
    moved = program.fixed_time_controls[1]
    assert (moved.at, moved.level_pct, moved.entrance_level_pct) == ("22:30", 20, 40)
    assert warnings == ["fixed time 22:00 is read as moved to 22:30: its entrance level 40 % moves with it"]


def test_ramps_that_differ_between_dynamic_controls_are_said() -> None:
    program, warnings = edited(lambda doc: doc["dynamicControls"][1]["effect"]["command"].update(rampToLevelTime=9))
    assert (program.ramp_up_s, program.ramp_down_s) == (9, 5)
    assert warnings == ["dynamic controls have a ramp_up_s of 2 and 9 s: SLIC has one, 9 s is taken"]


def test_ramps_without_a_dynamic_control_are_said_at_export_and_kept() -> None:
    program = with_fields(dynamic_controls=[])
    assert any("ramps" in warning for warning in export_program(program).warnings)
    assert edited(lambda doc: doc.update(id="Other"), program).model.ramp_up_s == 2


def test_a_noon_level_of_another_system_counts() -> None:
    def change(document: dict[str, Any]) -> None:
        document["fixedTimeControls"][0]["command"]["state"]["value"] = 55

    program = with_fields(fixed_time_controls=[{"at": "12:00", "level_pct": 10, "entrance_level_pct": 20}])
    noon = [{"at": "12:00", "level_pct": 55, "entrance_level_pct": 20}]
    assert edited(change, program).model == with_fields(fixed_time_controls=noon)


@settings(max_examples=100, deadline=None)
@given(programs(any_level, **beyond_talq), whole)
def test_whatever_the_program_one_new_level_changes_only_that(fields: dict[str, Any], level: float) -> None:
    """The idle level is edited where TALQ has it (noon, which a fixed time at 12:00 takes over)."""
    program = ControlProgram.model_validate(fields)
    document = json.loads(json.dumps(export_program(program).document))
    noon = next(one for one in document["fixedTimeControls"] if one["startTime"] == "12:00:00")["command"]["state"]
    unchanged = noon["value"] == level
    noon["value"] = level
    imported = import_program(document).model
    if unchanged:
        assert imported == program
    elif any(control.at == "12:00" for control in program.fixed_time_controls):
        assert imported.model_copy(update={"fixed_time_controls": program.fixed_time_controls}) == program
        assert [one.level_pct for one in imported.fixed_time_controls if one.at == "12:00"] == [level]
    else:
        assert imported == program.model_copy(update={"idle_level_pct": level})


def test_a_foreign_program() -> None:
    """Without an entry at noon the last one of the day before goes on; a missing hold ends with the detection."""
    program, warnings = import_program(
        {
            "type": "ControlProgramOne",
            "id": "Rue du Port (2)",
            "ownerCMS": "cms-1",
            "activePeriods": [{"name": "AstroClockActivePeriod", "sunsetOffset": 10, "sunriseOffset": -5}],
            "fixedTimeControls": [
                {"startTime": "05:00:00", "command": {"state": {"name": "LevelState", "value": 80}}},
                {"startTime": "23:00:00", "command": {"state": {"name": "LevelState", "value": 30}}},
            ],
            "dynamicControls": [
                {
                    "period": {"startTime": "23:00:00", "endTime": "05:00:00"},
                    "effect": {
                        "type": "FixedControlEffect",
                        "operation": "Max",
                        "source": {},
                        "command": {"state": {"name": "LevelState", "value": 100}, "rampToLevelTime": 2.5},
                    },
                }
            ],
        }
    )
    assert program.name == "rue-du-port--2"
    assert program.idle_level_pct == 80
    assert (program.dynamic_controls[0].hold_s, program.ramp_up_s) == (0, 2.5)
    assert not warnings


def test_no_active_period_means_the_whole_day() -> None:
    program, warnings = import_program(
        {"type": "ControlProgramOne", "id": "a", "ownerCMS": "b", "activePeriods": [], "fixedTimeControls": []}
    )
    assert not warnings
    assert program.active_periods[0].model_dump() == {"kind": "absolute", "start": "12:00", "end": "12:00"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "ControlProgramTwo"}, "type"),
        ({"id": None}, "id"),
        ({"activePeriods": [{"name": "ValueActivePeriod"}]}, "activePeriods[0].name"),
        ({"activePeriods": [{"name": "AstroClockActivePeriod", "sunsetOffset": 1}]}, "activePeriods[0].sunriseOffset"),
        ({"fixedTimeControls": [{"startTime": "23:00:30"}]}, "fixedTimeControls[0].startTime"),
        ({"fixedTimeControls": [{"startTime": "23:00:00"}]}, "fixedTimeControls[0].command"),
        ({"fixedTimeControls": "none"}, "fixedTimeControls"),
        ({"dynamicControls": [{"effect": {"type": "ExternalControlEffect"}}]}, "dynamicControls[0].effect.type"),
    ],
)
def test_bad_documents_name_the_field(change: dict[str, Any], field: str) -> None:
    document = talq_only(export_program(ControlProgram(name="good")).document) | change
    with pytest.raises(InputError) as caught:
        import_program(document, file="program.json")
    assert (caught.value.field, caught.value.file) == (field, "program.json")


@pytest.mark.parametrize("value", [120, -1, "25"])
def test_a_level_outside_the_range_is_refused(value: object) -> None:
    document = talq_only(export_program(ControlProgram(name="good")).document)
    document["fixedTimeControls"][0]["startTime"] = "23:00:00"
    document["fixedTimeControls"][0]["command"]["state"]["value"] = value
    with pytest.raises(InputError):
        import_program(document)


RULES = [
    CalendarRule(program="holiday", holidays=True),
    CalendarRule(program="winter", first="--11-15", last="--02-15", weekdays=["mon", "tue"], holidays=False),
    CalendarRule(program="late", weekdays=["fri"], occurrences=["L", "1"]),
    CalendarRule(program="fair", first="2023-07-15", last="2023-07-25"),
]
TOWN = Calendar(name="town", rules=RULES, default="week", holidays=[date(2023, 12, 25), date(2024, 1, 1)])


def test_calendars_survive_export_and_import() -> None:
    document = json.loads(json.dumps(export_calendar(TOWN).document))
    assert import_calendar(document) == (TOWN, [])


def test_the_talq_part_of_a_calendar_chooses_the_same_programs() -> None:
    document = talq_only(export_calendar(TOWN).document)
    assert set(document) == {"id", "ownerCMS", "rules", "defaultProgram"}
    again = import_calendar(document).model
    days = [date.fromordinal(date(2023, 1, 1).toordinal() + number) for number in range(730)]
    assert [again.program_for(day) for day in days] == [TOWN.program_for(day) for day in days]


def test_an_unknown_key_or_new_name_keeps_the_holidays() -> None:
    document = export_calendar(TOWN).document | {"vendorField": 1, "id": "Village"}
    calendar, warnings = import_calendar(document)
    assert calendar == TOWN.model_copy(update={"name": "village"})
    assert warnings == ["vendorField is not known to SLIC and left out"]


def test_changed_rules_of_a_calendar_count_and_are_said() -> None:
    document = json.loads(json.dumps(export_calendar(TOWN).document))
    document["rules"][0]["program"] = "silent-night"
    calendar, warnings = import_calendar(document)
    assert calendar.program_for(date(2023, 12, 25)) == "silent-night"
    assert warnings == ["the rules were changed: holidays are kept as rules for single dates"]


def test_a_foreign_calendar() -> None:
    calendar, _ = import_calendar(
        {
            "id": "c",
            "ownerCMS": "x",
            "defaultProgram": "p0",
            "rules": [
                {"program": "p1", "condition": {"type": "ccDate", "dates": [{"start": "--12-24", "end": "--12-26"}]}},
                {"program": "p2", "condition": {"type": "ccDay", "days": [{"start": 5, "end": 6}]}},
            ],
        }
    )
    assert [calendar.program_for(date(2023, 12, day)) for day in (21, 22, 23, 24, 26, 27)] == [
        "p0",
        "p2",
        "p2",
        "p1",
        "p1",
        "p0",
    ]


@pytest.mark.parametrize(
    "condition",
    [{"type": "ccDate", "dates": [{"start": "---15"}]}, {"type": "ccDay", "days": [{"start": 8}]}, {"type": "x"}],
)
def test_calendar_conditions_that_slic_does_not_know(condition: dict[str, Any]) -> None:
    rule = {"program": "p", "condition": condition}
    with pytest.raises(InputError):
        import_calendar({"id": "c", "ownerCMS": "x", "defaultProgram": "p", "rules": [rule]})
