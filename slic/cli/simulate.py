"""`slic simulate`: run a scenario and write its run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from slic.cli.progress import progress_bar

if TYPE_CHECKING:
    from slic.report.run import Run

FINISHED_WITH_WARNINGS = 4

Jobs = Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one per core.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
Engine = Annotated[
    Literal["auto", "event", "fast"],
    typer.Option(help="auto, fast: arrays where they can, else the controller; event: SimPy. Same tables."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set any value of the scenario by its path; repeatable."),
]


def simulate(
    scenario: Annotated[str, typer.Argument(help="Name of a shipped scenario, or a scenario file.")],
    nights: Annotated[int | None, typer.Option(min=1, help="Number of nights.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of every random number.")] = None,
    replicates: Annotated[int | None, typer.Option(min=1, help="Repetitions with other road users.")] = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="First night, YYYY-MM-DD.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default: runs/<scenario>.")] = None,
    settings: Settings = None,
    jobs: Jobs = None,
    engine: Engine = "auto",
    as_json: AsJson = False,
    quiet: Quiet = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in that folder.")] = False,
) -> None:
    """Simulate every regime and night of a scenario into a run folder.

    Example: slic simulate ghent-coupure --nights 3 --seed 7 --set traffic.thin=0.1 --out runs/a
    """
    from sim.engine import explained
    from slic import api

    given = {"nights": nights, "seed": seed, "replicates": replicates, "start": start}
    chosen = [*(settings or []), *(f"run.{key}={value}" for key, value in given.items() if value is not None)]
    with progress_bar(not quiet) as progress:
        run = api.simulate(
            scenario, settings=chosen, out=out, jobs=jobs, overwrite=overwrite, progress=progress, engine=engine
        )
    if not (quiet or as_json):
        for line in explained(run.summary["ways"]):
            typer.echo(f"Run {line}")
    show_run(run, as_json, quiet)


def show_run(run: Run, as_json: bool, quiet: bool) -> None:
    """Print what a run found; exit 4 if it had warnings."""
    if as_json:
        typer.echo((run.folder / "summary.json").read_text(encoding="utf-8"), nl=False)
    elif not quiet:
        from slic.report.terminal import print_summary

        print_summary(run.summary)
        typer.echo(f"Report: {run.report}")
    if run.summary["warnings"]:
        raise typer.Exit(FINISHED_WITH_WARNINGS)
