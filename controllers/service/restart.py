"""What a gateway reads before it says anything: the last state of each lamp, which the broker has kept.

With it a restart at night makes no flash and no dark second: lamps are told only what differs. How many states came is
counted against the inventory, since a broker that drops retained messages says nothing about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from controllers.clock import Clock
from controllers.link.transport import Received, Subscription, Transport
from controllers.service.snapshot import Snapshot
from slic.messages.channels import CHANNELS
from slic.messages.codec import Refusal, decode
from slic.messages.payloads import LampState

_TURN_S = 0.25
QUIET_MS = 2000
"""Reading ends when no state came for so long; a broker on a slow radio link answers within a second [assumed]."""

LONGEST_MS = 30_000
"""And at the latest then. 100,000 states take 4.5 s on loopback."""

_MOST_EARLY = 1_000_000


class KeptStates(Mapping[str, LampState]):
    """States by lamp, read from their payloads whenever they are asked for: 10,000 models would take 13 MB."""

    def __init__(self) -> None:
        self._payloads: dict[str, bytes] = {}

    def keep(self, lamp: str, payload: bytes) -> None:
        """Keep the payload of a valid state."""
        self._payloads[lamp] = payload

    def __getitem__(self, lamp: str) -> LampState:
        return LampState.model_validate_json(self._payloads[lamp])

    def __iter__(self) -> Iterator[str]:
        return iter(self._payloads)

    def __len__(self) -> int:
        return len(self._payloads)


class RestartReading:
    """Collects lamp states, and keeps everything that came meanwhile for later."""

    def __init__(self, lamp_ids: Sequence[str]) -> None:
        self.states = KeptStates()
        self.early: list[Received] = []
        self._wanted = frozenset(lamp_ids)
        self._snapshot = Snapshot(lamp_ids)
        self._began_ms: int | None = None
        self._last_ms = 0
        self._read_ahead = False

    def read_ahead(
        self, transport: Transport, site: str, segment: str, clock: Clock, on_turn: Callable[[str], bool]
    ) -> None:
        """Read the states over a connection of their own, before that of the gateway is opened.

        There what the broker has kept for an absent gateway comes first. Of that nothing can be acknowledged before
        the start, so with a full window no state would follow. on_turn : called often; says whether to go on
        """
        transport.open([Subscription(CHANNELS["lampState"].address(site, segment, "+"), 1)])
        try:
            while not self.done(clock.monotonic_ms()) and on_turn(transport.problem or "reading the lamps' states"):
                received = transport.wait(_TURN_S)
                if transport.connected and self._began_ms is None:
                    self.connected(clock.monotonic_ms())
                for state in self.take(received, clock.monotonic_ms()):
                    transport.acknowledge(state)
        finally:
            transport.close()
        self.early, self._began_ms, self._read_ahead = [], None, True

    def connected(self, monotonic_ms: int) -> None:
        """The broker has taken the subscriptions: retained states begin to come."""
        self._began_ms = self._last_ms = monotonic_ms

    def take(self, received: Sequence[Received], monotonic_ms: int) -> list[Received]:
        """Take what came; lamp states of it, which may be acknowledged at once.

        A broker sends only so many unacknowledged messages (Mosquitto 20, as shipped 100), then waits. The broker keeps
        these states, so nothing is lost with them. Everything else is acknowledged when it was handled.
        """
        states = []
        for message in received:
            if message.topic.endswith("/state") and self._state(message):
                self._last_ms = monotonic_ms
                states.append(message)
                message = message._replace(qos=0)
            if len(self.early) < _MOST_EARLY:
                self.early.append(message)
        return states

    def done(self, monotonic_ms: int) -> bool:
        """Whether all states are there or no more will come."""
        if self._began_ms is None:
            return False
        quiet = self._read_ahead or monotonic_ms - self._last_ms >= QUIET_MS
        return self._snapshot.complete or quiet or monotonic_ms - self._began_ms >= LONGEST_MS

    def missing(self) -> list[str]:
        """Lamps of which no state came."""
        return self._snapshot.missing()

    def _state(self, received: Received) -> bool:
        decoded = decode(received.topic, received.payload)
        if isinstance(decoded, Refusal):
            return False
        lamp, state = decoded.topic.node, decoded.message
        if lamp not in self._wanted or not isinstance(state, LampState):
            return False
        self.states.keep(lamp, received.payload)
        self._snapshot.saw(lamp)
        return True
