"""Levels: luminous flux as a share of nominal, integer per mille inside, per cent with one decimal outside."""

from __future__ import annotations

FULL_PM = 1000
OFF_PM = 0


def pm_from_pct(level_pct: float) -> int:
    """Per mille [0-1000] of a level in per cent [0-100]; halves round up.

    Raises ValueError outside 0-100. A positive level never becomes 0: it is at least 1 per mille,
    so that rounding cannot switch a lamp off.
    """
    if not 0 <= level_pct <= 100:
        raise ValueError(f"level {level_pct} % is outside 0-100 %")
    if level_pct == 0:
        return OFF_PM
    return max(1, int(level_pct * 10 + 0.5))


def pct_from_pm(level_pm: int) -> float:
    """Per cent [0-100], one decimal, of a level in per mille."""
    return level_pm / 10


def level_on_ramp(t0_ms: int, from_pm: int, t1_ms: int, to_pm: int, t_ms: int) -> int:
    """Level [per mille] reached at ``t_ms`` on the straight ramp from (t0, from) to (t1, to).

    The one rounding rule of SLIC: to the nearest per mille, halves up. Before the ramp it is
    ``from_pm``, at and after its end ``to_pm``.
    """
    if t_ms >= t1_ms:
        return to_pm
    if t_ms <= t0_ms:
        return from_pm
    span_ms = t1_ms - t0_ms
    return from_pm + (2 * (to_pm - from_pm) * (t_ms - t0_ms) + span_ms) // (2 * span_ms)
