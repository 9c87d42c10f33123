"""Asks a running gateway's status pages why a lamp has its level."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import urlopen

from slic.errors import InputError, RunError

_PATIENCE_S = 10


def ask_why(address: str, lamp: str) -> dict[str, Any]:
    """The gateway's answer. InputError for an unknown lamp, RunError where no gateway answers."""
    url = f"{address.rstrip('/')}/explain?lamp={quote(lamp, safe='')}"
    try:
        with urlopen(url, timeout=_PATIENCE_S) as reply:
            found = json.load(reply)
    except HTTPError as error:
        if error.code == 404 and _says_no_lamp(error):
            raise InputError("is not a lamp of this gateway", field="--lamp", value=lamp) from None
        raise RunError(f"{address} answered with HTTP {error.code}; is it a gateway's address?") from None
    except (URLError, OSError, HTTPException, ValueError, RecursionError) as error:
        raise RunError(f"{address} does not answer ({getattr(error, 'reason', None) or error})") from None
    if not isinstance(found, dict) or "decision" not in found:
        raise RunError(f"{address} gave no explanation; is it a gateway's address?")
    return found


def _says_no_lamp(error: HTTPError) -> bool:
    try:
        return "is not a lamp" in json.loads(error.read())["error"]
    except (ValueError, KeyError, TypeError, OSError):
        return False


def in_words(answer: dict[str, Any]) -> str:
    """The answer as lines for people. Times are UTC. RunError for one that no gateway gives."""
    try:
        return "\n".join(_lines(answer))
    except (KeyError, TypeError, ValueError, ArithmeticError, OSError):
        raise RunError("what answered is no gateway: its explanation lacks a field or has a wrong one") from None


def _lines(answer: dict[str, Any]) -> list[str]:
    decision = answer["decision"]
    lines = [f"lamp {answer['lamp']} at {_clock(answer['at'])}"]
    if decision is None:
        lines.append("the gateway has not started to control it yet")
    else:
        lines += [f"level     {decision['level_pct']:g} %, decided by {decision['source']}{_words(decision)}"]
        end = "something else happens" if decision["until"] is None else _clock(decision["until"])
        lines.append(f"holds     from {_clock(decision['since'])} until {end}")
    reported = answer["reported_target_pct"]
    lines.append("reported  nothing yet" if reported is None else f"reported  its target is {reported:g} %")
    lines += [
        f"{_clock(one['since'])}  {one['level_pct']:g} %  {one['source']}{_words(one)}" for one in answer["before"]
    ]
    return lines


def _words(decision: dict[str, Any]) -> str:
    parts = [f"{name} {decision[name]}" for name in ("rule", "cause", "program") if decision[name]]
    return f" ({', '.join(parts)})" if parts else ""


def _clock(t_ms: int) -> str:
    return f"{datetime.fromtimestamp(t_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"
