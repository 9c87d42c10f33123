"""The HTML report: one file that needs nothing else, on screen and on paper."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slic.report import words
from slic.report.charts.bars import Stack, stacked_bars
from slic.report.charts.compare import Compared, compare_chart
from slic.report.decision_list import decision_list
from slic.report.energy_over_time import energy_chart
from slic.report.headline import SERVED_ENOUGH_PCT, serves
from slic.report.load_curve import load_chart
from slic.report.night_strips import night_chart, traced_lamp
from slic.report.run import Run

_PARTS = {
    "light_kwh": "light",
    "loss_kwh": "driver loss",
    "standby_kwh": "standby",
    "sensing_kwh": "sensors and radio",
}


def render_html(run: Run) -> str:
    """The report of a run, made from its summary, tables and provenance alone."""
    summary = run.summary
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            provenance=run.provenance,
            assumptions=_by_topic(run),
            quality=_nights_with_gaps(run),
            first=_program(summary, summary["headline"]),
            presence=_program(summary, summary["headline_presence"]),
            larger=_larger_but_darker(summary),
            compared=any((p["saving_pct"] or {}).get("value") is not None for p in summary["programs"]),
            reacting=any(program["reacts_to_presence"] for program in summary["programs"]),
            ranged=next(words.ranged_savings(summary["programs"]), None),
            exact=any((p["saving_pct"] or {}).get("exact_for_these_nights") for p in summary["programs"]),
            largest=words.largest_kwh(summary),
            served_enough=SERVED_ENOUGH_PCT,
            service_rows=run.tables["service"],
            comparison=Markup(_comparison(summary)),
            load_curve=Markup(load_chart(run)),
            over_time=Markup(energy_chart(run)),
            split=Markup(_split(summary)),
            night=Markup(night_chart(run)),
            traced=traced_lamp(run),
            decisions=decision_list(run),
        )
    )


@cache
def environment() -> Environment:
    """Where the templates are, with the filters that they use."""
    environment = Environment(
        loader=PackageLoader("slic.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for helper in (
        words.number,
        words.kwh,
        words.pct,
        words.people_pct,
        words.given_pct,
        words.saving_range,
        words.saving_text,
        words.seconds,
    ):
        environment.filters[helper.__name__] = helper
    environment.tests["doubtful"] = words.is_doubtful
    return environment


def _program(summary: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    return next((program for program in summary["programs"] if program["name"] == name), None)


def _larger_but_darker(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Programs that save more than the headline but gave people less light than it takes to be put first."""
    first = _program(summary, summary["headline"])
    if first is None:
        return []
    return [
        program
        for program in summary["programs"]
        if program["saving_pct"] is not None
        and (program["saving_pct"]["value"] or 0) > first["saving_pct"]["value"]
        and not serves(program)
    ]


def _by_topic(run: Run) -> dict[str, list[dict[str, object]]]:
    topics: dict[str, list[dict[str, object]]] = {}
    for row in run.tables["assumptions"]:
        topics.setdefault(str(row["topic"]), []).append(row)
    return topics


def _nights_with_gaps(run: Run) -> list[dict[str, object]]:
    return [row for row in run.tables["data_quality"] if row["missing"]]


def _comparison(summary: dict[str, Any]) -> str:
    rows = [_compared(program, summary) for program in summary["programs"]]
    rows.sort(key=lambda row: (not row.baseline, -(row.saving_pct or 0)))
    return compare_chart(rows, "Energy saved and light that people got, by program")


def _compared(program: dict[str, Any], summary: dict[str, Any]) -> Compared:
    saving = program["saving_pct"] or {}
    exact = saving.get("exact_for_these_nights", False)
    return Compared(
        program["name"],
        saving.get("value"),
        None if exact else saving.get("low"),
        None if exact else saving.get("high"),
        program["service"]["served_pct"],
        first=program["name"] == summary["headline"],
        baseline=program["name"] == summary["baseline"],
    )


def _split(summary: dict[str, Any]) -> str:
    unit, factor = words.energy_unit(words.largest_kwh(summary))
    stacks = [Stack(p["name"], [p[part] * factor for part in _PARTS]) for p in summary["programs"]]
    return stacked_bars("What the energy was used for", unit, list(_PARTS.values()), stacks)
