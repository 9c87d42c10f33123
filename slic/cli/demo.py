"""`slic demo`: a week of a quiet path, several control programs side by side, over a broker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slic.cli.progress import progress_bar
from slic.cli.simulate import AsJson, Jobs, Quiet, show_run

_NEXT = """\
Next: the same path with all its cyclists, and why a lamp had its level
  slic simulate ghent-coupure
  slic explain {out} --lamp coupure-010 --at "2022-11-14 23:10" --program presence-train"""


def demo(
    out: Annotated[Path, typer.Option(help="Run folder; an earlier demo in it is replaced.")] = Path("runs/demo"),
    in_process: Annotated[bool, typer.Option("--in-process", help="Without broker and gateway process.")] = False,
    jobs: Jobs = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a week of a quiet cycle path under several programs.

    It has a fiftieth of the cyclists counted in Ghent in 2022. A gateway process controls the lamps over an MQTT
    broker; both are started here, and end with the demo. Example: slic demo --out runs/demo
    """
    from slic import api

    say = None if as_json or quiet else typer.echo
    with progress_bar(not quiet) as progress:
        run = api.demo(out, jobs=jobs, in_process=in_process, progress=progress, say=say)
    show_run(run, as_json, quiet)
    if not (as_json or quiet):
        typer.echo(_NEXT.format(out=out))
