"""Upright columns over nights or hours, each of one part or more."""

from __future__ import annotations

from collections.abc import Sequence

from slic.report.charts.axes import Scale, round_ticks, y_axis
from slic.report.charts.svg import WIDTH, figure, rect, text, text_width
from slic.report.words import kwh

_TOP, _HEIGHT, _LEFT, _WIDEST = 58, 220, 56, 72


def column_chart(
    title: str,
    unit: str,
    labels: Sequence[str],
    parts_of: Sequence[Sequence[float] | None],
    part_names: Sequence[str],
    ticks: Sequence[int],
) -> str:
    """A column for each label, its parts one upon the other; None stands for nothing known and is marked so.

    ticks : the columns that are labelled
    """
    most = max((sum(stack) for stack in parts_of if stack is not None), default=0)
    steps = round_ticks(0, most)
    bottom = _TOP + _HEIGHT
    y = Scale(steps[0], steps[-1], bottom, _TOP)
    width = min((WIDTH - _LEFT - 10) / len(labels), _WIDEST)
    parts = [*_key(part_names), *y_axis(y, steps, _LEFT, WIDTH - 10, unit)]
    for number, stack in enumerate(parts_of):
        x = _LEFT + width * number
        if stack is None:
            parts.append(text(x + width / 2, bottom - 6, "?", "strong", "middle"))
            continue
        low = 0.0
        for index, value in enumerate(stack):
            words = f"{labels[number]}, {part_names[index]}: {kwh(value)} {unit}"
            parts.append(
                rect(x + 1, y(low + value), max(width - 2, 0.5), y(low) - y(low + value), f"column{index}", words)
            )
            low += value
    parts += [text(_LEFT + width * (at + 0.5), bottom + 18, labels[at], "tick", "middle") for at in ticks]
    return figure(bottom + 28, title, title, parts)


def _key(names: Sequence[str]) -> list[str]:
    parts, x = [], float(_LEFT)
    for index, words in enumerate(names):
        parts += [rect(x, 3, 14, 12, f"column{index}"), text(x + 20, 14, words)]
        x += 20 + text_width(words) + 18
    return parts
