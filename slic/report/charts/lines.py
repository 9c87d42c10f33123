"""Lines over a common axis, the baseline as a filled area, with a key at the right in the order of their means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slic.report.charts.axes import Scale, round_ticks, x_axis, y_axis
from slic.report.charts.svg import (
    WIDTH,
    dot,
    figure,
    line,
    polygon,
    polyline,
    rect,
    series_class,
    shorten,
    text,
    text_width,
)

_TOP = 34
_HEIGHT = 270
_LEFT = 56


@dataclass(frozen=True, slots=True)
class Series:
    """One line: ``values`` at the chart's positions; ``note`` stands small in the key; ``style`` picks the colour."""

    name: str
    values: Sequence[float]
    style: int
    note: str = ""


def line_chart(
    title: str,
    unit: str,
    x_ticks: Sequence[tuple[float, str]],
    series: Sequence[Series],
    *,
    steps: bool = False,
    description: str = "",
) -> str:
    """A line chart; the first series is the baseline and is drawn as an area.

    With ``steps`` value i holds from i to i + 1 on the x axis, else it stands at i.
    """
    key_width = min(max(text_width(words) for s in series for words in (s.name, s.note)) + 34, 200)
    count = len(series[0].values)
    x = Scale(0, count if steps else max(count - 1, 1), _LEFT, WIDTH - key_width - 16)
    ticks = round_ticks(0, max(max(s.values) for s in series))
    bottom = _TOP + max(_HEIGHT, 30 * len(series))
    y = Scale(ticks[0], ticks[-1], bottom, _TOP)
    base, *others = series
    parts = [
        _area(base, x, y, steps),
        *y_axis(y, ticks, _LEFT, x.end, unit),
        *x_axis(x, list(x_ticks), bottom),
    ]
    for one in others:
        parts.append(polyline(_path(one, x, y, steps), f"line {series_class(one.style)}"))
        if not steps and count <= 40:
            parts += [dot(x(i), y(v), 3, f"mark {series_class(one.style)}") for i, v in enumerate(one.values)]
    parts += _key(series, x.end + 16, key_width)
    return figure(bottom + 30, title, description or title, parts)


def _path(series: Series, x: Scale, y: Scale, steps: bool) -> list[tuple[float, float]]:
    if not steps:
        return [(x(i), y(v)) for i, v in enumerate(series.values)]
    return [point for i, v in enumerate(series.values) for point in ((x(i), y(v)), (x(i + 1), y(v)))]


def _area(series: Series, x: Scale, y: Scale, steps: bool) -> str:
    path = _path(series, x, y, steps)
    return polygon([(path[0][0], y(0)), *path, (path[-1][0], y(0))], "base") + polyline(path, "base-line")


def _key(series: Sequence[Series], left: float, width: float) -> list[str]:
    ordered = sorted(series, key=lambda s: -sum(s.values))
    parts = []
    for index, one in enumerate(ordered):
        y = _TOP + 6 + 32 * index
        if one is series[0]:
            parts.append(rect(left, y - 8, 24, 12, "base key-base"))
        else:
            parts.append(line(left, y - 3, left + 24, y - 3, f"line {series_class(one.style)}"))
        parts.append(text(left + 30, y + 1, shorten(one.name, width - 30)))
        parts.append(text(left + 30, y + 14, one.note, "tick"))
    return parts
