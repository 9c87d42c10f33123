"""The six operations by which a control acts on the level below it."""

from __future__ import annotations

from slic.control.program import Operation


def operate(operation: Operation, base_pm: int, level_pm: int) -> int:
    """Level [0-1000 per mille] of an operation with ``level_pm`` on ``base_pm``.

    Add and Sub count in per mille of nominal; Mul takes ``level_pm`` as a factor (500 halves), nearest per mille,
    halves up, and never turns two positive levels into darkness.
    """
    match operation:
        case "Set":
            return level_pm
        case "Max":
            return max(base_pm, level_pm)
        case "Min":
            return min(base_pm, level_pm)
        case "Add":
            return min(1000, base_pm + level_pm)
        case "Sub":
            return max(0, base_pm - level_pm)
        case "Mul":
            product = (base_pm * level_pm + 500) // 1000
            return product or int(base_pm > 0 and level_pm > 0)
