"""Tables as polars frames and Parquet files, where the analysis extra is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from slic.report.columns import Column, Kind
from slic.report.csv_file import Row


def to_frame(columns: Sequence[Column], rows: Sequence[Row]) -> Any:
    """A polars DataFrame with the types of the data dictionary; ImportError where polars is not installed."""
    import polars as pl

    utc = pl.Datetime("ms", "UTC")
    stored: dict[Kind, type[pl.DataType]] = {
        "text": pl.String,
        "flag": pl.Boolean,
        "integer": pl.Int64,
        "number": pl.Float64,
        "time": pl.Int64,
    }
    values = {column.name: [row[column.name] for row in rows] for column in columns}
    frame = pl.DataFrame(values, schema={column.name: stored[column.kind] for column in columns}, strict=False)
    return frame.cast({column.name: utc for column in columns if column.kind == "time"})


def write_parquet(path: Path, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Write a Parquet copy of a table; does nothing where polars is not installed."""
    if find_spec("polars") is not None:
        to_frame(columns, rows).write_parquet(path)
