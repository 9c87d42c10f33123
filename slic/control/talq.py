"""Control programs and calendars as TALQ JSON (Smart City Protocol 2.7.1, data model: ControlProgramOne, Calendar).

What TALQ cannot say stands in the object ``x-slic``. On import TALQ's own part wins wherever the two disagree, so a
document edited by another system is read as that system meant it. SLIC is not certified by the TALQ Consortium.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast, get_args

from pydantic import ValidationError

from slic.control.calendar import Calendar, CalendarRule, Weekday
from slic.control.civil import minutes_after_noon
from slic.control.json_reader import JsonReader
from slic.control.program import (
    Absolute,
    ActivePeriod,
    AstroClockControl,
    Astronomical,
    AstronomicalPhotocell,
    ClockWindow,
    ControlProgram,
    DynamicControl,
    FixedTimeControl,
    Photocell,
)
from slic.errors import InputError

Json = dict[str, Any]

EXTENSION = "x-slic"
NOON = "12:00"
_WEEKDAYS = get_args(Weekday)
_MAX_SENSORS = 2
_TALQ_LACKS = {
    "clock": "a clock in UTC (TALQ times are civil time)",
    "entrance_idle_level_pct": "entrance levels",
    "learned_midnight": "learned midnight",
    "traffic_classes": "traffic classes",
    "minimum_burn_s": "the minimum burn",
    "presence": "how far along the street a detection reaches",
}


class Exported(NamedTuple):
    """A TALQ document, and in words what its TALQ part says differently from SLIC or not at all."""

    document: Json
    warnings: list[str]


def export_program(program: ControlProgram, owner: str = "slic") -> Exported:
    """A ControlProgramOne. ``owner`` : address of the system that owns it (ownerCMS)."""
    warnings = [f"TALQ has no word for {text}" for field, text in _TALQ_LACKS.items() if _is_set(program, field)]
    if any(control.entrance_level_pct is not None for control in program.fixed_time_controls):
        warnings.append("TALQ has no word for entrance levels of fixed times")
    document = _program_json(program, owner, warnings)
    document[EXTENSION] = changed_fields(program)
    return Exported(document, list(dict.fromkeys(warnings)))


def import_program(document: Mapping[str, Any], file: str = "") -> ControlProgram:
    """The program of a ControlProgramOne.

    Raises InputError with the field for a missing or wrong value, and for what SLIC does not run (ValueActivePeriod,
    ExternalControlEffect, times that are not whole minutes).
    """
    try:
        return _import_program(JsonReader(document, file))
    except ValidationError as error:
        raise _input_error(error, file) from error


def export_calendar(calendar: Calendar, owner: str = "slic") -> Exported:
    """A Calendar, to be assigned with dayOffset 12 (noon to noon).

    TALQ has no holidays: each becomes a rule for its own date, before all others. That is the same calendar.
    """
    rules = [
        {"startDate": day.isoformat(), "endDate": day.isoformat(), "program": calendar.program_for(day)}
        for day in sorted(set(calendar.holidays))
    ]
    rules += [_rule_json(rule) for rule in calendar.rules if rule.holidays is not True]
    document: Json = {"id": calendar.name, "ownerCMS": owner, "rules": rules, "defaultProgram": calendar.default}
    document[EXTENSION] = changed_fields(calendar)
    return Exported(document, ["holidays are written as single dates"] if calendar.holidays else [])


def import_calendar(document: Mapping[str, Any], file: str = "") -> Calendar:
    """The calendar of a TALQ Calendar. Raises InputError as :func:`import_program` does."""
    reader = JsonReader(document, file)
    try:
        kept = _extension(reader)
        if kept is not None:
            calendar = Calendar.model_validate(kept)
            if _without_extension(export_calendar(calendar, reader.text("ownerCMS")).document) == _without_extension(
                document
            ):
                return calendar
        rules = [found for rule in reader.children("rules") for found in _rules(rule)]
        return Calendar(name=_name(reader.text("id")), rules=rules, default=_name(reader.text("defaultProgram")))
    except ValidationError as error:
        raise _input_error(error, file) from error


def changed_fields(model: ControlProgram | Calendar) -> Json:
    """The top-level fields of a model that differ from their defaults, as plain data for a file."""
    data = model.model_dump(mode="json")
    fields = type(model).model_fields
    return {key: value for key, value in data.items() if getattr(model, key) != fields[key].default}


# Export


def _is_set(program: ControlProgram, field: str) -> bool:
    return bool(getattr(program, field) != ControlProgram.model_fields[field].default)


def _program_json(program: ControlProgram, owner: str, warnings: list[str]) -> Json:
    return {
        "type": "ControlProgramOne",
        "id": program.name,
        "ownerCMS": owner,
        "activePeriods": [_period_json(period, warnings) for period in program.active_periods],
        "fixedTimeControls": _fixed_json(program, warnings),
        "astroClockTimeControls": [_astro_json(control, warnings) for control in program.astro_clock_controls],
        "dynamicControls": [_dynamic_json(program, index, warnings) for index in range(len(program.dynamic_controls))],
    }


def _period_json(period: ActivePeriod, warnings: list[str]) -> Json:
    if isinstance(period, Absolute):
        return {
            "name": "AbsoluteActivePeriod",
            "startTime": _seconds(period.start),
            "endTime": _seconds(period.end),
        }
    if isinstance(period, Photocell):
        return {"name": "SensorActivePeriod", "sensor": {}, "onLevel": period.on_lux, "offLevel": period.off_lux}
    if period.sun_elevation_deg != Astronomical().sun_elevation_deg:
        warnings.append(f"TALQ has no word for a sunset at {period.sun_elevation_deg:g} degrees")
    if isinstance(period, Astronomical):
        return {
            "name": "AstroClockActivePeriod",
            "sunsetOffset": _whole_minutes(period.sunset_offset_min, warnings),
            "sunriseOffset": _whole_minutes(period.sunrise_offset_min, warnings),
        }
    return {
        "name": "AstroAndSensorActivePeriod",
        "sensor": {},
        "sunsetOffset": _whole_minutes(period.after_sunset_min, warnings),
        "sunriseOffset": _whole_minutes(period.after_sunrise_min, warnings),
        "pcActiveBeforeSunset": _whole_minutes(period.before_sunset_min, warnings),
        "pcActiveBeforeSunrise": _whole_minutes(period.before_sunrise_min, warnings),
        "onLevel": period.on_lux,
        "offLevel": period.off_lux,
    }


def _fixed_json(program: ControlProgram, warnings: list[str]) -> list[Json]:
    """Fixed times in clock order; the idle level is the one of noon. Of equal times the last acts."""
    levels = {NOON: program.idle_level_pct}
    for control in program.fixed_time_controls:
        if control.at in levels and control.at != NOON:
            warnings.append(f"fixed time {control.at} was given twice: only the last is written")
        levels[control.at] = control.level_pct
    return [{"startTime": _seconds(at), "command": _command(levels[at], warnings)} for at in sorted(levels)]


def _astro_json(control: AstroClockControl, warnings: list[str]) -> Json:
    return {
        "offset": _whole_minutes(control.offset_min, warnings),
        "solarEventType": control.event,
        "operation": control.operation,
        "command": _command(control.level_pct, warnings),
    }


def _dynamic_json(program: ControlProgram, index: int, warnings: list[str]) -> Json:
    control = program.dynamic_controls[index]
    if len(control.sensors) > _MAX_SENSORS:
        warnings.append(f"dynamic control {control.name}: TALQ takes {_MAX_SENSORS} sensors, the others are left out")
    command = _command(control.level_pct, warnings)
    command |= {"rampToLevelTime": program.ramp_up_s, "rampFromLevelTime": program.ramp_down_s}
    source = {"sensor": {"sensorAddresses": control.sensors[:_MAX_SENSORS]}}
    effect = {
        "type": "FixedControlEffect",
        "source": source,
        "operation": control.operation,
        "holdTime": program.hold_ms(control) / 1000,
        "command": command,
    }
    if control.window is None:
        return {"effect": effect}
    period = {"startTime": _seconds(control.window.start), "endTime": _seconds(control.window.end)}
    return {"period": period, "effect": effect}


def _command(level_pct: float, warnings: list[str]) -> Json:
    value = max(int(level_pct > 0), int(level_pct + 0.5))
    if value != level_pct:
        warnings.append(f"level {level_pct:g} % is written as {value} % (TALQ levels are whole per cent)")
    return {"state": {"name": "LevelState", "value": value}}


def _whole_minutes(minutes: float, warnings: list[str]) -> int:
    if minutes != round(minutes):
        warnings.append(f"an offset of {minutes:g} min is written as {round(minutes)} min")
    return round(minutes)


def _seconds(at: str) -> str:
    return f"{at}:00"


def _rule_json(rule: CalendarRule) -> Json:
    found: Json = {"program": rule.program}
    if rule.first is not None:
        found["startDate"] = rule.first
    if rule.last is not None:
        found["endDate"] = rule.last
    if rule.weekdays:
        days = [{"start": number} for number, day in enumerate(_WEEKDAYS, 1) if day in rule.weekdays]
        found["condition"] = {"type": "ccDay", "days": days}
        if rule.occurrences:
            found["condition"]["occurrences"] = sorted(set(rule.occurrences))
    return found


# Import


def _extension(reader: JsonReader) -> Json | None:
    return cast(Json, reader.child(EXTENSION).value) if reader.has(EXTENSION) else None


def _level(reader: JsonReader) -> float:
    """Level [%] of a command."""
    state = reader.child("command").child("state")
    if state.text("name") != "LevelState":
        raise state.error("name", "LevelState")
    return state.number("value")


def _import_program(reader: JsonReader) -> ControlProgram:
    kept = _extension(reader)
    if kept is None:
        return ControlProgram(**_talq_part(reader))
    program = ControlProgram.model_validate(kept)
    same = _without_extension(export_program(program, reader.text("ownerCMS")).document)
    if same == _without_extension(reader.value):
        return program
    return ControlProgram(**{**dict(program), **_talq_part(reader)})


def _talq_part(reader: JsonReader) -> Json:
    if reader.text("type") != "ControlProgramOne":
        raise reader.error("type", "ControlProgramOne")
    fixed = [
        FixedTimeControl(at=one.time("startTime"), level_pct=_level(one))
        for one in reader.children("fixedTimeControls")
    ]
    part: Json = {
        "name": _name(reader.text("id")),
        "active_periods": [_period(one) for one in reader.children("activePeriods")] or [_WHOLE_DAY],
        "fixed_time_controls": [control for control in fixed if control.at != NOON],
        "astro_clock_controls": [_astro(one) for one in reader.children("astroClockTimeControls")],
        "dynamic_controls": [_dynamic(one, number) for number, one in enumerate(reader.children("dynamicControls"), 1)],
    }
    part["idle_level_pct"] = next((control.level_pct for control in fixed if control.at == NOON), _wrapped(fixed))
    return part | _ramps(reader)


_WHOLE_DAY = Absolute(start=NOON, end=NOON)


def _wrapped(fixed: list[FixedTimeControl]) -> float:
    """TALQ: before the first entry the last one of the day before holds. Without any, the default is full level."""
    return max(fixed, key=lambda control: minutes_after_noon(control.at)).level_pct if fixed else 100


def _ramps(reader: JsonReader) -> Json:
    for one in reader.children("dynamicControls"):
        command = one.child("effect").child("command")
        return {
            "ramp_up_s": command.number("rampToLevelTime", 0),
            "ramp_down_s": command.number("rampFromLevelTime", 0),
        }
    return {}


def _period(one: JsonReader) -> ActivePeriod:
    match one.text("name"):
        case "AbsoluteActivePeriod":
            return Absolute(start=one.time("startTime"), end=one.time("endTime"))
        case "AstroClockActivePeriod":
            return Astronomical(
                sunset_offset_min=one.number("sunsetOffset"), sunrise_offset_min=one.number("sunriseOffset")
            )
        case "SensorActivePeriod":
            return Photocell(on_lux=one.number("onLevel"), off_lux=one.number("offLevel"))
        case "AstroAndSensorActivePeriod":
            default = AstronomicalPhotocell()
            return AstronomicalPhotocell(
                before_sunset_min=one.number("pcActiveBeforeSunset"),
                after_sunset_min=one.number("sunsetOffset"),
                before_sunrise_min=one.number("pcActiveBeforeSunrise"),
                after_sunrise_min=one.number("sunriseOffset"),
                on_lux=one.number("onLevel", default.on_lux),
                off_lux=one.number("offLevel", default.off_lux),
            )
    raise one.error("name", "AbsoluteActivePeriod and AstroClock-, Sensor- and AstroAndSensorActivePeriod")


def _astro(one: JsonReader) -> AstroClockControl:
    return AstroClockControl.model_validate(
        {
            "event": one.text("solarEventType"),
            "offset_min": one.number("offset"),
            "operation": one.text("operation"),
            "level_pct": _level(one),
        }
    )


def _dynamic(one: JsonReader, number: int) -> DynamicControl:
    effect = one.child("effect")
    if effect.text("type") != "FixedControlEffect":
        raise effect.error("type", "FixedControlEffect")
    source = effect.child("source")
    sensor = source.child("sensor").value if source.has("sensor") else {}
    window = None
    if one.has("period"):
        period = one.child("period")
        window = ClockWindow(start=period.time("startTime"), end=period.time("endTime"))
    return DynamicControl.model_validate(
        {
            "name": f"dynamic {number}",
            "operation": effect.text("operation"),
            "level_pct": _level(effect),
            "hold_s": effect.number("holdTime", 0),
            "window": window,
            "sensors": sensor.get("sensorAddresses", []),
        }
    )


def _rules(one: JsonReader) -> list[CalendarRule]:
    rule: Json = {"program": _name(one.text("program"))}
    rule["first"] = one.text("startDate") if one.has("startDate") else None
    rule["last"] = one.text("endDate") if one.has("endDate") else None
    if not one.has("condition"):
        return [CalendarRule(**rule)]
    condition = one.child("condition")
    match condition.text("type"):
        case "ccDay":
            rule["weekdays"] = [day for span in condition.children("days") for day in _weekdays(span)]
            rule["occurrences"] = condition.value.get("occurrences") or []
            return [CalendarRule(**rule)]
        case "ccDate" if rule["first"] is None and rule["last"] is None:
            return [
                CalendarRule(
                    program=rule["program"],
                    first=span.text("start"),
                    last=span.text("end") if span.has("end") else span.text("start"),
                )
                for span in condition.children("dates")
            ]
    raise condition.error("type", "ccDay, or ccDate without startDate and endDate")


def _weekdays(span: JsonReader) -> tuple[Weekday, ...]:
    first = span.number("start")
    last = span.number("end", first)
    if first not in range(1, 8) or last not in range(int(first), 8):
        raise span.error("start", "1 (Monday) to 7, not after the end")
    return cast(tuple[Weekday, ...], _WEEKDAYS[int(first) - 1 : int(last)])


def _name(identifier: str) -> str:
    """A SLIC name from a TALQ identifier, which may be any text."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in identifier.lower())
    return kept.strip("-") or "imported"


def _without_extension(document: Mapping[str, Any]) -> Json:
    return {key: value for key, value in document.items() if key != EXTENSION}


def _input_error(error: ValidationError, file: str) -> InputError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return InputError(first["msg"], file=file, field=field, value=first["input"])
