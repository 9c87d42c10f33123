"""Giving a signed program set to a gateway, and hearing whether it took it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from controllers.link.transport import Outgoing, Received, Subscription, Transport
from slic.errors import RunError
from slic.messages.channels import CHANNELS
from slic.messages.payloads import Applied, ProgramSet
from slic.messages.topics import GATEWAY, topic

CONNECT_S = 20.0
ANSWER_S = 30.0
_TURN_S = 0.5
T = TypeVar("T")


def publish_program(
    link: Transport, site: str, segment: str, payload: bytes, clock: Callable[[], float] = time.monotonic
) -> Applied:
    """Publish a program set, retained, and wait for the gateway's answer to it.

    payload : as :func:`controllers.operator.program_file.signed_program` makes it
    clock : seconds that never go back
    Raises RunError without a connection, for a broker that does not take it, and without an answer.
    """
    wanted = ProgramSet.model_validate_json(payload)
    link.open([Subscription(topic(site, segment, GATEWAY, "program-applied"), 1, commands=True)])
    try:
        _until(link, clock, CONNECT_S, lambda came: link.connected or None, "no connection to the broker")
        message = Outgoing(topic(site, segment, GATEWAY, "program"), payload, CHANNELS["program"].qos, retain=True)
        if link.publish(message) is None:
            raise RunError(f"the broker took no program: {link.problem or 'connection lost'}")
        left = f"no answer from gateway {segment} in {ANSWER_S:.0f} s; it will find the program when it connects"
        return _until(link, clock, ANSWER_S, lambda came: _answer(link, came, wanted), left)
    finally:
        link.close()


def _until(
    link: Transport,
    clock: Callable[[], float],
    patience_s: float,
    look: Callable[[list[Received]], T | None],
    failure: str,
) -> T:
    deadline_s = clock() + patience_s
    while clock() < deadline_s:
        found = look(link.wait(_TURN_S))
        if found is not None:
            return found
    raise RunError(f"{failure}: {link.problem}" if link.problem else failure)


def _answer(link: Transport, came: list[Received], wanted: ProgramSet) -> Applied | None:
    if link.refused():
        raise RunError(f"the broker refuses the program: {link.problem or 'not authorized'}")
    for message in came:
        link.acknowledge(message)
        try:
            applied = Applied.model_validate_json(message.payload)
        except ValidationError:
            continue
        if (applied.version, applied.sha256) == (wanted.version, wanted.sha256):
            return applied
    return None
