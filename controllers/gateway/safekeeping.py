"""What a gateway must not lose: records that go into the store, and messages whose acknowledgement waits for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from controllers.gateway.post import Post
from controllers.gateway.readings import Readings
from controllers.link.transport import Outgoing, Received
from controllers.store.port import Kind, Store, StoreFull
from slic.messages.payloads import LampReading


class Safekeeping:
    """Keeps records, and gathers the messages that may be acknowledged.

    refused : counts by code, where a full store is counted
    """

    def __init__(self, store: Store, post: Post, refused: Counter[str]) -> None:
        self._store, self._post, self._refused = store, post, refused
        self._readings = Readings()
        self._in_hand: Received | None = None
        self._done: list[Received] = []

    @property
    def due_ms(self) -> int:
        """When :meth:`keep_readings` is to be called [UTC ms]."""
        return self._readings.due_ms

    def keep(self, kind: Kind, messages: Sequence[Outgoing]) -> bool:
        """Put records into the store; False, and they are counted, if it is full."""
        if not messages:
            return True
        try:
            self._store.put(kind, messages)
        except StoreFull:
            self._refused["store_full"] += len(messages)
            return False
        return True

    def take(self, received: Received) -> None:
        """A message is in hand."""
        self._in_hand = received

    def settle(self) -> None:
        """The message in hand is handled: it may be acknowledged, unless it was a reading, which waits."""
        if self._in_hand is not None:
            self._done.append(self._in_hand)
            self._in_hand = None

    def add_reading(self, t_ms: int, lamp: str, reading: LampReading) -> None:
        """The message in hand is this reading."""
        received, self._in_hand = self._in_hand, None
        self._readings.add(t_ms, lamp, reading, received)

    def add_repeated(self) -> None:
        """The message in hand is a reading that came before."""
        received, self._in_hand = self._in_hand, None
        if received is not None and not self._readings.add_repeated(received):
            self._done.append(received)

    def keep_readings(self, t_ms: int) -> None:
        """Readings that cannot be kept wait, unacknowledged, so that the broker still has them; not all of them."""
        readings = self._readings
        no_room = readings.held and self._store.health == "full"
        if not no_room and self.keep("reading", [readings.record(self._post, t_ms)]):
            self._done += readings.kept()
            return
        given_up = readings.hold(t_ms)
        self._refused["store_full"] += len(given_up)
        self._done += given_up

    def take_done(self) -> list[Received]:
        """Messages that are in safe hands since the last call."""
        done, self._done = self._done, []
        return done
