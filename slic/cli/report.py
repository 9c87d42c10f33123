"""`slic report`: show a finished run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_FINISHED_WITH_WARNINGS = 4


def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Make the HTML report again, as this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors and warnings.")] = False,
) -> None:
    """Show the figures of a run, check that its files are as they were written, make its report again.

    Example: slic report runs/demo --html demo.html
    """
    from slic.report.folder import changed_files, open_run

    opened = open_run(run)
    changed = changed_files(run)
    if html is not None:
        _write_html(opened, html)
    if as_json:
        typer.echo((run / "summary.json").read_text(encoding="utf-8"), nl=False)
    elif not quiet:
        from slic.report.terminal import print_summary

        print_summary(opened.summary)
        typer.echo(f"Report: {html or opened.report}")
    for name in changed:
        typer.echo(f"warning: {run / name} was changed or removed after the run", err=True)
    if changed:
        raise typer.Exit(_FINISHED_WITH_WARNINGS)


def _write_html(opened: object, html: Path) -> None:
    from slic.errors import RunError
    from slic.report.html import render_html
    from slic.report.run import Run

    assert isinstance(opened, Run)
    try:
        html.write_text(render_html(opened), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{html} was not written: {error.strerror or error}") from error
