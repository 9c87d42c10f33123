"""A finished run as people read it: summary, tables and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slic.report.columns import columns_of
from slic.report.csv_file import Row
from slic.report.parquet import to_frame
from slic.report.words import counted


@dataclass(frozen=True, repr=False)
class Run:
    """A run, just made or opened from its folder.

    summary : content of ``summary.json``; tables : rows by table name, as described in ``data-dictionary.csv``
    (times are UTC milliseconds, a missing value is None); provenance : content of ``provenance.json``
    """

    folder: Path
    summary: dict[str, Any]
    tables: Mapping[str, list[Row]]
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        """Scenario, size and folder in a line."""
        summary = self.summary
        nights, lamps = counted(summary["nights"], "night"), counted(summary["lamps"], "lamp")
        programs = counted(len(summary["programs"]), "program")
        return f"Run({summary['scenario']!r}, {nights}, {lamps}, {programs}, folder={str(self.folder)!r})"

    def frame(self, table: str) -> Any:
        """A table as a polars DataFrame. KeyError for an unknown table, ImportError without the analysis extra."""
        return to_frame(columns_of(table), self.tables[table])

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / "report.html"
