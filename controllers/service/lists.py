"""The lists of a gateway's lamps and sensors: CSV files, a row per device, empty cells for what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from controllers.gateway.plan import FieldLamp, FieldSensor
from slic.errors import InputError
from slic.files import csv_rows, read_text
from slic.messages.topics import ALLOWED, is_id

LAMP_COLUMNS = (
    "id", "group", "cluster", "street", "position_m", "entrance", "minimum_level_pct", "power_w", "latitude",
    "longitude",
)  # fmt: skip
SENSOR_COLUMNS = ("id", "kind", "cluster", "street", "position_m")

_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
_LONGEST_NAME = 60
_FARTHEST_M = 1_000_000


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with its place; its methods read one cell each, or raise InputError."""

    file: str
    line: int
    cells: Mapping[str, str]

    def refusal(self, column: str, problem: str, allowed: str) -> InputError:
        value = self.cells.get(column) or None
        return InputError(problem, file=self.file, line=self.line, field=column, value=value, allowed=allowed)

    def identity(self, column: str, default: str = "") -> str:
        text = self.cells.get(column, "") or default
        if not text:
            raise self.refusal(column, "is missing", ALLOWED)
        if not is_id(text):
            raise self.refusal(column, "is no identifier", ALLOWED)
        return text

    def name(self, column: str) -> str:
        text = self.cells.get(column, "")
        if len(text) > _LONGEST_NAME:
            raise self.refusal(column, "is too long", f"{_LONGEST_NAME} characters")
        return text

    def number(self, column: str, low: float, high: float) -> float | None:
        text = self.cells.get(column, "")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            raise self.refusal(column, "is not a number", f"{low:g} to {high:g}") from None
        if not low <= value <= high:
            raise self.refusal(column, "is out of range", f"{low:g} to {high:g}")
        return value

    def position_mm(self) -> int:
        return round((self.number("position_m", -_FARTHEST_M, _FARTHEST_M) or 0) * 1000)

    def flag(self, column: str) -> bool:
        text = self.cells.get(column, "").lower()
        if text not in _YES_NO:
            raise self.refusal(column, "is neither yes nor no", "yes, no or empty")
        return _YES_NO[text]


def read_lamps(path: Path, shown: str) -> tuple[FieldLamp, ...]:
    """Lamps in file order. ``shown`` : what errors call the file.

    Raises InputError with file, line, column, value and what is allowed; a lamp that stands twice names both lines.
    """
    lamps = tuple(_lamp(row) for row in _rows(path, shown, LAMP_COLUMNS))
    if not lamps:
        raise InputError("holds no lamps", file=shown, allowed="a row per lamp")
    return lamps


def read_sensors(path: Path, shown: str, lamps: tuple[FieldLamp, ...]) -> tuple[FieldSensor, ...]:
    """Sensors in file order, perhaps none. A sensor may not be called as a lamp is; errors as of :func:`read_lamps`."""
    lamp_ids = {lamp.id for lamp in lamps}
    sensors = []
    for row in _rows(path, shown, SENSOR_COLUMNS):
        if row.cells["id"] in lamp_ids:
            raise row.refusal("id", "is a lamp already", "an id that no lamp has")
        sensors.append(_sensor(row))
    return tuple(sensors)


def _lamp(row: _Row) -> FieldLamp:
    power_w = row.number("power_w", 0, 10_000)
    if power_w == 0:
        raise row.refusal("power_w", "is no power", "above 0, or empty where it is not known")
    return FieldLamp(
        id=row.identity("id"),
        group=row.identity("group", "all"),
        cluster=row.name("cluster"),
        street=row.name("street"),
        position_mm=row.position_mm(),
        entrance=row.flag("entrance"),
        minimum_level_pm=round((row.number("minimum_level_pct", 0, 100) or 0) * 10),
        power_w=power_w,
        latitude=row.number("latitude", -90, 90),
        longitude=row.number("longitude", -180, 180),
    )


def _sensor(row: _Row) -> FieldSensor:
    kind = row.cells.get("kind", "") or "presence"
    kinds: dict[str, Literal["presence", "ambient"]] = {"presence": "presence", "ambient": "ambient"}
    if kind not in kinds:
        raise row.refusal("kind", "is no kind of sensor", ", ".join(kinds))
    return FieldSensor(row.identity("id"), kinds[kind], row.name("cluster"), row.name("street"), row.position_mm())


def _rows(path: Path, shown: str, columns: tuple[str, ...]) -> Iterator[_Row]:
    lines = csv_rows(read_text(path, shown), shown)
    header = [name.strip() for name in next(lines, (1, []))[1]]
    _check_header(header, shown, columns)
    first_lines: dict[str, int] = {}
    for line, values in lines:
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(header):
            raise InputError(f"has {len(values)} cells", file=shown, line=line, allowed=f"{len(header)} as the header")
        row = _Row(shown, line, dict(zip(header, map(str.strip, values), strict=True)))
        first = first_lines.setdefault(row.cells["id"], line)
        if first != line and row.cells["id"]:
            raise row.refusal("id", f"stands twice, first in line {first}", "each id once")
        yield row


def _check_header(header: list[str], shown: str, columns: tuple[str, ...]) -> None:
    for name in header:
        if name not in columns or header.count(name) > 1:
            problem = "stands twice" if name in columns else "is not a column"
            raise InputError(problem, file=shown, line=1, field="header", value=name, allowed=", ".join(columns))
    if "id" not in header:
        raise InputError("has no column id", file=shown, line=1, allowed=", ".join(columns))
