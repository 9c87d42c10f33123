"""Tables as CSV: UTF-8, LF line ends, ISO UTC times, fixed decimals; what is missing is an empty cell."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from slic.errors import InputError
from slic.report.columns import Column, Kind

Row = dict[str, object]
"""A row by column name: text, bool, int, float, UTC milliseconds for times, or None for missing."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000


def iso_utc(t_ms: int) -> str:
    """ISO 8601 text of UTC milliseconds, always with three decimals and ``Z``."""
    day, of_day_ms = divmod(t_ms, _DAY_MS)
    second, ms = divmod(of_day_ms, 1000)
    return f"{_iso_day(day)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{ms:03d}Z"


@lru_cache(maxsize=1024)
def _iso_day(day: int) -> str:
    """A town's decisions are a million times of two days."""
    return (_EPOCH + timedelta(days=day)).date().isoformat()


def ms_from_iso(text: str) -> int:
    """UTC milliseconds of what :func:`iso_utc` wrote; ValueError for anything else."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def write_csv(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """Write a table; a row must have exactly the given columns (KeyError otherwise)."""
    writers = [(column.name, _writer(column)) for column in columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([name for name, _ in writers])
        out.writerows([write(row[name]) for name, write in writers] for row in rows)


def read_csv(path: Path, columns: Sequence[Column]) -> list[Row]:
    """Read back what :func:`write_csv` wrote. InputError where a cell or the header is not as the dictionary says."""
    if not path.is_file():
        raise InputError("is missing", file=str(path))
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        header = next(lines, [])
        names = [column.name for column in columns]
        if header != names:
            raise InputError(
                "is not the header of this table",
                file=path.name,
                line=1,
                value=header,
                allowed=", ".join(names),
            )
        return [_read_row(cells, columns, path.name, lines.line_num) for cells in lines]


def _read_row(cells: list[str], columns: Sequence[Column], file: str, line: int) -> Row:
    if len(cells) != len(columns):
        raise InputError("cells in the line", file=file, line=line, value=len(cells), allowed=str(len(columns)))
    row: Row = {}
    for cell, column in zip(cells, columns, strict=True):
        try:
            row[column.name] = _READERS[column.kind](cell)
        except ValueError:
            raise InputError(
                "cannot be read", file=file, line=line, field=column.name, value=cell, allowed=column.kind
            ) from None
    return row


def _writer(column: Column) -> Callable[[object], str]:
    if column.kind == "number":
        pattern = f"{{:.{column.decimals}f}}"
        return lambda value: "" if value is None else pattern.format(value)
    if column.kind == "time":
        return lambda value: "" if value is None else iso_utc(int(str(value)))
    if column.kind == "flag":
        return lambda value: "" if value is None else ("true" if value else "false")
    return lambda value: "" if value is None else str(value)


def _flag(cell: str) -> bool | None:
    if cell not in ("", "true", "false"):
        raise ValueError(cell)
    return None if cell == "" else cell == "true"


_READERS: dict[Kind, Callable[[str], object]] = {
    "text": str,
    "flag": _flag,
    "integer": lambda cell: None if cell == "" else int(cell),
    "number": lambda cell: None if cell == "" else float(cell),
    "time": lambda cell: None if cell == "" else ms_from_iso(cell),
}
