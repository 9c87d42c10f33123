"""TALQ's part of a document (Smart City Protocol 2.7.1) in the words of SLIC, as plain data.

Only what the document says is in the result, so that two documents can be compared value by value.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from slic.control.calendar import Weekday
from slic.control.civil import minutes_after_noon
from slic.control.json_reader import JsonReader
from slic.control.talq_export import NOON

Json = dict[str, Any]

_WEEKDAYS = get_args(Weekday)
_FULL_LEVEL_PCT = 100


def program_part(reader: JsonReader) -> Json:
    """Fields of a program. Besides these, ``ramps`` holds what each dynamic control says about its ramps [s]."""
    if reader.text("type") != "ControlProgramOne":
        raise reader.error("type", "ControlProgramOne")
    reader.text("ownerCMS")
    fixed = [{"at": one.time("startTime"), "level_pct": _level(one)} for one in reader.children("fixedTimeControls")]
    dynamic = reader.children("dynamicControls")
    whole_day = {"kind": "absolute", "start": NOON, "end": NOON}
    return {
        "name": slic_name(reader.text("id")),
        "active_periods": [_period(one) for one in reader.children("activePeriods")] or [whole_day],
        "idle_level_pct": next((one["level_pct"] for one in fixed if one["at"] == NOON), _wrapped(fixed)),
        "fixed_time_controls": [one for one in fixed if one["at"] != NOON],
        "astro_clock_controls": [_astro(one) for one in reader.children("astroClockTimeControls")],
        "dynamic_controls": [_dynamic(one) for one in dynamic],
        "ramps": [_ramps(one.child("effect").child("command")) for one in dynamic],
    }


def calendar_part(reader: JsonReader) -> Json:
    """Fields of a calendar; its holidays are among the rules."""
    reader.text("ownerCMS")
    return {
        "name": slic_name(reader.text("id")),
        "rules": [found for rule in reader.children("rules") for found in _rules(rule)],
        "default": slic_name(reader.text("defaultProgram")),
    }


def slic_name(identifier: str) -> str:
    """A SLIC name from a TALQ identifier, which may be any text."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in identifier.lower())
    return kept.strip("-") or "imported"


def _level(reader: JsonReader) -> float:
    """Level [%] of a command."""
    state = reader.child("command").child("state")
    if state.text("name") != "LevelState":
        raise state.error("name", "LevelState")
    return state.number("value")


def _wrapped(fixed: list[Json]) -> float:
    """TALQ: before the first entry the last one of the day before holds. Without any, the default is full level."""
    if not fixed:
        return _FULL_LEVEL_PCT
    return cast(float, max(fixed, key=lambda control: minutes_after_noon(control["at"]))["level_pct"])


def _ramps(command: JsonReader) -> Json:
    keys = {"ramp_up_s": "rampToLevelTime", "ramp_down_s": "rampFromLevelTime"}
    return {field: command.number(key) for field, key in keys.items() if command.has(key)}


def _period(one: JsonReader) -> Json:
    match one.text("name"):
        case "AbsoluteActivePeriod":
            return {"kind": "absolute", "start": one.time("startTime"), "end": one.time("endTime")}
        case "AstroClockActivePeriod":
            return {
                "kind": "astronomical",
                "sunset_offset_min": one.number("sunsetOffset"),
                "sunrise_offset_min": one.number("sunriseOffset"),
            }
        case "SensorActivePeriod":
            return {"kind": "photocell", "on_lux": one.number("onLevel"), "off_lux": one.number("offLevel")}
        case "AstroAndSensorActivePeriod":
            return {
                "kind": "astronomical_photocell",
                "before_sunset_min": one.number("pcActiveBeforeSunset"),
                "after_sunset_min": one.number("sunsetOffset"),
                "before_sunrise_min": one.number("pcActiveBeforeSunrise"),
                "after_sunrise_min": one.number("sunriseOffset"),
                **{
                    field: one.number(key)
                    for field, key in (("on_lux", "onLevel"), ("off_lux", "offLevel"))
                    if one.has(key)
                },
            }
    raise one.error("name", "AbsoluteActivePeriod and AstroClock-, Sensor- and AstroAndSensorActivePeriod")


def _astro(one: JsonReader) -> Json:
    return {
        "event": one.text("solarEventType"),
        "offset_min": one.number("offset"),
        "operation": one.text("operation"),
        "level_pct": _level(one),
    }


def _dynamic(one: JsonReader) -> Json:
    effect = one.child("effect")
    if effect.text("type") != "FixedControlEffect":
        raise effect.error("type", "FixedControlEffect")
    source = effect.child("source")
    window = None
    if one.has("period"):
        period = one.child("period")
        window = {"start": period.time("startTime"), "end": period.time("endTime")}
    return {
        "operation": effect.text("operation"),
        "level_pct": _level(effect),
        "hold_s": effect.number("holdTime", 0),
        "window": window,
        "sensors": source.child("sensor").texts("sensorAddresses") if source.has("sensor") else [],
    }


def _rules(one: JsonReader) -> list[Json]:
    rule: Json = {"program": slic_name(one.text("program"))}
    rule["first"] = one.text("startDate") if one.has("startDate") else None
    rule["last"] = one.text("endDate") if one.has("endDate") else None
    if not one.has("condition"):
        return [rule]
    condition = one.child("condition")
    match condition.text("type"):
        case "ccDay":
            rule["weekdays"] = [day for span in condition.children("days") for day in _weekdays(span)]
            rule["occurrences"] = condition.texts("occurrences")
            return [rule]
        case "ccDate" if rule["first"] is None and rule["last"] is None:
            return [
                {
                    "program": rule["program"],
                    "first": span.text("start"),
                    "last": span.text("end") if span.has("end") else span.text("start"),
                }
                for span in condition.children("dates")
            ]
    raise condition.error("type", "ccDay, or ccDate without startDate and endDate")


def _weekdays(span: JsonReader) -> tuple[str, ...]:
    first = span.number("start")
    last = span.number("end", first)
    if first not in range(1, 8) or last not in range(int(first), 8):
        raise span.error("start", "1 (Monday) to 7, not after the end")
    return _WEEKDAYS[int(first) - 1 : int(last)]
