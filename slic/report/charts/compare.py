"""Saving with its range beside the share of people's time that was served, one row per program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slic.report.charts.axes import Scale, round_ticks, tick_text
from slic.report.charts.svg import WIDTH, dot, figure, line, rect, shorten, text, text_width
from slic.report.words import MISSING, NO_USERS, pct, people_pct

_ROW = 34
_TOP = 44
_GAP = 24


@dataclass(frozen=True, slots=True)
class Compared:
    """One program of the comparison.

    saving_pct : None for the baseline, or where the baseline used no energy
    low_pct, high_pct : range of the saving, None where there is none
    served_pct : None without road users; first : drawn in the accent colour
    """

    name: str
    saving_pct: float | None
    low_pct: float | None
    high_pct: float | None
    served_pct: float | None
    first: bool = False
    baseline: bool = False


def compare_chart(rows: Sequence[Compared], title: str) -> str:
    """Two panels side by side: saving with whiskers, and time with the required light."""
    names = min(max(text_width(row.name) for row in rows) + 12, 190)
    middle = names + (WIDTH - names - _GAP) * 0.55
    bottom = _TOP + _ROW * len(rows)
    ticks = _saving_ticks(rows)
    saving = Scale(ticks[0], ticks[-1], names, middle - 64)
    served = Scale(0, 100, middle + _GAP, WIDTH - 76)
    parts = _panel(saving, ticks, "energy saved, % of the baseline", bottom)
    parts += _panel(served, round_ticks(0, 100), "user time at the required level, %", bottom)
    for index, row in enumerate(rows):
        y = _TOP + _ROW * (index + 0.5)
        parts.append(text(0, y + 4, shorten(row.name, names), "strong" if row.first else ""))
        parts += _saving_row(row, y, saving)
        parts += _served_row(row, y, served)
    return figure(bottom + 28, title, _description(rows), parts)


def _saving_ticks(rows: Sequence[Compared]) -> list[float]:
    ends = [x for row in rows for x in (row.saving_pct, row.low_pct, row.high_pct) if x is not None]
    return round_ticks(min(0, *ends, 0), max(10, *ends, 0))


def _panel(scale: Scale, ticks: Sequence[float], label: str, bottom: float) -> list[str]:
    parts = [text(scale.start, 14, label, "label")]
    for tick in ticks:
        parts.append(line(scale(tick), _TOP - 8, scale(tick), bottom, "axis" if tick == 0 else "grid"))
        parts.append(text(scale(tick), bottom + 18, tick_text(tick), "tick", "middle"))
    return parts


def _saving_row(row: Compared, y: float, scale: Scale) -> list[str]:
    if row.saving_pct is None:
        return [text(scale(0) + 8, y + 4, "baseline" if row.baseline else MISSING, "tick")]
    x0, x1 = sorted((scale(0), scale(row.saving_pct)))
    parts = [rect(x0, y - 9, x1 - x0, 18, "bar first" if row.first else "bar")]
    right = max(x0, x1)
    if row.low_pct is not None and row.high_pct is not None:
        low, high = scale(row.low_pct), scale(row.high_pct)
        parts.append(line(low, y, high, y, "whisker"))
        parts += [line(x, y - 6, x, y + 6, "whisker") for x in (low, high)]
        right = max(right, high)
    parts.append(dot(scale(row.saving_pct), y, 3.2, "point"))
    return [*parts, text(right + 8, y + 4, pct(row.saving_pct), "strong")]


def _served_row(row: Compared, y: float, scale: Scale) -> list[str]:
    if row.served_pct is None:
        return [text(scale(0) + 8, y + 4, NO_USERS, "tick")]
    width = scale(row.served_pct) - scale(0)
    parts = [rect(scale(0), y - 9, width, 18, "bar light first" if row.first else "bar light")]
    return [*parts, text(scale(row.served_pct) + 8, y + 4, people_pct(row.served_pct), "strong")]


def _description(rows: Sequence[Compared]) -> str:
    return "; ".join(
        f"{row.name}: saving {'is the baseline' if row.baseline else pct(row.saving_pct)}, "
        f"served {people_pct(row.served_pct)}"
        for row in rows
    )
