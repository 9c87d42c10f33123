"""`slic optimise`: search the values of a program for the least energy that still gives people their light."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slic.errors import RunError

if TYPE_CHECKING:
    from sim.optimise.run import SearchProgress


def optimise(
    search: Annotated[str, typer.Argument(help="Name of a shipped search, or a search file.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the search; default: runs/<search>.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one per core.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Take the place of another search.")] = False,
) -> None:
    """Find the values of a program that save most and keep the light.

    The front is run again with other road users. The same command goes on with a search that was interrupted.

    Example: slic optimise ghent-presence --out runs/presence
    """
    from slic import api

    with _search_progress(not quiet and not as_json) as progress, _kept_trials():
        found = api.optimise(search, out=out, jobs=jobs, overwrite=overwrite, progress=progress)
    if as_json:
        typer.echo((found.folder / "summary.json").read_text(encoding="utf-8"), nl=False)
    elif not quiet:
        typer.echo(found.words)
        if found.program is not None:
            typer.echo(f"For gateways: {found.program}\nFor slic simulate: {found.folder / 'scenario.yaml'}")
        typer.echo(f"Front: {found.folder / 'front.html'}")


@contextmanager
def _kept_trials() -> Iterator[None]:
    """Ctrl-C ends a search with one line that says what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        raise RunError("interrupted; the finished trials are kept, and the same command goes on from there") from None


@contextmanager
def _search_progress(wanted: bool) -> Iterator[Callable[[SearchProgress], None] | None]:
    """A function to call with the state of the search, or None where nobody would see a bar (no terminal)."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}")]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("searching", total=None, words="")

        def show(state: SearchProgress) -> None:
            bar.update(task, description=state.stage, total=state.total, completed=state.done, words=_words(state))

        yield show


def _words(state: SearchProgress) -> str:
    words = f"{int(state.done)} of {state.total} trials, {_time(state.left_s)} left"
    if state.best is None or state.best.figures is None:
        return f"{words}, none meets the constraints yet"
    figures = state.best.figures
    best = f"trial {state.best.number}, saves {figures['saving_pct']:.1f} %, served {figures['served_pct']:.1f} %"
    return f"{words}, best so far: {best}"


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 100 else f"{minutes} min" if minutes < 100 else f"{minutes / 60:.0f} h"
