"""Half-hour slots of a night, aligned to UTC, and the energy of a constant load in them."""

from __future__ import annotations

import numpy as np

from slic.energy.moves import Ints
from slic.energy.results import SLOT_MS


def slot_edges(start_ms: int, end_ms: int) -> Ints:
    """Start, inner half-hour boundaries and end of a night [UTC ms]; the outer slots may be shorter."""
    inner = np.arange(start_ms // SLOT_MS + 1, -(-end_ms // SLOT_MS), dtype=np.int64) * SLOT_MS
    return np.concatenate(([start_ms], inner, [end_ms]))


def constant_load_mj(power_w: float, start_ms: int, end_ms: int) -> tuple[int, ...]:
    """Energy [mJ] in each half-hour slot of a load that never changes (node, sensor).

    The power is rounded to whole milliwatts; slots are differences of one cumulative sum, so they add up.
    """
    elapsed_ms = slot_edges(start_ms, end_ms) - start_ms
    return tuple(np.diff(millijoules(int(power_w * 1000 + 0.5) * elapsed_ms)).tolist())


def millijoules(energy_uj: Ints) -> Ints:
    """Nearest millijoule of microjoules (milliwatts x milliseconds), halves up."""
    return (energy_uj + 500) // 1000
