"""`slic gateway`: control the lamps of a segment over MQTT, or check or write a configuration for it."""

from __future__ import annotations

from collections.abc import Sized
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class _FileRuns(TyperGroup):
    """`slic gateway FILE` means `slic gateway run FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_FileRuns,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Control the lamps of a segment over MQTT. `slic gateway FILE` is short for `slic gateway run FILE`.",
)


class Time(StrEnum):
    """Whose time a gateway goes by."""

    wall = "wall"
    field = "field"


class Level(StrEnum):
    """What is logged."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


_NEW = """\
{folder} is written. To fill in:
  sensors.csv   presence and light sensors; there are none yet
  gateway.yaml  broker, issuers (who may override), signers (whose programs are taken)
Next: slic gateway check {path} --offline"""

_File = Annotated[Path, typer.Argument(help="Configuration of the gateway (YAML), see docs/gateway.md.")]


@app.command()
def run(
    file: _File,
    clock: Annotated[Time, typer.Option(help="wall: this machine's; field: a simulated field's, as of slic field.")] = (
        Time.wall
    ),
    dry_run: Annotated[bool, typer.Option(help="Listen and log what would be commanded; publish nothing.")] = False,
    json_log: Annotated[bool, typer.Option(help="Log a JSON object per line.")] = False,
    log_level: Annotated[Level, typer.Option(help="Least serious event that is logged.")] = Level.info,
) -> None:
    """Control the lamps of a segment until Ctrl-C or SIGTERM. SIGHUP reads the configuration again.

    Without a broker it goes on trying. Exit code 3 if another gateway runs under the segment's name.
    Example: slic gateway /etc/slic/gateway.yaml --json-log
    """
    import time

    from controllers.service.json_log import start_log
    from controllers.service.process import GatewayService

    start_log(json_log, log_level.value, time.monotonic)
    GatewayService(file, follow_clock=clock is Time.field, dry_run=dry_run).run()


@app.command()
def check(
    file: _File,
    offline: Annotated[bool, typer.Option(help="Read the files only; do not try broker, store and port.")] = False,
    quiet: Annotated[bool, typer.Option(help="Say nothing but warnings and errors.")] = False,
) -> None:
    """Read a configuration and try what it needs.

    That is its lists and certificates, and then the broker, the store and the port of the status pages.
    Exit code 2 for a bad file, 3 where the broker, store or port cannot be used, 4 with warnings.
    Example: slic gateway check /etc/slic/gateway.yaml --offline
    """
    from controllers.clock import WallClock
    from controllers.service.check import check_files, check_surroundings
    from controllers.service.json_log import keep_silent

    keep_silent()
    clock = WallClock()
    plan, warnings = check_files(file, clock.now_ms())
    if not offline:
        check_surroundings(plan, clock)
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    if not quiet:
        tried = "broker, store and port not tried" if offline else "broker, store and port can be used"
        typer.echo(f"{file}: {_count(plan.lamps, 'lamp')}, {_count(plan.sensors, 'sensor')}; {tried}")
    if warnings:
        raise typer.Exit(4)


def _count(things: Sized, name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    lamps: Annotated[Path, typer.Option(help="Inventory: CSV or GeoJSON with lamp_id, lat, lon, street, lamp_w.")],
    site: Annotated[str, typer.Option(help="Site, as ettenleur.")],
    segment: Annotated[str, typer.Option(help="Segment, as el-g0042: one gateway, one certificate.")],
    timezone: Annotated[str, typer.Option(help="IANA name, as Europe/Amsterdam.")],
) -> None:
    """Write a gateway's folder from an inventory.

    It has gateway.yaml, lamps.csv, and an empty sensors.csv to be filled in. Lamp ids become topic ids (lower-case
    letters, digits, hyphens).
    Example: slic gateway new gateways/g0042 --lamps lamps.csv --site ettenleur --segment el-g0042
    --timezone Europe/Amsterdam
    """
    from controllers.service.new_gateway import new_gateway

    path, notes = new_gateway(folder, lamps, site, segment, timezone)
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(_NEW.format(folder=folder, path=path))
