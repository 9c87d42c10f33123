"""Axes: round tick values and straight scales."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

from slic.report.charts.svg import line, text


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map from values ``low`` to ``high`` to positions ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Position of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def round_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values (steps of 1, 2, 2.5 or 5 times a power of ten) that enclose ``low`` to ``high``, at least two.

    A span below a twentieth (of a watt, kWh or per cent) is drawn as nothing, and not as a curve of rounding errors.
    """
    if high - low < max(0.05, 1e-6 * abs(low)):
        high = low + max(1.0, abs(low))
    raw = (high - low) / max(about, 1)
    power = 10.0 ** floor(log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A tick value without needless digits."""
    return f"{value:,.10f}".rstrip("0").rstrip(".") if value else "0"


def y_axis(scale: Scale, ticks: list[float], x0: float, x1: float, label: str) -> list[str]:
    """Grid lines, values left of them and the unit on top."""
    parts = [line(x0, scale(t), x1, scale(t), "grid" if t else "axis") for t in ticks]
    parts += [text(x0 - 8, scale(t) + 4, tick_text(t), "tick", "end") for t in ticks]
    return [*parts, text(x0 - 8, scale.end - 14, label, "tick", "start" if x0 < 80 else "end")]


def x_axis(scale: Scale, ticks: list[tuple[float, str]], y: float) -> list[str]:
    """Short marks and their texts under the line at ``y``."""
    parts = [line(scale.start, y, scale.end, y, "axis")]
    for value, words in ticks:
        parts.append(line(scale(value), y, scale(value), y + 5, "axis"))
        parts.append(text(scale(value), y + 19, words, "tick", "middle"))
    return parts
