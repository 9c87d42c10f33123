"""A field report on the terminal, readable at 80 columns and without colour."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from slic.report.csv_file import Row
from slic.report.field_report import FieldReport
from slic.report.words import MISSING, counted, kwh, number, pct

MOST_NIGHTS = 31
MOST_NAMES = 10


def print_field(report: FieldReport, console: Console | None = None) -> None:
    """Print what a store tells, to stdout if no console is given."""
    (console or Console(highlight=False)).print(field_view(report))


def field_view(report: FieldReport) -> RenderableType:
    """Heading, the last nights, and the notes without which the numbers must not be read."""
    summary = report.summary
    facts = (
        f"{counted(summary['lamps'], 'lamp')}, {counted(summary['nights'], 'night')} "
        f"from {summary['first_night']} ({summary['timezone']})"
    )
    heading = Text(summary["site"], style="bold")
    nights = _nights(report.tables["nights"])
    return Group(
        heading, Text(summary["label"].capitalize()), Text(facts), Text(), nights, Text(), Text(_notes(report))
    )


def _nights(rows: list[Row]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", expand=False)
    table.add_column("night", no_wrap=True)
    for heading in ("coverage", "lamps\nwhole", "energy\nkWh", "in gaps\nkWh", "on\nh/lamp", "level", "saving"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows[-MOST_NIGHTS:]:
        values = {name: None if value is None else float(str(value)) for name, value in row.items() if name != "night"}
        table.add_row(
            str(row["night"]),
            pct(values["coverage_pct"]),
            f"{row['lamps_whole']}/{row['lamps']}",
            kwh(values["energy_kwh"]),
            kwh(values["spread_kwh"]),
            number(values["lit_h"]),
            pct(values["mean_level_pct"]),
            _saved_pct(values["compared_kwh"], values["baseline_kwh"]),
        )
    return table


def _notes(report: FieldReport) -> str:
    summary = report.summary
    lines = [
        f"Energy {kwh(summary['energy_kwh'])} kWh, coverage {pct(summary['coverage_pct'])}. "
        "What was not read is not zero.",
        _saving(report),
        f"{summary['service']['note']} {_raises(summary['service']['presence_raises'])}",
        f"Faults and conditions: {summary['events']}, open: {summary['events_open']}.",
        *(f"Warning: {warning}" for warning in summary["warnings"]),
    ]
    missing = summary["lamps_without_readings"]
    if missing:
        more = f" and {len(missing) - MOST_NAMES} more" if len(missing) > MOST_NAMES else ""
        lines.append(f"Without readings: {', '.join(missing[:MOST_NAMES])}{more}.")
    if len(report.tables["nights"]) > MOST_NIGHTS:
        lines.append(f"Only the last {MOST_NIGHTS} nights are shown; --out writes all.")
    return "\n".join(lines)


def _saved_pct(measured_kwh: float | None, baseline_kwh: float | None) -> str:
    """Saving of the lamps of a night that can be compared."""
    return pct(100 * (1 - measured_kwh / baseline_kwh)) if baseline_kwh and measured_kwh is not None else MISSING


def _saving(report: FieldReport) -> str:
    saving = report.summary["saving_pct"]
    if saving is None or saving["value"] is None:
        return f"Saving not known: {report.summary['no_saving_because'] or 'the baseline uses no energy'}."
    return (
        f"Saving {pct(saving['value'])}: {saving['label']} ({saving['baseline']}, watts of the inventory, "
        f"not calibrated), over {counted(saving['lamp_nights'], 'lamp-night')} read throughout; "
        f"{saving['lamp_nights_left_out']:,} left out."
    )


def _raises(times: int | None) -> str:
    return f"Presence raised lamps {MISSING}." if times is None else f"Presence raised lamps {counted(times, 'time')}."
