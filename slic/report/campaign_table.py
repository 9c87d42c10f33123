"""The table of a campaign: a row for each case and program, as columns with their meaning."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slic.report.columns import Column, Kind
from slic.report.csv_file import Row

TABLE = "cases"


def _column(name: str, kind: Kind, unit: str, meaning: str, decimals: int = 0) -> Column:
    return Column(TABLE, name, kind, unit, meaning, decimals)


_WHICH = (
    _column("case", "text", "", "name of the case: its folder in cases/"),
    _column("variant", "text", "", "the same for cases that differ in seed and nights alone; empty: the scenario"),
    _column("program", "text", "", "name of the compared regime"),
    _column("is_baseline", "flag", "true/false", "true for the regime that savings are measured against"),
)
_FIGURES = (
    _column("first_night", "text", "", "date of the first evening"),
    _column("nights_counted", "integer", "1", "nights with complete counts"),
    _column("replicates", "integer", "1", "repetitions in the case"),
    _column("seed", "integer", "1", "seed of the case"),
    _column("energy_kwh", "number", "kWh", "all lamps over the counted nights, mean over the replicates", 6),
    _column("baseline_kwh", "number", "kWh", "the same of the baseline", 6),
    _column("saving_pct", "number", "%", "energy saved against the baseline; empty for the baseline", 3),
    _column("saving_low_pct", "number", "%", "lower end of the range of the case", 3),
    _column("saving_high_pct", "number", "%", "upper end of the range of the case", 3),
    _column("significant", "flag", "true/false", "false: the saving is not distinguishable from zero"),
    _column("exact_for_these_nights", "flag", "true/false", "true: nothing is left to chance"),
    _column("user_hours", "number", "h", "time of road users under lamps", 6),
    _column("served_pct", "number", "%", "share of it at the required level; empty without road users", 3),
    _column("light_given_pct", "number", "%", "light users got, of the light required over their time", 3),
    _column("late_events_pct", "number", "%", "passages whose required level came late", 3),
    _column("missed_events_pct", "number", "%", "passages without the required level at any moment", 3),
    _column("level_changes_per_lamp_hour", "number", "1/h", "changes of actual level per lamp and lit hour", 6),
    _column("warnings", "integer", "1", "warnings of the case"),
)


def columns_with(parameters: Sequence[str], rows: Sequence[Row], as_text: bool) -> list[Column]:
    """All columns: the parameters, by their paths, stand between the names and the figures.

    as_text : parameters as they are written, for CSV; else numbers where all of them are, for Parquet
    """
    kinds: dict[str, Kind] = {
        path: "text" if as_text or not _all_numbers(rows, path) else "number" for path in parameters
    }
    return [*_WHICH, *(_column(path, kinds[path], "", "value of the scenario") for path in parameters), *_FIGURES]


def case_rows(case: str, variant: str, values: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Row]:
    """Rows of one case, from its summary. values : of the parameters, plain data."""
    baseline_kwh = next(p["energy_kwh"] for p in summary["programs"] if p["name"] == summary["baseline"])
    which = {"case": case, "variant": variant, **values}
    of_case = {
        "first_night": summary["first_night"],
        "nights_counted": summary["data_quality"]["nights_counted"],
        "replicates": summary["replicates"],
        "seed": summary["seed"],
        "baseline_kwh": baseline_kwh,
        "warnings": len(summary["warnings"]),
    }
    return [{**which, **of_case, **_program(program, summary["baseline"])} for program in summary["programs"]]


def shown_rows(parameters: Sequence[str], rows: Iterable[Row]) -> list[Row]:
    """Rows whose parameters are text: numbers without needless digits, mappings as JSON, nothing for None."""
    return [{**row, **{path: shown_value(row[path]) for path in parameters}} for row in rows]


def shown_value(value: object) -> str:
    """A value of a scenario in a cell."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A small table of values of a scenario as CSV."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(header)
    out.writerows([shown_value(value) for value in row] for row in rows)
    return text.getvalue()


def _program(program: Mapping[str, Any], baseline: str) -> Row:
    saving = program["saving_pct"] or {}
    service = program["service"]
    return {
        "program": program["name"],
        "is_baseline": program["name"] == baseline,
        "energy_kwh": program["energy_kwh"],
        "saving_pct": saving.get("value"),
        "saving_low_pct": saving.get("low"),
        "saving_high_pct": saving.get("high"),
        "significant": saving.get("significant"),
        "exact_for_these_nights": saving.get("exact_for_these_nights"),
        **{key: service[key] for key in (
            "user_hours", "served_pct", "light_given_pct", "late_events_pct", "missed_events_pct",
            "level_changes_per_lamp_hour",
        )},
    }  # fmt: skip


def _all_numbers(rows: Sequence[Row], path: str) -> bool:
    values = [row[path] for row in rows if row[path] is not None]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
