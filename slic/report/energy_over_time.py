"""Energy by month, or by night for runs within one month."""

from __future__ import annotations

from datetime import date

from slic.report.charts.lines import Series, line_chart
from slic.report.run import Run
from slic.report.words import energy_unit, kwh, number


def energy_chart(run: Run) -> str:
    """Energy of each program by month, or by night where there is one month; empty for a single night."""
    by_month = _grouped(run, "months", "month")
    by_night = _grouped(run, "nights", "night")
    if len(next(iter(by_night.values()))) < 2:
        return ""
    if len(next(iter(by_month.values()))) > 1:
        return _chart(run, by_month, "Energy per night, mean of each month")
    return _chart(run, by_night, "Energy of each night")


def _grouped(run: Run, table: str, key: str) -> dict[str, dict[str, float]]:
    """Program -> month or night -> mean energy [kWh] of a counted night, replicates averaged."""
    sums: dict[str, dict[str, list[float]]] = {}
    for row in run.tables[table]:
        if row.get("complete", True):
            nights = float(str(row.get("nights", 1)))
            values = sums.setdefault(str(row["program"]), {}).setdefault(str(row[key]), [])
            values.append(float(str(row["energy_kwh"])) / nights)
    return {name: {at: sum(v) / len(v) for at, v in groups.items()} for name, groups in sums.items()}


def _chart(run: Run, energies: dict[str, dict[str, float]], title: str) -> str:
    baseline = run.summary["baseline"]
    totals = {program["name"]: program["energy_kwh"] for program in run.summary["programs"]}
    names = [baseline, *(name for name in energies if name != baseline)]
    unit, factor = energy_unit(max(max(values.values()) for values in energies.values()))
    total_unit, total_factor = energy_unit(max(totals.values()))
    series = [
        Series(
            name,
            [energy_kwh * factor for energy_kwh in energies[name].values()],
            index,
            f"{kwh(totals[name] * total_factor)} {total_unit} in all",
        )
        for index, name in enumerate(names)
    ]
    return line_chart(title, f"{unit} per night", _ticks(list(energies[baseline])), series)


def _ticks(keys: list[str]) -> list[tuple[float, str]]:
    every = max(1, -(-len(keys) // 10))
    return [(index, _label(key)) for index, key in enumerate(keys) if index % every == 0]


def _label(key: str) -> str:
    day = date.fromisoformat(key if len(key) > 7 else f"{key}-01")
    return f"{day:%b %y}" if len(key) == 7 else f"{number(day.day, 0)} {day:%b}"
