"""Stacked bars: what the energy was used for, one bar per program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slic.report.charts.axes import Scale, round_ticks, tick_text
from slic.report.charts.svg import WIDTH, figure, line, rect, shorten, text, text_width
from slic.report.words import kwh

_TOP = 40
_ROW = 32


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar of parts, in the order of the chart's part names."""

    name: str
    parts: Sequence[float]


def stacked_bars(title: str, unit: str, part_names: Sequence[str], stacks: Sequence[Stack]) -> str:
    """Horizontal stacked bars with the total at their end and the parts' names above (at most four parts)."""
    names = min(max(text_width(stack.name) for stack in stacks) + 12, 190)
    largest = max(sum(stack.parts) for stack in stacks)
    ticks = round_ticks(0, largest or 1)
    x = Scale(ticks[0], ticks[-1], names, WIDTH - 78)
    bottom = _TOP + _ROW * len(stacks)
    parts = _key(part_names, names)
    for tick in ticks:
        parts.append(line(x(tick), _TOP - 6, x(tick), bottom, "grid" if tick else "axis"))
        parts.append(text(x(tick), bottom + 18, tick_text(tick), "tick", "middle"))
    parts.append(text(WIDTH, bottom + 18, unit, "tick", "end"))
    for index, stack in enumerate(stacks):
        y = _TOP + _ROW * (index + 0.5)
        parts += [text(0, y + 4, shorten(stack.name, names)), *_bar(stack, part_names, x, y)]
        parts.append(text(x(sum(stack.parts)) + 8, y + 4, kwh(sum(stack.parts), largest), "strong"))
    return figure(bottom + 28, title, _description(stacks, part_names, unit), parts)


def _bar(stack: Stack, part_names: Sequence[str], x: Scale, y: float) -> list[str]:
    parts, reached = [], 0.0
    for index, (name, value) in enumerate(zip(part_names, stack.parts, strict=True)):
        left, reached = reached, reached + value
        parts.append(rect(x(left), y - 9, x(reached) - x(left), 18, f"part{index}", f"{name}: {kwh(value)}"))
    return parts


def _key(part_names: Sequence[str], left: float) -> list[str]:
    parts, x = [], left
    for index, name in enumerate(part_names):
        parts += [rect(x, 3, 14, 12, f"part{index}"), text(x + 20, 14, name)]
        x += 20 + text_width(name) + 18
    return parts


def _description(stacks: Sequence[Stack], part_names: Sequence[str], unit: str) -> str:
    return "; ".join(
        f"{stack.name}: "
        + ", ".join(f"{name} {kwh(v)} {unit}" for name, v in zip(part_names, stack.parts, strict=True))
        for stack in stacks
    )
