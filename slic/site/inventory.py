"""Lamps from an inventory file (CSV, GeoJSON or OpenStreetMap), with the columns that the file happens to have.

SLIC's fields are ``lamp_id``, ``lat``, ``lon`` (WGS84 degrees), ``street``, ``group``, ``lamp_type``,
``lamp_w``, ``lamp_w_2`` and ``n_lights``. A field without a mapping is looked for under its own name.
Watts are lamp watts of one light: where ``lamp_w_2`` is filled a pole has two lights of ``lamp_w`` and
``lamp_w_2``, else it has ``n_lights`` (default 1) of ``lamp_w``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slic.errors import InputError
from slic.site.position import position_fault
from slic.site.rows import MOST_LIGHTS, MOST_W
from slic.site.table import Row, Table, read_table, values_of

FIELDS = ("lamp_id", "lat", "lon", "street", "group", "lamp_type", "lamp_w", "lamp_w_2", "n_lights")

ROW_NUMBER = "(row number)"
"""As the column of ``lamp_id``: lamps without ids are called by their line or feature, as ``line-2``."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_GROUP = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class InventoryFormat:
    """How a file is written.

    columns : SLIC field -> column name; where : column -> the value that rows must have to be kept
    lamp_w_by_type : lamp type -> lamp watts where the file has none
    default_lamp_w : lamp watts where there are none by type either; None: a missing value is refused
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    separator: str = ","
    decimal_comma: bool = False
    default_lamp_w: float | None = None
    lamp_w_by_type: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InventoryLamp:
    """A lamp post as the file has it.

    light_w : lamp watts of each light on it; street, group, lamp_type : empty if unknown
    row : where it stands in the file
    """

    id: str
    latitude: float
    longitude: float
    street: str
    group: str
    lamp_type: str
    light_w: tuple[float, ...]
    row: Row


@dataclass(frozen=True, slots=True)
class Inventory:
    """Lamps in file order, and in words what was filled in or left out, with counts."""

    lamps: tuple[InventoryLamp, ...]
    warnings: tuple[str, ...]


def read_inventory(path: Path, shown: str, form: InventoryFormat | None = None) -> Inventory:
    """The lamps of a file. ``shown`` is the name that errors give.

    Raises InputError with file, line, column, value and what is allowed for positions that are not WGS84
    degrees, doubled ids, missing or unreadable numbers, and everything that ``read_table`` refuses.
    """
    form = form or InventoryFormat()
    table = read_table(path, shown, form.encoding, form.separator)
    reader = _Reader(table, shown, form)
    lamps = tuple(reader.lamp(row) for row in reader.kept())
    if table.blank_rows:
        reader.notes["blank lines left out"] = table.blank_rows
    return Inventory(lamps, tuple(f"{shown}: {count} {note}" for note, count in sorted(reader.notes.items()) if count))


class _Reader:
    def __init__(self, table: Table, shown: str, form: InventoryFormat) -> None:
        self.table, self.shown, self.form = table, shown, form
        self.notes: Counter[str] = Counter(table.notes)
        self.seen: dict[str, Row] = {}
        self.columns = self._mapped()

    def kept(self) -> list[Row]:
        """Rows that pass all filters."""
        rows = list(self.table.rows)
        for column, value in self.form.where.items():
            self._check_column(column, f"where.{column}")
            rows = [row for row in rows if row.cells.get(column, "") == value]
            if not rows:
                seen = list(values_of(self.table, column))
                allowed = ", ".join(seen[:12]) + (", ..." if len(seen) > 12 else "")
                problem = "is in no row that is left"
                raise InputError(problem, file=self.shown, field=column, value=value, allowed=allowed)
        return rows

    def lamp(self, row: Row) -> InventoryLamp:
        """A row as a lamp."""
        latitude, longitude = self._position(row)
        street = self._cell(row, "street")
        if not street and "street" in self.columns:
            self.notes["lamps without a street"] += 1
        lamp_type = self._cell(row, "lamp_type")
        if not lamp_type and "lamp_type" in self.columns:
            self.notes["lamps without a type"] += 1
        return InventoryLamp(
            id=self._identity(row),
            latitude=latitude,
            longitude=longitude,
            street=street,
            group=self._group(row),
            lamp_type=lamp_type,
            light_w=self._light_w(row),
            row=row,
        )

    def _mapped(self) -> dict[str, str]:
        for name, column in self.form.columns.items():
            if name not in FIELDS:
                raise InputError("is not a field", file=self.shown, field=f"columns.{name}", allowed=", ".join(FIELDS))
            if (name, column) != ("lamp_id", ROW_NUMBER):
                self._check_column(column, f"columns.{name}")
        own = {name: name for name in FIELDS if name in self.table.columns}
        columns = own | dict(self.form.columns)
        for name in ("lamp_id", "lat", "lon"):
            if name not in columns:
                allowed = f"columns: {{{name}: one of {', '.join(self.table.columns)}}}"
                raise InputError("has no column", file=self.shown, line=1, field=name, allowed=allowed)
        return columns

    def _check_column(self, column: str, named_by: str) -> None:
        if column not in self.table.columns:
            allowed = ", ".join(self.table.columns)
            raise InputError("is not a column", file=self.shown, line=1, field=named_by, value=column, allowed=allowed)

    def _cell(self, row: Row, name: str) -> str:
        return row.cells.get(self.columns.get(name, ""), "")

    def _identity(self, row: Row) -> str:
        if self.columns["lamp_id"] == ROW_NUMBER:
            return row.name.replace(" ", "-").replace(".", "-")
        found = self._cell(row, "lamp_id")
        if not found:
            raise self._error("is missing", row, self.columns["lamp_id"], None, "an id of its own")
        if found in self.seen:
            problem = f"stands twice, first in {self.seen[found].name}"
            raise self._error(problem, row, self.columns["lamp_id"], found, "an id of its own")
        self.seen[found] = row
        return found

    def _position(self, row: Row) -> tuple[float, float]:
        latitude, longitude = self._number(row, "lat"), self._number(row, "lon")
        if latitude is None or longitude is None:
            name = "lat" if latitude is None else "lon"
            raise self._error("is missing", row, self.columns[name], None, "WGS84 degrees")
        fault = position_fault(latitude, longitude)
        if fault:
            columns = f"{self.columns['lat']}, {self.columns['lon']}"
            value = f"{self._cell(row, 'lat')}, {self._cell(row, 'lon')}"
            raise self._error(fault, row, columns, value, "WGS84 degrees (EPSG:4326)")
        return latitude, longitude

    def _group(self, row: Row) -> str:
        group = self._cell(row, "group")
        if group and not _GROUP.fullmatch(group):
            allowed = "small letters, digits and hyphens"
            raise self._error("is not a group name", row, self.columns["group"], group, allowed)
        return group

    def _light_w(self, row: Row) -> tuple[float, ...]:
        first = self._watts(row, "lamp_w")
        if first is None:
            first = self._assumed_w(self._cell(row, "lamp_type"))
        if first is None:
            column = self.columns.get("lamp_w", "lamp_w")
            raise self._error("is missing", row, column, None, "watts, or a default_power_w")
        second = self._watts(row, "lamp_w_2")
        return (first,) * self._lights(row) if second is None else (first, second)

    def _assumed_w(self, lamp_type: str) -> float | None:
        by_type = self.form.lamp_w_by_type.get(lamp_type)
        source = "default_power_w" if by_type is None else "power_w_by_type"
        self.notes[f"lamps without watts, taken as {source}"] += 1
        return self.form.default_lamp_w if by_type is None else by_type

    def _watts(self, row: Row, name: str) -> float | None:
        watts = self._number(row, name)
        if watts is not None and not 0 < watts <= MOST_W:
            allowed = f"above 0 to {MOST_W} W"
            raise self._error("is out of range", row, self.columns[name], self._cell(row, name), allowed)
        return watts

    def _lights(self, row: Row) -> int:
        lights = self._number(row, "n_lights")
        if lights is None:
            return 1
        if lights != int(lights) or not 1 <= lights <= MOST_LIGHTS:
            value = self._cell(row, "n_lights")
            raise self._error("is no number of lights", row, self.columns["n_lights"], value, f"1 to {MOST_LIGHTS}")
        return int(lights)

    def _number(self, row: Row, name: str) -> float | None:
        text = self._cell(row, name)
        if not text:
            return None
        plain = text.replace(",", ".") if self.form.decimal_comma else text
        if not _NUMBER.fullmatch(plain):
            comma = "," in text and not self.form.decimal_comma
            allowed = "a number; decimal_comma: true if commas are meant" if comma else "a number"
            raise self._error("is not a number", row, self.columns[name], text, allowed)
        return float(plain)

    def _error(self, problem: str, row: Row, column: str, value: object, allowed: str) -> InputError:
        field = column if row.line is not None else f"{row.name}.{column}"
        return InputError(problem, file=self.shown, line=row.line, field=field, value=value, allowed=allowed)
