"""The table at the end of a run, readable at 80 columns and without colour."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from slic.report.headline import SERVED_ENOUGH_PCT
from slic.report.words import given_pct, is_doubtful, kwh, largest_kwh, number, people_pct, saving_text, seconds

_SERVICE_WORDS = (
    "Served: time of users at the required level or above. Light given: share of the required light they got. "
    "Missed: the required level was not there at any moment, which under a fixed program is simply a lower level."
)


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
    for heading in ("energy\nkWh", "saving\n(range)", "served", "light\ngiven", "late", "missed"):
        table.add_column(heading, justify="right", no_wrap=True)
    largest = largest_kwh(summary)
    for program in summary["programs"]:
        table.add_row(*_cells(program, largest), style="bold" if program["name"] == summary["headline"] else "")
    return table


def _cells(program: dict[str, Any], largest: float) -> list[str]:
    service = program["service"]
    served, late, missed = (people_pct(service[f"{share}_pct"]) for share in ("served", "late_events", "missed_events"))
    return [
        program["name"],
        kwh(program["energy_kwh"], largest),
        saving_text(program["saving_pct"]) + ("*" if is_doubtful(program["saving_pct"]) else ""),
        served,
        given_pct(service),
        late,
        missed,
    ]


def _notes(summary: dict[str, Any]) -> str:
    savings = [program["saving_pct"] for program in summary["programs"] if program["saving_pct"]]
    lines = [f"Savings are against {summary['baseline']}{_range_words(savings)}."]
    if any(is_doubtful(saving) for saving in savings):
        lines.append("* not distinguishable from zero.")
    if any(saving["exact_for_these_nights"] for saving in savings):
        lines.append("exact: for these nights, as nothing in it is left to chance.")
    lines += [*_first_words(summary), _conditions(summary)]
    if any(program["service"]["served_pct"] is not None for program in summary["programs"]):
        lines.append(_SERVICE_WORDS)
    excluded = summary["data_quality"]["nights_excluded"]
    if excluded:
        lines.append(f"Left out for missing counts: {_counted(len(excluded), 'night')}.")
    lines.append(summary["limits"])
    lines += [f"Warning: {text}" for text in summary["warnings"][:5]]
    return "\n".join(lines)


def _range_words(savings: list[dict[str, Any]]) -> str:
    if not savings or all(saving["exact_for_these_nights"] for saving in savings):
        return ""
    ranged = [saving for saving in savings if saving["low"] is not None and not saving["exact_for_these_nights"]]
    return f", range at {100 * ranged[0]['confidence']:g} % confidence" if ranged else "; a range takes three nights"


def _first_words(summary: dict[str, Any]) -> list[str]:
    """What was put first and its own settings, or why nothing was."""
    first = next((program for program in summary["programs"] if program["name"] == summary["headline"]), None)
    if first is None:
        values = [program["saving_pct"]["value"] for program in summary["programs"] if program["saving_pct"]]
        dark = f"No program served people for {SERVED_ENOUGH_PCT:g} % of their time, so none is put first."
        return [dark] if any(value is not None for value in values) else []
    known = first["service"]["served_pct"] is not None
    why = "" if known else ", the largest saving of all, as there were no users to judge the light by"
    parts = [f"idle level {first['idle_level_pct']:g} %"] if first["idle_level_pct"] is not None else []
    parts += [f"hold {seconds(first['hold_s'])}"] if first["hold_s"] is not None else []
    return [f"Put first: {first['name']}{why}{': ' if parts else ''}{', '.join(parts)}."]


def _conditions(summary: dict[str, Any]) -> str:
    standby = ", ".join(f"{watts:g} W" for watts in dict.fromkeys(summary["standby_w"].values()))
    passes = f"Passes per lamp-hour {number(summary['passes_per_lamp_hour'])}"
    return f"{passes}, standby of a dark lamp {standby}." if standby else f"{passes}."
