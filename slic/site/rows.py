"""Rows of an inventory, whatever kind of file they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    """Column names in file order, the rows that are not blank, and what could not be read, with counts."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    blank_rows: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)
