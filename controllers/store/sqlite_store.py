"""The memory of a gateway: one SQLite file, ``gateway.sqlite``, in a folder of its own.

Records, commands, overrides and documents are on the disk when the call returns. Decisions are explanations, not
records: they are written in batches, a crash may lose those of the last two seconds, a power cut those since the
last record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from controllers.clock import Clock, WallClock
from controllers.gateway.config import StoreLimits
from controllers.link.transport import Outgoing
from controllers.store.commands import Commands
from controllers.store.database_file import StoreFile
from controllers.store.decisions import DecisionLog
from controllers.store.outbox import Outbox
from controllers.store.port import Decision, Document, Kind, StoreFull, Waiting
from controllers.store.store_clock import StoreClock
from slic.control.segment import Action, Override

Db = sqlite3.Connection
BOOTS = 1000
"""Boot ids that are kept."""
FLUSH_MS = 1000

_LATEST = """SELECT max(
    coalesce((SELECT kept_ms FROM outbox ORDER BY number DESC LIMIT 1), 0),
    coalesce((SELECT kept_ms FROM commands ORDER BY number DESC LIMIT 1), 0),
    (SELECT value FROM meta WHERE name = 'last_ms'))"""
_KEEP_DOCUMENT = "INSERT OR REPLACE INTO documents (document, version, payload) VALUES (?, ?, ?)"
_FORGET_DOCUMENTS = """DELETE FROM documents WHERE document = ?1 AND number NOT IN
    (SELECT number FROM documents WHERE document = ?1 ORDER BY number DESC LIMIT 2)"""


class SqliteStore:
    """A store in ``folder`` (made if it is not there), for one process at a time.

    InputError if another gateway uses the folder, it cannot be written, or a newer release wrote it. A corrupt file
    is set aside and a new one begun, at the start and later; ``recovered`` tells.
    """

    def __init__(self, folder: Path, limits: StoreLimits | None = None, clock: Clock | None = None) -> None:
        limits = limits or StoreLimits()
        clock = clock or WallClock()
        self._file = StoreFile(folder, clock)
        latest_ms = self._file.read(lambda db: db.execute(_LATEST).fetchone()[0])
        store_clock = StoreClock(clock, latest_ms)
        self._outbox = Outbox(self._file, store_clock, limits.records)
        self._commands = Commands(self._file, store_clock)
        self._decisions = DecisionLog(self._file, limits.decisions)
        self._flushed_ms = 0

    # ---- records that wait for the broker ---------------------------------------------------------

    def put(self, kind: Kind, messages: Sequence[Outgoing]) -> None:
        """Keep records until the broker has them. StoreFull if that cannot be."""
        self._outbox.put(kind, messages)

    def waiting(self, limit: int, after: int = 0, kind: Kind | None = None) -> list[Waiting]:
        """The oldest records with a number above ``after``, of one kind or of all."""
        return self._outbox.waiting(limit, after, kind)

    def sent(self, numbers: Sequence[int]) -> None:
        """The broker has these records. StoreFull if that cannot be written down."""
        self._outbox.remove(numbers)

    def expire(self, numbers: Sequence[int]) -> None:
        """Give up records whose life is over. StoreFull if that cannot be written down."""
        self._outbox.remove(numbers, expired=True)

    @property
    def depth(self) -> int:
        """Records that wait."""
        return self._outbox.depth

    @property
    def dropped(self) -> int:
        """Records given up because the store or the disk was full, since the file was made."""
        return self._outbox.dropped

    @property
    def expired(self) -> int:
        """Records given up because their life was over, since the file was made."""
        return self._outbox.expired

    # ---- commands ---------------------------------------------------------------------------------

    def take_command(
        self,
        issuer: str,
        seq: int,
        command_id: str,
        answer: bytes,
        order: Override | None,
        ends: Sequence[str] = (),
    ) -> None:
        """Keep a command's number, answer, override and what it ends, all or nothing. StoreFull if that cannot be."""
        self._commands.take(issuer, seq, command_id, answer, order, ends)

    def open_commands(self) -> dict[str, str]:
        """Commands that wait for their last answer, oldest first: command id -> override id, which may have ended."""
        return self._commands.open()

    def answered(self, command_ids: Collection[str]) -> None:
        """Commands have had their last answer. A power cut, or a crash on a full disk, may undo it."""
        self._commands.answered(command_ids)

    def answer_to(self, command_id: str) -> bytes | None:
        """The answer that was given to a command; kept for ten minutes and ten thousand further commands at least."""
        return self._commands.answer_to(command_id)

    def last_seq(self, issuer: str) -> int:
        """Highest command number of an issuer so far; -1 for none."""
        return self._commands.last_seq(issuer)

    def overrides(self) -> list[Override]:
        """Overrides that were not ended, oldest first; some may have expired."""
        return self._commands.overrides()

    def end_overrides(self, order_ids: Collection[str]) -> None:
        """Forget overrides; on a full disk as soon as there is room."""
        self._commands.end(order_ids)

    # ---- documents --------------------------------------------------------------------------------

    def keep_document(self, document: Document, version: int, payload: bytes) -> None:
        """Keep a program set or configuration, and the one before. StoreFull if that cannot be."""

        def keep(db: Db) -> None:
            db.execute(_KEEP_DOCUMENT, (document, version, payload))
            db.execute(_FORGET_DOCUMENTS, (document,))

        self._file.write(keep)

    def documents(self, document: Document) -> list[tuple[int, bytes]]:
        """Version and payload of those kept, newest first."""
        ask = "SELECT version, payload FROM documents WHERE document = ? ORDER BY number DESC"
        return self._file.read(lambda db: db.execute(ask, (document,)).fetchall())

    # ---- decisions --------------------------------------------------------------------------------

    def decided(self, actions: Sequence[Action], lamp_ids: Sequence[str]) -> None:
        """Note decisions; :meth:`flush` writes them. Never raises."""
        self._decisions.add(actions, lamp_ids)

    def decisions_of(self, lamp_id: str, limit: int) -> list[Decision]:
        """The latest decisions about a lamp, newest first."""
        return self._decisions.of(lamp_id, limit)

    def flush(self, t_ms: int) -> None:
        """Write what was noted, each second or when it is a batch. Never raises; for each turn of the loop."""
        waited = not 0 <= t_ms - self._flushed_ms < FLUSH_MS
        if waited or (self._decisions.batch and not self._file.failed):
            self._flushed_ms = t_ms
            self._settle()

    # ---- times and starts -------------------------------------------------------------------------

    def last_ms(self) -> int:
        """The time that was kept last [UTC ms]; 0 for none."""
        ask = "SELECT value FROM meta WHERE name = 'last_ms'"
        return int(self._file.read(lambda db: db.execute(ask).fetchone()[0]))

    def keep_time(self, t_ms: int) -> None:
        """Keep the time, if the disk takes it."""
        self._try("UPDATE meta SET value = ? WHERE name = 'last_ms'", t_ms)

    def boots(self) -> list[str]:
        """Boot ids of earlier starts, newest first."""
        ask = "SELECT boot FROM boots ORDER BY number DESC"
        return [boot for (boot,) in self._file.read(lambda db: db.execute(ask).fetchall())]

    def keep_boot(self, boot: str) -> None:
        """Keep this start's boot id, if the disk takes it."""
        self._try("INSERT OR REPLACE INTO boots (boot) VALUES (?)", boot)
        self._try("DELETE FROM boots WHERE number <= (SELECT max(number) FROM boots) - ?", BOOTS)

    # ---- how it does ------------------------------------------------------------------------------

    @property
    def recovered(self) -> str:
        """What happened to a corrupt file since this process began, in words, or empty."""
        return self._file.recovered

    @property
    def health(self) -> Literal["ok", "full", "corrupt"]:
        """corrupt : a file was set aside; full : the disk took nothing last time, or records are being given up."""
        if self._file.recovered:
            return "corrupt"
        return "full" if self._file.failed or self._outbox.full else "ok"

    def close(self) -> None:
        """Write what was noted and leave."""
        self._settle()
        self._file.close()

    def _settle(self) -> None:
        self._decisions.write()
        self._commands.settle()
        try:
            self._outbox.settle()
        except StoreFull:
            return

    def _try(self, change: str, *values: object) -> None:
        try:
            self._file.write(lambda db: db.execute(change, values))
        except StoreFull:
            return
