"""A whole run: all replicates, nights and streets of a scenario under all its regimes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.blocks import blocks_of_streets, lamps_at_once
from sim.coverage import count_coverage
from sim.engine import EngineName, ways
from sim.explain import Explanation, explain_moment
from sim.faults import takes_orders
from sim.gather import Sums
from sim.night import Deciders
from sim.runner import Task
from sim.scene import order_span
from sim.setup import HOUR_MS, Setup, dark_spans, prepare
from sim.traffic_source import counts_in
from sim.workers import default_jobs, run_tasks
from slic.control.civil import night_of, night_span
from slic.energy.results import CountCoverage, NightTally, RunResult
from slic.errors import InputError
from slic.scenario.checks import scenario_warnings
from slic.scenario.load import LoadedScenario
from slic.scenario.streets import layout_warnings

__all__ = ["Explanation", "Progress", "check", "explain_moment", "simulate"]


TOLD_LAMPS = 500
"""Decisions of the first night are kept for the first streets, up to so many lamps: a table that people can open."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. done, total : street-nights; simulated_h : hours of street time; speed_factor : x real time."""

    done: int
    total: int
    simulated_h: float
    speed_factor: float


def simulate(
    loaded: LoadedScenario,
    *,
    jobs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    deciders: Deciders | None = None,
    engine: EngineName = "auto",
    tell: bool = True,
) -> RunResult:
    """Run a scenario. The same scenario and seed give the same result, whatever ``jobs`` and ``engine``.

    jobs : worker processes, default one per core; progress : called after each task
    deciders : makes what decides, in the place of controllers in this process; all goes by the SimPy street then, one
        street-night after the other
    engine : see :mod:`sim.engine`; tell : keep decisions of the first night and the trace of a lamp
    Raises InputError for bad data files and for an engine that does not exist, RunError if a worker dies.
    """
    if jobs is not None and jobs < 1:
        raise InputError("is no number of workers", field="jobs", value=jobs, allowed="1 or more, or None")
    setup, coverage, warnings = _made_ready(loaded)
    chosen = ways(setup, "event" if deciders else engine)
    tasks = _tasks(setup, one_by_one=all(way.how != "arrays" for way in chosen.values()), tell=tell)
    jobs = 1 if deciders else default_jobs(len(tasks)) if jobs is None else jobs
    sums, meter = Sums(setup), _Meter(setup, tasks, progress)
    for result in run_tasks(setup, tasks, jobs, engine, deciders):
        sums.add(result)
        meter.count(len(result.task.streets), result.tallies[0])
    return RunResult(
        regimes=list(setup.regimes),
        nights=[night.isoformat() for night in setup.nights],
        lamps=sum(lamp.count for street in setup.streets for lamp in street.like.lamps),
        tallies=sums.tallies,
        lamp_energy_mj=sums.lamp_energies(),
        changes=sums.changes(),
        traces=sums.traces(),
        coverage=coverage,
        passes_per_lamp_hour=_passes_per_lamp_hour(setup, sums.tallies),
        warnings=warnings,
        as_found=sums.as_found,
        lamp_places={lamp.id: (lamp.street, lamp.position_mm) for street in setup.streets for lamp in street.lamps},
        ways={regime: str(way) for regime, way in chosen.items()},
    )


class _Meter:
    """Tells how far a run is."""

    def __init__(self, setup: Setup, tasks: Sequence[Task], progress: Callable[[Progress], None] | None) -> None:
        self._total = sum(len(task.streets) for task in tasks)
        self._progress = progress
        self._began = time.perf_counter()
        self._done = 0
        self._simulated_ms = 0

    def count(self, streets: int, tally: NightTally) -> None:
        """So many streets of the night of a tally are done."""
        self._done += streets
        self._simulated_ms += streets * (tally.end_ms - tally.start_ms)
        if self._progress is not None:
            elapsed_ms = 1000 * max(time.perf_counter() - self._began, 1e-9)
            speed = self._simulated_ms / elapsed_ms
            self._progress(Progress(self._done, self._total, self._simulated_ms / HOUR_MS, speed))


def check(loaded: LoadedScenario) -> list[str]:
    """All that a run does before its first street-night: reads every data file, checks nights, lamps and overrides.

    Returns the warnings that the run would end with. Raises InputError where the run would be refused.
    """
    return _made_ready(loaded)[2]


def _made_ready(loaded: LoadedScenario) -> tuple[Setup, list[CountCoverage], list[str]]:
    setup = prepare(loaded)
    _check_orders(setup)
    coverage = count_coverage(setup)
    warnings = [*layout_warnings(loaded), *scenario_warnings(setup.scenario, list(setup.streets))]
    return setup, coverage, [*warnings, *_warnings(setup, coverage)]


def _tasks(setup: Setup, one_by_one: bool, tell: bool) -> list[Task]:
    """Streets are done together on arrays, as many as make good use of them; those whose decisions are kept, alone."""
    first_street = setup.streets[0].lamps
    lamp = first_street[len(first_street) // 2].id
    alone = one_by_one or bool(setup.scenario.overrides)
    told = _told_streets(setup) if tell else 0
    blocks: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    tasks = []
    for replicate in range(setup.scenario.run.replicates):
        for night in setup.nights:
            first = told if (replicate, night) == (0, setup.nights[0]) else 0
            tasks += [Task(0, night, (k,), True, lamp if k == 0 else "") for k in range(first)]
            size = first, 1 if alone else lamps_at_once(setup, night)
            if size not in blocks:
                blocks[size] = blocks_of_streets(setup, range(first, len(setup.streets)), size[1])
            tasks += [Task(replicate, night, streets) for streets in blocks[size]]
    return tasks


def _told_streets(setup: Setup) -> int:
    """The first streets, whose decisions of the first night are kept: at least one, up to so many lamps."""
    lamps = np.cumsum([len(street.like.lamps) for street in setup.streets])
    return max(1, int((lamps <= TOLD_LAMPS).sum()))


def _check_orders(setup: Setup) -> None:
    """Refuse planned overrides with a bad time or an unknown lamp before anything runs."""
    if not setup.scenario.overrides:
        return
    known = {lamp.id for street in setup.streets for lamp in street.lamps}
    for order in setup.scenario.overrides:
        order_span(order)
        for lamp in order.lamps:
            if lamp not in known:
                raise InputError("is not a lamp of the scenario", field="overrides.lamps", value=lamp)


def _orders_not_taken(setup: Setup) -> list[str]:
    faults, zone = setup.scenario.faults, setup.place.timezone
    spans = [(order, order_span(order)[0]) for order in setup.scenario.overrides]
    return [
        f"the override by {order.issuer} at {order.start} is not taken: the clock is not trusted then"
        for order, t_ms in spans
        if not takes_orders(faults, night_span(zone, night_of(zone, t_ms)).start_ms, t_ms)
    ]


def _passes_per_lamp_hour(setup: Setup, tallies: Sequence[NightTally]) -> float:
    """Passages per lamp-hour of darkness, over the nights with complete counts."""
    baseline = [t for t in tallies if t.regime == setup.scenario.baseline and t.complete]
    dark_ms = {
        night.isoformat(): sum(end - start for start, end in dark_spans(setup.default.night(night)))
        for night in setup.nights
    }
    lamp_hours = sum(t.lamps * dark_ms[t.night] for t in baseline) / HOUR_MS
    return sum(t.passages for t in baseline) / lamp_hours if lamp_hours else 0.0


def _warnings(setup: Setup, coverage: Sequence[CountCoverage]) -> list[str]:
    counts = counts_in(setup.traffic)
    warnings = list(counts.warnings) if counts else []
    warnings += _orders_not_taken(setup)
    short = [night for night in coverage if night.missing]
    if short:
        slots = sum(night.missing for night in short)
        warnings.append(
            f"{len(short)} of {len(coverage)} nights lack {slots} counts in the dark and are left out of the totals"
            f" (first: {short[0].night})"
        )
    return warnings
