"""Candidates of a search: the program with other values, each as a regime of one scenario, so that all meet the same
road users, nights, sensors and baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from sim.optimise.read import Search, programs_in
from sim.run import Progress, simulate
from slic.control.calendar import Calendar
from slic.control.program import ControlProgram
from slic.report.search_trials import Figures, Trial, figures_of
from slic.report.summary import build_summary
from slic.report.sums import nights_of
from slic.scenario.model import Run, Scenario

OnNights = Callable[[Progress], None]


def with_values(program: ControlProgram, values: Mapping[str, Any]) -> ControlProgram:
    """A program with values in some of its fields. ValueError where it refuses them together."""
    data = program.model_dump(mode="json")
    for path, value in values.items():
        *outer, last = (int(part) if part.isdecimal() else part for part in path.split("."))
        here: Any = data
        for part in outer:
            if here[part] is None:
                here[part] = {}
            here = here[part]
        here[last] = value
    return ControlProgram.model_validate(data)


def changed_scenario(scenario: Scenario, regime: str, program: ControlProgram) -> Scenario:
    """The scenario with baseline and one regime, whose program is this one, under the name that it has there."""
    programs = {**scenario.programs, program.name: program}
    regimes = {name: scenario.regimes[name] for name in (scenario.baseline, regime)}
    return scenario.model_copy(update={"programs": programs, "regimes": regimes})


def figures(
    search: Search, run: Run, values: Mapping[str, Mapping[str, Any]], jobs: int | None, progress: OnNights | None
) -> dict[str, Figures]:
    """Figures of candidates, by name, all in one simulation. values : of each candidate, by its name.

    Raises InputError if no night has complete counts, RunError if a worker dies.
    """
    loaded = replace(search.loaded, scenario=_together(search, run, values))
    result = simulate(loaded, jobs=jobs, progress=progress, tell=False)
    return figures_of(build_summary(loaded.scenario, result, nights_of(result)))


def refusal(program: ControlProgram, values: Mapping[str, Any]) -> str:
    """Why a program refuses values together; "" if it takes them."""
    try:
        with_values(program, values)
    except ValidationError as error:
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".lstrip(": ")
    return ""


def _together(search: Search, run: Run, values: Mapping[str, Mapping[str, Any]]) -> Scenario:
    """The scenario with the candidates as its regimes, and the baseline."""
    scenario = search.loaded.scenario
    programs, calendars = dict(scenario.programs), dict(scenario.calendars)
    regimes = {scenario.baseline: scenario.regimes[scenario.baseline]}
    for name, chosen in values.items():
        changed = with_values(search.program, chosen)
        programs[name] = changed.model_copy(update={"name": name})
        regime = {}
        for group, runs_now in scenario.regimes[search.regime].items():
            regime[group] = name if runs_now == search.file.program else runs_now
            calendar = scenario.calendars.get(runs_now)
            if calendar is not None and search.file.program in programs_in(scenario, runs_now):
                regime[group] = f"{name}-in-{runs_now}"
                calendars[regime[group]] = _renamed(calendar, regime[group], search.file.program, name)
        regimes[name] = regime
    update = {"programs": programs, "calendars": calendars, "regimes": regimes, "run": run}
    return scenario.model_copy(update=update)


def _renamed(calendar: Calendar, name: str, program: str, candidate: str) -> Calendar:
    """A calendar with a candidate in the place of a program."""
    rules = [
        rule.model_copy(update={"program": candidate}) if rule.program == program else rule for rule in calendar.rules
    ]
    default = candidate if calendar.default == program else calendar.default
    return calendar.model_copy(update={"name": name, "rules": rules, "default": default})


def name_of(number: int) -> str:
    """Name of a trial's regime and program."""
    return f"trial-{number}"


def trials_of(
    search: Search,
    values: Mapping[int, Mapping[str, Any]],
    jobs: int | None,
    progress: OnNights | None,
) -> list[Trial]:
    """Trials in the order of their numbers. values : by number; of number 0 the program's own, which are not set."""
    to_set = {number: {} if number == 0 else dict(chosen) for number, chosen in values.items()}
    errors = {number: refusal(search.program, chosen) for number, chosen in to_set.items()}
    fit = {name_of(number): to_set[number] for number, error in errors.items() if not error}
    found = figures(search, search.search_run, fit, jobs, progress) if fit else {}
    return [Trial(n, chosen, found.get(name_of(n)), errors[n]) for n, chosen in values.items()]
