"""The table at the end of a run, readable at 80 columns and without colour."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from slic.report.words import is_doubtful, kwh, largest_kwh, number, people_pct, saving_text, seconds


def print_summary(summary: dict[str, Any], console: Console | None = None) -> None:
    """Print what a run found, to stdout if no console is given."""
    (console or Console(highlight=False)).print(summary_view(summary))


def summary_view(summary: dict[str, Any]) -> RenderableType:
    """Heading, table of programs and the notes without which the numbers must not be read."""
    label = f"{summary['label']}, not calibrated to a meter".capitalize()
    heading = Text(summary["title"], style="bold")
    return Group(heading, Text(label), Text(_facts(summary)), Text(), _table(summary), Text(), Text(_notes(summary)))


def _facts(summary: dict[str, Any]) -> str:
    return (
        f"{_counted(summary['lamps'], 'lamp')}, {_counted(summary['nights'], 'night')} from {summary['first_night']}, "
        f"{_counted(summary['replicates'], 'replicate')}, seed {summary['seed']}"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _table(summary: dict[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", expand=False)
    table.add_column("program", overflow="fold", max_width=21)
    for heading in ("energy\nkWh", "saving\n(range)", "served", "late", "missed", "changes\nper\nlamp-h"):
        table.add_column(heading, justify="right", no_wrap=True)
    largest = largest_kwh(summary)
    for program in summary["programs"]:
        table.add_row(*_cells(program, largest), style="bold" if program["name"] == summary["headline"] else "")
    return table


def _cells(program: dict[str, Any], largest: float) -> list[str]:
    service = program["service"]
    people = [service["served_pct"], service["late_events_pct"], service["missed_events_pct"]]
    return [
        program["name"],
        kwh(program["energy_kwh"], largest),
        saving_text(program["saving_pct"]) + ("*" if is_doubtful(program["saving_pct"]) else ""),
        *(people_pct(share) for share in people),
        number(service["level_changes_per_lamp_hour"]),
    ]


def _notes(summary: dict[str, Any]) -> str:
    savings = [program["saving_pct"] for program in summary["programs"] if program["saving_pct"]]
    lines = [f"Savings are against {summary['baseline']}{_range_words(savings)}."]
    if any(is_doubtful(saving) for saving in savings):
        lines.append("* not distinguishable from zero.")
    lines.append(_conditions(summary))
    excluded = summary["data_quality"]["nights_excluded"]
    if excluded:
        lines.append(f"Left out for missing counts: {_counted(len(excluded), 'night')}.")
    lines.append(summary["limits"])
    lines += [f"Warning: {text}" for text in summary["warnings"][:5]]
    return "\n".join(lines)


def _range_words(savings: list[dict[str, Any]]) -> str:
    ranged = [saving for saving in savings if saving["low"] is not None]
    if not savings:
        return ""
    return f", range at {100 * ranged[0]['confidence']:g} % confidence" if ranged else "; a range takes two nights"


def _conditions(summary: dict[str, Any]) -> str:
    presence = [program for program in summary["programs"] if program["reacts_to_presence"]]
    idle = _distinct([program["idle_level_pct"] for program in presence], "%")
    hold = ", ".join(dict.fromkeys(seconds(p["hold_s"]) for p in presence if p["hold_s"] is not None))
    standby = _distinct(list(summary["standby_w"].values()), "W")
    parts = [f"Passes per lamp-hour {number(summary['passes_per_lamp_hour'])}"]
    parts += [f"idle level {idle}"] if idle else []
    parts += [f"hold {hold}"] if hold else []
    parts += [f"standby {standby}"] if standby else []
    return ", ".join(parts) + "."


def _distinct(values: list[float | None], unit: str) -> str:
    return ", ".join(f"{value:g} {unit}" for value in dict.fromkeys(values) if value is not None)
