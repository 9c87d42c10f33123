"""All that a run knows before its first night: what workers get once, and street-nights only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sim.ambient import Weather, read_weather
from sim.traffic_source import Source, read_source
from slic.control.place import Place
from slic.control.planner import Planner, astronomical_default, planner_for
from slic.control.schedule import Mode, NightSchedule
from slic.scenario.layout import Street
from slic.scenario.load import LoadedScenario, resolve_file
from slic.scenario.model import Scenario, WeatherAmbient
from slic.scenario.streets import build_streets

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Setup:
    """A scenario made ready. Each is equal to itself alone.

    regimes : regime -> lamp group -> planner, the baseline first
    default : planner of sunset to sunrise, which says what is dark
    traffic : counts, users one by one, a steady flow, or None for nobody; weather : None for a clear sky
    burned_h : hours of darkness from the start of the run until each night, for constant light output
    """

    scenario: Scenario
    place: Place
    streets: tuple[Street, ...]
    nights: tuple[date, ...]
    regimes: Mapping[str, Mapping[str, Planner]]
    default: Planner
    traffic: Source
    weather: Weather | None
    burned_h: Mapping[date, float]


def prepare(loaded: LoadedScenario) -> Setup:
    """Read the scenario's data files, lay out its streets and make its planners.

    Raises InputError for bad data, and if the counts know nothing of any night of the run.
    """
    scenario = loaded.scenario
    site = scenario.site
    place = Place(site.latitude, site.longitude, site.timezone)
    nights = tuple(scenario.run.start + timedelta(days=day) for day in range(scenario.run.nights))
    default = astronomical_default(place)
    return Setup(
        scenario=scenario,
        place=place,
        streets=tuple(build_streets(loaded)),
        nights=nights,
        regimes=_planners(scenario, place),
        default=default,
        traffic=read_source(loaded, nights),
        weather=_weather(loaded, place),
        burned_h=_burned_h(default, nights),
    )


def _planners(scenario: Scenario, place: Place) -> dict[str, dict[str, Planner]]:
    """Groups that run the same program share a planner."""
    made: dict[str, Planner] = {}
    for name, calendar in scenario.calendars.items():
        made[name] = Planner(scenario.programs, calendar, place)
    for name, program in scenario.programs.items():
        made[name] = planner_for(program, place)
    order = sorted(scenario.regimes, key=lambda regime: regime != scenario.baseline)
    return {regime: {group: made[name] for group, name in scenario.regimes[regime].items()} for regime in order}


def _weather(loaded: LoadedScenario, place: Place) -> Weather | None:
    ambient = loaded.scenario.ambient
    if not isinstance(ambient, WeatherAmbient):
        return None
    return read_weather(resolve_file(loaded, ambient.file), ambient, place)


def _burned_h(default: Planner, nights: tuple[date, ...]) -> dict[date, float]:
    burned_ms = 0
    result = {}
    for night in nights:
        result[night] = burned_ms / HOUR_MS
        burned_ms += sum(end - start for start, end in dark_spans(default.night(night)))
    return result


def dark_spans(schedule: NightSchedule) -> list[tuple[int, int]]:
    """Parts of a night that are dark by the astronomical clock, ascending [UTC ms]."""
    return joined([(step.t_ms, end) for step, end in schedule.spans() if step.dark_by_clock])


def lit_spans(schedule: NightSchedule) -> list[tuple[int, int]]:
    """Parts of a night in which the active period says on, ascending [UTC ms]."""
    return joined([(step.t_ms, end) for step, end in schedule.spans() if step.mode == Mode.ON])


def joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order of their starts, with those that touch made one."""
    result: list[tuple[int, int]] = []
    for start, end in spans:
        if result and result[-1][1] >= start:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result
