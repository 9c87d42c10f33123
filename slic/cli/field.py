"""`slic field`: a simulated street as the field of a gateway, live or in lockstep."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slic.cli.broker_address import tls_files
from slic.cli.progress import progress_bar
from slic.cli.simulate import Quiet, Settings, show_run
from slic.errors import InputError

if TYPE_CHECKING:
    from sim.field_figures import LiveFigures

Say = Callable[[str], None]


def field(
    scenario: Annotated[str, typer.Argument(help="Name of a shipped scenario, or a scenario file.")],
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="Default: a broker and gateway of its own.")] = "",
    ca: Annotated[Path | None, typer.Option(help="Certificate of the broker's authority (PEM).")] = None,
    cert: Annotated[Path | None, typer.Option(help="Certificate of the field (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Key of that certificate (PEM).")] = None,
    gateways: Annotated[Path | None, typer.Option(help="Folder of --write-gateways; its keys sign programs.")] = None,
    write_gateways: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write a gateway folder for each street, say how to start it, and end."),
    ] = None,
    lockstep: Annotated[bool, typer.Option("--lockstep", help="Simulate all nights; the clock waits.")] = False,
    real_time: Annotated[bool, typer.Option("--real-time", help="On this machine's clock (default).")] = False,
    speed: Annotated[float | None, typer.Option(min=0.01, max=10_000, help="So many times real time.")] = None,
    street: Annotated[str, typer.Option(help="Street; needed where the scenario has several.")] = "",
    regime: Annotated[str, typer.Option(help="Regime; default: the last of the scenario.")] = "",
    start: Annotated[str, typer.Option("--from", metavar="MOMENT", help="Begin at this moment of the scenario.")] = "",
    hours: Annotated[float | None, typer.Option(min=0.001, help="End after so many hours of field time.")] = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option(help="Run folder of --lockstep; default: runs/<scenario>.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print summary.json, or a live field's figures, alone.")
    ] = False,
    quiet: Quiet = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in that folder.")] = False,
) -> None:
    """Put lamps and sensors of a scenario on a broker for a gateway.

    With --lockstep the run folder has the tables of `slic simulate`, byte for byte.
    Example: slic field ghent-coupure-fiftieth --speed 60 --from "2022-11-14 16:00" --hours 12
    """
    _check_mode(lockstep, real_time, speed, out)
    if gateways is not None and not broker:
        raise InputError("goes with --broker only", field="--gateways", value=str(gateways))
    tls, chosen = tls_files(ca, cert, key), settings or []
    say = _silent if as_json or quiet else typer.echo
    if write_gateways is not None:
        _write_gateways(scenario, chosen, write_gateways, (broker, tls), (lockstep, real_time), say)
    elif not lockstep:
        lived = _live(scenario, chosen, (street, regime, speed or 1), (start, hours), (broker, tls, gateways), say)
        _show_life(lived, as_json, say)
    else:
        from slic import api

        with progress_bar(not quiet) as progress:
            places: dict[str, Any] = {
                "out": out,
                "broker": broker,
                "tls": tls,
                "gateways": gateways or "",
                "overwrite": overwrite,
            }
            run = api.field(scenario, settings=chosen, progress=progress, say=say, **places)
        show_run(run, as_json, quiet)


def _live(
    scenario: str,
    settings: list[str],
    what: tuple[str, str, float],
    when: tuple[str, float | None],
    where: tuple[str, dict[str, str] | None, Path | None],
    say: Say,
) -> LiveFigures:
    """Let a street live. what : street, regime, rate; when : start, hours; where : broker, TLS files, gateways."""
    from controllers.link.broker_address import broker_address
    from sim.field_session import LiveWish, run_live
    from slic.api import moment_ms
    from slic.scenario.load import load_scenario

    loaded = load_scenario(scenario, settings)
    (start, hours), (broker, tls, gateways) = when, where
    start_ms = moment_ms(start, loaded.scenario.site.timezone) if start else None
    address = broker_address(broker, tls) if broker else None
    return run_live(loaded, LiveWish(*what, start_ms, hours, address, gateways), say)


def _show_life(lived: LiveFigures, as_json: bool, say: Say) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(lived)))
    say(f"{lived.hours:.2f} h, {lived.energy_kwh:.3f} kWh by the meters of {lived.lamps} lamps.")
    say(f"{lived.sent:,} messages sent, {lived.received:,} received.")
    if not lived.received:
        typer.echo("warning: no gateway was heard, so no lamp was told anything", err=True)
    if lived.too_late:
        why = "came later than their 60 s of field time, and no lamp obeyed them; take a lower --speed"
        typer.echo(f"warning: {lived.too_late:,} lamp commands {why}", err=True)
    if lived.too_late or not lived.received:
        raise typer.Exit(4)


def _silent(_line: str) -> None:
    """For those who asked for quiet."""


def _write_gateways(
    scenario: str,
    settings: list[str],
    folder: Path,
    where: tuple[str, dict[str, str] | None],
    when: tuple[bool, bool],
    say: Say,
) -> None:
    """Write the folders. where : broker, TLS files; when : for lockstep, for this machine's time."""
    from controllers.link.broker_address import broker_address
    from sim.field_session import new_gateways
    from slic.scenario.load import load_scenario

    (broker, tls), (lockstep, real_time) = where, when
    address = broker_address(broker or "127.0.0.1:1883", tls)
    clock = "" if real_time else " --clock field"
    for file in new_gateways(load_scenario(scenario, settings), folder, address, lockstep=lockstep):
        say(f"slic gateway {file}{clock}")


def _check_mode(lockstep: bool, real_time: bool, speed: float | None, out: Path | None) -> None:
    """One kind of time; a run folder belongs to lockstep."""
    if lockstep + real_time + (speed is not None) > 1:
        raise InputError("say one of them", field="time", allowed="--real-time, --speed X or --lockstep")
    if out is not None and not lockstep:
        raise InputError("goes with --lockstep only", field="--out", value=str(out))
