"""`slic override`: tell lamps of a running gateway a level for some time, or give them back."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slic.errors import InputError

if TYPE_CHECKING:
    from slic.messages.payloads import Ack, SegmentCommand

EXPIRES_MS = 60_000
"""A command that did not reach its gateway within a minute is not obeyed any more."""

_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Kind(StrEnum):
    """Priority of an override, highest first."""

    safety = "safety"
    manual = "manual"
    override = "override"


_Pem = Annotated[Path | None, typer.Option(help="PEM file.")]


def override(
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="Broker.")],
    site: Annotated[str, typer.Option(help="Site of the segment.")],
    segment: Annotated[str, typer.Option(help="Segment: the gateway.")],
    by: Annotated[str, typer.Option(help="Who asks, as in the gateway's issuers.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    lamp: Annotated[
        list[str] | None, typer.Option(help="Lamp id; several times. [default: all of the segment]")
    ] = None,
    level: Annotated[float | None, typer.Option(min=0, max=100, help="Level, % of nominal luminous flux.")] = None,
    duration: Annotated[str, typer.Option("--for", help="How long, as 90s, 30m, 2h. [default: the gateway's]")] = "",
    fade: Annotated[float, typer.Option(min=0, max=3600, help="Fade, s.")] = 0,
    kind: Annotated[Kind, typer.Option(help="Priority.")] = Kind.override,
    ref: Annotated[str, typer.Option(help="Name of the override; --resume --ref ends that one alone.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="End overrides instead: give the lamps back.")] = False,
    ca: _Pem = None,
    cert: _Pem = None,
    key: _Pem = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each answer as a JSON line.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Set lamps to a level for some time, or give them back.

    --resume gives them back. Both wait for the gateway's answers. Exit code 3 if the command was refused or not
    answered, 4 if it was accepted but the lamps do not show it yet. Example: slic override --broker localhost:1883
    --site ettenleur --segment el-g0042 --by control-room --reason "accident" --lamp l001 --level 100 --for 2h
    """
    from random import SystemRandom

    from controllers.clock import WallClock
    from controllers.link.paho_link import PahoLink
    from controllers.operator.override import give_command
    from controllers.service.json_log import keep_silent
    from slic.cli.broker_address import broker_address

    if resume == (level is not None):
        problem = "does not go with --resume" if resume else "is missing"
        raise InputError(problem, field="--level", allowed="--level PERCENT, or --resume without it")
    keep_silent()
    clock = WallClock()
    command = _command(clock.now_ms(), lamp or [], level, _duration_ms(duration), fade, kind, by, reason, ref)
    address = broker_address(broker, ca, cert, key)
    link = PahoLink(address, f"override-{command.boot}", Path(), SystemRandom(), session=False)
    outcome = give_command(link, site, segment, command, clock, lambda answer: _print(answer, as_json, quiet))
    _end(outcome.answer, outcome.applied)


def _command(
    now_ms: int,
    lamps: list[str],
    level_pct: float | None,
    duration_ms: int | None,
    fade_s: float,
    kind: Kind,
    by: str,
    reason: str,
    ref: str,
) -> SegmentCommand:
    """The command. Its number is the time, so that it rises from one run of this program to the next."""
    from pydantic import ValidationError

    from controllers.envelope import Sender, new_boot
    from slic.messages.payloads import SegmentCommand

    try:
        return SegmentCommand(
            **Sender(new_boot(), first_seq=now_ms).envelope(now_ms),
            op="resume" if level_pct is None else "set",
            lamps=lamps,
            level_pct=level_pct,
            fade_s=fade_s,
            kind=kind.value,
            by=by,
            reason=reason,
            exp=now_ms + EXPIRES_MS,
            until=None if duration_ms is None else now_ms + duration_ms,
            ref=ref or None,
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        option = {"lamps": "lamp"}.get(str(fault["loc"][0]), str(fault["loc"][0]))
        raise InputError(fault["msg"], field=f"--{option}", value=fault["input"]) from None


def _duration_ms(text: str) -> int | None:
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None or int(found[1]) == 0:
        raise InputError("is no duration", field="--for", value=text, allowed="as 90s, 30m, 2h or 1d")
    return int(found[1]) * _UNIT_MS[found[2]]


def _print(answer: Ack, as_json: bool, quiet: bool) -> None:
    from slic.messages.codes import CODES

    if quiet:
        return
    if as_json:
        typer.echo(json.dumps(answer.model_dump(mode="json", exclude_none=True), ensure_ascii=False))
        return
    level = "" if answer.level_pct is None else f" at {answer.level_pct:g} %"
    why = "" if answer.code == "ok" else f" ({answer.code}: {dict(CODES).get(answer.code, answer.detail)})"  # type: ignore[call-overload]
    typer.echo(f"{answer.status}{level}{why}{f' {answer.detail}' if answer.detail else ''}")


def _end(answer: Ack | None, applied: bool) -> None:
    """Exit by the last answer."""
    from slic.errors import RunError

    if answer is None:
        raise RunError("the gateway did not answer; is one of this site and segment running?")
    if answer.status == "accepted" and not applied:
        typer.echo("warning: accepted, but not all lamps show it yet", err=True)
        raise typer.Exit(4)
    if not applied:
        raise RunError(f"{answer.status}: {answer.code} {answer.detail}")
