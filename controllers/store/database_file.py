"""The file of a gateway's store: for one process at a time, checked when it is opened, set aside when it is corrupt.

A commit is on the disk when it returns (WAL with ``synchronous=FULL``), unless its caller needs no such promise. The
file reuses its pages, so its size follows the most that ever waited, and the log beside it is cut back to
``LOG_BYTES``.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from controllers.clock import Clock
from controllers.store.port import StoreFull
from controllers.store.schema import SCHEMA, TABLES, UPGRADES, VERSION
from slic.errors import InputError, RunError

NAME = "gateway.sqlite"
LOG_BYTES = 8 << 20
"""The write-ahead log shrinks to this after it was larger."""
PRAGMAS = ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", f"journal_size_limit={LOG_BYTES}")
KEPT_ASIDE = 3
"""Corrupt files that are kept for inspection; older ones are removed."""

_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_PERM,
}
_Result = TypeVar("_Result")


class StoreInUse(InputError):
    """Another process has the store open."""


class StoreFile:
    """An open store.

    recovered : what happened to a corrupt file, in words; empty if there was none since this process began
    failed : the last attempt to write did not succeed

    InputError if another gateway uses the folder (StoreInUse), it cannot be written, or a newer release wrote the file;
    RunError if the disk gives or takes nothing.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path = folder / NAME
        self.recovered = ""
        self.failed = False
        self._clock = clock
        self._lock = _lock(folder)
        self._db: sqlite3.Connection | None = None
        try:
            self._db = self._open()
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Do ``work``. On a corrupt file it is done again on a new one. StoreFull if the disk cannot be used."""
        try:
            try:
                return work(self._connection())
            except sqlite3.DatabaseError as error:
                if _code(error) not in _CORRUPT:
                    raise
                self._set_aside(str(error))
            return work(self._connection())
        except sqlite3.DatabaseError as error:
            if _code(error) in _DISK:
                raise StoreFull(f"{self.path.name}: {error}") from None
            raise
        except OSError as error:
            raise StoreFull(f"{self.path.name}: {error.strerror or error}") from None

    def write(self, work: Callable[[sqlite3.Connection], _Result], *, synced: bool = True) -> _Result:
        """Do ``work`` in a transaction, all of it or nothing. StoreFull if the disk does not take it.

        synced : wait until the disk has it; else a power cut may undo it, until a later synced write. An end of the
            process does not.
        """

        def whole(db: sqlite3.Connection) -> _Result:
            db.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            return result

        self.failed = True
        result = self.read(whole)
        self.failed = False
        return result

    def close(self) -> None:
        """Leave the file to the next one."""
        if self._db is not None:
            self._db.close()
            self._db = None
        os.close(self._lock)

    def _open(self) -> sqlite3.Connection:
        try:
            problem = self._reopen()
            if problem:
                self._set_aside(problem)
            return self._connection()
        except (sqlite3.DatabaseError, OSError) as error:
            raise RunError(f"{self.path} cannot be used: {error}") from None

    def _reopen(self) -> str:
        """Take the file that is there, if it is sound. What is wrong with it, or empty."""
        if not self.path.exists():
            return "its main file is lost" if _beside(self.path, "-wal").exists() else ""
        try:
            self._db = _checked(self.path)
        except sqlite3.DatabaseError as error:
            if _code(error) in _DISK:
                raise
            return str(error)
        return ""

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            _make(self.path)
            self._db = _connect(self.path)
        return self._db

    def _set_aside(self, problem: str) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        stamp = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        aside = self.path.with_name(f"{NAME}.corrupt-{stamp}")
        for ending in ("", "-wal"):
            if _beside(self.path, ending).exists():
                _beside(self.path, ending).replace(_beside(aside, ending))
        _beside(self.path, "-shm").unlink(missing_ok=True)
        self.recovered = f"{NAME} was corrupt ({problem}); it was set aside as {aside.name} and a new one begun"
        _remove_old(self.path.parent)


def _lock(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "gateway.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise InputError(
            f"cannot be used ({error.strerror})",
            field="store",
            value=str(folder),
            allowed="a folder that can be written",
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(lock, 20).decode("ascii", "replace").strip() or "not known"
        os.close(lock)
        raise StoreInUse(
            f"is in use by another gateway (process {holder})",
            field="store",
            value=str(folder),
            allowed="a folder of its own for each gateway",
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=1)
    try:
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
    except BaseException:
        db.close()
        raise
    return db


def _make(path: Path) -> None:
    """Make an empty store. It gets its name when it is complete, so a file without tables is always a corrupt one."""
    new = _beside(path, ".new")
    for ending in ("", "-journal"):
        _beside(new, ending).unlink(missing_ok=True)
    db = sqlite3.connect(new, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
    finally:
        db.close()
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _checked(path: Path) -> sqlite3.Connection:
    """An existing store. DatabaseError if it is none, InputError if it is a newer one."""
    if not path.is_file():
        raise sqlite3.DatabaseError("is no file")
    db = _connect(path)
    try:
        _check(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    if "meta" not in _tables(db):
        raise sqlite3.DatabaseError("has no tables of a gateway")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if [(version,)] != db.execute("SELECT value FROM meta WHERE name = 'version'").fetchall():
        raise sqlite3.DatabaseError("does not know its version")
    if version > VERSION:
        raise InputError(
            "was written by a newer release", file=str(path), field="version", value=version, allowed=f"up to {VERSION}"
        )
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(" ".join(str(found).split()))
    _upgrade(db, version)
    if _tables(db) != TABLES:
        raise sqlite3.DatabaseError("has not the tables of a gateway")


def _upgrade(db: sqlite3.Connection, version: int) -> None:
    while version in UPGRADES:
        change, version = UPGRADES[version], version + 1
        said = f"UPDATE meta SET value = {version} WHERE name = 'version'; PRAGMA user_version={version};"
        db.executescript(f"BEGIN; {change} {said} COMMIT;")


def _tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _remove_old(folder: Path) -> None:
    aside = sorted(p for p in folder.glob(f"{NAME}.corrupt-*") if p.is_file() and not p.name.endswith("-wal"))
    for path in aside[:-KEPT_ASIDE]:
        path.unlink()
        _beside(path, "-wal").unlink(missing_ok=True)
