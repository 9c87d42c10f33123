"""What a compared regime consists of, read from the scenario."""

from __future__ import annotations

from slic.control.program import ControlProgram
from slic.scenario.model import LampCity, LampGroups, LampInventory, LampRow, Scenario


def programs_of(scenario: Scenario, regime: str) -> list[ControlProgram]:
    """Control programs that a regime may run, in order of mention and each once."""
    chosen = scenario.regimes[regime].values() if regime in scenario.regimes else [regime]
    names: list[str] = []
    for name in chosen:
        calendar = scenario.calendars.get(name)
        names += [name] if calendar is None else [*(rule.program for rule in calendar.rules), calendar.default]
    return [scenario.programs[name] for name in dict.fromkeys(names) if name in scenario.programs]


def title_of(scenario: Scenario, regime: str) -> str:
    """Title of the program that the regime is; the regime's name where it is a mix of its own."""
    program = scenario.programs.get(regime)
    return program.title if program is not None and program.title else regime


def reacts_to_presence(scenario: Scenario, regime: str) -> bool:
    """Whether any program of the regime has a dynamic control."""
    return any(program.dynamic_controls for program in programs_of(scenario, regime))


def idle_level_pct(scenario: Scenario, regime: str) -> float | None:
    """Idle level [%] of the presence programs of a regime; None where there is none, or more than one value."""
    presence = [p for p in programs_of(scenario, regime) if p.dynamic_controls]
    later = {control.level_pct for p in presence for control in p.fixed_time_controls}
    return _only({p.idle_level_pct for p in presence} | later)


def hold_s(scenario: Scenario, regime: str) -> float | None:
    """Hold time [s] of the presence programs of a regime; None where there is none, or more than one value."""
    programs = programs_of(scenario, regime)
    return _only({p.hold_ms(control) / 1000 for p in programs for control in p.dynamic_controls})


def standby_w(scenario: Scenario) -> dict[str, float]:
    """Driver standby [W] of each luminaire type that stands in the street, by name."""
    return {name: scenario.luminaires[name].standby_w for name in _luminaires(scenario) if name in scenario.luminaires}


def _luminaires(scenario: Scenario) -> list[str]:
    if scenario.retrofit is not None:
        return [scenario.retrofit.luminaire]
    lamps = scenario.lamps
    if isinstance(lamps, LampRow | LampCity):
        return [lamps.luminaire]
    if isinstance(lamps, LampInventory):
        return sorted(set(lamps.luminaire_by_type.values()))
    assert isinstance(lamps, LampGroups)
    return sorted({group.luminaire for group in lamps.groups})


def _only(values: set[float]) -> float | None:
    return values.pop() if len(values) == 1 else None
