"""Rows of an inventory file: CSV, plain or gzipped, or GeoJSON points. Cells stay text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slic.errors import InputError
from slic.files import csv_rows, read_text

_GEOJSON = (".geojson", ".json")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in a CSV file, or its feature in GeoJSON, counted from 0, and its cells by column."""

    line: int | None
    cells: dict[str, str]
    feature: int | None = None

    @property
    def name(self) -> str:
        """How people find the row, as ``line 3`` or ``features.2``."""
        return f"features.{self.feature}" if self.line is None else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Table:
    """Column names in file order, and the rows that are not blank."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    blank_rows: int = 0


def read_table(path: Path, shown: str, encoding: str = "utf-8", separator: str = ",") -> Table:
    """All rows of a CSV or GeoJSON file, by the ending of its name (a last ``.gz`` is unpacked).

    Raises InputError for a file that is missing, empty, in another encoding, or has ragged rows.
    """
    text = read_text(path, shown, encoding, "encoding: latin-1")
    if not text.strip():
        raise InputError("is empty", file=shown, allowed="a header line and a row per lamp")
    name = path.name.removesuffix(".gz").lower()
    table = _geojson(text, shown) if name.endswith(_GEOJSON) else _csv(text, shown, separator)
    if not table.rows:
        raise InputError("holds no rows", file=shown, allowed="a row per lamp")
    return table


def _csv(text: str, shown: str, separator: str) -> Table:
    lines = csv_rows(text, shown, separator)
    header = tuple(name.strip() for name in next(lines)[1])
    _check_header(header, shown, separator)
    rows, blank = [], 0
    for line, values in lines:
        if not any(value.strip() for value in values):
            blank += 1
            continue
        if len(values) != len(header):
            allowed = f"{len(header)} cells as in the header"
            raise InputError(f"has {len(values)} cells", file=shown, line=line, allowed=allowed)
        rows.append(Row(line, dict(zip(header, map(str.strip, values), strict=True))))
    return Table(header, tuple(rows), blank)


def _check_header(header: tuple[str, ...], shown: str, separator: str) -> None:
    for name in header:
        if header.count(name) > 1:
            raise InputError("stands twice in the header", file=shown, line=1, field=name or "(no name)")
    other = next((mark for mark in ",;\t" if mark != separator and mark in header[0]), None)
    if len(header) == 1 and other:
        raise InputError(f"seems to be separated by {other!r}", file=shown, line=1, allowed=f"separator: {other!r}")


def _geojson(text: str, shown: str) -> Table:
    try:
        features = json.loads(text)["features"]
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error.msg}", file=shown, line=error.lineno) from None
    except (KeyError, TypeError):
        raise InputError("has no features", file=shown, allowed="a GeoJSON FeatureCollection") from None
    rows = tuple(_feature(feature, index, shown) for index, feature in enumerate(features))
    columns = dict.fromkeys(name for row in rows for name in row.cells)
    return Table(tuple(columns), rows)


def _feature(feature: Any, index: int, shown: str) -> Row:
    try:
        cells = {str(k): "" if v is None else str(v).strip() for k, v in (feature["properties"] or {}).items()}
        geometry = feature["geometry"]
        if geometry["type"] != "Point":
            raise InputError("is no point", file=shown, field=f"features.{index}", value=geometry["type"])
        longitude, latitude = geometry["coordinates"][:2]
    except (KeyError, TypeError, ValueError, AttributeError):
        allowed = "a feature with properties and a Point"
        raise InputError("is not a lamp", file=shown, field=f"features.{index}", allowed=allowed) from None
    identity = {"lamp_id": str(feature["id"])} if "id" in feature else {}
    return Row(None, identity | cells | {"lat": str(latitude), "lon": str(longitude)}, index)


def values_of(table: Table, column: str) -> Iterator[str]:
    """Different values of a column, in file order."""
    return iter(dict.fromkeys(row.cells.get(column, "") for row in table.rows))
