"""Records that wait for the broker, in a bounded table."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from controllers.link.transport import Outgoing
from controllers.store.database_file import StoreFile
from controllers.store.port import KINDS, Kind, StoreFull, Waiting
from controllers.store.store_clock import StoreClock

Db = sqlite3.Connection
INSERT = "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_COLUMNS = "number, topic, payload, qos, retain, expiry_s, kept_ms"
_GIVE_UP = "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox WHERE kind = ? ORDER BY number LIMIT ?)"
_ADD = "UPDATE meta SET value = value + ? WHERE name = ?"


class _Tally(NamedTuple):
    """What the file has: records by rank of their kind, and how many were given up since it was made."""

    counts: tuple[int, ...]
    dropped: int
    expired: int


class Outbox:
    """Records in the order in which they came; ``limit`` is how many there may be."""

    def __init__(self, file: StoreFile, clock: StoreClock, limit: int) -> None:
        self._file = file
        self._clock = clock
        self._limit = limit
        self._next = 1
        self._missed = 0
        self._counted: Db | None = None
        self._tally = file.read(self._current)

    @property
    def depth(self) -> int:
        """Records that wait."""
        return sum(self._tally.counts)

    @property
    def dropped(self) -> int:
        """Records given up for lack of room."""
        return self._tally.dropped + self._missed

    @property
    def expired(self) -> int:
        """Records given up because of their age."""
        return self._tally.expired

    @property
    def full(self) -> bool:
        """Whether a further record makes an older one go."""
        return self.depth >= self._limit

    def put(self, kind: Kind, messages: Sequence[Outgoing]) -> None:
        """Keep records. StoreFull if there is no room for all of them: none is kept then, and all count as dropped."""
        if not messages:
            return
        try:
            self._tally = self._file.write(lambda db: self._put(db, _RANK[kind], messages))
        except StoreFull:
            self._missed += len(messages)
            raise
        self._missed = 0

    def waiting(self, limit: int, after: int, kind: Kind | None) -> list[Waiting]:
        """The oldest records with a number above ``after``, of one kind or of all."""
        only = "" if kind is None else f"kind = {_RANK[kind]} AND "
        ask = f"SELECT {_COLUMNS} FROM outbox WHERE {only}number > ? ORDER BY number LIMIT ?"
        return self._file.read(lambda db: [self._record(*row) for row in db.execute(ask, (after, limit))])

    def remove(self, numbers: Sequence[int], expired: bool = False) -> None:
        """Forget records that were delivered, or whose life is over."""
        if numbers:
            self._tally = self._file.write(lambda db: self._remove(db, numbers, expired))

    def settle(self) -> None:
        """Write down how many records were given up while the disk took nothing."""
        if self._missed:
            self._tally = self._file.write(lambda db: self._count_dropped(db, self._current(db), 0))
            self._missed = 0

    def _put(self, db: Db, rank: int, messages: Sequence[Outgoing]) -> _Tally:
        tally = self._current(db)
        given_up = self._make_room(db, tally.counts, rank, len(messages))
        now_ms = self._clock.now_ms()
        first = self._next
        self._next += len(messages)
        rows = [
            (number, rank, m.topic, m.payload, m.qos, m.retain, m.expiry_s, now_ms)
            for number, m in enumerate(messages, first)
        ]
        db.executemany(INSERT, rows)
        counts = [have - gone for have, gone in zip(tally.counts, given_up, strict=True)]
        counts[rank] += len(messages)
        return self._count_dropped(db, tally._replace(counts=tuple(counts)), sum(given_up))

    def _make_room(self, db: Db, counts: tuple[int, ...], rank: int, wanted: int) -> list[int]:
        """Give up the oldest of the least important kinds, none more important than ``rank``; how many of each."""
        missing = max(0, sum(counts) + wanted - self._limit)
        if missing > sum(counts[: rank + 1]):
            raise StoreFull(f"{self._limit} records wait, and none may be given up for these")
        given_up = [0] * len(counts)
        for of_rank in range(rank + 1):
            given_up[of_rank] = min(missing, counts[of_rank])
            missing -= given_up[of_rank]
            if given_up[of_rank]:
                db.execute(_GIVE_UP, (of_rank, given_up[of_rank]))
        return given_up

    def _count_dropped(self, db: Db, tally: _Tally, given_up: int) -> _Tally:
        more = given_up + self._missed
        if more:
            db.execute(_ADD, (more, "dropped"))
        return tally._replace(dropped=tally.dropped + more)

    def _remove(self, db: Db, numbers: Sequence[int], expired: bool) -> _Tally:
        tally = self._current(db)
        counts = list(tally.counts)
        for number in numbers:
            for (rank,) in db.execute("DELETE FROM outbox WHERE number = ? RETURNING kind", (number,)).fetchall():
                counts[rank] -= 1
        gone = sum(tally.counts) - sum(counts) if expired else 0
        if gone:
            db.execute(_ADD, (gone, "expired"))
        return _Tally(tuple(counts), tally.dropped, tally.expired + gone)

    def _current(self, db: Db) -> _Tally:
        """What is known of the file, counted again when it is another one."""
        if db is not self._counted:
            counts = dict(db.execute("SELECT kind, count(*) FROM outbox GROUP BY kind"))
            meta = dict(db.execute("SELECT name, value FROM meta"))
            (newest,) = db.execute("SELECT coalesce(max(number), 0) FROM outbox").fetchone()
            self._next = max(self._next, newest + 1)
            self._tally = _Tally(
                tuple(counts.get(rank, 0) for rank in range(len(KINDS))), meta["dropped"], meta["expired"]
            )
            self._counted = db
        return self._tally

    def _record(
        self, number: int, topic: str, payload: bytes, qos: int, retain: int, expiry_s: int | None, kept_ms: int
    ) -> Waiting:
        message = Outgoing(topic, payload, qos, bool(retain), expiry_s)
        return Waiting(number, message, self._clock.waited_s(kept_ms))
