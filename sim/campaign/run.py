"""A campaign from its plan to its table: what is done already is left, what fails is kept in mind, the rest goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sim.campaign.case import Job, Outcome
from sim.campaign.executor import Executor
from sim.campaign.folder import begun, is_done, keep_outcome, remove_leftovers, tidy
from sim.campaign.merge import merge
from sim.campaign.plan import Case, Plan
from slic.errors import InputError

__all__ = ["CampaignProgress", "CampaignResult", "Shard", "run_campaign", "shard_of"]


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``number`` of ``count`` of the cases: every ``count``-th one, so that like cases are spread."""

    number: int = 1
    count: int = 1

    def of(self, cases: Sequence[Case]) -> Sequence[Case]:
        """Its cases."""
        return cases[self.number - 1 :: self.count]


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far a campaign is, after a case. left_s : at the rate so far; found : cases done before this run began."""

    outcome: Outcome
    done: int
    failed: int
    found: int
    total: int
    cases_per_s: float
    left_s: float


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """A campaign as a run of it, or of one of its shards, left it.

    cases : of the whole campaign; done : of them, finished now or before; failed : error by the name of the case
    table : ``cases.csv``, None while cases of other shards are missing; page : ``campaign.html``, likewise
    warnings : of all cases
    """

    folder: Path
    cases: int
    done: int
    failed: dict[str, str] = field(default_factory=dict)
    table: Path | None = None
    page: Path | None = None
    warnings: int = 0


OnCase = Callable[[CampaignProgress], None]


def shard_of(text: str) -> Shard:
    """A shard as people write it, ``2/8``. InputError for what is none, as ``3/2``."""
    number, slash, count = text.partition("/")
    allowed = "K/N with K from 1 to N, as 2/8"
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise InputError("is no shard", field="shard", value=text, allowed=allowed)
    return Shard(int(number), int(count))


def run_campaign(
    plan: Plan,
    folder: Path,
    executor: Executor,
    *,
    shard: Shard = Shard(),
    overwrite: bool = False,
    progress: OnCase | None = None,
) -> CampaignResult:
    """Run the cases that are not done, and merge when all of the campaign are done or have failed.

    Raises InputError for a folder of another campaign, RunError if no case can be run.
    """
    folder = folder.resolve()
    with begun(plan, folder, overwrite, whole=shard.count == 1):
        mine = shard.of(plan.cases)
        todo = [case for case in mine if not is_done(folder, case)]
        failed = _work(plan, folder, executor, todo, len(mine), progress) if todo else {}
        return _result(plan, folder, failed)


def _work(
    plan: Plan, folder: Path, executor: Executor, todo: Sequence[Case], total: int, progress: OnCase | None
) -> dict[str, str]:
    executor.check(folder, plan.base_dir)
    remove_leftovers(folder, todo)
    failed: dict[str, str] = {}
    by_name = {case.name: case for case in todo}
    began = time.perf_counter()
    try:
        with closing(executor.outcomes(_jobs(plan, folder, todo))) as outcomes:
            for count, outcome in enumerate(outcomes, 1):
                keep_outcome(folder, by_name[outcome.name], outcome)
                if outcome.error:
                    failed[outcome.name] = outcome.error
                if progress is not None:
                    progress(_progress(outcome, count, len(todo), total, len(failed), time.perf_counter() - began))
    finally:
        remove_leftovers(folder, todo)
    tidy(folder)
    return failed


def _progress(outcome: Outcome, count: int, todo: int, total: int, failed: int, took_s: float) -> CampaignProgress:
    rate = count / max(took_s, 1e-9)
    found = total - todo
    return CampaignProgress(outcome, found + count - failed, failed, found, total, rate, (todo - count) / rate)


def _jobs(plan: Plan, folder: Path, todo: Sequence[Case]) -> Iterator[Job]:
    for case in todo:
        yield Job(
            name=case.name,
            sha256=case.sha256,
            installation=plan.installation,
            scenario=case.scenario,
            scenario_file=plan.scenario_file,
            base_dir="" if plan.base_dir is None else str(plan.base_dir),
            inputs=case.inputs,
            folder=str(folder),
        )


def _result(plan: Plan, folder: Path, failed: dict[str, str]) -> CampaignResult:
    missing = [case.name for case in plan.cases if not is_done(folder, case)]
    done = len(plan.cases) - len(missing)
    if done == 0 or set(missing) - failed.keys():
        return CampaignResult(folder, len(plan.cases), done, failed)
    failed = {name: failed[name] for name in missing}
    warnings = merge(plan, folder, failed)
    table, page = folder / "cases.csv", folder / "campaign.html"
    return CampaignResult(folder, len(plan.cases), done, failed, table, page, warnings)
