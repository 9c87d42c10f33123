"""Waiting for the broker, for commands that a person has typed: the first reason why there is no way ends them."""

from __future__ import annotations

from controllers.clock import Clock
from controllers.link.transport import Transport
from slic.errors import RunError

CONNECT_MS = 15_000
"""How long the broker may take to answer, TLS included [assumed]."""

_TURN_S = 0.25


def connect(link: Transport, clock: Clock) -> None:
    """Wait until an opened link is connected. RunError that says why it is not."""
    until_ms = clock.monotonic_ms() + CONNECT_MS
    while not link.connected:
        if link.problem or clock.monotonic_ms() >= until_ms:
            raise RunError(link.problem or "the broker does not answer")
        link.wait(_TURN_S)
