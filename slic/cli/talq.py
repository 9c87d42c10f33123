"""`slic talq`: control programs as TALQ JSON, out and in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Write and read control programs as TALQ 2.7.1 (not certified).",
)

_Out = Annotated[Path | None, typer.Option("--out", help="File to write. [default: standard output]")]


@app.command("export")
def export_one(
    name: Annotated[str, typer.Argument(help="Library program or YAML file; with --calendar, a scenario.")],
    calendar: Annotated[str, typer.Option(help="Write this calendar of the scenario instead.")] = "",
    owner: Annotated[str, typer.Option(help="Address of the owning system (ownerCMS).")] = "slic",
    out: _Out = None,
) -> None:
    """Write a control program or calendar as TALQ JSON.

    A program becomes a ControlProgramOne. What TALQ cannot say is kept in x-slic.

    Examples: slic talq export presence-cluster --out presence-cluster.json,
    slic talq export ghent-coupure-calendar --calendar off-but-weekends
    """
    from slic.control import talq
    from slic.scenario.calendars import scenario_calendar
    from slic.scenario.library import load_program
    from slic.scenario.load import load_scenario

    if calendar:
        found = scenario_calendar(load_scenario(name).scenario, calendar, name)
        exported = talq.export_calendar(found, owner)
    else:
        exported = talq.export_program(load_program(name), owner)
    _warn(exported.warnings)
    _write(json.dumps(exported.document, indent=2, ensure_ascii=False) + "\n", out)


@app.command("import")
def import_one(
    file: Annotated[Path, typer.Argument(help="JSON file with a TALQ ControlProgramOne or Calendar.")],
    out: _Out = None,
) -> None:
    """Read a TALQ program or calendar and write it as YAML.

    It takes a ControlProgramOne or a Calendar. Warns of what could not be kept, on standard error.
    Example: slic talq import presence-cluster.json --out my-program.yaml
    """
    from io import StringIO

    from ruamel.yaml import YAML

    from slic.control import talq

    document = _read(file)
    imported: talq.Imported[Any]
    if "defaultProgram" in document:
        imported = talq.import_calendar(document, str(file))
    else:
        imported = talq.import_program(document, str(file))
    _warn(imported.warnings)
    text = StringIO()
    YAML().dump(talq.changed_fields(imported.model), text)
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


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
    else:
        from slic.files import write_whole

        write_whole(out, text)
