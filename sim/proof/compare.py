"""Whether the outcomes of a case are equal, and if not, where they part first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from sim.account import Accounts
from sim.proof.case import Case
from sim.proof.drivers import DRIVERS, Driver
from sim.proof.figures import Figures, contradiction, figures, sums
from sim.proof.outcome import Outcome
from slic.energy.moves import Ints

Problem = tuple[int | None, str]
"""Lamp by index, or None for all, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two drivers part, in words that a person can act on."""

    seed: int | None
    driver: str
    lamp: str
    what: str
    programs: str

    def __str__(self) -> str:
        again = "" if self.seed is None else f"\nagain: slic prove --seed {self.seed} --cases 1"
        place = f"seed {self.seed}, {self.driver}, lamp {self.lamp or '(all)'}: {self.what}"
        return f"{place}\nprograms: {self.programs}{again}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found: the outcomes by driver (a string where one could not run), and the first difference."""

    outcomes: Mapping[str, Outcome | str]
    difference: Difference | None


def compare(case: Case, drivers: Mapping[str, Driver] = DRIVERS) -> Verdict:
    """Run a case in every way and compare each with the first, which must run every case.

    A driver must not fail, nor divide by zero on its way.
    """
    outcomes: dict[str, Outcome | str] = {}
    for name, driver in drivers.items():
        try:
            with np.errstate(divide="raise", over="raise", invalid="raise"):
                outcomes[name] = driver(case)
        except Exception as error:  # whatever it is, the case that shows it is what matters
            return Verdict(outcomes, _difference(case, name, None, f"raises {error!r}"))
    problems = (_difference(case, name, *problem) for name, problem in _problems(case, outcomes) if problem)
    return Verdict(outcomes, next(problems, None))


def _problems(case: Case, outcomes: Mapping[str, Outcome | str]) -> Iterator[tuple[str, Problem | None]]:
    ran = [(name, found) for name, found in outcomes.items() if isinstance(found, Outcome)]
    (first_name, first), (last_name, last) = ran[0], ran[-1]
    worked_out = figures(case, first.points)
    yield first_name, _contradiction(case, first, worked_out)
    for name, found in ran[1:]:
        yield name, _parting(first, found)
    yield f"account of the {last_name}", _account(case, last, worked_out)


def _difference(case: Case, driver: str, lamp: int | None, what: str) -> Difference:
    setup = case.scene.setup
    name = "" if lamp is None else case.scene.street.lamps[lamp].id
    runs: dict[str, Any] = {}
    for group, planner in setup.regimes[case.regime].items():
        program = planner.programs[planner.night(case.scene.night).program]
        runs[group] = program.model_dump(mode="json", exclude_defaults=True)
    programs = f"{case.regime} in {setup.place}, night {case.scene.night}: {runs}"
    return Difference(case.seed, driver, name, what, programs)


def _contradiction(case: Case, first: Outcome, worked_out: Sequence[Figures]) -> Problem | None:
    """What does not add up in the outcome that the others are compared with."""
    for lamp, (energy, _) in enumerate(worked_out):
        if problem := contradiction(case, lamp, first.points[lamp], energy):
            return lamp, problem
    return None


def _account(case: Case, found: Outcome, worked_out: Sequence[Figures]) -> Problem | None:
    """Whether the engines' account of all lamps at once is the sum of the lamps worked out one by one."""
    tally, energy_mj = Accounts(case.scene.setup).tally([case.scene], case.regime, found.levels)
    lamps = case.scene.street.lamps
    alone_mj = [energy.energy_mj * lamp.count for lamp, (energy, _) in zip(lamps, worked_out, strict=True)]
    for lamp, (together, alone) in enumerate(zip(energy_mj.tolist(), alone_mj, strict=True)):
        if together != alone:
            return lamp, f"energy is {together} mJ instead of {alone} mJ"
    for name, value in sums(case, worked_out).items():
        if getattr(tally, name) != value:
            return None, f"{name} is {getattr(tally, name)} instead of {value}"
    return None


def _parting(first: Outcome, other: Outcome) -> Problem | None:
    """Lamp and moment at which an outcome leaves the first one; None if they are equal."""
    if len(first.points) != len(other.points):
        return None, f"{len(other.points)} lamps instead of {len(first.points)}"
    for lamp, (mine, theirs) in enumerate(zip(first.points, other.points, strict=True)):
        if not np.array_equal(mine, theirs):
            return lamp, _first_point(mine, theirs)
    if first.actions is None or other.actions is None or first.actions == other.actions:
        return None
    pairs = enumerate(zip_longest(first.actions, other.actions))
    place, mine_, theirs_ = next((place, one, another) for place, (one, another) in pairs if one != another)
    return None, f"command {place} is {theirs_} instead of {mine_}"


def _first_point(mine: Ints, theirs: Ints) -> str:
    pairs = enumerate(zip_longest(map(tuple, mine.tolist()), map(tuple, theirs.tolist())))
    place, one, other = next((place, one, other) for place, (one, other) in pairs if one != other)
    return f"breakpoint {place} is {other} instead of {one} (UTC ms, per mille)"
