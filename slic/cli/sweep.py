"""`slic sweep`: run a campaign of many variants of a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slic.cli.campaign_progress import case_progress
from slic.errors import RunError

if TYPE_CHECKING:
    from sim.campaign.plan import Case, Plan
    from sim.campaign.run import CampaignResult

_RUN_FAILED = 3
_FINISHED_WITH_WARNINGS = 4
_MOST_ERRORS = 10


def sweep(
    campaign: Annotated[str, typer.Argument(help="Name or file of a campaign, or of a scenario.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUES", help="Values to try: 30,60 or {from: 1, to: 9, step: 2}; one: all."
        ),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Run each variant so often, with other seeds.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the campaign; default: runs/<campaign>.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one per core.")] = None,
    dask: Annotated[str, typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster, as 10.0.0.5:8786.")] = "",
    shard: Annotated[str, typer.Option(metavar="K/N", help="Only every N-th case, from the K-th on.")] = "1/1",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and print the cases, run nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Take the place of another campaign.")] = False,
) -> None:
    """Run many variants of a scenario and compare them.

    The same command goes on with a campaign that was interrupted. With --dask the workers must share the folder.

    Example: slic sweep ghent-hold-idle --seeds 5 --out runs/hold
    """
    from slic import api

    if dry_run:
        plan = api.plan_sweep(campaign, tried=settings or [], seeds=seeds)
        _show_plan(plan, out or Path("runs") / plan.name, shard, overwrite, as_json, quiet)
        return
    with case_progress(not quiet and not as_json) as progress, _kept_cases():
        result = api.sweep(
            campaign,
            tried=settings or [],
            seeds=seeds,
            out=out,
            jobs=jobs,
            dask=dask,
            shard=shard,
            overwrite=overwrite,
            progress=progress,
        )
    _show_result(result, as_json, quiet)


@contextmanager
def _kept_cases() -> Iterator[None]:
    """Ctrl-C ends a campaign with one line that says what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        raise RunError("interrupted; the finished cases are kept, and the same command goes on from there") from None


def _show_plan(plan: Plan, folder: Path, shard: str, overwrite: bool, as_json: bool, quiet: bool) -> None:
    """Print the cases, how much is simulated in them, and which are done; refuse what a run would refuse."""
    import json

    from sim.campaign.folder import done_in
    from sim.campaign.run import shard_of

    cases = shard_of(shard).of(plan.cases)
    done = done_in(plan, folder, overwrite)
    if as_json:
        found = [
            {"name": c.name, "settings": dict(c.settings), "sha256": c.sha256, "done": c.name in done} for c in cases
        ]
        typer.echo(json.dumps({"campaign": plan.name, "cases": found}, indent=1, ensure_ascii=False))
    elif not quiet:
        for case in cases:
            typer.echo(f"{case.name}{' (done)' if case.name in done else ''}")
        left = [case for case in cases if case.name not in done]
        typer.echo(f"To do in {folder}: {len(left)} cases, {_size_of(left)}.")
        typer.echo(f"{len(cases)} of {len(plan.cases)} cases of {plan.name}; nothing was run.")


def _size_of(cases: Sequence[Case]) -> str:
    """How much is simulated in cases: nights of all replicates, and programs that each night is simulated under."""
    from sim.campaign.plan import scenario_of

    scenarios = [scenario_of(case) for case in cases]
    nights = sum(scenario.run.nights * scenario.run.replicates for scenario in scenarios)
    programs = sum(s.run.nights * s.run.replicates * len(s.regimes) for s in scenarios)
    return f"{nights:,} nights with all replicates, {programs:,} with each under its programs"


def _show_result(result: CampaignResult, as_json: bool, quiet: bool) -> None:
    """Print how a campaign ended; exit 3 if a case failed, 4 if one had warnings."""
    for name, error in [*result.failed.items()][:_MOST_ERRORS]:
        typer.echo(f"error: case {name}: {' '.join(error.split())}", err=True)
    if len(result.failed) > _MOST_ERRORS:
        typer.echo(
            f"error: {len(result.failed) - _MOST_ERRORS} cases more failed, see {result.folder}/errors", err=True
        )
    if as_json:
        _print_json(result)
    elif not quiet:
        typer.echo(_in_words(result))
        if result.page is not None:
            typer.echo(f"Table: {result.table}\nPage: {result.page}")
    if result.failed:
        raise typer.Exit(_RUN_FAILED)
    if result.warnings:
        raise typer.Exit(_FINISHED_WITH_WARNINGS)


def _in_words(result: CampaignResult) -> str:
    words = f"{result.done} of {result.cases} cases are done"
    if result.failed:
        words += f", {len(result.failed)} failed; the same command tries them again"
    elif result.table is None:
        words += "; the table is made when those of the other shards are"
    if result.warnings:
        words += f"; {result.warnings} warnings, see the reports of the cases"
    return words + "."


def _print_json(result: CampaignResult) -> None:
    import json

    found = {
        "folder": str(result.folder),
        "cases": result.cases,
        "done": result.done,
        "failed": result.failed,
        "table": None if result.table is None else str(result.table),
        "page": None if result.page is None else str(result.page),
        "warnings": result.warnings,
    }
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
