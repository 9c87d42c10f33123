"""`slic ingest`: keep a site's records, and hand them on as Parquet."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slic.errors import InputError, RunError

if TYPE_CHECKING:
    from controllers.gateway.config import BrokerAddress

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

_Pem = Annotated[Path | None, typer.Option(help="PEM file.")]


@app.callback()
def ingest(
    context: typer.Context,
    site: Annotated[str, typer.Option(help="Site whose records to keep.")] = "",
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="Broker.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of the store; made if it is not there.")] = None,
    ca: _Pem = None,
    cert: _Pem = None,
    key: _Pem = None,
    worker: Annotated[str, typer.Option(help="Name of this worker, different for each, the same at each start.")] = "1",
    share: Annotated[str, typer.Option(metavar="GROUP", help="Workers of one group share the messages.")] = "slic",
    as_json: Annotated[bool, typer.Option("--json", help="Log lines as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log warnings and errors only.")] = False,
) -> None:
    """Keep the records that the gateways of a site report.

    Runs until Ctrl-C or SIGTERM. Exit code 3 if the broker refuses to subscribe. The folder has one SQLite file per UTC
    day. Each record is kept once, whatever is sent twice. Several workers may write the same folder: start each with
    another --worker. Look at it with: slic report FOLDER

    Example: slic ingest --site ghent --broker localhost:8883 --ca ca.crt --cert ingest.crt --key ingest.key --out store
    """
    if context.invoked_subcommand is not None:
        return
    for option, value in (("--site", site), ("--broker", broker), ("--out", out)):
        if not value:
            raise InputError("is missing", field=option, allowed="slic ingest --help")
    for option, value in (("--site", site), ("--worker", worker), ("--share", share)):
        _check_id(option, value)
    from slic.cli.broker_address import broker_address

    assert out is not None
    _work(site, broker_address(broker, ca, cert, key), out, worker, share, as_json, quiet)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder of a store.")],
    out: Annotated[Path, typer.Option(help="Folder for the Parquet files.")] = Path("parquet"),
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Write the tables of a store as Parquet.

    One file per table and day, OUT/site=SITE/day=YYYY-MM-DD/TABLE.parquet. Needs the analysis extra. Example: slic
    ingest export store --out parquet
    """
    from slic.report.field_export import export_parquet

    files = export_parquet(folder, out)
    if not quiet:
        typer.echo(f"{len(files)} files in {out}")


def _check_id(option: str, value: str) -> None:
    from slic.messages.topics import ALLOWED, is_id

    if not is_id(value):
        raise InputError("is no identifier", field=option, value=value, allowed=ALLOWED)


def _work(site: str, address: BrokerAddress, out: Path, worker: str, share: str, as_json: bool, quiet: bool) -> None:
    import time
    from random import SystemRandom

    from controllers.clock import WallClock
    from controllers.ingest.ingest_store import IngestStore
    from controllers.ingest.worker import Ingest
    from controllers.link.paho_link import PahoLink
    from controllers.service.json_log import start_log

    link = PahoLink(address, f"ingest-{site}-{share}-{worker}", Path(), SystemRandom())
    work = Ingest(link, IngestStore(out, site), WallClock())
    start_log(as_json, "warning" if quiet else "info", time.monotonic)
    stopped: list[int] = []
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda number, _frame: stopped.append(number))
    work.open(site, share)
    work.run(lambda: not stopped and not link.denied)
    if link.denied:
        raise RunError(link.problem)
