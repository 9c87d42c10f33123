"""`slic schedule`: print, draw and check a control program over a year."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from slic.control.lint import Finding
    from slic.control.planner import Planner
    from slic.control.year import Burn, YearSummary


def schedule(
    program: Annotated[str, typer.Argument(help="Library program or YAML file; with --calendar, a scenario.")],
    year: Annotated[int, typer.Option(min=1950, max=2050, help="Civil year.")],
    calendar: Annotated[str, typer.Option(help="Show this calendar of the scenario, at its site.")] = "",
    lat: Annotated[float | None, typer.Option(help="Latitude, degrees north. Needed without --calendar.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, degrees east. Needed without --calendar.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA name, as Europe/London. Needed without --calendar.")] = "",
    night: Annotated[str, typer.Option(help="Evening to print, YYYY-MM-DD. [default: the year's first]")] = "",
    svg: Annotated[
        Path | None, typer.Option(help="Picture to write. [default: schedule-NAME-YEAR.svg; none with --json]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Print when a program switches, by night and year, and check it.

    Draws the year too, and takes a calendar as well as a program.

    Examples: slic schedule d60-residential --lat 51.5074 --lon -0.1278 --timezone Europe/London --year 2023,
    slic schedule ghent-coupure-calendar --calendar off-but-weekends --year 2022
    """
    from slic.control.lint import lint_calendar
    from slic.control.year import year_summary

    evening = _evening(night, year)
    planner = _calendar(program, calendar, lat, lon, timezone) if calendar else _program(program, lat, lon, timezone)
    summary = year_summary(planner, year)
    findings = lint_calendar(planner, year)
    picture = _write_picture(
        planner, year, svg or _default_picture(calendar or planner.calendar.default, year, as_json)
    )
    if quiet:
        pass
    elif as_json:
        about: dict[str, Any] = {"program": planner.calendar.default}
        if calendar:
            about = {"calendar": calendar, "nights": _nights_by_program(planner, year)}
        typer.echo(json.dumps(about | _as_dict(planner, year, summary, findings), indent=2, ensure_ascii=False))
    else:
        _print(planner, evening, summary, findings, picture)
        if calendar:
            nights = [f"{name} {count}" for name, count in _nights_by_program(planner, year).items()]
            typer.echo(f"nights of calendar {calendar}: {', '.join(nights)}")
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(2)


def _program(name: str, lat: float | None, lon: float | None, timezone: str) -> Planner:
    from slic.control.place import Place
    from slic.control.planner import planner_for
    from slic.errors import InputError
    from slic.scenario.library import load_program

    if lat is None or lon is None or not timezone:
        missing = "--lat" if lat is None else "--lon" if lon is None else "--timezone"
        raise InputError("is needed for a program", field=missing, allowed="a value, or --calendar with a scenario")
    return planner_for(load_program(name), Place(lat, lon, timezone))


def _calendar(name: str, calendar: str, lat: float | None, lon: float | None, timezone: str) -> Planner:
    """A calendar of a scenario at its site, or where the options say."""
    from slic.control.place import Place
    from slic.control.planner import Planner
    from slic.scenario.calendars import scenario_calendar
    from slic.scenario.load import load_scenario

    scenario = load_scenario(name).scenario
    site = scenario.site
    place = Place(
        site.latitude if lat is None else lat, site.longitude if lon is None else lon, timezone or site.timezone
    )
    return Planner(scenario.programs, scenario_calendar(scenario, calendar, name), place)


def _nights_by_program(planner: Planner, year: int) -> dict[str, int]:
    from collections import Counter

    from slic.control.year import days

    nights = days(date(year, 1, 1), date(year, 12, 31))
    return dict(Counter(planner.calendar.program_for(night) for night in nights).most_common())


def _evening(text: str, year: int) -> date:
    from slic.errors import InputError

    if not text:
        return date(year, 1, 1)
    allowed = f"an evening of {year}, YYYY-MM-DD"
    try:
        evening = date.fromisoformat(text)
    except ValueError:
        raise InputError("is not a date", field="--night", value=text, allowed=allowed) from None
    if evening.year != year:
        raise InputError("is not in the year of the figures", field="--night", value=text, allowed=allowed)
    return evening


def _default_picture(name: str, year: int, as_json: bool) -> Path | None:
    return None if as_json else Path(f"schedule-{name}-{year}.svg")


def _write_picture(planner: Planner, year: int, target: Path | None) -> Path | None:
    from slic.files import write_whole
    from slic.report.year_chart import year_chart_svg

    if target is not None:
        write_whole(target, year_chart_svg(planner, year))
    return target


def _as_dict(planner: Planner, year: int, summary: YearSummary, findings: list[Finding]) -> dict[str, Any]:
    place = planner.place
    return {
        "place": {"latitude": place.latitude, "longitude": place.longitude, "timezone": place.timezone},
        "year": year,
        "active_h": round(summary.active_h, 3),
        "lit_h": round(summary.lit_h, 3),
        "full_level_equivalent_h": round(summary.full_level_equivalent_h, 3),
        "saving_pct": None if summary.saving_pct is None else round(summary.saving_pct, 3),
        "switch_ons": summary.switch_ons,
        "level_changes": summary.level_changes,
        "dark_nights": summary.dark_nights,
        "longest_burn": _burn_dict(summary.longest),
        "shortest_burn": _burn_dict(summary.shortest),
        "months": [
            {
                "month": month.month,
                "lit_h": round(month.lit_h, 3),
                "full_level_equivalent_h": round(month.full_level_equivalent_h, 3),
            }
            for month in summary.months
        ],
        "note": summary.note,
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity,
                "night": None if finding.night is None else finding.night.isoformat(),
                "message": finding.message,
            }
            for finding in findings
        ],
    }


def _burn_dict(burn: Burn | None) -> dict[str, Any] | None:
    if burn is None:
        return None
    return {"night": burn.night.isoformat(), "hours": round(burn.duration_ms / 3_600_000, 3)}


def _print(
    planner: Planner, evening: date, summary: YearSummary, findings: list[Finding], picture: Path | None
) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_night_table(planner, evening))
    console.print(_year_table(summary))
    for finding in findings:
        colour = {"error": "red", "warning": "yellow", "info": "cyan"}[finding.severity]
        console.print(f"[{colour}]{finding.severity}[/] {finding.message} [dim]({finding.code})[/]")
    if not findings:
        console.print("no findings")
    if picture is not None:
        console.print(f"picture of the year: {picture}", markup=False, soft_wrap=True)


def _night_table(planner: Planner, evening: date) -> Any:
    from rich.table import Table

    from slic.control.civil import zone
    from slic.control.schedule import Mode

    compiled = planner.night(evening)
    title = f"{compiled.program}, night of {evening:%a %d %b %Y}"
    table = Table("civil time", "lamp", "entrance", "set by", title=title)
    words = {Mode.OFF: "off", Mode.CELL: "photocell: {} %"}
    for step in compiled.steps:
        moment = datetime.fromtimestamp(step.t_ms / 1000, UTC).astimezone(zone(planner.place.timezone))
        text = words.get(step.mode, "{} %")
        table.add_row(
            f"{moment:%d %b %H:%M:%S %Z}",
            text.format(f"{step.level_pm / 10:g}"),
            text.format(f"{step.entrance_level_pm / 10:g}"),
            step.rule + (" (sensors act)" if step.dynamics else ""),
        )
    return table


def _year_table(summary: YearSummary) -> Any:
    from rich.table import Table

    table = Table("", "hours lit", "at full level", title=f"{summary.first:%d %b %Y} to {summary.last:%d %b %Y}")
    for column in table.columns[1:]:
        column.justify = "right"
    for month in summary.months:
        table.add_row(month.month, f"{month.lit_h:,.1f}", f"{month.full_level_equivalent_h:,.1f}")
    table.add_section()
    table.add_row("year", f"{summary.lit_h:,.1f}", f"{summary.full_level_equivalent_h:,.1f}")
    saving = "never active"
    if summary.saving_pct is not None:
        saving = f"{summary.saving_pct:.2f} % less light than full level"
    table.caption = f"{saving}; lit {summary.switch_ons:,} times, {summary.dark_nights} nights without light"
    if summary.note:
        table.caption += f"; {summary.note}"
    return table
