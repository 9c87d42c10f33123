"""`slic talq`: control programs as TALQ JSON, out and in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Write and read control programs and calendars as TALQ 2.7.1 JSON (not certified).",
)

_Out = Annotated[Path | None, typer.Option("--out", help="File to write. [default: standard output]")]


@app.command("export")
def export_one(
    name: Annotated[str, typer.Argument(help="Library program or YAML file; with --calendar, a scenario.")],
    calendar: Annotated[str, typer.Option(help="Write this calendar of the scenario instead.")] = "",
    owner: Annotated[str, typer.Option(help="Address of the owning system (ownerCMS).")] = "slic",
    out: _Out = None,
) -> None:
    """Write a control program as a TALQ ControlProgramOne, or a calendar. What TALQ cannot say is kept in x-slic.

    Examples: slic talq export presence-cluster --out presence-cluster.json,
    slic talq export ghent-coupure-calendar --calendar off-but-weekends
    """
    from slic.control import talq
    from slic.errors import InputError
    from slic.scenario.library import load_program
    from slic.scenario.load import load_scenario

    if calendar:
        calendars = load_scenario(name).scenario.calendars
        if calendar not in calendars:
            allowed = ", ".join(calendars) or "none: the scenario has no calendars"
            raise InputError("is not a calendar", file=name, field="calendar", value=calendar, allowed=allowed)
        exported = talq.export_calendar(calendars[calendar], owner)
    else:
        exported = talq.export_program(load_program(name), owner)
    for warning in exported.warnings:
        typer.echo(f"warning: {warning}", err=True)
    _write(json.dumps(exported.document, indent=2, ensure_ascii=False) + "\n", out)


@app.command("import")
def import_one(
    file: Annotated[Path, typer.Argument(help="JSON file with a TALQ ControlProgramOne or Calendar.")],
    out: _Out = None,
) -> None:
    """Read a TALQ ControlProgramOne or Calendar and write it as SLIC's (YAML).

    Example: slic talq import presence-cluster.json --out my-program.yaml
    """
    from io import StringIO

    from ruamel.yaml import YAML

    from slic.control import talq

    document = _read(file)
    read = talq.import_calendar if "defaultProgram" in document else talq.import_program
    text = StringIO()
    YAML().dump(talq.changed_fields(read(document, str(file))), text)
    _write(text.getvalue(), out)


def _read(file: Path) -> dict[str, object]:
    from slic.errors import InputError

    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("is not there", field="file", value=str(file), allowed="a JSON file") from None
    except json.JSONDecodeError as error:
        raise InputError(error.msg, file=str(file), line=error.lineno, allowed="JSON") from None
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=str(file), allowed="JSON") from None
    if not isinstance(found, dict):
        raise InputError("is not an object", file=str(file), allowed="a ControlProgramOne")
    return found


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
