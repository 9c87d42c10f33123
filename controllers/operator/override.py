"""Sends one command to a gateway and waits for its answers, as an operator's desk does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from controllers.clock import Clock
from controllers.link.transport import Outgoing, Subscription, Transport
from controllers.operator.connect import connect
from slic.errors import RunError
from slic.messages.codec import Refusal, decode, encode
from slic.messages.payloads import Ack, SegmentCommand
from slic.messages.topics import GATEWAY, topic

ACCEPT_MS = 10_000
"""How long the gateway may take to answer."""

APPLY_MS = 20_000
"""How long lamps may take beyond their fade to show the level; a lamp is told again after 10 s."""

_TURN_S = 0.25


class Outcome(NamedTuple):
    """The last answer, None if none came; ``applied`` : whether all lamps show it."""

    answer: Ack | None
    applied: bool


def give_command(
    link: Transport, site: str, segment: str, command: SegmentCommand, clock: Clock, on_answer: Callable[[Ack], None]
) -> Outcome:
    """Publish a command and hear its answers, each given to ``on_answer``. RunError if the broker cannot be reached."""
    answers = topic(site, segment, GATEWAY, "ack")
    link.open([Subscription(answers, 1)])
    try:
        connect(link, clock)
        life_s = max(1, (command.exp - clock.now_ms()) // 1000)
        link.publish(Outgoing(topic(site, segment, GATEWAY, "cmd"), encode(command), 1, False, life_s))
        return _hear(link, answers, command, clock, on_answer)
    finally:
        link.close()


def _hear(
    link: Transport, answers: str, command: SegmentCommand, clock: Clock, on_answer: Callable[[Ack], None]
) -> Outcome:
    last: Ack | None = None
    until_ms = clock.monotonic_ms() + ACCEPT_MS
    while clock.monotonic_ms() < until_ms:
        for received in link.wait(_TURN_S):
            link.acknowledge(received)
            answer = _answer(received.topic, received.payload, command.id) if received.topic == answers else None
            if answer is None:
                continue
            on_answer(answer)
            last = answer
            if answer.status != "accepted":
                return Outcome(answer, answer.status == "applied")
            until_ms = clock.monotonic_ms() + APPLY_MS + round(command.fade_s * 1000)
        if link.refused():
            raise RunError(link.problem or "the broker does not take commands from this client")
    return Outcome(last, False)


def _answer(where: str, payload: bytes, command_id: str) -> Ack | None:
    decoded = decode(where, payload)
    found = None if isinstance(decoded, Refusal) else decoded.message
    return found if isinstance(found, Ack) and found.cmd_id == command_id else None
