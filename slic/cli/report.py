"""`slic report`: show a finished run again, or what a store of field records tells."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

_FINISHED_WITH_WARNINGS = 4


class _Field(NamedTuple):
    """Options that only a store of field records has."""

    out: Path | None
    timezone: str | None
    position: str | None
    first: str | None
    last: str | None


def report(
    run: Annotated[Path, typer.Argument(help="Run folder, or the folder of slic ingest.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Make the HTML report again, as this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors and warnings.")] = False,
    out: Annotated[Path | None, typer.Option(help="Field records: folder for page, summary and tables.")] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Field records: IANA time zone; default: the inventory's.")
    ] = None,
    position: Annotated[
        str | None, typer.Option(metavar="LAT,LON", help="Field records: for sunset; default: the inventory's.")
    ] = None,
    first: Annotated[str | None, typer.Option(metavar="DATE", help="Field records: first night.")] = None,
    last: Annotated[str | None, typer.Option(metavar="DATE", help="Field records: last night.")] = None,
) -> None:
    """Show the figures of a run, or of what a field reported.

    For a run folder: checks that its files are as they were written, and makes its report again. For a folder of slic
    ingest: energy and coverage by night and lamp, and the saving against full level. Exit code 4 where a file of it was
    changed, or a day's file is damaged and left out.

    Examples: slic report runs/demo --html demo.html, slic report store --timezone Europe/Brussels --out field-report
    """
    from slic.report.field_store import is_store

    chosen = _Field(out, timezone, position, first, last)
    if is_store(run):
        _field_report(run, html, as_json, quiet, chosen)
    else:
        if run.exists():
            _refuse(chosen)
        _run_report(run, html, as_json, quiet)


def _run_report(run: Path, html: Path | None, as_json: bool, quiet: bool) -> None:
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


def _refuse(chosen: _Field) -> None:
    """A run folder has no use for the options of a store."""
    from slic.errors import InputError

    for name, value in chosen._asdict().items():
        if value is not None:
            raise InputError("is for the folder of slic ingest", field=f"--{name}", value=str(value))


def _field_report(run: Path, html: Path | None, as_json: bool, quiet: bool, chosen: _Field) -> None:
    from slic.files import write_whole
    from slic.report.field_folder import summary_json, write_field_report
    from slic.report.field_html import render_field_html
    from slic.report.field_report import field_report
    from slic.report.field_terminal import print_field

    report = field_report(
        run, chosen.timezone, _position(chosen.position), _night("--first", chosen.first), _night("--last", chosen.last)
    )
    if chosen.out is not None:
        write_field_report(report, chosen.out)
    if html is not None:
        write_whole(html, render_field_html(report))
    if as_json:
        typer.echo(summary_json(report), nl=False)
    elif not quiet:
        print_field(report)
        if html or chosen.out:
            typer.echo(f"Report: {html or chosen.out}")
    left_out = report.summary["days_left_out"]
    if left_out:
        if as_json or quiet:
            typer.echo(f"warning: left out, since their files are damaged: {', '.join(left_out)}", err=True)
        raise typer.Exit(_FINISHED_WITH_WARNINGS)


def _position(text: str | None) -> tuple[float, float] | None:
    from slic.errors import InputError

    if text is None:
        return None
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError("is no position", field="--position", value=text, allowed="LAT,LON as 51.05,3.71") from None
    return latitude, longitude


def _night(option: str, text: str | None) -> date | None:
    from slic.errors import InputError

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InputError("is no date", field=option, value=text, allowed="YYYY-MM-DD") from None
