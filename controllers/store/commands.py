"""Commands that were taken, their answers, and the overrides that go on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict

from controllers.store.database_file import StoreFile
from controllers.store.port import StoreFull
from controllers.store.store_clock import StoreClock
from slic.control.segment import Override

Db = sqlite3.Connection
ANSWERS, ANSWER_MS = 10_000, 600_000
"""An answer is forgotten when there are so many newer ones and it is so old."""

_ANSWER = """INSERT INTO commands (id, issuer, seq, answer, kept_ms) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET answer = excluded.answer, kept_ms = excluded.kept_ms"""
_PRUNE = """DELETE FROM commands WHERE kept_ms < ? AND number IN
    (SELECT number FROM commands WHERE number <= (SELECT max(number) FROM commands) - ? ORDER BY number LIMIT 2)"""
_RAISE = """INSERT INTO issuers VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET seq = max(seq, excluded.seq)"""


class Commands:
    """What a gateway keeps of commands.

    An override whose end cannot be written, because the disk takes nothing, is gone for this process; the file
    follows with the next write. So with commands that are open no more.
    """

    def __init__(self, file: StoreFile, clock: StoreClock) -> None:
        self._file = file
        self._clock = clock
        self._ended: set[str] = set()
        self._answered: set[str] = set()
        self._orders: dict[str, Override] = {}
        self._read_from: Db | None = None

    def take(
        self, issuer: str, seq: int, command_id: str, answer: bytes, order: Override | None, ends: Sequence[str]
    ) -> None:
        """Keep a command's number, answer, override and what it ends, all or nothing."""

        def take(db: Db) -> dict[str, Override]:
            orders = self._current(db)
            self._forget(db, self._ended.union(ends), self._answered)
            self._take(db, issuer, seq, command_id, answer, order)
            return orders

        orders = self._file.write(take)
        self._ended.clear()
        self._answered.clear()
        for order_id in ends:
            orders.pop(order_id, None)
        if order is not None:
            orders.pop(order.id, None)
            orders[order.id] = order

    def open(self) -> dict[str, str]:
        """Commands without their last answer, oldest first: command id -> override id."""
        ask = "SELECT id, override FROM open_commands ORDER BY number"
        rows = self._file.read(lambda db: db.execute(ask).fetchall())
        return {command_id: order_id for command_id, order_id in rows if command_id not in self._answered}

    def answered(self, command_ids: Collection[str]) -> None:
        """Commands have had their last answer."""
        self._answered.update(command_ids)
        self._settle(synced=False)

    def answer_to(self, command_id: str) -> bytes | None:
        """The answer to a command, or None."""
        ask = "SELECT answer FROM commands WHERE id = ?"
        row = self._file.read(lambda db: db.execute(ask, (command_id,)).fetchone())
        return None if row is None else bytes(row[0])

    def last_seq(self, issuer: str) -> int:
        """Highest number of an issuer; -1 for none."""
        ask = "SELECT seq FROM issuers WHERE name = ?"
        row = self._file.read(lambda db: db.execute(ask, (issuer,)).fetchone())
        return -1 if row is None else int(row[0])

    def overrides(self) -> list[Override]:
        """Overrides that were not ended, oldest first."""
        return list(self._file.read(self._current).values())

    def end(self, order_ids: Collection[str]) -> None:
        """Forget overrides."""
        self._ended.update(order_ids)
        for order_id in order_ids:
            self._orders.pop(order_id, None)
        self.settle()

    def settle(self) -> None:
        """Write down the ends of overrides and commands, if the disk takes them."""
        self._settle(synced=True)

    def _settle(self, *, synced: bool) -> None:
        if not self._ended and not self._answered:
            return
        try:
            self._file.write(lambda db: self._forget(db, self._ended, self._answered), synced=synced)
        except StoreFull:
            return
        self._ended.clear()
        self._answered.clear()

    def _current(self, db: Db) -> dict[str, Override]:
        """Overrides that were not ended, by id; read again when it is another file."""
        if db is not self._read_from:
            found = map(_override, (body for (body,) in db.execute("SELECT body FROM overrides ORDER BY number")))
            self._orders = {order.id: order for order in found if order.id not in self._ended}
            self._read_from = db
        return self._orders

    def _take(self, db: Db, issuer: str, seq: int, command_id: str, answer: bytes, order: Override | None) -> None:
        now_ms = self._clock.now_ms()
        db.execute(_ANSWER, (command_id, issuer, seq, answer, now_ms))
        db.execute(_PRUNE, (now_ms - ANSWER_MS, ANSWERS))
        db.execute(_RAISE, (issuer, seq))
        if order is not None:
            body = json.dumps(asdict(order))
            db.execute("INSERT OR REPLACE INTO overrides (id, body) VALUES (?, ?)", (order.id, body))
            db.execute("INSERT OR REPLACE INTO open_commands (id, override) VALUES (?, ?)", (command_id, order.id))

    def _forget(self, db: Db, order_ids: Iterable[str], command_ids: Iterable[str]) -> None:
        db.executemany("DELETE FROM overrides WHERE id = ?", [(order_id,) for order_id in order_ids])
        db.executemany("DELETE FROM open_commands WHERE id = ?", [(command_id,) for command_id in command_ids])


def _override(body: str) -> Override:
    fields = json.loads(body)
    return Override(**fields | {"lamps": tuple(fields["lamps"]), "lamp_ids": tuple(fields.get("lamp_ids", ()))})
