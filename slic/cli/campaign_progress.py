"""How far a campaign is: a bar with rate and time left on a terminal, elsewhere a line for each case."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sim.campaign.run import CampaignProgress

Report = Callable[["CampaignProgress"], None]


@contextmanager
def case_progress(wanted: bool) -> Iterator[Report | None]:
    """A function to call after each case, or None where nothing is wanted. It writes to stderr."""
    if not wanted:
        yield None
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _line


def _line(state: CampaignProgress) -> None:
    outcome = state.outcome
    ended = "failed" if outcome.error else f"done in {outcome.took_s:.1f} s"
    typer.echo(
        f"{state.done + state.failed}/{state.total} {outcome.name} {ended}, {_left(state.left_s)} left", err=True
    )


def _left(left_s: float) -> str:
    minutes, seconds = divmod(round(left_s), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cases{task.fields[failed]}, {task.fields[rate]}, {task.fields[left]} left"),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sweeping", total=None, failed="", rate="", left="-")

        def show(state: CampaignProgress) -> None:
            bar.update(
                task,
                total=state.total,
                completed=state.done + state.failed,
                failed=f" ({state.failed} failed)" if state.failed else "",
                rate=f"{60 * state.cases_per_s:,.1f} a minute",
                left=_left(state.left_s),
            )

        yield show
