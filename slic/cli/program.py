"""`slic program`: sign programs for a gateway and give them to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from slic.messages.payloads import Applied

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Sign control programs for a gateway (Ed25519) and publish them.",
)

_Site = Annotated[str, typer.Option(help="Site of the gateway.", show_default=False)]
_Segment = Annotated[str, typer.Option(help="Segment of the gateway.", show_default=False)]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("keygen")
def keygen(
    file: Annotated[Path, typer.Argument(help="Key file to make (PEM, readable by its owner only).")],
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Make a signing key and print its public half.

    That belongs into `signers` of the gateway's configuration. Example: slic program keygen programs.key
    """
    import json

    from controllers.gateway.signatures import public_key_of
    from controllers.operator.key_files import new_key_file

    public_key = public_key_of(new_key_file(file))
    if not quiet:
        typer.echo(json.dumps({"file": str(file), "public_key": public_key}) if as_json else public_key)


@app.command("sign")
def sign(
    file: Annotated[Path, typer.Argument(help="YAML file with groups, programs and calendars.")],
    site: _Site,
    segment: _Segment,
    version: Annotated[int, typer.Option(min=1, help="Above that of the program before.", show_default=False)],
    key: Annotated[Path, typer.Option(help="Key file of slic program keygen.", show_default=False)],
    signer: Annotated[str, typer.Option(help="Name of the key in the gateway's signers.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="File to write. [default: standard output]")] = None,
) -> None:
    """Sign the programs of a segment. The result is good for this segment alone.

    Example: slic program sign programs.yaml --site ettenleur --segment el-g0042 --version 7 --key programs.key
    --signer office --out program-7.json
    """
    import time

    from controllers.envelope import Sender, new_boot
    from controllers.operator.key_files import read_key_file
    from controllers.operator.program_file import read_program_file, signed_program
    from slic.files import write_whole
    from slic.messages.topics import GATEWAY, topic

    topic(site, segment, GATEWAY, "program")
    envelope = Sender(new_boot()).envelope(time.time_ns() // 1_000_000)
    programs = read_program_file(file)
    payload = signed_program(programs, site, segment, version, signer, read_key_file(key), envelope)
    if out is None:
        typer.echo(payload)
    else:
        write_whole(out, payload.decode("utf-8"))


@app.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(help="Signed program of slic program sign.")],
    site: _Site,
    segment: _Segment,
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="Broker.", show_default=False)],
    ca: Annotated[Path | None, typer.Option(help="Certificate of the authority (PEM).")] = None,
    cert: Annotated[Path | None, typer.Option(help="Certificate of the site's services (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Publish a signed program and wait for the gateway's answer.

    The broker retains it. Exit code 3 if the gateway refuses it. Example: slic program publish program-7.json --site
    ettenleur --segment el-g0042 --broker localhost:8883 --ca broker/ca.crt --cert broker/clients/site.crt --key
    broker/clients/site.key
    """
    from random import SystemRandom

    from controllers.clock import WallClock
    from controllers.envelope import new_boot
    from controllers.link.paho_link import PahoLink
    from controllers.operator.program_file import read_signed
    from controllers.operator.program_publish import publish_program
    from slic.cli.broker_address import broker_address

    address = broker_address(broker, ca, cert, key)
    link = PahoLink(address, f"program-{new_boot()}", Path(), SystemRandom(), session=False)
    applied = publish_program(link, site, segment, read_signed(file), WallClock())
    _report(applied, as_json, quiet)


def _report(applied: Applied, as_json: bool, quiet: bool) -> None:
    from slic.errors import RunError

    if as_json:
        typer.echo(applied.model_dump_json(include={"version", "sha256", "ok", "errors"}))
    if not applied.ok:
        raise RunError(
            f"the gateway refuses version {applied.version}: {'; '.join(applied.errors) or 'no reason given'}"
        )
    if not as_json and not quiet:
        typer.echo(f"version {applied.version} is in force")
