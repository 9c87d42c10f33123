"""Takes a site's records from the broker into a store: at least once on the wire, exactly once in the store.

A message is acknowledged after it was committed, so that a worker that dies has lost nothing: the broker gives its
messages out again, and the store's keys drop what was kept already. Workers share nothing but the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from controllers.clock import Clock
from controllers.ingest.ingest_store import Batch, IngestStore, Inventory, Rejected
from controllers.ingest.rows import Unusable, rows_of
from controllers.link.transport import Received, Subscription, Transport
from controllers.service.json_log import facts
from controllers.store.port import StoreFull
from slic.messages import payloads
from slic.messages.channels import CHANNELS
from slic.messages.codec import Refusal, decode
from slic.messages.topics import ROOT

GATHER_MS = 200
GATHER_MESSAGES = 500
"""Messages are committed together after so long, or so many."""

RETRY_MS = 1000
"""How often a store that was full is tried again."""

HELD_MESSAGES = 2000
"""While the store is full: with so many unwritten messages in hand the connection is left until there is room."""

PROGRESS_MS = 60_000
NOTHING_HEARD = (
    "nothing has come yet, not even an inventory: no gateway has spoken, or this certificate may not read the site "
    "(Mosquitto grants every subscription and then sends nothing)"
)
_log = logging.getLogger(__name__)


def subscriptions(site: str, group: str) -> list[Subscription]:
    """What a worker listens to: all that the contract lets an ingest service read, each filter shared by the group.

    The inventory alone is not shared: it is retained, and brokers differ in whether a shared subscription gets that.
    """
    read = [channel for channel in CHANNELS.values() if "ingest" in channel.readers]
    of_devices = {channel.channel for channel in read if channel.node not in ("gateway", "core")}
    wanted: dict[str, int] = {}
    for channel in read:
        # devices publish on a channel of this name too: one filter covers theirs and the gateway's
        shared_name = channel.channel in of_devices
        place = f"{ROOT}/{site}/+/+/{channel.channel}" if shared_name else channel.address(site, "+", "+")
        if channel.name != "inventory":
            place = f"$share/{group}/{place}"
        wanted[place] = max(channel.qos, wanted.get(place, 0))
    return [Subscription(place, qos) for place, qos in wanted.items()]


@dataclass(slots=True)
class Counts:
    """Since the start: messages stored, rows that were new, messages rejected."""

    messages: int = 0
    new_rows: int = 0
    rejected: int = 0


class Ingest:
    """One worker. It owns its thread: call :meth:`turn` again and again, then :meth:`finish`.

    Committing fails for as long as the disk is full; nothing is acknowledged then, and the broker keeps it.
    """

    def __init__(self, transport: Transport, store: IngestStore, clock: Clock) -> None:
        self._transport = transport
        self._store = store
        self._clock = clock
        self._batch = Batch()
        self._taken: list[Received] = []
        self._due_ms = 0
        self._retry_ms = 0
        self._subscriptions: list[Subscription] = []
        self._progress_ms = clock.monotonic_ms() + PROGRESS_MS
        self._said = self._connections = 0
        self._left = self._heard = False
        self.full = False
        self.counts = Counts()

    def open(self, site: str, group: str) -> None:
        """Begin to listen."""
        self._subscriptions = subscriptions(site, group)
        self._transport.open(self._subscriptions)

    def run(self, go_on: Callable[[], bool]) -> None:
        """Work until told otherwise, then finish."""
        while go_on():
            self.turn()
        self.finish()

    def turn(self) -> None:
        """Wait a moment for messages and commit what is due."""
        for received in self._transport.wait(self._patience_s()):
            self._take(received)
        if self._transport.connections != self._connections:
            self._connections = self._transport.connections
            _log.info("connected")
        now_ms = self._clock.monotonic_ms()
        if self.full:
            self._try_again(now_ms)
        elif self._taken and (len(self._taken) >= GATHER_MESSAGES or now_ms >= self._due_ms):
            self._commit(now_ms)
        if now_ms >= self._progress_ms:
            self._tell_progress(now_ms)

    def finish(self) -> None:
        """Commit and acknowledge what is in hand, and leave. What cannot be committed stays with the broker."""
        if self._taken:
            self._commit(self._clock.monotonic_ms())
        self._warn_of_silence()
        self._transport.close()
        self._store.close()
        _log.info("stopped", extra=facts(**_figures(self.counts), unwritten=len(self._taken)))

    def _patience_s(self) -> float:
        if not self._taken or self.full:
            return GATHER_MS / 1000
        return max(0, min(GATHER_MS, self._due_ms - self._clock.monotonic_ms())) / 1000

    def _take(self, received: Received) -> None:
        self._heard = True
        if not self._taken:
            self._due_ms = self._clock.monotonic_ms() + GATHER_MS
        self._taken.append(received)
        found = decode(received.topic, received.payload, received.retain)
        if isinstance(found, Refusal):
            self._reject(received, found.code)
        elif isinstance(found.message, payloads.Inventory):
            sent = found.message
            text = received.payload.decode()
            self._batch.inventories.append(Inventory(found.topic.segment, sent.ts, sent.boot, sent.seq, text))
        else:
            try:
                self._batch.rows += rows_of(found.topic, found.message, self._clock.now_ms())
            except Unusable as why:
                self._reject(received, str(why))

    def _reject(self, received: Received, code: str) -> None:
        self._batch.rejected.append(Rejected(self._clock.now_ms(), code, received.topic, received.payload))
        _log.warning("rejected", extra=facts(code=code, topic=received.topic, key=code))

    def _commit(self, now_ms: int) -> None:
        try:
            self.counts.new_rows += self._store.write(self._batch)
        except StoreFull as error:
            if not self.full:
                _log.error("the store cannot be written; nothing is taken until it can", extra=facts(why=str(error)))
            self.full, self._retry_ms = True, now_ms + RETRY_MS
            return
        if self.full:
            _log.info("the store can be written again", extra=facts(waited=len(self._taken)))
        self.full = False
        self.counts.messages += len(self._taken)
        self.counts.rejected += len(self._batch.rejected)
        for received in self._taken:
            if received.qos:
                self._transport.acknowledge(received)
        self._taken, self._batch = [], Batch()

    def _try_again(self, now_ms: int) -> None:
        """Write again what could not be written; meanwhile no more is taken than fits in memory."""
        if now_ms >= self._retry_ms:
            self._commit(now_ms)
        if not self.full and self._left:
            self._transport.open(self._subscriptions)
            self._left = False
        elif self.full and not self._left and len(self._taken) >= HELD_MESSAGES:
            self._transport.close()
            self._left = True

    def _tell_progress(self, now_ms: int) -> None:
        since_s = (now_ms - self._progress_ms + PROGRESS_MS) / 1000
        rate = round((self.counts.messages - self._said) / since_s, 1)
        self._said, self._progress_ms = self.counts.messages, now_ms + PROGRESS_MS
        self._warn_of_silence()
        _log.info("progress", extra=facts(**_figures(self.counts), per_s=rate))

    def _warn_of_silence(self) -> None:
        if self._transport.connected and not self._heard:
            _log.warning(NOTHING_HEARD)


def _figures(counts: Counts) -> dict[str, int]:
    return {"messages": counts.messages, "new_rows": counts.new_rows, "rejected": counts.rejected}
