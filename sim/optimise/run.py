"""A search from its first trial to the chosen program: trials, front, fresh figures of the front, files."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.optimise.candidates import figures, name_of, trials_of
from sim.optimise.folder import TrialFile, begun, trial_of
from sim.optimise.outcome import Found, Outcome, unmet, write_outcome
from sim.optimise.read import Search, values_in
from sim.optimise.space import BATCH, Point, next_points, wanted
from sim.run import Progress
from slic.errors import InputError
from slic.report.search_trials import Checked, Trial, best_of, chosen_of, front_of, nearest_to, to_check


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is. stage : ``searching`` or ``checking``; done, total : of its trials, parts of a batch too.

    best : the trial with most saving that meets the constraints, so far; left_s : of this stage, at the rate so far
    """

    stage: str
    done: float
    total: int
    best: Trial | None
    left_s: float


OnSearch = Callable[[SearchProgress], None]


def run_search(
    search: Search, folder: Path, *, jobs: int | None = None, overwrite: bool = False, progress: OnSearch | None = None
) -> Found:
    """Run a search into its folder, or go on with it: the trials that are there already are not run again.

    The same search gives the same bytes, whatever ``jobs`` and however often it was killed.
    Raises InputError where no service can be judged, and for constraints that nothing meets; the front is written then.
    """
    with begun(folder, search.sha256, overwrite):
        trials = _Trials(search, TrialFile(folder, list(search.space.values)), jobs, progress).run()
        checked = _checked(search, trials, jobs, progress)
        outcome = Outcome(trials, checked, chosen_of(checked, search.limits))
        found = write_outcome(search, folder, outcome)
    if outcome.chosen is None and search.limits:
        raise unmet(search, outcome)
    return found


class _Trials:
    """The trials of a search, batch after batch."""

    def __init__(self, search: Search, file: TrialFile, jobs: int | None, progress: OnSearch | None) -> None:
        self._search, self._file, self._jobs = search, file, jobs
        self._known = file.known()
        self._meter = _Meter("searching", wanted(search.space, search.file.trials) + 1, progress)
        self._trials: list[Trial] = []
        self._tried: list[Point] = []

    def run(self) -> list[Trial]:
        """All trials in order, number 0 first."""
        self._resume()
        while points := self._next():
            self._add(points, self._simulated(self._numbered(points)))
        return self._trials

    def _next(self) -> list[Point]:
        file = self._search.file
        return next_points(self._search.space, file.trials, self._search.search_run.seed, self._tried, self._good())

    def _numbered(self, points: Sequence[Point]) -> dict[int, Mapping[str, Any]]:
        first = len(self._tried) + 1
        values = {first + k: self._search.space.settings(point) for k, point in enumerate(points)}
        if not self._trials:
            return {0: values_in(self._search.program, self._search.space.values), **values}
        return dict(values)

    def _resume(self) -> None:
        """Take the batches that were done before; one that was cut is done again."""
        while points := self._next():
            values = self._numbered(points)
            if not values.keys() <= self._known.keys():
                break
            self._add(points, [trial_of(number, chosen, self._known[number]) for number, chosen in values.items()])
        self._file.rewrite(self._trials)
        self._meter.found = len(self._trials)

    def _simulated(self, values: Mapping[int, Mapping[str, Any]]) -> list[Trial]:
        best = best_of(self._trials, self._search.limits)
        tell = self._meter.during(len(self._trials), len(values), best)
        trials = trials_of(self._search, values, self._jobs, tell)
        _refuse_unknown(self._search, trials)
        self._file.append(trials)
        return trials

    def _add(self, points: Sequence[Point], trials: Sequence[Trial]) -> None:
        self._trials += trials
        self._tried += points

    def _good(self) -> list[Point]:
        """Points of the front, those nearest to the best first."""
        limits = self._search.limits
        front = front_of(self._trials, self._search.axis, limits) or front_of(self._trials, self._search.axis, ())
        pivot = best_of(front, limits) or nearest_to(front, limits)
        if pivot is None:
            return []
        at = front.index(pivot)
        order = sorted(range(len(front)), key=lambda place: (abs(place - at), place))
        return [self._tried[front[place].number - 1] for place in order if front[place].number]


def _checked(search: Search, trials: Sequence[Trial], jobs: int | None, progress: OnSearch | None) -> list[Checked]:
    """The front and what may stand in for it with fresh figures, on the nights and road users of the check."""
    again = to_check(trials, search.axis, search.limits, BATCH)
    front = {trial.number for trial in front_of(trials, search.axis, search.limits)}
    meter = _Meter("checking", len(again), progress)
    checked: list[Checked] = []
    for at in range(0, len(again), BATCH):
        batch = again[at : at + BATCH]
        values = {name_of(t.number): {} if t.number == 0 else t.values for t in batch}
        best = chosen_of(checked, search.limits)
        tell = meter.during(at, len(batch), best.trial if best else None)
        fresh = figures(search, search.check_run, values, jobs, tell)
        checked += [Checked(trial, fresh[name_of(trial.number)], trial.number in front) for trial in batch]
    return checked


class _Meter:
    """Tells how far a stage is. found : trials that an earlier run had done, which say nothing about the rate."""

    def __init__(self, stage: str, total: int, progress: OnSearch | None) -> None:
        self._stage, self._total, self._progress = stage, total, progress
        self._began = time.perf_counter()
        self.found = 0

    def during(self, before: int, batch: int, best: Trial | None) -> Callable[[Progress], None] | None:
        """Told by the simulation of a batch; None where nobody listens."""
        if self._progress is None:
            return None
        listener = self._progress

        def tell(state: Progress) -> None:
            done = before + batch * state.done / state.total
            rate = (done - self.found) / max(time.perf_counter() - self._began, 1e-9)
            left_s = (self._total - done) / rate if rate > 0 else 0.0
            listener(SearchProgress(self._stage, done, self._total, best, left_s))

        return tell


def _refuse_unknown(search: Search, trials: Sequence[Trial]) -> None:
    """Refuse a search whose nights have nobody on the road, or no need of light: missing is never 0 or 100 %."""
    for key in {search.axis, *(limit.key for limit in search.limits)}:
        known = [trial.figures[key] for trial in trials if trial.figures is not None]
        if known and None in known:
            raise InputError(
                "is unknown: no road user was under a lamp, or none needed light, in the nights of the search",
                file=search.loaded.file,
                field=key,
                allowed="nights with road users (search_run)",
            )
