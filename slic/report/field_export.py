"""A store of field records as Parquet, one file per day and table, for tools that read columns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from slic.errors import InputError, RunError
from slic.report.field_schema import DAY_TABLES
from slic.report.field_store import FieldStore


def export_parquet(folder: Path, out: Path) -> list[Path]:
    """Write OUT/site=SITE/day=YYYY-MM-DD/TABLE.parquet for each table that has rows; each file is whole or not there.

    InputError if the folder is no store or polars is not installed; RunError if a file cannot be written.
    """
    store = FieldStore(folder)
    if find_spec("polars") is None:
        raise InputError("is not installed", field="polars", allowed="pip install slic-lighting[analysis]")
    files = []
    for day in store.days:
        for table in DAY_TABLES:
            types, rows = store.table(day, table)
            if rows:
                path = out / f"site={store.site}" / f"day={day}" / f"{table}.parquet"
                _write(path, types, rows)
                files.append(path)
    return files


def _write(path: Path, types: Mapping[str, str], rows: list[tuple[object, ...]]) -> None:
    import polars as pl

    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = {name: pl.String if kind == "TEXT" else pl.Int64 for name, kind in types.items()}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        frame.write_parquet(partial, compression="zstd")
        partial.replace(path)
    except OSError as error:
        raise RunError(f"{path} was not written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
