"""A made-up street-night: a whole scenario, through the real code, from a source of choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sim.proof.made_up_place import made_up_calendar, made_up_place, made_up_weather
from sim.proof.made_up_program import LEVELS_PCT, made_up_program
from sim.proof.made_up_street import GROUPS, LUMINAIRES, made_up_street
from sim.proof.made_up_users import made_up_users
from sim.proof.source import Dice, Source, chance, several
from sim.scene import Scene, make_scene, order_span
from sim.setup import HOUR_MS, Setup, prepare
from slic.control.civil import Night, night_span
from slic.scenario.layout import Street
from slic.scenario.loaded import LoadedScenario
from slic.scenario.model import Scenario

PROGRAMS = ["one", "two"]


@dataclass(frozen=True, slots=True)
class Case:
    """A scene and the regime to run on it. ``seed`` makes it again; None if its choices were not made by a seed.

    beside : the same night of another street, for what is done with several streets at once
    """

    seed: int | None
    scene: Scene
    beside: Scene
    regime: str


def case_of(seed: int) -> Case:
    """The case of a seed, from 0 up."""
    return made_up_case(Dice(seed), seed)


def made_up_case(source: Source, seed: int | None = None) -> Case:
    """A case with these choices."""
    site, night = made_up_place(source)
    street = made_up_street(source)
    span = night_span(site["timezone"], night)
    scenario = Scenario.model_validate(_values(source, site, night, street, span))
    setup = prepare(LoadedScenario(scenario, "made up", Path(), {}))
    setup = replace(setup, streets=(street,), weather=made_up_weather(source, site["timezone"], night))
    regime = source.pick(["tried", "tried", "tried", "tried", "baseline"])
    met = _moments(setup, regime, night, span), span.start_ms, span.end_ms, _holds_ms(setup, regime, street, night)
    range_mm = round(scenario.sensors.range_m * 1000)
    scene, beside = (
        make_scene(setup, each, night, 0, made_up_users(source, *met, range_mm))
        for each in (street, made_up_street(source, "beside"))
    )
    return Case(seed, scene, beside, regime)


def _holds_ms(setup: Setup, regime: str, street: Street, night: date) -> list[int]:
    """Hold times of the programs of a night on a street; ten seconds if there are none."""
    planners = [setup.regimes[regime][group] for group in dict.fromkeys(lamp.group for lamp in street.lamps)]
    programs = [planner.programs[planner.night(night).program] for planner in planners]
    return [p.hold_ms(control) for p in programs for control in p.dynamic_controls] or [10_000]


def _moments(setup: Setup, regime: str, night: date, span: Night) -> list[int]:
    """Moments at which something else happens too: the edges of the night, steps of programs, orders."""
    steps = [step.t_ms for planner in setup.regimes[regime].values() for step in planner.night(night).steps]
    orders = [t_ms for order in setup.scenario.overrides for t_ms in order_span(order)]
    inside = [t_ms for t_ms in dict.fromkeys([*steps, *orders]) if span.start_ms <= t_ms < span.end_ms]
    return [span.at(10 * 60), *inside, span.start_ms, span.end_ms - 1]


def _values(source: Source, site: dict[str, Any], night: date, street: Street, span: Night) -> dict[str, Any]:
    sensors = [sensor.id for sensor in street.sensors]
    programs = {name: made_up_program(source, name, sensors) for name in PROGRAMS}
    choices = [*PROGRAMS, "calendar"]
    return {
        "name": "made-up",
        "site": site,
        "lamps": {"kind": "row", "count": 1, "spacing_m": 30, "luminaire": "plain", "power_w": 28},
        "luminaires": {name: {"name": name, **values} for name, values in LUMINAIRES.items()},
        "burning_hours_h": source.pick([0, 20_000]),
        "sensors": _sensors(source, sensors),
        "ambient": {"kind": "sun", "report_s": source.pick([300, 60])},
        "ambient_sensor": {"smoothing_s": source.pick([120, 0]), "stale_after_s": source.pick([1800, 600, 300])},
        "network": _network(source),
        "gear": {"dead_lamps": source.pick([0, 0, 0, 0.3])},
        "faults": several(source, 1, 2, lambda s: _fault(s, sensors)) if chance(source, 15) else [],
        "overrides": several(source, 0, 3, lambda s: _override(s, span, street)) if chance(source, 40) else [],
        "programs": programs,
        "calendars": {"calendar": made_up_calendar(source, PROGRAMS)},
        "regimes": {
            "baseline": {group: source.pick(choices) for group in GROUPS},
            "tried": {group: source.pick(choices) for group in GROUPS},
        },
        "baseline": "baseline",
        "safe_level_pct": source.pick([100, 60]),
        "service": _service(source),
        "run": {"start": night, "nights": 1, "replicates": 1, "seed": source.integer(0, 9999)},
    }


def _sensors(source: Source, sensors: list[str]) -> dict[str, Any]:
    return {
        "range_m": source.pick([0, 0, 15, 15, 30, 30, 10, 10_000]),
        "detection_probability": source.pick([1, 1, 1, 1, 1, 1, 0.7, 0]),
        "false_triggers_per_h": source.pick([0, 0, 0, 0, 1, 10]),
        "latency_s": source.pick([0, 0, 0.3, 0.3, 1, 1, 3600]),
        "retrigger_s": source.pick([0, 0, 0, 0, 5, 30]),
        "gives_speed": not chance(source, 20),
        "gives_direction": not chance(source, 20),
        "stuck": [_stuck(source, sensors)] if sensors and chance(source, 15) else [],
    }


def _stuck(source: Source, sensors: list[str]) -> dict[str, Any]:
    return {
        "sensor": source.pick(sensors),
        "state": source.pick(["present", "absent"]),
        "from_h": source.pick([0, 5, 10, 14]),
        "for_h": source.pick([1, 25, 0.01]),
    }


def _network(source: Source) -> dict[str, Any]:
    loss = source.pick([0.3, 0.9]) if chance(source, 10) else 0
    return {
        "command_loss": loss,
        "latency_s": source.pick([0, 0, 0.2, 0.2, 1, 1, 30, 30, 40_000]),
        "resend_s": source.pick([10, 0, 60, 0.3]),
    }


def _fault(source: Source, sensors: list[str]) -> dict[str, Any]:
    kinds = ["program", "clock", "light_sensor", *(["presence_sensor"] if sensors else [])]
    kind = source.pick(kinds)
    return {
        "kind": kind,
        "sensor": source.pick(sensors) if kind == "presence_sensor" else "",
        "from_h": source.pick([0, 5, 10, 14]),
        "for_h": source.pick([1, 25, 4]),
    }


def _override(source: Source, span: Night, street: Street) -> dict[str, Any]:
    minutes = source.pick([600, 0, -60, 360, 660, 720, 1439]) + source.integer(-5, 5)
    start = datetime.fromtimestamp((span.start_ms + 60_000 * minutes) / 1000, UTC)
    return {
        "issuer": "ann",
        "reason": "proof",
        "level_pct": source.pick(LEVELS_PCT),
        "start": start.strftime("%Y-%m-%dT%H:%MZ"),
        "for_h": source.pick([0.5, 1, 60_000 / HOUR_MS, 10_000 / HOUR_MS, 24]),
        "lamps": several(source, 1, 2, lambda s: s.pick(street.lamps).id) if chance(source, 50) else [],
        "kind": source.pick(["override", "manual", "safety"]),
    }


def _service(source: Source) -> dict[str, Any]:
    def required(source: Source) -> dict[str, Any]:
        return {"at": source.pick(["12:00", "18:00", "23:00", "05:00"]), "level_pct": source.pick(LEVELS_PCT)}

    rows: Sequence[dict[str, Any]] = several(source, 1, 3, required)
    return {
        "required": list({row["at"]: row for row in rows}.values()),
        "late_after_s": source.pick([0.5, 0, 10]),
    }
