"""A field report as a folder: page, summary, tables and what their columns mean."""

from __future__ import annotations

import json
from pathlib import Path

from slic.errors import RunError
from slic.files import write_whole
from slic.report.columns import columns_of, dictionary_csv
from slic.report.csv_file import write_csv
from slic.report.field_columns import COLUMNS, TABLES
from slic.report.field_html import render_field_html
from slic.report.field_report import FieldReport


def summary_json(report: FieldReport) -> str:
    """Content of ``summary.json``."""
    return json.dumps(report.summary, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_field_report(report: FieldReport, folder: Path) -> None:
    """Write report.html, summary.json, data-dictionary.csv and tables/*.csv; earlier ones are replaced.

    Raises RunError if a file cannot be written.
    """
    try:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            partial = folder / "tables" / f".{table}.partial"
            write_csv(partial, columns_of(table, COLUMNS), report.tables[table])
            partial.replace(folder / "tables" / f"{table}.csv")
    except OSError as error:
        raise RunError(f"{folder} was not written: {error.strerror or error}") from None
    write_whole(folder / "data-dictionary.csv", dictionary_csv(COLUMNS))
    write_whole(folder / "summary.json", summary_json(report))
    write_whole(folder / "report.html", render_field_html(report))
