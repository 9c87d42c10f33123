"""The table at the end of a run, readable at 80 columns and without colour."""

from __future__ import annotations

from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from slic.report.headline import SERVED_ENOUGH_PCT
from slic.report.words import (
    counted,
    given_pct,
    is_doubtful,
    kwh,
    largest_kwh,
    number,
    pct,
    people_pct,
    ranged_savings,
    saving_text,
    seconds,
)

_NO_LIMIT = 1000
_SERVICE_WORDS = (
    "Served: time of users at the required level or above. Light given: share of the required light they got. "
    "Missed: the required level was not there at any moment, which under a fixed program is simply a lower level."
)


def print_summary(summary: dict[str, Any], console: Console | None = None) -> None:
    """Print what a run found, to stdout if no console is given."""
    (console or Console(highlight=False)).print(summary_view(summary))


def summary_view(summary: dict[str, Any]) -> RenderableType:
    """Heading, the programs and the notes without which the numbers must not be read."""
    label = f"{summary['label']}, not calibrated to a meter".capitalize()
    heading = Text(summary["title"], style="bold")
    programs = _Programs(summary)
    return Group(heading, Text(label), Text(_facts(summary)), Text(), programs, Text(), Text(_notes(summary)))


class _Programs:
    """The programs as a table; where it would be too wide with each range below its saving, else as blocks of lines."""

    def __init__(self, summary: dict[str, Any]) -> None:
        self._summary = summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for joint in (" ", "\n"):
            table = _table(self._summary, joint)
            natural = Measurement.get(console, options.update(max_width=_NO_LIMIT), table).maximum
            if natural <= options.max_width:
                yield table
                return
        yield _blocks(self._summary)


def _facts(summary: dict[str, Any]) -> str:
    return (
        f"{counted(summary['lamps'], 'lamp')}, {counted(summary['nights'], 'night')} from {summary['first_night']}, "
        f"{counted(summary['replicates'], 'replicate')}, seed {summary['seed']}"
    )


def _table(summary: dict[str, Any], joint: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", expand=False)
    saving = "saving\n(range)" if any(ranged_savings(summary["programs"])) else "saving"
    table.add_column("program", no_wrap=True)
    for heading in ("energy\nkWh", saving, "served", "light\ngiven", "late", "missed"):
        table.add_column(heading, justify="right", no_wrap=True)
    for program in summary["programs"]:
        saved = _saving(program).replace(" (", f"{joint}(")
        cells = [program["name"], kwh(program["energy_kwh"], largest_kwh(summary)), saved, *_service(program)]
        table.add_row(*cells, style=_style(summary, program))
    return table


def _blocks(summary: dict[str, Any]) -> Text:
    """A few short lines for each program, for a narrow terminal."""
    text = Text()
    for program in summary["programs"]:
        served, given, late, missed = _service(program)
        saving = _saving(program)
        text.append(f"{program['name']}\n", _style(summary, program))
        text.append(f"  {kwh(program['energy_kwh'], largest_kwh(summary))} kWh\n")
        text.append(f"  {saving if program['saving_pct'] is None else f'saving {saving}'}\n")
        text.append(f"  served {served}, light given {given}\n  late {late}, missed {missed}\n")
    text.rstrip()
    return text


def _style(summary: dict[str, Any], program: dict[str, Any]) -> str:
    return "bold" if program["name"] == summary["headline"] else ""


def _saving(program: dict[str, Any]) -> str:
    return saving_text(program["saving_pct"]) + ("*" if is_doubtful(program["saving_pct"]) else "")


def _service(program: dict[str, Any]) -> list[str]:
    """Served, light given, late and missed."""
    service = program["service"]
    served, late, missed = (people_pct(service[f"{share}_pct"]) for share in ("served", "late_events", "missed_events"))
    return [served, given_pct(service), late, missed]


def _notes(summary: dict[str, Any]) -> str:
    savings = [program["saving_pct"] for program in summary["programs"] if program["saving_pct"]]
    ranged = next(ranged_savings(summary["programs"]), None)
    at = f", range at {100 * ranged['confidence']:g} % confidence" if ranged else ""
    lines = [f"Savings are against {summary['baseline']}{at}."]
    if any(is_doubtful(saving) for saving in savings):
        lines.append("* not distinguishable from zero.")
    if any(saving["exact_for_these_nights"] for saving in savings):
        lines.append("exact: for these nights, as nothing in it is left to chance.")
    lines += [*_first_words(summary), *_retrofit_words(summary), _conditions(summary)]
    if any(program["service"]["served_pct"] is not None for program in summary["programs"]):
        lines.append(_SERVICE_WORDS)
    excluded = summary["data_quality"]["nights_excluded"]
    if excluded:
        lines.append(f"Left out for missing counts: {counted(len(excluded), 'night')}.")
    lines.append(summary["limits"])
    lines += [f"Warning: {text}" for text in summary["warnings"][:5]]
    return "\n".join(lines)


def _first_words(summary: dict[str, Any]) -> list[str]:
    """What was put first and its own settings, or why nothing was."""
    first = next((program for program in summary["programs"] if program["name"] == summary["headline"]), None)
    if first is None:
        values = [program["saving_pct"]["value"] for program in summary["programs"] if program["saving_pct"]]
        dark = f"No program served people for {SERVED_ENOUGH_PCT:g} % of their time and saved energy."
        return [dark] if any(value is not None for value in values) else []
    known = first["service"]["served_pct"] is not None
    why = "" if known else ", the largest saving of all, as there were no users to judge the light by"
    parts = [f"idle level {first['idle_level_pct']:g} %"] if first["idle_level_pct"] is not None else []
    parts += [f"hold {seconds(first['hold_s'])}"] if first["hold_s"] is not None else []
    return [f"Put first: {first['name']}{why}{': ' if parts else ''}{', '.join(parts)}."]


def _retrofit_words(summary: dict[str, Any]) -> list[str]:
    """New lamps first, controls second: the saving of each and of both, in one line."""
    if "retrofit" not in summary:
        return []
    retrofit = summary["retrofit"]
    largest = max(retrofit["as_found_kwh"], retrofit["led_kwh"])
    found, left = kwh(retrofit["as_found_kwh"], largest), kwh(retrofit["led_kwh"], largest)
    words = f"New lamps first: {found} to {left} kWh, {pct(retrofit['saving_pct'])} saved"
    second = next((row for row in retrofit["controls"] if row["program"] == summary["headline"]), None)
    if second is not None:
        words += f"; controls second: {second['program']} {pct(second['saving_pct'])}"
        words += f"; together {pct(second['combined_pct'])} (multiplied)"
    return [f"{words}."]


def _conditions(summary: dict[str, Any]) -> str:
    standby = ", ".join(f"{watts:g} W" for watts in dict.fromkeys(summary["standby_w"].values()))
    passes = f"Passes per lamp-hour {number(summary['passes_per_lamp_hour'])}"
    return f"{passes}, standby of a dark lamp {standby}." if standby else f"{passes}."
