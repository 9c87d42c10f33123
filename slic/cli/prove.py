"""`slic prove`: made-up nights in every way they can be run, compared to the last millisecond and millijoule."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sim.proof.prove import Proof

RUN_FAILED = 3
_SHOW_EACH_S = 1.0


def prove(
    cases: Annotated[int | None, typer.Option(min=1, help="Number of cases; default: 1000 without --minutes.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, max=100_000, help="For so long instead.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**53, help="Of the first case; the next ones follow.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but differences.")] = False,
) -> None:
    """Show that all engines give the same integers, on made-up cases.

    The controller on a fake clock, the SimPy street, the replay loop and the fast engine are compared.

    Example: slic prove --minutes 30

    Ends with exit code 3 if a case differs, with the command that runs it again.
    """
    from slic import api

    proof = api.prove(seed=seed, cases=cases, minutes=minutes, progress=None if quiet or as_json else _progress())
    for difference in proof.differences:
        typer.echo(str(difference), err=True)
    if as_json:
        typer.echo(json.dumps(_as_data(proof), indent=2))
    elif not quiet:
        _print(proof)
    if proof.differing:
        raise typer.Exit(RUN_FAILED)


def _progress() -> Callable[[Proof], None] | None:
    """One line that is written over and over, on a terminal only."""
    if not sys.stderr.isatty():
        return None
    shown_s = 0.0

    def show(proof: Proof) -> None:
        nonlocal shown_s
        if proof.elapsed_s - shown_s >= _SHOW_EACH_S:
            shown_s = proof.elapsed_s
            rate = f"{proof.cases_per_s:,.0f} a second"
            typer.echo(f"\r{proof.cases:,} cases, {proof.differing} differences, {rate}  ", err=True, nl=False)

    return show


def _print(proof: Proof) -> None:
    if sys.stderr.isatty():
        typer.echo(err=True)
    for name, number in proof.features.most_common():
        typer.echo(f"{number:>9,}  with {name}")
    for name, number in proof.ran.items():
        typer.echo(f"{number:>9,}  by the {name}")
        for why, left in proof.left_out.get(name, {}).items():
            typer.echo(f"{left:>9,}  not by the {name}: {why}")
    typer.echo(f"{proof.cases_per_s:,.1f} cases a second")
    typer.echo(f"{proof.cases:,} cases, {proof.differing:,} differences")


def _as_data(proof: Proof) -> dict[str, Any]:
    return {
        "cases": proof.cases,
        "differences": proof.differing,
        "seeds": [difference.seed for difference in proof.differences],
        "features": dict(proof.features.most_common()),
        "ran": dict(proof.ran),
        "left_out": {name: dict(reasons) for name, reasons in proof.left_out.items()},
        "elapsed_s": round(proof.elapsed_s, 3),
    }
