"""`slic explain`: why a lamp had its level at a moment of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def explain(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    lamp: Annotated[str, typer.Option(help="Lamp id, as in tables/lamps.csv.")],
    at: Annotated[str, typer.Option(help="Civil time of the site, or UTC with a Z at the end.")],
    program: Annotated[str, typer.Option(help="Control program (regime) of the run.")],
    replicate: Annotated[int, typer.Option(min=0, help="Which repetition.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Say why a lamp had its level at a moment: rule, inputs and until when.

    The night is simulated again, so any lamp and moment of the run has an answer.

    Example: slic explain runs/demo --lamp coupure-010 --at "2022-11-15 23:10" --program presence-cluster
    """
    from slic import api

    answer = api.explain(run, lamp=lamp, at=at, program=program, replicate=replicate)
    typer.echo(json.dumps(answer.as_dict(), indent=2, ensure_ascii=False) if as_json else answer.text())
