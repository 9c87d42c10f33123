"""`slic validate` and `slic scenario`: check, make, list and show scenario files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from slic.scenario.layout import Street
    from slic.scenario.model import Scenario

app = typer.Typer(help="Make, list and show scenarios.", no_args_is_help=True)

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set any value of the scenario by its path; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
_WARNINGS = 4


def validate(
    file: Annotated[str, typer.Argument(help="Scenario file, or name of a shipped scenario.")],
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Check a scenario with its data files, without running it.

    Exit code 0: it can run, 4: it can run with warnings, 2: it is refused.

    Example: slic validate my-street.yaml --set traffic.thin=0.1
    """
    from json import dumps

    from sim.run import check
    from slic.scenario.load import load_scenario
    from slic.scenario.streets import build_streets

    loaded = load_scenario(file, settings or ())
    warnings = check(loaded)
    facts = _facts(loaded.scenario, loaded.file, build_streets(loaded)) | {"warnings": warnings}
    typer.echo(dumps(facts, indent=2) if json else _told(facts))
    if warnings:
        raise typer.Exit(_WARNINGS)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario; NAME.yaml is written here.")],
    lamps: Annotated[
        Path, typer.Option(help="Lamp inventory: CSV, GeoJSON or OpenStreetMap (.osm, Overpass JSON), also gzipped.")
    ],
    timezone: Annotated[str, typer.Option(help="Civil time zone, as Europe/Brussels.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN", help="Column of a field that is not guessed, as lamp_id=Mast; repeatable."
        ),
    ] = None,
) -> None:
    """Write a first scenario file for your own lamps.

    Prints what it assumes. Example: slic scenario new my-street --lamps lamps.csv --timezone Europe/Brussels
    """
    from slic.scenario.new import new_scenario

    path, assumed = new_scenario(name, lamps, timezone, columns=dict(map(_field_and_column, column or ())))
    typer.echo(f"wrote {path}")
    typer.echo("it assumes:")
    for line in assumed:
        typer.echo(f"  - {line}")
    typer.echo(f"next: slic simulate {path}")


@app.command("list")
def list_() -> None:
    """List the scenarios that ship with SLIC.

    Example: slic scenario list
    """
    from slic.scenario.expand import read_extended
    from slic.scenario.library import list_scenarios

    for name in list_scenarios():
        typer.echo(f"{name:24} {read_extended(name)[0].data.get('title', '')}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Scenario file, or name of a shipped scenario.")],
    settings: Settings = None,
) -> None:
    """Print a scenario whole, as YAML.

    All defaults and library parts are filled in. Example: slic scenario show ghent-coupure
    """
    from slic.scenario.dump import resolved_yaml
    from slic.scenario.load import load_scenario

    typer.echo(resolved_yaml(load_scenario(name, settings or ()).scenario), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files.

    Editors complete and check with it. Example: slic scenario schema > scenario.schema.json
    """
    from json import dumps

    from slic.scenario.dump import scenario_json_schema

    typer.echo(dumps(scenario_json_schema(), indent=2))


def _field_and_column(text: str) -> tuple[str, str]:
    from slic.errors import InputError
    from slic.site.inventory import FIELDS

    field, equals, column = text.partition("=")
    if not equals or field not in FIELDS or not column:
        allowed = f"FIELD=COLUMN, where FIELD is one of {', '.join(FIELDS)}"
        raise InputError("is not a field and its column", field="--column", value=text, allowed=allowed)
    return field, column


def _facts(scenario: Scenario, file: str, streets: list[Street]) -> dict[str, object]:
    return {
        "scenario": scenario.name,
        "file": file,
        "streets": len(streets),
        "lamps": sum(lamp.count for street in streets for lamp in street.lamps),
        "sensors": sum(len(street.sensors) for street in streets),
        "first_night": scenario.run.start.isoformat(),
        "nights": scenario.run.nights,
        "regimes": list(scenario.regimes),
    }


def _told(facts: dict[str, object]) -> str:
    lines = [f"{facts['file']}: can run"]
    for key in ("scenario", "streets", "lamps", "sensors", "first_night", "nights"):
        lines.append(f"  {key.replace('_', ' '):12} {facts[key]}")
    for key in ("regimes", "warnings"):
        values = facts[key]
        if isinstance(values, list) and values:
            lines += [f"  {key}:", *(f"    {value}" for value in values)]
    return "\n".join(lines)
