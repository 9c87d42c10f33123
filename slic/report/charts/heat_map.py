"""A map of shares: one row per thing, one column per night, the darker the more complete."""

from __future__ import annotations

from collections.abc import Sequence

from slic.report.charts.svg import WIDTH, figure, rect, shorten, text, text_width
from slic.report.words import pct

_TOP = 46
_ROW = 16
_WIDEST = 72
_CLASSES = ("no readings", "below 50 %", "50 % to 90 %", "90 % to <100 %", "100 %")


def share_class(share_pct: float) -> int:
    """Class of a share, from 0 (nothing) to 4 (all): only all is all, and only nothing is nothing."""
    if share_pct <= 0:
        return 0
    if share_pct >= 100:
        return 4
    return 1 if share_pct < 50 else 2 if share_pct < 90 else 3


def heat_map(
    title: str,
    names: Sequence[str],
    columns: Sequence[str],
    shares_pct: Sequence[Sequence[float]],
    ticks: Sequence[int],
) -> str:
    """A cell for each name (row) and column; ``ticks`` are the columns that are labelled."""
    left = min(max(text_width(name) for name in names) + 12, 210)
    width = min((WIDTH - left - 10) / len(columns), _WIDEST)
    parts = _key(left)
    for row, (name, shares) in enumerate(zip(names, shares_pct, strict=True)):
        y = _TOP + _ROW * row
        parts.append(text(0, y + 12, shorten(name, left)))
        for column, share_pct in enumerate(shares):
            words = f"{name}, {columns[column]}: {pct(share_pct)}"
            x = left + width * column
            parts.append(rect(x, y + 1, max(width - 1, 0.5), _ROW - 2, f"heat{share_class(share_pct)}", words))
    bottom = _TOP + _ROW * len(names)
    parts += [text(left + width * (at + 0.5), bottom + 16, columns[at], "tick", "middle") for at in ticks]
    return figure(bottom + 26, title, f"{title}: {len(names)} rows, {len(columns)} nights", parts)


def _key(left: float) -> list[str]:
    parts, x = [], left
    for number, words in enumerate(_CLASSES):
        parts += [rect(x, 6, 14, 12, f"heat{number}"), text(x + 20, 17, words, "tick")]
        x += 20 + text_width(words) + 8
    return parts
