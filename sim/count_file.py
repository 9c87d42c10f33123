"""Reads count files: CSV, plain or gzipped, one row per time slot. Whatever is no count or no time is refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from sim.counts import Counts, fill_missing, mean_day
from slic.errors import InputError
from slic.files import csv_rows, read_text
from slic.scenario.model import CountFile

_MINUTE_MS = 60_000
MOST_PER_H = 100_000
"""Users an hour in one direction above which a count is taken for a mistake: no path or street carries so many."""


@dataclass(slots=True)
class _Rows:
    """What a count file holds, row by row: slot starts [UTC ms] and both directions."""

    t_ms: list[int]
    lines: list[int]
    forward: list[float]
    backward: list[float]
    skipped: int = 0


def read_counts(path: Path, source: CountFile, timezone: str) -> Counts:
    """Read a count file, scale it to ``passers_per_day`` and fill it with ``same_hour_mean``, where asked for.

    timezone : IANA name of the site, in whose civil time the hours for filling are taken.
    Raises InputError with file, line, column, value for anything that is not a count or a time.
    """
    rows = _read_rows(path, source)
    measured = _scaled(_on_grid(rows, source, path), source)
    if source.when_missing == "same_hour_mean":
        return fill_missing(measured, timezone, path.name)
    return measured


def _read_rows(path: Path, source: CountFile) -> _Rows:
    file = path.name
    lines = csv_rows(read_text(path), file)
    _, header = next(lines, (1, []))
    if not header:
        raise InputError("is empty", file=path.name, allowed="a CSV file with a header line")
    time_at = _columns(header, [source.time_column], path)[0]
    forward_at = _columns(header, source.forward, path)
    backward_at = _columns(header, source.backward, path)
    clock = _Clock(source, file)
    most = _most(source)
    rows = _Rows([], [], [], [])
    for line, row in lines:
        if not row:
            continue
        _check_width(row, header, file, line)
        t_ms = clock.utc_ms(row[time_at], line)
        if t_ms is None:
            rows.skipped += 1
            continue
        rows.t_ms.append(t_ms)
        rows.lines.append(line)
        rows.forward.append(_sum(row, forward_at, header, file, line, most))
        rows.backward.append(_sum(row, backward_at, header, file, line, most))
    if not rows.t_ms:
        raise InputError("has no counts", file=path.name, allowed="at least one row below the header")
    return rows


def _columns(header: Sequence[str], names: Sequence[str], path: Path) -> list[int]:
    for name in names:
        if name not in header:
            raise InputError(
                "is not a column",
                file=path.name,
                line=1,
                field="column",
                value=name,
                allowed=", ".join(header),
            )
    return [header.index(name) for name in names]


def _check_width(row: Sequence[str], header: Sequence[str], file: str, line: int) -> None:
    if len(row) != len(header):
        raise InputError(
            "cells in this row",
            file=file,
            line=line,
            field="row",
            value=len(row),
            allowed=f"{len(header)} cells",
        )


def _most(source: CountFile) -> float:
    """The highest count of a slot that is believed."""
    return MOST_PER_H * source.slot_min / 60


def _sum(row: Sequence[str], columns: Sequence[int], header: Sequence[str], file: str, line: int, most: float) -> float:
    """Sum of the columns; NaN if one of them is empty."""
    return math.fsum([_count(row[at], header[at], file, line, most) for at in columns])


def _count(text: str, column: str, file: str, line: int, most: float) -> float:
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise InputError(
            "is not a count",
            file=file,
            line=line,
            field=column,
            value=text,
            allowed=f"0 to {most:,.0f} a slot ({MOST_PER_H:,} an hour), or an empty cell",
        )
    return value


class _Clock:
    """Turns the file's times into UTC. A civil time that occurs twice is first its first pass, then its second."""

    def __init__(self, source: CountFile, file: str) -> None:
        self._zone = ZoneInfo(source.time_zone)
        self._shift_ms = source.slot_min * _MINUTE_MS if source.time_marks == "end" else 0
        self._column = source.time_column
        self._file = file
        self._first_passes: set[str] = set()

    def utc_ms(self, text: str, line: int) -> int | None:
        """Start of the slot, or None for a civil time that the clock jumped over."""
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise InputError(
                "is not a time",
                file=self._file,
                line=line,
                field=self._column,
                value=text,
                allowed="ISO 8601, as 2022-11-15T18:05",
            ) from None
        if moment.tzinfo is None:
            moment = self._civil(moment, text)
            if moment.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
                return None
        return round(moment.timestamp() * 1000) - self._shift_ms

    def _civil(self, moment: datetime, text: str) -> datetime:
        early = moment.replace(tzinfo=self._zone)
        late = early.replace(fold=1)
        if early.utcoffset() == late.utcoffset():
            return early
        if text in self._first_passes:
            return late
        self._first_passes.add(text)
        return early


def _on_grid(rows: _Rows, source: CountFile, path: Path) -> Counts:
    slot_ms = source.slot_min * _MINUTE_MS
    t_ms = np.array(rows.t_ms, np.int64)
    start_ms = int(t_ms.min())
    index, remainder = np.divmod(t_ms - start_ms, slot_ms)
    if remainder.any():
        _refuse_row(rows, int(np.flatnonzero(remainder)[0]), source, path, f"times {source.slot_min} min apart")
    order = np.argsort(index, kind="stable")
    repeats = np.flatnonzero(np.diff(index[order]) == 0)
    if len(repeats):
        _refuse_row(rows, int(order[repeats[0] + 1]), source, path, "each time once")
    size = int(index.max()) + 1
    forward, backward = np.full(size, np.nan), np.full(size, np.nan)
    forward[index] = rows.forward
    backward[index] = rows.backward
    return Counts(start_ms, slot_ms, forward, backward, _warnings(rows, path))


def _refuse_row(rows: _Rows, at: int, source: CountFile, path: Path, allowed: str) -> None:
    found = datetime.fromtimestamp(rows.t_ms[at] / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
    raise InputError(
        "is out of step",
        file=path.name,
        line=rows.lines[at],
        field=source.time_column,
        value=found,
        allowed=allowed,
    )


def _warnings(rows: _Rows, path: Path) -> tuple[str, ...]:
    if not rows.skipped:
        return ()
    return (f"{path.name}: {rows.skipped} rows at civil times that never happened were left out",)


def _scaled(counts: Counts, source: CountFile) -> Counts:
    if source.passers_per_day is None:
        return counts
    per_day = mean_day(counts)
    if not per_day > 0:
        raise InputError(
            "has no users to scale", file=source.file, field="passers_per_day", value=source.passers_per_day
        )
    scale = source.passers_per_day / per_day
    highest = scale * float(np.nanmax([counts.forward, counts.backward]))
    if highest > _most(source):
        raise InputError(
            f"makes {highest:,.0f} users of the fullest slot",
            file=source.file,
            field="passers_per_day",
            value=source.passers_per_day,
            allowed=f"up to {_most(source):,.0f} a slot ({MOST_PER_H:,} an hour)",
        )
    return replace(counts, forward=counts.forward * scale, backward=counts.backward * scale)
