"""Which engine runs a regime: arrays, the controller in a plain loop, or the SimPy street; and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, get_args

from sim.setup import Setup
from slic.control.planner import Planner
from slic.errors import InputError

EngineName = Literal["auto", "event", "fast"]
"""auto and fast: arrays wherever they can, else the controller; event: the SimPy street for everything."""

_LIVE_FAULTS = {"clock": "a clock not trusted", "program": "a lost program", "presence_sensor": "a lost sensor"}


class Way(NamedTuple):
    """How a regime is run. why : what keeps it from the arrays, or "" """

    how: Literal["arrays", "replay", "event"]
    why: str = ""

    def __str__(self) -> str:
        """As RunResult keeps it."""
        return f"{self.how}: {self.why}" if self.why else self.how


def ways(setup: Setup, engine: EngineName = "auto") -> dict[str, Way]:
    """The way of each regime. InputError for an engine that does not exist."""
    if engine not in get_args(EngineName):
        raise InputError("is no engine", field="engine", value=engine, allowed=", ".join(get_args(EngineName)))
    if engine == "event":
        return {regime: Way("event", "asked for") for regime in setup.regimes}
    return {regime: _way(setup, regime, planners.values()) for regime, planners in setup.regimes.items()}


def _way(setup: Setup, regime: str, planners: Iterable[Planner]) -> Way:
    scenario = setup.scenario
    controlled = regime != scenario.baseline
    if controlled and scenario.network.command_loss:
        return Way("event", "radio loss, with commands sent again")
    reasons = [
        f"{rule} of {program.name}"
        for planner in planners
        for program in planner.programs.values()
        for rule in program.rules_without_array_form()
    ]
    reasons += [f"DALI curve of {name}" for name in _dali_luminaires(setup)]
    if controlled:
        reasons += [_LIVE_FAULTS[fault.kind] for fault in scenario.faults if fault.kind in _LIVE_FAULTS]
    return Way("replay", ", ".join(dict.fromkeys(reasons))) if reasons else Way("arrays")


def _dali_luminaires(setup: Setup) -> list[str]:
    used = {lamp.luminaire for street in {street.like for street in setup.streets} for lamp in street.lamps}
    return sorted(name for name in used if setup.scenario.luminaires[name].dimming_curve == "dali")


def explained(found: Mapping[str, str]) -> list[str]:
    """How programs are run, in words: a line for each way. found : as in RunResult.ways."""
    words = {"arrays": "on arrays", "replay": "by the controller in a plain loop", "event": "on the SimPy street"}
    lines = []
    for how, text in words.items():
        mine = {regime: way.partition(": ")[2] for regime, way in found.items() if way.partition(": ")[0] == how}
        if mine:
            named = [f"{regime} ({why})" if why else regime for regime, why in mine.items()]
            lines.append(f"{text}: {', '.join(named)}")
    return lines
