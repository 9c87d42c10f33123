"""Giving a signed program set to a gateway, and hearing whether it took it."""

from __future__ import annotations

from pydantic import ValidationError

from controllers.clock import Clock
from controllers.link.transport import Outgoing, Received, Subscription, Transport
from controllers.operator.connect import connect
from slic.errors import RunError
from slic.messages.channels import CHANNELS
from slic.messages.payloads import Applied, ProgramSet
from slic.messages.topics import GATEWAY, topic

ANSWER_MS = 30_000
"""How long the gateway may take to answer [assumed]."""

_TURN_S = 0.5


def publish_program(link: Transport, site: str, segment: str, payload: bytes, clock: Clock) -> Applied:
    """Publish a program set, retained, and wait for the gateway's answer to it.

    payload : as :func:`controllers.operator.program_file.signed_program` makes it
    Raises RunError without a connection, for a broker that does not take it, and without an answer.
    """
    wanted = ProgramSet.model_validate_json(payload)
    link.open([Subscription(topic(site, segment, GATEWAY, "program-applied"), 1, commands=True)])
    try:
        connect(link, clock)
        message = Outgoing(topic(site, segment, GATEWAY, "program"), payload, CHANNELS["program"].qos, retain=True)
        if link.publish(message) is None:
            raise RunError(f"the broker took no program: {link.problem or 'connection lost'}")
        return _hear(link, wanted, segment, clock)
    finally:
        link.close()


def _hear(link: Transport, wanted: ProgramSet, segment: str, clock: Clock) -> Applied:
    until_ms = clock.monotonic_ms() + ANSWER_MS
    while clock.monotonic_ms() < until_ms:
        applied = _answer(link, link.wait(_TURN_S), wanted)
        if applied is not None:
            return applied
    left = f"no answer from gateway {segment} in {ANSWER_MS // 1000} s; it will find the program when it connects"
    raise RunError(f"{left}: {link.problem}" if link.problem else left)


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
