"""Saving against the light that people got: a dot for each case, a ring for each variant, and the front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slic.report.charts.axes import Scale, round_ticks, tick_text, x_axis, y_axis
from slic.report.charts.svg import WIDTH, dot, figure, polyline, series_class, shorten, text

_TOP, _BOTTOM, _LEFT, _RIGHT = 40, 400, 56, WIDTH - 20
_KEY_ROW = 20
_KEY_COLUMN = 260


@dataclass(frozen=True, slots=True)
class Mark:
    """A variant or a case at its saving and time served [%]; series : of its program; words : shown on rest."""

    served_pct: float
    saving_pct: float
    series: int
    words: str


def tradeoff_chart(
    title: str, programs: Sequence[str], cases: Sequence[Mark], variants: Sequence[Mark], front: Sequence[Mark]
) -> str:
    """The chart. ``front`` : of the variants, from most light to most saving; they carry their numbers from 1."""
    marks = [*cases, *variants]
    x_ticks = round_ticks(max(0.0, min(m.served_pct for m in marks) - 1), 100)
    y_ticks = round_ticks(min(0.0, *(m.saving_pct for m in marks)), max(5.0, *(m.saving_pct for m in marks)))
    across = Scale(x_ticks[0], min(x_ticks[-1], 100), _LEFT, _RIGHT)
    up = Scale(y_ticks[0], y_ticks[-1], _BOTTOM, _TOP)
    parts = y_axis(up, y_ticks, _LEFT, _RIGHT, "energy saved, % of the baseline")
    parts += x_axis(across, [(t, tick_text(t)) for t in x_ticks if t <= 100], _BOTTOM)
    parts.append(text(_RIGHT, _BOTTOM + 38, "user time at the required level, %", "label", "end"))
    parts += [dot(across(m.served_pct), up(m.saving_pct), 2.2, f"case s{m.series}", m.words) for m in cases]
    parts += _front(front, across, up)
    parts += [dot(across(m.served_pct), up(m.saving_pct), 5, f"mark s{m.series}", m.words) for m in variants]
    parts += _numbers(front, across, up)
    rows = (len(programs) + 2) // 3
    return figure(_BOTTOM + 56 + _KEY_ROW * rows, title, _description(front), [*parts, *_key(programs)])


def _front(front: Sequence[Mark], across: Scale, up: Scale) -> list[str]:
    """A staircase: between two points of the front nothing better than the darker one's saving is known."""
    corners: list[tuple[float, float]] = []
    for mark in front:
        x, y = across(mark.served_pct), up(mark.saving_pct)
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    return [polyline(corners, "front")] if len(corners) > 1 else []


def _numbers(front: Sequence[Mark], across: Scale, up: Scale) -> list[str]:
    """Numbers above and right of the points, where no other point can be, if they do not run into the one before."""
    parts, last = [], (float("inf"), float("inf"))
    for number, mark in enumerate(front, 1):
        here = across(mark.served_pct), up(mark.saving_pct)
        if abs(here[0] - last[0]) > 18 or abs(here[1] - last[1]) > 11:
            parts.append(text(here[0] + 7, here[1] - 5, str(number), "strong"))
            last = here
    return parts


def _key(programs: Sequence[str]) -> list[str]:
    parts = []
    for index, name in enumerate(programs):
        x, y = _LEFT + _KEY_COLUMN * (index % 3), _BOTTOM + 62 + _KEY_ROW * (index // 3)
        parts.append(dot(x, y, 5, f"mark {series_class(index)}"))
        parts.append(text(x + 12, y + 4, shorten(name, _KEY_COLUMN - 30)))
    return parts


def _description(front: Sequence[Mark]) -> str:
    return "Front: " + "; ".join(mark.words for mark in front)
