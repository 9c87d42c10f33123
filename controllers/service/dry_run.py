"""A transport that listens and publishes nothing: for a gateway that only says what it would do."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from controllers.link.transport import Outgoing, Received, Subscription, Transport
from controllers.service.json_log import facts

log = logging.getLogger("slic.gateway")


class ListenOnly:
    """A connection through which nothing goes out. Lamp commands are logged, each level once per lamp."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._tokens: list[int] = []
        self._told: dict[str, float] = {}

    @property
    def connected(self) -> bool:
        """Whether the broker has taken the connection and all subscriptions."""
        return self._inner.connected

    @property
    def connections(self) -> int:
        """How often it was connected so far."""
        return self._inner.connections

    @property
    def problem(self) -> str:
        """Why it is not connected, in words, or empty."""
        return self._inner.problem

    @property
    def taken_over(self) -> bool:
        """Whether another client with its name is connected."""
        return self._inner.taken_over

    def open(self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0) -> None:
        """Begin to connect, without a will."""
        self._inner.open(subscriptions)

    def wait(self, timeout_s: float) -> list[Received]:
        """What came, in order."""
        return self._inner.wait(timeout_s)

    def publish(self, message: Outgoing) -> int | None:
        """Log a lamp's new level; nothing is sent."""
        node, channel = message.topic.split("/")[-2:]
        if channel == "cmd":
            command = json.loads(message.payload)
            if self._told.get(node) != command["level_pct"]:
                self._told[node] = command["level_pct"]
                words = {name: command.get(name) for name in ("level_pct", "fade_s", "src", "rule", "cause")}
                log.info("would command", extra=facts(lamp=node, **words))
        self._tokens.append(len(self._tokens) + 1)
        return self._tokens[-1]

    def acknowledge(self, message: Received) -> None:
        """Tell the broker that a message was heard."""
        self._inner.acknowledge(message)

    def delivered(self) -> list[int]:
        """Everything at once: what is not sent cannot get lost."""
        tokens, self._tokens = self._tokens, []
        return tokens

    def refused(self) -> list[int]:
        """Nothing was sent."""
        return []

    def close(self, last: Outgoing | None = None) -> None:
        """Leave without a word."""
        self._inner.close()
