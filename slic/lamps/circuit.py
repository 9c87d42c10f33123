"""Circuit watts of a lamp: its own and the losses of its ballast or driver, from a table that users edit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from slic.errors import InputError
from slic.files import csv_rows, read_text

COLUMNS = ("lamp_type", "lamp_w", "circuit_w")


@dataclass(frozen=True, slots=True)
class CircuitWatts:
    """For each lamp type its (lamp_w, circuit_w) entries, ascending in lamp_w."""

    entries: Mapping[str, tuple[tuple[float, float], ...]]
    file: str = ""

    @classmethod
    def read(cls, path: Path | str) -> CircuitWatts:
        """Read a CSV table with the columns lamp_type, lamp_w, circuit_w (UTF-8, decimal points).

        Raises InputError with file, line and field for a missing file, other columns, ragged rows, watts that
        are not positive numbers, circuit watts below lamp watts, and lamps listed twice.
        """
        found: dict[str, dict[float, float]] = {}
        for line, row in _rows(str(path)):
            lamp_type, lamp_w, circuit_w = _entry(row, str(path), line)
            of_type = found.setdefault(lamp_type, {})
            if lamp_w in of_type:
                raise _error(f"is listed twice for {lamp_type}", str(path), line, "lamp_w", row[1])
            of_type[lamp_w] = circuit_w
        if not found:
            raise _error("holds no lamps", str(path), None, "", None, f"rows of {','.join(COLUMNS)}")
        return cls({kind: tuple(sorted(of_type.items())) for kind, of_type in found.items()}, str(path))

    def circuit_w(self, lamp_type: str, lamp_w: float) -> float:
        """Circuit watts of a lamp.

        The table's entry; else linear between its neighbours of the same type; else, beyond them, lamp watts
        times the ratio of the nearest entry. LED watts are taken as they are if the table has no LED. Raises
        InputError for another type that the table does not know, and for watts that are not positive.
        """
        if not (isfinite(lamp_w) and lamp_w > 0):
            raise _error("is no lamp power", "", None, "lamp_w", lamp_w, "watts above 0")
        entries = self.entries.get(lamp_type)
        if entries is None:
            if lamp_type == "LED":
                return lamp_w
            known = ", ".join(sorted({*self.entries, "LED"}))
            raise _error("is not in the circuit watts table", self.file, None, "lamp_type", lamp_type, known)
        return _interpolated(entries, lamp_w)


def _interpolated(entries: tuple[tuple[float, float], ...], lamp_w: float) -> float:
    k = bisect_left(entries, (lamp_w, 0.0))
    if k < len(entries) and entries[k][0] == lamp_w:
        return entries[k][1]
    if 0 < k < len(entries):
        (w0, c0), (w1, c1) = entries[k - 1], entries[k]
        return c0 + (c1 - c0) * (lamp_w - w0) / (w1 - w0)
    nearest_w, nearest_circuit_w = entries[min(k, len(entries) - 1)]
    return lamp_w * nearest_circuit_w / nearest_w


def _rows(file: str) -> list[tuple[int, list[str]]]:
    """Rows below the header with their line numbers; blank lines are left out."""
    lines = csv_rows(read_text(Path(file), file), file)
    _, header = next(lines, (1, []))
    rows = [(line, row) for line, row in lines if row]
    if tuple(name.strip() for name in header) != COLUMNS:
        raise _error("is the wrong header", file, 1, "header", ",".join(header), ",".join(COLUMNS))
    return rows


def _entry(row: list[str], file: str, line: int) -> tuple[str, float, float]:
    if len(row) != len(COLUMNS):
        raise _error(f"has {len(row)} columns", file, line, "row", ",".join(row), ",".join(COLUMNS))
    lamp_type = row[0].strip()
    if not lamp_type:
        raise _error("is missing", file, line, "lamp_type", None, "a lamp type such as HPS")
    lamp_w, circuit_w = _watts(row[1], file, line, "lamp_w"), _watts(row[2], file, line, "circuit_w")
    if circuit_w < lamp_w:
        raise _error("is below lamp_w", file, line, "circuit_w", row[2], f"at least {lamp_w:g} W")
    return lamp_type, lamp_w, circuit_w


def _watts(text: str, file: str, line: int, field: str) -> float:
    try:
        watts = float(text)
    except ValueError:
        watts = 0.0
    if not (isfinite(watts) and watts > 0):
        raise _error("is not a power", file, line, field, text, "watts above 0, with a decimal point")
    return watts


def _error(problem: str, file: str, line: int | None, field: str, value: object, allowed: str = "") -> InputError:
    return InputError(problem, file=file, line=line, field=field, value=value, allowed=allowed)
