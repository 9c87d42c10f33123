"""A whole run: all replicates, nights and streets of a scenario under all its regimes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sim.counts import Counts
from sim.coverage import count_coverage
from sim.explain import Explanation, explain_moment
from sim.faults import takes_orders
from sim.night import Deciders, NightResult, Task, run_night
from sim.scene import order_span
from sim.setup import HOUR_MS, Setup, dark_spans, prepare
from sim.workers import default_jobs, run_tasks
from slic.control.civil import night_of, night_span
from slic.energy.results import Change, CountCoverage, NightTally, RunResult
from slic.errors import InputError
from slic.scenario.checks import scenario_warnings
from slic.scenario.load import LoadedScenario
from slic.scenario.streets import layout_warnings

__all__ = ["Explanation", "Progress", "check", "explain_moment", "simulate"]


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
) -> RunResult:
    """Run a scenario. The same scenario and seed give the same result, whatever ``jobs``.

    jobs : worker processes, default one per core; progress : called after each street-night
    deciders : makes what decides, in the place of controllers in this process; street-nights then come one by one
    Raises InputError for bad data files, RunError if a worker dies.
    """
    if jobs is not None and jobs < 1:
        raise InputError("is no number of workers", field="jobs", value=jobs, allowed="1 or more, or None")
    setup, coverage, warnings = _made_ready(loaded)
    tasks = _tasks(setup)
    began = time.perf_counter()
    results: list[NightResult | None] = [None] * len(tasks)
    simulated_ms = 0
    jobs = default_jobs(len(tasks)) if jobs is None else jobs
    finished = run_tasks(setup, tasks, jobs) if deciders is None else _one_by_one(setup, tasks, deciders)
    for done, (position, result) in enumerate(finished, 1):
        results[position] = result
        simulated_ms += result.tallies[0].end_ms - result.tallies[0].start_ms
        if progress is not None:
            elapsed_ms = 1000 * max(time.perf_counter() - began, 1e-9)
            progress(Progress(done, len(tasks), simulated_ms / HOUR_MS, simulated_ms / elapsed_ms))
    return _gather(setup, [result for result in results if result is not None], coverage, warnings)


def _one_by_one(setup: Setup, tasks: Sequence[Task], deciders: Deciders) -> Iterator[tuple[int, NightResult]]:
    for position, task in enumerate(tasks):
        yield position, run_night(setup, task, deciders)


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


def _tasks(setup: Setup) -> list[Task]:
    first_street = setup.streets[0].lamps
    lamp = first_street[len(first_street) // 2].id
    return [
        Task(
            replicate=replicate,
            night=night,
            street=street,
            keep_changes=replicate == 0 and night == setup.nights[0],
            trace_lamp=lamp if (replicate, street) == (0, 0) and night == setup.nights[0] else "",
        )
        for replicate in range(setup.scenario.run.replicates)
        for night in setup.nights
        for street in range(len(setup.streets))
    ]


def _check_orders(setup: Setup) -> None:
    """Refuse planned overrides with a bad time or an unknown lamp before anything runs."""
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


def _gather(
    setup: Setup, results: Sequence[NightResult], coverage: list[CountCoverage], warnings: list[str]
) -> RunResult:
    tallies = [tally for result in results for tally in result.tallies]
    return RunResult(
        regimes=list(setup.regimes),
        nights=[night.isoformat() for night in setup.nights],
        lamps=sum(lamp.count for street in setup.streets for lamp in street.lamps),
        tallies=tallies,
        lamp_energy_mj=_lamp_energies(setup, results),
        changes=_changes(setup, results),
        traces=[trace for result in results for trace in result.traces],
        coverage=coverage,
        passes_per_lamp_hour=_passes_per_lamp_hour(setup, tallies),
        warnings=warnings,
        as_found=[result.as_found for result in results if result.as_found is not None],
    )


def _lamp_energies(setup: Setup, results: Sequence[NightResult]) -> dict[str, dict[str, int]]:
    energies: dict[str, dict[str, int]] = {regime: {} for regime in setup.regimes}
    for result in results:
        for regime, lamps in result.lamp_energy_mj.items():
            known = energies[regime]
            for lamp, energy_mj in lamps.items():
                known[lamp] = known.get(lamp, 0) + energy_mj
    return energies


def _changes(setup: Setup, results: Sequence[NightResult]) -> dict[str, list[Change]]:
    return {regime: [c for result in results for c in result.changes.get(regime, ())] for regime in setup.regimes}


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
    warnings = list(setup.traffic.warnings) if isinstance(setup.traffic, Counts) else []
    warnings += _orders_not_taken(setup)
    short = [night for night in coverage if night.missing]
    if short:
        slots = sum(night.missing for night in short)
        warnings.append(
            f"{len(short)} of {len(coverage)} nights lack {slots} counts in the dark and are left out of the totals"
            f" (first: {short[0].night})"
        )
    return warnings
