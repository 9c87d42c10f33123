"""The store of a site's field records: one SQLite file per UTC day, written by any number of workers at once."""

from __future__ import annotations

import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from controllers.ingest.rows import Row
from controllers.store.port import StoreFull
from slic.errors import InputError, RunError
from slic.report.field_schema import DAY_TABLES, SCHEMA, SITE_FILE, SITE_TABLES, create

REJECTED_KEPT = 1000
REJECTED_BYTES = 2048
"""Unusable messages that are kept, the newest, and how much of each."""

_OPEN_FILES = 8
_BUSY_S = 5
_DAY_MS = 86_400_000
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_KEEP_NEWEST = (
    "INSERT INTO inventory VALUES (?, ?, ?, ?, ?) ON CONFLICT (segment) DO UPDATE SET "
    "t_ms = excluded.t_ms, boot = excluded.boot, seq = excluded.seq, payload = excluded.payload "
    "WHERE (excluded.t_ms, excluded.seq) > (t_ms, seq)"
)


class Inventory(NamedTuple):
    """A segment's inventory as it was sent; the one with the latest time is kept."""

    segment: str
    t_ms: int
    boot: str
    seq: int
    payload: str


class Rejected(NamedTuple):
    """A message that could not be used, and why (a code)."""

    received_ms: int
    code: str
    topic: str
    payload: bytes


@dataclass(slots=True)
class Batch:
    """What is written together."""

    rows: list[Row] = field(default_factory=list)
    inventories: list[Inventory] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


class IngestStore:
    """A folder of one site's records.

    InputError if the folder belongs to another site or to another version; RunError if a file in it is damaged;
    StoreFull if it cannot be written now.
    """

    def __init__(self, folder: Path, site: str) -> None:
        self._folder = folder
        self._files: OrderedDict[str, sqlite3.Connection] = OrderedDict()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot be a folder ({error.strerror})", file=str(folder)) from None
        self._in(SITE_FILE, SITE_TABLES, lambda db: _claim(db, site, folder))

    def write(self, batch: Batch) -> int:
        """Keep a batch; how many rows were new. StoreFull: some of it may be kept, and may be written again."""
        new = 0
        for day, rows in _by_day(batch.rows).items():
            new += self._in(f"{day}.sqlite", DAY_TABLES, partial(_insert, rows))
        if batch.inventories or batch.rejected:
            self._in(SITE_FILE, SITE_TABLES, lambda db: _note(db, batch))
        return new

    def close(self) -> None:
        """Leave the files."""
        while self._files:
            self._files.popitem()[1].close()

    def _in(self, name: str, tables: Mapping[str, str], work: Callable[[sqlite3.Connection], int]) -> int:
        """Do some work on a file in one transaction."""
        try:
            db = self._file(name, tables)
            db.execute("BEGIN IMMEDIATE")
            try:
                done = work(db)
                db.execute("COMMIT")
            except BaseException:
                _undo(db)
                raise
            return done
        except sqlite3.Error as error:
            raise self._said(error, name) from None

    def _file(self, name: str, tables: Mapping[str, str]) -> sqlite3.Connection:
        """An open file, made if there is none; the one unused for longest is closed when too many are open."""
        if name in self._files and not (self._folder / name).exists():
            self._files.pop(name).close()
        if name not in self._files:
            self._files[name] = _opened(self._folder / name, tables)
            if len(self._files) > _OPEN_FILES:
                self._files.popitem(last=False)[1].close()
        self._files.move_to_end(name)
        return self._files[name]

    def _said(self, error: sqlite3.Error, name: str) -> Exception:
        path = self._folder / name
        if _code(error) in _BROKEN:
            return RunError(f"{path} is damaged ({error}); move it away and start again")
        return StoreFull(f"{path} cannot be written: {error}")


@lru_cache(maxsize=1024)
def _name(day: int) -> str:
    """A UTC day, counted from 1970, as YYYY-MM-DD."""
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m-%d")


def _opened(path: Path, tables: Mapping[str, str]) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        _write_ahead(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        for statement in create(tables):
            db.execute(statement)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. SQLite does not wait for a lock here, so that two workers may collide."""
    last = time.monotonic() + _BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.01)


def _undo(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.execute("ROLLBACK")


def _claim(db: sqlite3.Connection, site: str, folder: Path) -> int:
    db.execute("INSERT OR IGNORE INTO about VALUES (1, ?, ?)", (site, SCHEMA))
    owner, schema = db.execute("SELECT site, schema FROM about").fetchone()
    if owner != site:
        raise InputError("belongs to another site", file=str(folder), field="site", value=site, allowed=owner)
    if schema != SCHEMA:
        raise InputError(
            "is not a version that can be written", file=str(folder), field="schema", value=schema, allowed=str(SCHEMA)
        )
    return 0


def _by_day(rows: Iterable[Row]) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    days: dict[str, dict[str, list[tuple[Any, ...]]]] = {}
    for table, t_ms, values in rows:
        days.setdefault(_name(t_ms // _DAY_MS), {}).setdefault(table, []).append(values)
    return days


def _insert(tables: Mapping[str, list[tuple[Any, ...]]], db: sqlite3.Connection) -> int:
    before = db.total_changes
    for table, rows in tables.items():
        places = ", ".join("?" * len(rows[0]))
        db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", rows)
    return db.total_changes - before


def _note(db: sqlite3.Connection, batch: Batch) -> int:
    db.executemany(_KEEP_NEWEST, batch.inventories)
    for received_ms, code, topic, payload in batch.rejected:
        kept = (received_ms, code, topic, payload[:REJECTED_BYTES])
        db.execute("INSERT INTO rejected (received_ms, code, topic, payload) VALUES (?, ?, ?, ?)", kept)
        db.execute(
            "INSERT INTO rejected_counts VALUES (?, 1) ON CONFLICT (code) DO UPDATE SET count = count + 1", (code,)
        )
    db.execute("DELETE FROM rejected WHERE number <= (SELECT max(number) FROM rejected) - ?", (REJECTED_KEPT,))
    return 0


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
