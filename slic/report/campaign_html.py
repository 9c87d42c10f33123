"""The page of a campaign: saving against light for all its variants, and the front as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from slic.report.campaign_points import Point, front_of, points_of
from slic.report.campaign_table import shown_value
from slic.report.charts.svg import COLOURS
from slic.report.charts.tradeoff import Mark, tradeoff_chart
from slic.report.csv_file import Row
from slic.report.html import environment
from slic.report.summary import LABEL, LIMITS
from slic.report.words import number, people_pct

_MOST_ROWS = 200
"""Of the table of all variants; the rest is in cases.csv."""


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """What the page tells beside its rows. failed : error by the name of the case."""

    name: str
    title: str
    scenario: str
    installation: str
    baselines: Sequence[str]
    cases: int
    failed: Mapping[str, str]


def render_campaign(page: CampaignPage, rows: Sequence[Row], parameters: Sequence[str]) -> str:
    """The page, made from the merged rows."""
    points = points_of(rows, parameters)
    front = front_of(points)
    own = [path for path in parameters if any(path in point.values for point in points)]
    ordered = sorted(points, key=lambda p: -(p.saving_pct if p.saving_pct is not None else float("-inf")))
    return (
        environment()
        .get_template("campaign.html.j2")
        .render(
            page=page,
            label=LABEL,
            limits=LIMITS,
            chart=Markup(_chart(rows, points, front)),
            parameters=own,
            shown_value=shown_value,
            range_words=_range_words,
            front=front,
            points=ordered[:_MOST_ROWS],
            left_out=max(0, len(points) - _MOST_ROWS),
            several=any(point.cases > 1 for point in points),
        )
    )


def _chart(rows: Sequence[Row], points: Sequence[Point], front: Sequence[Point]) -> str:
    """Empty where there was no road user or no saving in any case."""
    programs = list(dict.fromkeys(point.program for point in points))
    series = {name: index % COLOURS for index, name in enumerate(programs)}
    known = [point for point in points if point.saving_pct is not None and point.served_pct is not None]
    if not known:
        return ""
    cases = [
        Mark(
            float(str(row["served_pct"])), float(str(row["saving_pct"])), series[str(row["program"])], str(row["case"])
        )
        for row in rows
        if not row["is_baseline"] and row["served_pct"] is not None and row["saving_pct"] is not None
    ]
    marks = {id(point): _mark(point, series[point.program]) for point in known}
    return tradeoff_chart(
        "Energy saved against user time at the required level",
        programs,
        cases if any(point.cases > 1 for point in known) else [],
        list(marks.values()),
        [marks[id(point)] for point in front],
    )


def _range_words(point: Point) -> str:
    """The range of a variant's saving, as in a report; of several cases the lowest and the highest."""
    if point.low_pct is None or point.high_pct is None:
        return ""
    if point.exact:
        return "exact"
    low, high = number(point.low_pct), number(point.high_pct)
    return "±<0.1" if low == high else f"{low} to {high}"


def _mark(point: Point, series: int) -> Mark:
    saving, served = point.saving_pct or 0.0, point.served_pct or 0.0
    values = ", ".join(f"{path.rsplit('.', 1)[-1]} {shown_value(value)}" for path, value in point.values.items())
    words = f"{point.program}{f', {values}' if values else ''}: saves {saving:.1f} %, served {people_pct(served)}"
    return Mark(served, saving, series, words)
