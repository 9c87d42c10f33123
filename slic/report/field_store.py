"""Reads a store of field records, and changes nothing in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from slic.errors import InputError
from slic.report.field_schema import DAY_GLOB, SCHEMA, SITE_FILE


class LampKey(NamedTuple):
    """A lamp of a site."""

    segment: str
    lamp: str


class Reading(NamedTuple):
    """Counters of a lamp's meter. boot : of the counters, "" if not known; None where a counter is not known."""

    t_ms: int
    boot: str
    counter_mj: int | None
    on_ms: int | None


class State(NamedTuple):
    """What a lamp did: ``level_pm``, on the way to ``target_pm`` if there is a ``fade_end_ms``."""

    t_ms: int
    level_pm: int
    target_pm: int
    fade_end_ms: int | None
    src: str


class FieldEvent(NamedTuple):
    """A fault or condition began or ended."""

    segment: str
    node: str
    code: str
    phase: str
    t_ms: int
    first_seen_ms: int
    times: int
    detail: str


class DamagedDay(InputError):
    """The file of a UTC day is damaged. day : which one."""

    def __init__(self, day: date, problem: str, file: str) -> None:
        super().__init__(problem, file=file)
        self.day = day


@dataclass(frozen=True, slots=True)
class InventoryLamp:
    """A lamp as its gateway listed it. power_w : circuit watts at full level; None where not known."""

    group: str
    street: str
    power_w: float | None
    latitude: float | None
    longitude: float | None


def is_store(folder: Path) -> bool:
    """Whether a folder is a store of field records."""
    return (folder / SITE_FILE).is_file()


class FieldStore:
    """A folder that ``slic ingest`` writes. InputError if it is none, or a file of it cannot be read.

    damaged : days that are passed over as if nothing had been told on them, with what is wrong; for the caller to fill
    """

    def __init__(self, folder: Path) -> None:
        if not is_store(folder):
            raise InputError("is no store of field records", file=str(folder), allowed=f"a folder with {SITE_FILE}")
        self.folder = folder
        self.damaged: dict[date, str] = {}
        self.days = tuple(date.fromisoformat(path.stem) for path in sorted(folder.glob(DAY_GLOB)) if _is_day(path.stem))
        about = self._rows(SITE_FILE, "SELECT site, schema FROM about")
        if not about or about[0][1] != SCHEMA:
            raise InputError(
                "is not a version that can be read",
                file=str(folder / SITE_FILE),
                value=about[0][1] if about else None,
                allowed=str(SCHEMA),
            )
        self.site = str(about[0][0])

    def inventory(self) -> dict[LampKey, InventoryLamp]:
        """The lamps that the gateways say they have, by their latest word; empty if none said anything."""
        found: dict[LampKey, InventoryLamp] = {}
        for segment, said in self._inventories:
            for cells in said["lamps"]:
                row = dict(zip(said["lamp_cols"], cells, strict=False))
                found[LampKey(segment, str(row.get("lamp")))] = _lamp(row)
        return found

    def timezone(self) -> str | None:
        """Time zone that the inventories name, if all that name one agree."""
        said = [one.get("timezone") for _, one in self._inventories]
        names = {name for name in said if isinstance(name, str) and name}
        return names.pop() if len(names) == 1 else None

    def place(self) -> tuple[float, float] | None:
        """Mean latitude and longitude of the gateways, as their inventories tell them; None if one does not."""
        said = [one for _, one in self._inventories]
        north = [value for one in said if (value := _number(one.get("latitude"))) is not None]
        east = [value for one in said if (value := _number(one.get("longitude"))) is not None]
        if not said or not len(north) == len(east) == len(said):
            return None
        return sum(north) / len(north), sum(east) / len(east)

    @cached_property
    def _inventories(self) -> list[tuple[str, dict[str, Any]]]:
        """Segments with their inventories as they were sent: up to 1 MiB each, so read once."""
        rows = self._rows(SITE_FILE, "SELECT segment, payload FROM inventory ORDER BY segment")
        return [(segment, json.loads(payload)) for segment, payload in rows]

    def rejected(self) -> dict[str, int]:
        """Messages that could not be used, by code; those sent again may be counted again."""
        return dict(self._rows(SITE_FILE, "SELECT code, count FROM rejected_counts ORDER BY code"))

    def readings(self, day: date) -> Iterator[tuple[LampKey, Reading]]:
        """Readings of a UTC day, lamp after lamp, each in the order of time."""
        query = "SELECT segment, lamp, t_ms, lamp_boot, counter_mj, on_ms FROM readings ORDER BY segment, lamp, t_ms"
        for segment, lamp, t_ms, boot, counter_mj, on_ms in self._each(day, query):
            yield LampKey(segment, lamp), Reading(t_ms, boot or "", counter_mj, on_ms)

    def reading_span(self, day: date) -> tuple[int | None, int | None]:
        """Moments of the first and the last reading of a UTC day [UTC ms], None where there is none."""
        first_ms, last_ms = next(self._each(day, "SELECT min(t_ms), max(t_ms) FROM readings"), (None, None))
        return first_ms, last_ms

    def states(self, day: date) -> Iterator[tuple[LampKey, State]]:
        """States of a UTC day, lamp after lamp, each in the order of time."""
        query = (
            "SELECT segment, node, t_ms, level_pm, target_pm, fade_end_ms, src FROM states "
            "ORDER BY segment, node, t_ms, boot, seq"
        )
        for segment, lamp, *rest in self._each(day, query):
            yield LampKey(segment, lamp), State(*rest)

    def events(self, day: date) -> Iterator[FieldEvent]:
        """Faults and conditions that were told on a UTC day, in the order of time."""
        query = (
            "SELECT segment, node, code, phase, t_ms, first_seen_ms, count, detail FROM events "
            "ORDER BY t_ms, segment, node, boot, seq"
        )
        for row in self._each(day, query):
            yield FieldEvent(*row)

    def table(self, day: date, table: str) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
        """Columns with their types (TEXT or INTEGER), and rows of a table of a day, in the order of its key."""
        columns = dict(self._each(day, f"SELECT name, type FROM pragma_table_info('{table}')"))
        return columns, list(self._each(day, f"SELECT * FROM {table}")) if columns else []

    def _rows(self, name: str, query: str) -> list[tuple[Any, ...]]:
        return list(self._query(name, query))

    def _each(self, day: date, query: str) -> Iterator[tuple[Any, ...]]:
        if day in self.damaged:
            return
        try:
            yield from self._query(f"{day}.sqlite", query)
        except InputError as error:
            if _is_damage(error.__cause__):
                raise DamagedDay(day, error.problem, error.file) from None
            raise

    def _query(self, name: str, query: str) -> Iterator[tuple[Any, ...]]:
        try:
            with closing(self._opened(name)) as db:
                yield from db.execute(query)
        except sqlite3.Error as error:
            if str(error).startswith("no such table"):
                return  # a worker is just making the file
            raise InputError(f"cannot be read ({error})", file=str(self.folder / name)) from error

    def _opened(self, name: str) -> sqlite3.Connection:
        return sqlite3.connect(f"{(self.folder / name).absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def place_of(lamps: Sequence[InventoryLamp]) -> tuple[float, float] | None:
    """Mean latitude and longitude of the lamps whose position is known; None if no lamp's is."""
    known = [(lamp.latitude, lamp.longitude) for lamp in lamps if lamp.latitude is not None]
    east = [longitude for _, longitude in known if longitude is not None]
    if not known or len(east) != len(known):
        return None
    return sum(latitude for latitude, _ in known) / len(known), sum(east) / len(east)


def _lamp(row: dict[str, Any]) -> InventoryLamp:
    watts, latitude, longitude = (_number(row.get(name)) for name in ("w", "lat", "lon"))
    return InventoryLamp(str(row.get("group") or ""), str(row.get("street") or ""), watts, latitude, longitude)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_damage(error: BaseException | None) -> bool:
    """Whether it is the file itself that is wrong, and not the way to it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True
