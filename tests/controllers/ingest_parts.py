"""A worker with its inbox and clock in hand, and a look into its store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controllers.ingest.ingest_store import IngestStore
from controllers.ingest.worker import Ingest
from controllers.link.transport import Outgoing, Received, Subscription
from tests.field_messages import SITE, T0_MS


class Inbox:
    """A transport that hands out what was put in, and remembers what was acknowledged."""

    def __init__(self) -> None:
        self.waiting: list[Received] = []
        self.acknowledged: list[int] = []
        self.connected, self.connections, self.problem, self.is_open = True, 1, "", False
        self._tokens = 0

    def put(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> int:
        self._tokens += 1
        self.waiting.append(Received(topic, payload, qos, retain, None, self._tokens))
        return self._tokens

    def open(self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0) -> None:
        self.is_open = True

    def wait(self, timeout_s: float) -> list[Received]:
        came, self.waiting = (self.waiting, []) if self.is_open else ([], self.waiting)
        return came

    def publish(self, message: Outgoing) -> int | None:
        raise AssertionError("a worker publishes nothing")

    def acknowledge(self, message: Received) -> None:
        self.acknowledged.append(message.token)

    def delivered(self) -> list[int]:
        return []

    def close(self, last: Outgoing | None = None) -> None:
        self.is_open = False


class HandClock:
    """A clock that goes when told to."""

    t_ms = T0_MS

    def now_ms(self) -> int:
        return self.t_ms

    def monotonic_ms(self) -> int:
        return self.t_ms


class Worker:
    """A worker with an inbox and a clock in hand."""

    def __init__(self, folder: Path) -> None:
        self.inbox, self.clock = Inbox(), HandClock()
        self.ingest = Ingest(self.inbox, IngestStore(folder, SITE), self.clock)
        self.ingest.open(SITE, "slic")

    def turn(self, later_ms: int = 0) -> None:
        self.clock.t_ms += later_ms
        self.ingest.turn()


def rows(folder: Path, day: str, query: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(folder / f"{day}.sqlite")
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def keep(folder: Path, *messages: tuple[str, bytes]) -> Worker:
    """Put messages through a worker that is stopped then."""
    worker = Worker(folder)
    for topic, payload in messages:
        worker.inbox.put(topic, payload)
    worker.turn()
    worker.ingest.finish()
    return worker
