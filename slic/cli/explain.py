"""`slic explain`: why a lamp had its level at a moment of a run, or has it now under a live gateway."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from slic.errors import InputError


def explain(
    run: Annotated[str, typer.Argument(help="Run folder, or address of a live gateway's status pages.")],
    lamp: Annotated[str, typer.Option(help="Lamp id, as in tables/lamps.csv or the gateway's lamps.csv.")],
    at: Annotated[str, typer.Option(help="For a run: civil time of the site, or UTC with a Z at the end.")] = "",
    program: Annotated[str, typer.Option(help="For a run: control program (regime).")] = "",
    replicate: Annotated[int, typer.Option(min=0, help="For a run: which repetition.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Say why a lamp had its level at a moment.

    The answer names the rule, its inputs and until when it holds. The night is simulated again, so any lamp and moment
    of the run has an answer. A live gateway answers for now.

    Examples: slic explain runs/demo --lamp coupure-010 --at "2022-11-15 23:10" --program presence-cluster, slic explain
    http://127.0.0.1:9464 --lamp l001
    """
    if run.startswith(("http://", "https://")):
        _explain_live(run, lamp, at or program, as_json)
        return
    for option, value in (("--at", at), ("--program", program)):
        if not value:
            raise InputError("is missing", field=option, allowed="what to explain of a run")
    from slic import api

    answer = api.explain(run, lamp=lamp, at=at, program=program, replicate=replicate)
    typer.echo(json.dumps(answer.as_dict(), indent=2, ensure_ascii=False) if as_json else answer.text())


def _explain_live(address: str, lamp: str, of_a_run: str, as_json: bool) -> None:
    from controllers.operator.ask_gateway import ask_why, in_words

    if of_a_run:
        raise InputError(
            "is for a run folder", field="--at, --program", allowed="no moment: a live gateway answers for now"
        )
    answer: dict[str, Any] = ask_why(address, lamp)
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else in_words(answer))
