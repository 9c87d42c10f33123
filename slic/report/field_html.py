"""The HTML page of a field report: one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from slic import __version__
from slic.report.charts.columns import column_chart
from slic.report.charts.heat_map import heat_map
from slic.report.csv_file import Row, iso_utc
from slic.report.field_faults import counts_in_words, most_important
from slic.report.field_levels import SLOTS
from slic.report.field_report import FieldReport
from slic.report.html import environment
from slic.report.words import energy_unit

MOST_ROWS, MOST_NIGHTS = 60, 92
"""Lamps (those with least coverage) and nights (the last ones) in the map."""
MOST_FAULTS = 40
_NOON = SLOTS // 2


def render_field_html(report: FieldReport) -> str:
    """The page, made from summary and tables, and the levels by half-hour."""
    rows, left_out = _map_rows(report)
    faults = report.tables["events"]
    return (
        environment()
        .get_template("field.html.j2")
        .render(
            summary=report.summary,
            nights=report.tables["nights"],
            faults=[_fault(row) for row in most_important(faults, MOST_FAULTS)],
            fault_counts=counts_in_words(faults),
            version=__version__,
            coverage=Markup(_coverage(report, rows)),
            map_left_out=left_out,
            map_nights=MOST_NIGHTS,
            energy=Markup(_energy(report)),
            levels=Markup(_levels(report)),
        )
    )


def _map_rows(report: FieldReport) -> tuple[list[Row], int]:
    """Lamps of the map and how many are left out: those with least coverage are in it."""
    lamps = report.tables["lamps"]
    worst = sorted(lamps, key=lambda row: float(str(row["coverage_pct"])))[:MOST_ROWS]
    chosen = {(row["segment"], row["lamp"]) for row in worst}
    return [row for row in lamps if (row["segment"], row["lamp"]) in chosen], len(lamps) - len(worst)


def _coverage(report: FieldReport, lamps: Sequence[Row]) -> str:
    if not lamps:
        return ""
    nights = [str(night) for night in report.field.nights[-MOST_NIGHTS:]]
    shares = {(r["segment"], r["lamp"], r["night"]): float(str(r["coverage_pct"])) for r in report.tables["coverage"]}
    names = [_short_name(lamp, lamps) for lamp in lamps]
    cells = [[shares[lamp["segment"], lamp["lamp"], night] for night in nights] for lamp in lamps]
    return heat_map("Share of each night with readings", names, [_label(n) for n in nights], cells, _ticks(nights))


def _short_name(lamp: Row, lamps: Sequence[Row]) -> str:
    one_segment = len({row["segment"] for row in lamps}) == 1
    return str(lamp["lamp"]) if one_segment else f"{lamp['segment']}/{lamp['lamp']}"


def _energy(report: FieldReport) -> str:
    rows = report.tables["nights"]
    known = [float(str(row["energy_kwh"])) for row in rows if row["energy_kwh"] is not None]
    unit, factor = energy_unit(max(known, default=0))
    parts = [_parts(row, factor) for row in rows]
    nights = [str(row["night"]) for row in rows]
    names = ("read at usual pauses", "spread over a gap")
    return column_chart("Energy of each night", unit, [_label(n) for n in nights], parts, names, _ticks(nights))


def _parts(row: Row, factor: float) -> tuple[float, float] | None:
    if row["energy_kwh"] is None:
        return None
    spread = float(str(row["spread_kwh"])) * factor
    return float(str(row["energy_kwh"])) * factor - spread, spread


def _levels(report: FieldReport) -> str:
    """Mean level by half-hour, from noon on; empty if no state was ever told."""
    means = [report.field.half_hours[(slot + _NOON) % SLOTS].mean_pct for slot in range(SLOTS)]
    if all(mean is None for mean in means):
        return ""
    labels = [f"{(slot + _NOON) % SLOTS // 2:02d}:{slot % 2 * 30:02d}" for slot in range(SLOTS)]
    stacks = [None if mean is None else [mean] for mean in means]
    return column_chart(
        "Mean level by half-hour of local time", "%", labels, stacks, ["mean level"], range(0, SLOTS, 4)
    )


def _ticks(nights: Sequence[str]) -> list[int]:
    return list(range(0, len(nights), max(1, -(-len(nights) // 12))))


def _label(night: str) -> str:
    return f"{date.fromisoformat(night):%-d %b}"


def _fault(row: Row) -> Row:
    ended = row["ended_utc"]
    seen = iso_utc(int(str(row["first_seen_utc"])))[:16]
    return row | {"seen": seen, "ended": "not told" if ended is None else iso_utc(int(str(ended)))[:16]}
