"""DALI arc levels, dimming curves and fade times (IEC 62386-102, and -207 for the linear curve of LED gear).

An arc level is a number on the bus, 0-254. It is neither light nor power: arc level 195 is 20 % light on the
standard curve. 255 (MASK) means "no change" and is no level.
"""

from __future__ import annotations

from math import log10, pow
from typing import Literal

Curve = Literal["log", "linear"]

ARC_MAX = 254
_STEPS_PER_DECADE = 253 / 3
"""The standard curve spans three decades, 0.1 % to 100 %, in 253 equal ratios."""

FADE_TIMES_MS = (
    *(0, 700, 1_000, 1_400, 2_000, 2_800, 4_000, 5_700),
    *(8_000, 11_300, 16_000, 22_600, 32_000, 45_300, 64_000, 90_500),
)
"""Fade time of codes 0-15 [ms]: half the square root of 2^code seconds, rounded as in IEC 62386-102."""


def light_pct(arc_level: int, curve: Curve = "log") -> float:
    """Light [per cent, 0-100] of an arc level [0-254].

    Standard ("log") curve of IEC 62386-102: 10^((n - 1) / (253 / 3) - 1); linear curve of -207: n / 254.
    Raises ValueError outside 0-254.
    """
    if not 0 <= arc_level <= ARC_MAX:
        raise ValueError(f"arc level {arc_level} is outside 0-{ARC_MAX}")
    if arc_level == 0:
        return 0.0
    if curve == "linear":
        return 100 * arc_level / ARC_MAX
    return pow(10.0, (arc_level - 1) / _STEPS_PER_DECADE - 1)


def nearest_arc_level(level_pm: int, curve: Curve = "log") -> int:
    """Arc level [0-254] nearest to a level [per mille, 0-1000], measured along the curve's own steps.

    A positive level is at least arc level 1. Raises ValueError outside 0-1000.
    """
    if not 0 <= level_pm <= 1000:
        raise ValueError(f"level {level_pm} per mille is outside 0-1000")
    if level_pm == 0:
        return 0
    if curve == "linear":
        return max(1, int(level_pm * ARC_MAX / 1000 + 0.5))
    return int(1 + _STEPS_PER_DECADE * log10(level_pm) + 0.5)


LEVEL_PM_OF_ARC = tuple(int(light_pct(n) * 10 + 0.5) for n in range(ARC_MAX + 1))
"""Level [per mille] of each arc level on the standard curve; several low arc levels share 1 per mille."""

ARC_OF_LEVEL_PM = tuple(nearest_arc_level(pm) for pm in range(1001))
"""Nearest arc level on the standard curve of each level [per mille]."""
