"""The front of a search: a dot for each trial, the front line, the constraint, the chosen program with its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slic.report.charts.axes import Scale, round_ticks, tick_text, x_axis, y_axis
from slic.report.charts.svg import WIDTH, dot, figure, line, polyline, text

_TOP, _BOTTOM, _LEFT, _RIGHT = 40, 420, 56, WIDTH - 20
_KEY_Y = _BOTTOM + 64
_CHARACTER_PX = 7.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the chart: service and saving [%]; words : shown on rest."""

    service_pct: float
    saving_pct: float
    words: str


@dataclass(frozen=True, slots=True)
class FrontChart:
    """What is drawn.

    measure : the service figure in words; meeting, failing : trials that meet all constraints, and the others
    front : in the search, from most light to most saving
    before, fresh : the trials that were run again, in the search and on fresh road users, in the same order
    as_it_stands : the program before the search; limit_pct : constraint on the service figure, None if there is none
    at_most : the figure must not be above the limit
    chosen : index in ``fresh``, None if none was chosen; low_pct, high_pct : range of its fresh saving
    label : lines beside it
    """

    title: str
    measure: str
    meeting: Sequence[Spot]
    failing: Sequence[Spot]
    front: Sequence[Spot]
    before: Sequence[Spot]
    fresh: Sequence[Spot]
    as_it_stands: Spot | None
    limit_pct: float | None
    chosen: int | None
    low_pct: float | None
    high_pct: float | None
    label: Sequence[str]


def front_chart(chart: FrontChart) -> str:
    """The chart as SVG. There must be a trial."""
    across, up, x_ticks, y_ticks = _scales(chart)
    parts = y_axis(up, y_ticks, _LEFT, _RIGHT, "energy saved, % of the baseline")
    parts += x_axis(across, [(tick, tick_text(tick)) for tick in x_ticks], _BOTTOM)
    parts.append(text(_RIGHT, _BOTTOM + 38, _axis_words(chart.measure), "label", "end"))
    parts += _limit(chart, across)
    for spots, css in ((chart.failing, "failing"), (chart.meeting, "meeting")):
        parts += [dot(across(s.service_pct), up(s.saving_pct), 3, f"trial {css}", s.words) for s in spots]
    parts += _front(chart, across, up)
    if chart.as_it_stands is not None:
        spot = chart.as_it_stands
        parts.append(dot(across(spot.service_pct), up(spot.saving_pct), 6, "stands", spot.words))
    parts += _chosen(chart, across, up)
    return figure(_KEY_Y + 30, chart.title, _description(chart), [*parts, *_key(chart)])


def _scales(chart: FrontChart) -> tuple[Scale, Scale, list[float], list[float]]:
    spots = [*chart.meeting, *chart.failing, *chart.fresh, *([chart.as_it_stands] if chart.as_it_stands else [])]
    services = [spot.service_pct for spot in spots] + ([] if chart.limit_pct is None else [chart.limit_pct])
    savings = [spot.saving_pct for spot in spots] + [x for x in (chart.low_pct, chart.high_pct) if x is not None]
    x_ticks = [tick for tick in round_ticks(min(services), max(services), 8) if tick <= 100]
    y_ticks = round_ticks(min(savings), max(savings), 6)
    right = min(100.0, max(x_ticks[-1], *services)) if len(x_ticks) > 1 else x_ticks[0] + 1
    return (
        Scale(x_ticks[0], right, _LEFT, _RIGHT),
        Scale(y_ticks[0], y_ticks[-1], _BOTTOM, _TOP),
        x_ticks,
        y_ticks,
    )


def _limit(chart: FrontChart, across: Scale) -> list[str]:
    if chart.limit_pct is None:
        return []
    x = across(chart.limit_pct)
    words, left = f"{chart.measure} >= {chart.limit_pct:g} %", x - _LEFT > 160
    return [
        line(x, _TOP - 8, x, _BOTTOM, "limit"),
        text(x - 6 if left else x + 6, _BOTTOM - 8, words, "halo", "end" if left else "start"),
    ]


def _front(chart: FrontChart, across: Scale, up: Scale) -> list[str]:
    """A staircase: between two points of the front nothing better than the saving of the lighter one is known."""
    corners: list[tuple[float, float]] = []
    for spot in chart.front:
        x, y = across(spot.service_pct), up(spot.saving_pct)
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    parts = [polyline(corners, "front")] if len(corners) > 1 else []
    for before, after in zip(chart.before, chart.fresh, strict=True):
        ends = across(before.service_pct), up(before.saving_pct), across(after.service_pct), up(after.saving_pct)
        parts += [line(*ends, "shift"), dot(ends[2], ends[3], 4.5, "fresh", after.words)]
    return parts


def _chosen(chart: FrontChart, across: Scale, up: Scale) -> list[str]:
    if chart.chosen is None:
        return []
    spot = chart.fresh[chart.chosen]
    x, y = across(spot.service_pct), up(spot.saving_pct)
    parts = []
    if chart.low_pct is not None and chart.high_pct is not None:
        low, high = up(chart.low_pct), up(chart.high_pct)
        parts.append(line(x, low, x, high, "whisker"))
        parts += [line(x - 5, end, x + 5, end, "whisker") for end in (low, high)]
    return [*parts, dot(x, y, 7, "chosen", spot.words), *_label(chart, x, y)]


def _label(chart: FrontChart, x: float, y: float) -> list[str]:
    """Lines in the upper right corner, which a front that falls to the right leaves free, and a leader to the point."""
    bottom = _TOP + 14 + 17 * (len(chart.label) - 1)
    leader = [line(max(x, _RIGHT - 40), bottom + 8, x, y - 8, "leader")] if y - 8 > bottom + 8 else []
    return leader + [
        text(_RIGHT, _TOP + 14 + 17 * row, words, "halo strong" if row == 0 else "halo", "end")
        for row, words in enumerate(chart.label)
    ]


def _key(chart: FrontChart) -> list[str]:
    entries: list[tuple[str, str, float]] = [
        ("trial meeting", "meets the constraints", 3),
        ("trial failing", "does not", 3),
    ]
    entries.append(("fresh", "again, with fresh road users", 4.5))
    if chart.as_it_stands is not None:
        entries.append(("stands", "the program as it stands", 6))
    if chart.chosen is not None:
        entries.append(("chosen", "chosen", 7))
    parts, x = [], float(_LEFT)
    for css, words, radius in entries:
        parts += [dot(x, _KEY_Y, radius, css), text(x + 12, _KEY_Y + 4, words)]
        x += 34 + _CHARACTER_PX * len(words)
    return parts


def _axis_words(measure: str) -> str:
    meanings = {"served": "user time at the required level, %", "light given": "light given, % of the required light"}
    return meanings.get(measure, f"{measure}, %")


def _description(chart: FrontChart) -> str:
    chosen = "" if chart.chosen is None else f"Chosen: {'; '.join(chart.label)}. "
    return chosen + "Front: " + "; ".join(spot.words for spot in chart.front)
