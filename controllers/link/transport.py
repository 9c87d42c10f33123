"""The port between a conversation over MQTT and the library that carries it.

Whoever holds a transport owns its thread: everything happens inside :meth:`Transport.wait`, and no callback runs
anywhere else. A connection that breaks comes back by itself; what to say then is the caller's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Received(NamedTuple):
    """A message that came. ``token`` is for :meth:`Transport.acknowledge`; expiry_s : left of its life, or None."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    expiry_s: int | None = None
    token: int = 0


class Outgoing(NamedTuple):
    """A message to send. expiry_s : MQTT message expiry, None for none."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False
    expiry_s: int | None = None


class Subscription(NamedTuple):
    """A topic filter. ``commands``: no retained messages, and the retain flag of live ones is kept to be seen."""

    filter: str
    qos: int
    commands: bool = False


class Transport(Protocol):
    """One MQTT 5 connection."""

    @property
    def connected(self) -> bool:
        """Whether the broker has taken the connection and all subscriptions."""

    @property
    def connections(self) -> int:
        """How often it was connected so far; a caller that sees it rise says again what must be known."""

    @property
    def problem(self) -> str:
        """Why it is not connected, or what the broker refused last, in words, or empty."""

    @property
    def taken_over(self) -> bool:
        """Whether it is not connected because another client with its name is."""

    def open(self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0) -> None:
        """Begin to connect, without waiting for it; again and again with growing pauses until :meth:`close`."""

    def wait(self, timeout_s: float) -> list[Received]:
        """Run the connection until something came, was answered or changed, or the time is over; what came."""

    def publish(self, message: Outgoing) -> int | None:
        """Send, or None if there is no connection or no room.

        QoS 1: a token that :meth:`delivered` or :meth:`refused` returns later, be it over another connection. QoS 0: 0.
        """

    def acknowledge(self, message: Received) -> None:
        """Tell the broker that a QoS 1 message is in safe hands; without it the broker sends it again."""

    def delivered(self) -> list[int]:
        """Tokens of QoS 1 messages that the broker has taken since the last call."""

    def refused(self) -> list[int]:
        """Tokens of QoS 1 messages, since the last call, that will not arrive: refused, too large or expired."""

    def close(self, last: Outgoing | None = None) -> None:
        """Say a last message, if there is a connection, and leave it."""
