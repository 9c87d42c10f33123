"""Rows of an inventory file, plain or gzipped: CSV, GeoJSON points, or OpenStreetMap lamps. Cells stay text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slic.errors import InputError
from slic.files import csv_rows, read_text
from slic.site.osm import osm_table, overpass_table
from slic.site.rows import Row as Row
from slic.site.rows import Table as Table

_GEOJSON = (".geojson", ".json")
_DEGREES = ("CRS84", "CRS:84", "EPSG::4326", "EPSG:4326")


def read_table(path: Path, shown: str, encoding: str = "utf-8", separator: str = ",") -> Table:
    """All rows of a file, by the ending of its name (a last ``.gz`` is unpacked); see ``slic.site.osm`` for ``.osm``.

    Raises InputError for a file that is missing, empty, in another encoding, or has ragged rows.
    """
    text = read_text(path, shown, encoding, "encoding: latin-1")
    if not text.strip():
        raise InputError("is empty", file=shown, allowed="a header line and a row per lamp")
    name = path.name.removesuffix(".gz").lower()
    table = _by_ending(name, text, shown, separator)
    if not table.rows:
        raise InputError("holds no rows", file=shown, allowed="a row per lamp")
    return table


def _by_ending(name: str, text: str, shown: str, separator: str) -> Table:
    if name.endswith(".osm"):
        return osm_table(text, shown)
    if not name.endswith(_GEOJSON):
        return _csv(text, shown, separator)
    data = _json(text, shown)
    if isinstance(data, dict) and isinstance(data.get("elements"), list):
        return overpass_table(data, shown)
    return _geojson(data, shown)


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


def _json(text: str, shown: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error.msg}", file=shown, line=error.lineno) from None


def _geojson(data: Any, shown: str) -> Table:
    try:
        features = data["features"]
    except (KeyError, TypeError):
        raise InputError("has no features", file=shown, allowed="a GeoJSON FeatureCollection") from None
    if not isinstance(features, list):
        raise InputError("is no list", file=shown, field="features", allowed="a list of features")
    _check_degrees(data, shown)
    rows = tuple(_feature(feature, index, shown) for index, feature in enumerate(features))
    columns = dict.fromkeys(name for row in rows for name in row.cells)
    return Table(tuple(columns), rows)


def _check_degrees(data: Any, shown: str) -> None:
    """Refuses a file that says that its coordinates are not WGS84 degrees."""
    try:
        name = str(data["crs"]["properties"]["name"])
    except (KeyError, TypeError):
        return
    if not name.endswith(_DEGREES):
        problem = "is not in WGS84 degrees; convert it, as by: ogr2ogr -t_srs EPSG:4326 degrees.geojson metres.geojson"
        raise InputError(problem, file=shown, field="crs", value=name, allowed="CRS84 or EPSG:4326")


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
