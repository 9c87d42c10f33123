"""`slic broker`: a folder with a test authority, certificates, access list and configuration for Mosquitto."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Make and run a Mosquitto broker with TLS and an access list.",
)

_Folder = Annotated[Path, typer.Argument(help="Folder of the broker.", show_default=False)]
_Gateways = Annotated[
    list[str],
    typer.Option("--gateway", metavar="SEGMENT[:SITE]", help="A gateway; without site, any. Several times for more."),
]
_Days = Annotated[int, typer.Option(min=1, max=3650, help="Life of the certificates, days.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("init")
def init(
    folder: _Folder,
    gateway: _Gateways,
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name or address of the broker beside localhost. Several times for more."),
    ] = None,
    days: _Days = 825,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Make a broker's folder with certificates and configuration.

    It has a test authority, certificates, a revocation list, an access list and mosquitto.conf. The authority is for
    tests and first steps; a street in service needs that of its operator. Example: slic broker init broker --gateway
    el-g0042:ettenleur --host broker.example
    """
    from datetime import UTC, datetime

    from controllers.broker.files import init_folder, parse_segments

    made = init_folder(folder, parse_segments(gateway), host or [], days, datetime.now(UTC))
    text = [f"{folder} is ready, with a test authority that is not for production; run it: slic broker run {folder}"]
    _say({"folder": str(folder), "clients": made.clients()}, text, as_json, quiet)


@app.command("add")
def add(folder: _Folder, gateway: _Gateways, days: _Days = 825, as_json: _Json = False, quiet: _Quiet = False) -> None:
    """Add certificates and rules for more gateways.

    A segment that was revoked gets new certificates. Example: slic broker add broker --gateway el-g0043:ettenleur
    """
    from datetime import UTC, datetime

    from controllers.broker.files import BrokerFolder, parse_segments

    users = BrokerFolder.open(folder).add(parse_segments(gateway), days, datetime.now(UTC))
    text = [f"certificates made: {', '.join(users)}", "a running broker knows their rights after kill -HUP"]
    _say({"folder": str(folder), "clients": users}, text, as_json, quiet)


@app.command("revoke")
def revoke(
    folder: _Folder,
    name: Annotated[str, typer.Argument(help="User, as in clients/NAME.crt.", show_default=False)],
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Revoke a certificate and its rights.

    It goes on the revocation list, and its rules leave the access list. Example: slic broker revoke broker el-g0042
    """
    from datetime import UTC, datetime

    from controllers.broker.files import BrokerFolder

    BrokerFolder.open(folder).revoke(name, datetime.now(UTC))
    text = [
        f"{name} is revoked. A running broker must read its files again (kill -HUP): from then on it refuses new",
        "connections with this certificate and all that an open one publishes or would receive; a restart ends those",
    ]
    _say({"folder": str(folder), "revoked": name, "needs": "SIGHUP"}, text, as_json, quiet)


@app.command("run")
def run(
    folder: _Folder,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Instead of the port in mosquitto.conf.", show_default=False)
    ] = None,
) -> None:
    """Run Mosquitto on the folder until Ctrl-C.

    This process becomes Mosquitto: kill -HUP makes it read the access list again.
    Example: slic broker run broker --port 18883
    """
    import os

    from controllers.broker.files import BrokerFolder
    from controllers.broker.process import mosquitto_command

    command = mosquitto_command(BrokerFolder.open(folder).path, port)
    os.chdir(folder)
    os.execv(command[0], command)


def _say(result: dict[str, object], text: list[str], as_json: bool, quiet: bool) -> None:
    import json

    if quiet:
        return
    typer.echo(json.dumps(result) if as_json else "\n".join(text))
