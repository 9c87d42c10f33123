"""`slic demo`: a week of a real path, several control programs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slic.cli.progress import progress_bar
from slic.cli.simulate import AsJson, Jobs, Quiet, show_run

_NEXT = """\
Next: the same path with a tenth of its cyclists, and why a lamp had its level
  slic simulate ghent-coupure-tenth
  slic explain {out} --lamp coupure-010 --at "2022-11-14 23:10" --program presence-train"""


def demo(
    out: Annotated[Path, typer.Option(help="Run folder; an earlier demo in it is replaced.")] = Path("runs/demo"),
    jobs: Jobs = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a week of a cycle path in Ghent (counts of 2022) under several control programs.

    Example: slic demo --out runs/demo
    """
    from slic import api

    with progress_bar(not quiet) as progress:
        run = api.demo(out, jobs=jobs, progress=progress)
    show_run(run, as_json, quiet)
    if not (as_json or quiet):
        typer.echo(_NEXT.format(out=out))
