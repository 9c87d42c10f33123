"""The latest decisions, for explanations: buffered, written in batches, bounded."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence
from itertools import islice

from controllers.store.database_file import StoreFile
from controllers.store.port import Decision, StoreFull
from slic.control.segment import Action

Db = sqlite3.Connection
BATCH = 100
"""Written in 1 ms; the loop that commands lamps waits so long."""
BUFFER = 20_000
"""Decisions that wait for a disk that takes nothing; when there are more the oldest go."""

_INSERT = f"INSERT INTO decisions (lamp, {', '.join(Decision._fields)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ASK = f"SELECT {', '.join(Decision._fields)} FROM decisions WHERE lamp = ? ORDER BY number DESC LIMIT ?"


class DecisionLog:
    """A ring of ``limit`` decisions. A crash loses those that were noted after the last writing.

    A power cut may also lose those written since the last record, as nobody waits for the disk with them.
    """

    def __init__(self, file: StoreFile, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._buffer: deque[tuple[str, Action]] = deque(maxlen=BUFFER)

    def add(self, actions: Sequence[Action], lamp_ids: Sequence[str]) -> None:
        """Note decisions, without touching the disk."""
        self._buffer.extend([(lamp_ids[action.lamp], action) for action in actions])

    @property
    def batch(self) -> bool:
        """Whether so many were noted that they are worth a commit."""
        return len(self._buffer) >= BATCH

    def write(self) -> None:
        """Write all that was noted, if the disk takes it."""
        if not self._buffer:
            return
        try:
            self._file.write(self._write, synced=False)
        except StoreFull:
            return
        self._buffer.clear()

    def of(self, lamp_id: str, limit: int) -> list[Decision]:
        """Decisions about a lamp, newest first."""
        noted = (_decision(action) for lamp, action in reversed(self._buffer) if lamp == lamp_id)
        found = list(islice(noted, limit))
        rows = self._file.read(lambda db: db.execute(_ASK, (lamp_id, limit - len(found))).fetchall())
        return found + [Decision(*row) for row in rows]

    def _write(self, db: Db) -> None:
        db.executemany(_INSERT, [(lamp, *_decision(action)) for lamp, action in self._buffer])
        (newest,) = db.execute("SELECT max(number) FROM decisions").fetchone()
        db.execute("DELETE FROM decisions WHERE number <= ?", (newest - self._limit,))


def _decision(action: Action) -> Decision:
    return Decision(
        action.t_ms,
        action.level_pm,
        action.ramp_ms,
        action.source,
        action.rule,
        action.cause,
        action.until_ms,
        action.program,
    )
