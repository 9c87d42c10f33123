"""Checks across the values of a scenario: names that must exist, files, layout, programs that light."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from slic.control.place import Place
from slic.control.planner import planner_for
from slic.control.program import ControlProgram
from slic.control.schedule import Mode, NightSchedule
from slic.scenario.document import Document, ValuePath
from slic.scenario.layout import Street
from slic.scenario.loaded import data_files, find_file
from slic.scenario.model import CountFile, LampCity, LampGroups, LampRow, Scenario, SteadyFlow
from slic.scenario.model_errors import nearest
from slic.scenario.traffic_checks import check_one_street, check_traffic
from slic.site.geometry import distance_m

_SITE_RADIUS_M = 50_000
_MOST_LAMPS = 1_000_000
"""Of a made-up city: what half a gigabyte holds; ten times the largest that is measured."""


def check_names(scenario: Scenario, document: Document, base_dir: Path) -> None:
    """Refuses a time zone, file, luminaire, program or regime that is named but does not exist."""
    _check_timezone(scenario, document)
    _check_size(scenario, document)
    for path, name in data_files(scenario).items():
        if find_file(base_dir, name) is None:
            raise document.refusal(path, "does not exist", name, "a file beside the scenario or in the library")
    for path, name in _luminaires_named(scenario):
        _check_known(document, path, name, scenario.luminaires)
    _check_calendars(scenario, document)
    _check_regimes(scenario, document)
    check_traffic(scenario, document)
    _check_light_reports(scenario, document)
    for index, override in enumerate(scenario.overrides):
        _check_moment(document, ("overrides", index, "start"), override.start)


def _check_size(scenario: Scenario, document: Document) -> None:
    lamps = scenario.lamps
    if isinstance(lamps, LampCity) and lamps.streets * lamps.count > _MOST_LAMPS:
        problem = f"times count is {lamps.streets * lamps.count:,} lamps"
        raise document.refusal(("lamps", "streets"), problem, lamps.streets, f"at most {_MOST_LAMPS:,} lamps")


def check_layout(scenario: Scenario, streets: list[Street], document: Document) -> None:
    """Refuses lamps far from the site, doubled ids, and faults, commands or regimes of lamps not there."""
    check_one_street(scenario, len(streets), document)
    lamps = [lamp for street in streets for lamp in street.lamps]
    for lamp in lamps:
        if lamp.latitude is None or lamp.longitude is None:
            continue
        away_m = distance_m(scenario.site.latitude, scenario.site.longitude, lamp.latitude, lamp.longitude)
        if away_m > _SITE_RADIUS_M:
            swapped_m = distance_m(scenario.site.latitude, scenario.site.longitude, lamp.longitude, lamp.latitude)
            hint = "; latitude and longitude look swapped" if swapped_m <= _SITE_RADIUS_M else ""
            problem = f"is {away_m / 1000:.0f} km from the site{hint}"
            allowed = f"lamps within {_SITE_RADIUS_M // 1000} km"
            raise document.refusal(("lamps", "file"), problem, f"lamp {lamp.id}", allowed)
    ids = [lamp.id for lamp in lamps]
    for index, override in enumerate(scenario.overrides):
        for name in override.lamps:
            _check_known(document, ("overrides", index, "lamps"), name, ids)
    sensors = [sensor.id for street in streets for sensor in street.sensors]
    for index, stuck in enumerate(scenario.sensors.stuck):
        _check_known(document, ("sensors", "stuck", index, "sensor"), stuck.sensor, sensors)
    _check_faults(scenario, document, sensors)
    for name, regime in scenario.regimes.items():
        _check_groups(document, name, regime, {lamp.group for lamp in lamps})
    _check_dynamic_sensors(scenario, document, sensors)


def check_programs_light(scenario: Scenario, document: Document) -> None:
    """Refuses a program that cannot light a lamp in any night of the run, nor of the year from its start."""
    for name, program in scenario.programs.items():
        if not _lights_within(scenario, program, scenario.run.nights) and not _lights_within(scenario, program, 366):
            problem = f"never lights in the year from {scenario.run.start}"
            raise document.refusal(("programs", name), problem, None, "a program that lights at least once")


def scenario_warnings(scenario: Scenario, streets: list[Street]) -> list[str]:
    """What can run and is probably not meant: presence that nobody sees, nights without need of light."""
    nights, start = scenario.run.nights, scenario.run.start
    unlit = [name for name, program in scenario.programs.items() if not _lights_within(scenario, program, nights)]
    return [
        *_unseen_presence(scenario, streets),
        *(f"no light was needed: {name} lights in none of the {nights} nights from {start}" for name in unlit),
    ]


def _lights_within(scenario: Scenario, program: ControlProgram, nights: int) -> bool:
    planner = planner_for(program, Place(scenario.site.latitude, scenario.site.longitude, scenario.site.timezone))
    dates = (scenario.run.start + timedelta(days=n) for n in range(nights))
    return any(_lights(planner.night(night), program) for night in dates)


def _unseen_presence(scenario: Scenario, streets: list[Street]) -> list[str]:
    sensors = scenario.sensors
    dynamic = [(name, program) for name, program in scenario.programs.items() if program.dynamic_controls]
    if not any(street.sensors for street in streets):
        why = "there are no sensors"
    elif sensors.detection_probability == 0:
        why = "sensors.detection_probability is 0"
    else:
        at_once = [
            name
            for name, program in dynamic
            if sensors.range_m == 0 and not any(program.hold_ms(control) for control in program.dynamic_controls)
        ]
        return [f"{name} never sees anybody: hold_s and sensors.range_m are 0" for name in at_once]
    return [f"{name} never sees anybody: {why}" for name, _ in dynamic]


def _check_known(document: Document, path: ValuePath, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        few = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        raise document.refusal(path, f"does not exist{nearest(name, names)}", name, few or "none is defined")


def _check_timezone(scenario: Scenario, document: Document) -> None:
    named: dict[ValuePath, str] = {("site", "timezone"): scenario.site.timezone}
    source = scenario.traffic.source
    if source is not None and not isinstance(source, SteadyFlow):
        named["traffic", "source", "time_zone"] = source.time_zone
    if isinstance(source, CountFile) and source.mean_week_in:
        named["traffic", "source", "mean_week_in"] = source.mean_week_in
    for path, name in named.items():
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            problem = f"is not a time zone{nearest(name, sorted(available_timezones()))}"
            raise document.refusal(path, problem, name, "an IANA name as Europe/Brussels") from None


def _luminaires_named(scenario: Scenario) -> Iterator[tuple[ValuePath, str]]:
    lamps = scenario.lamps
    if isinstance(lamps, LampRow | LampCity):
        yield ("lamps", "luminaire"), lamps.luminaire
    elif isinstance(lamps, LampGroups):
        for index, group in enumerate(lamps.groups):
            yield ("lamps", "groups", index, "luminaire"), group.luminaire
    else:
        for lamp_type, name in lamps.luminaire_by_type.items():
            yield ("lamps", "luminaire_by_type", lamp_type), name
    if scenario.retrofit:
        yield ("retrofit", "luminaire"), scenario.retrofit.luminaire


def _check_calendars(scenario: Scenario, document: Document) -> None:
    for name, calendar in scenario.calendars.items():
        here: ValuePath = ("calendars", name)
        if name in scenario.programs:
            raise document.refusal(here, "is also the name of a program", name, "a name of its own")
        _check_known(document, (*here, "default"), calendar.default, scenario.programs)
        for index, rule in enumerate(calendar.rules):
            _check_known(document, (*here, "rules", index, "program"), rule.program, scenario.programs)


def _check_regimes(scenario: Scenario, document: Document) -> None:
    choices = [*scenario.programs, *scenario.calendars]
    for name, regime in scenario.regimes.items():
        for group, choice in regime.items():
            _check_known(document, ("regimes", name, group), choice, choices)
    _check_known(document, ("baseline",), scenario.baseline, scenario.regimes or scenario.programs)


def _check_groups(document: Document, name: str, regime: dict[str, str], groups: set[str]) -> None:
    for group in regime:
        _check_known(document, ("regimes", name, group), group, sorted(groups))
    missing = sorted(groups - set(regime))
    if missing:
        problem = f"says nothing about group {missing[0]}"
        raise document.refusal(("regimes", name), problem, None, "a program or calendar for each lamp group")


def _check_moment(document: Document, path: ValuePath, text: str) -> None:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%MZ")
    except ValueError:
        raise document.refusal(path, "is not a moment", text, "UTC, YYYY-MM-DDTHH:MMZ") from None


def _check_light_reports(scenario: Scenario, document: Document) -> None:
    stale_s = scenario.ambient_sensor.stale_after_s
    if scenario.ambient.report_s >= stale_s:
        problem = "is not below ambient_sensor.stale_after_s, so that every reading would be stale before the next"
        raise document.refusal(("ambient", "report_s"), problem, scenario.ambient.report_s, f"below {stale_s:g} s")


def _check_faults(scenario: Scenario, document: Document, sensors: list[str]) -> None:
    for index, fault in enumerate(scenario.faults):
        here: ValuePath = ("faults", index, "sensor")
        if fault.kind == "presence_sensor":
            _check_known(document, here, fault.sensor, sensors)
        elif fault.sensor:
            raise document.refusal(here, f"is of no use to {fault.kind}", fault.sensor, "kind presence_sensor, or none")


def _check_dynamic_sensors(scenario: Scenario, document: Document, sensors: list[str]) -> None:
    for name, program in scenario.programs.items():
        for index, control in enumerate(program.dynamic_controls):
            for sensor in control.sensors:
                here: ValuePath = ("programs", name, "dynamic_controls", index, "sensors")
                _check_known(document, here, sensor, sensors)


def _lights(night: NightSchedule, program: ControlProgram) -> bool:
    by_traffic = program.traffic_classes is not None
    return any(
        step.mode != Mode.OFF and (step.level_pm > 0 or step.entrance_level_pm > 0 or step.dynamics or by_traffic)
        for step in night.steps
    )
