"""One lamp's night under every program: the actual level as a strip per program over a common clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slic.report.charts.axes import Scale, x_axis
from slic.report.charts.svg import WIDTH, figure, line, polygon, shorten, text, text_width

_TOP = 18
_STRIP = 44
_GAP = 14


@dataclass(frozen=True, slots=True)
class Strip:
    """A program's night: breakpoints (UTC ms, level %) joined by straight lines; ``first`` is drawn in the accent."""

    name: str
    points: Sequence[tuple[int, float]]
    first: bool = False


def strips_chart(title: str, strips: Sequence[Strip], span: tuple[int, int], ticks: Sequence[tuple[float, str]]) -> str:
    """Strips one below the other, each from 0 to 100 %, for the time ``span`` [UTC ms]."""
    names = min(max(text_width(strip.name) for strip in strips) + 40, 210)
    x = Scale(*span, names, WIDTH - 20)
    bottom = _TOP + (_STRIP + _GAP) * len(strips)
    parts = [line(x(at), _TOP, x(at), bottom, "grid") for at, _ in ticks]
    for index, strip in enumerate(strips):
        top = _TOP + (_STRIP + _GAP) * index
        parts += _strip(strip, x, Scale(0, 100, top + _STRIP, top), names)
    parts += x_axis(x, list(ticks), bottom)
    return figure(bottom + 28, title, f"Actual level over the night for {', '.join(s.name for s in strips)}", parts)


def _strip(strip: Strip, x: Scale, y: Scale, names: float) -> list[str]:
    clipped = [(min(max(t, x.low), x.high), level) for t, level in strip.points]
    area = [(x(t), y(level)) for t, level in clipped]
    outline = [(area[0][0], y(0)), *area, (area[-1][0], y(0))] if area else []
    return [
        text(0, y(50) + 4, shorten(strip.name, names - 38), "strong" if strip.first else ""),
        text(names - 6, y(100) + 9, "100 %", "small", "end"),
        text(names - 6, y(0), "0", "small", "end"),
        polygon(outline, "strip first" if strip.first else "strip"),
        line(x.start, y(0), x.end, y(0), "axis"),
    ]
