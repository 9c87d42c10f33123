"""TALQ's part of a document (Smart City Protocol 2.7.1), written from a program or a calendar."""

from __future__ import annotations

from typing import Any, get_args

from slic.control.calendar import Calendar, CalendarRule, Weekday
from slic.control.program import (
    Absolute,
    ActivePeriod,
    AstroClockControl,
    Astronomical,
    ControlProgram,
    Photocell,
)

Json = dict[str, Any]

NOON = "12:00"
MAX_SENSORS = 2
_WEEKDAYS = get_args(Weekday)
_TALQ_LACKS = {
    "clock": "a clock in UTC (TALQ times are civil time)",
    "entrance_idle_level_pct": "entrance levels",
    "learned_midnight": "learned midnight",
    "traffic_classes": "traffic classes",
    "minimum_burn_s": "the minimum burn",
    "presence": "how far along the street a detection reaches",
}


def program_json(program: ControlProgram, owner: str) -> tuple[Json, list[str]]:
    """A ControlProgramOne without extension, and in words what it says differently from SLIC or not at all."""
    warnings = [f"TALQ has no word for {text}" for field, text in _TALQ_LACKS.items() if _is_set(program, field)]
    if any(control.entrance_level_pct is not None for control in program.fixed_time_controls):
        warnings.append("TALQ has no word for entrance levels of fixed times")
    if not program.dynamic_controls and (program.ramp_up_s or program.ramp_down_s):
        warnings.append("TALQ has ramps only in dynamic controls, and this program has none: they are not written")
    document = _program(program, owner, warnings)
    return document, list(dict.fromkeys(warnings))


def calendar_json(calendar: Calendar, owner: str) -> tuple[Json, list[str]]:
    """A Calendar without extension, and in words what it says differently."""
    rules = [
        {"startDate": day.isoformat(), "endDate": day.isoformat(), "program": calendar.program_for(day)}
        for day in sorted(set(calendar.holidays))
    ]
    rules += [_rule_json(rule) for rule in calendar.rules if rule.holidays is not True]
    document: Json = {"id": calendar.name, "ownerCMS": owner, "rules": rules, "defaultProgram": calendar.default}
    return document, ["holidays are written as single dates"] if calendar.holidays else []


def _is_set(program: ControlProgram, field: str) -> bool:
    return bool(getattr(program, field) != ControlProgram.model_fields[field].default)


def _program(program: ControlProgram, owner: str, warnings: list[str]) -> Json:
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
    if len(control.sensors) > MAX_SENSORS:
        warnings.append(f"dynamic control {control.name}: TALQ takes {MAX_SENSORS} sensors, the others are left out")
    command = _command(control.level_pct, warnings)
    command |= {"rampToLevelTime": program.ramp_up_s, "rampFromLevelTime": program.ramp_down_s}
    source = {"sensor": {"sensorAddresses": control.sensors[:MAX_SENSORS]}}
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
