"""Rows of an inventory, whatever kind of file they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_W = 5000
"""Lamp watts of one light that are taken as such [W]."""
MOST_LIGHTS = 50
"""Lights on one pole that are taken as such."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, and its line in a CSV file, its feature in GeoJSON from 0, or its node's number."""

    line: int | None
    cells: dict[str, str]
    feature: int | None = None
    node: str = ""

    @property
    def name(self) -> str:
        """How people find the row, as ``line 3``, ``features.2`` or ``node 417``."""
        if self.node:
            return f"node {self.node}"
        return f"features.{self.feature}" if self.line is None else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Table:
    """Column names in file order, the rows that are not blank, and what could not be read, with counts."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    blank_rows: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)
