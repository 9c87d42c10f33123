"""How far a run is: simulated time, speed and time left, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from sim.run import Progress as RunProgress

Report = Callable[["RunProgress"], None]


@contextmanager
def progress_bar(wanted: bool) -> Iterator[Report | None]:
    """A function to call with the state of the run, or None where nobody would see a bar (no terminal)."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*_columns(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("simulating", total=None, simulated="", speed="")

        def show(state: RunProgress) -> None:
            bar.update(
                task,
                total=state.total,
                completed=state.done,
                simulated=f"{state.simulated_h:,.0f} h simulated",
                speed=f"{state.speed_factor:,.0f} x real time",
            )

        yield show


def _columns() -> list[ProgressColumn]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    return [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("street-nights, {task.fields[simulated]}, {task.fields[speed]},"),
        TimeRemainingColumn(),
        TextColumn("left"),
    ]
