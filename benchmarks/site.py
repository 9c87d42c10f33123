"""Geometry of a town: nearest lamps, sensors and neighbours of 30,000 lamps, beside a sort of as many numbers.

Run ``python -m benchmarks.site``. Counts are asserted, times are not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from time import perf_counter

import numpy as np

from slic.site.grid import Grid, nearest, nearest_other

LAMPS = 30_000
TOWN_M = 8_000
NEIGHBOUR_PAIRS = 158_120
"""Ordered pairs of lamps within 60 m of each other, for the positions below, counted by comparing all pairs."""


def main() -> None:
    """Print seconds and the goal as JSON."""
    rng = np.random.default_rng(1)
    x_m, y_m = rng.uniform(0, TOWN_M, LAMPS), rng.uniform(0, TOWN_M, LAMPS)
    assert len(Grid(x_m, y_m).within(60)[0]) == NEIGHBOUR_PAIRS
    print(
        json.dumps(
            {
                "nearest_other_lamp_s": _best_s(lambda: nearest_other(x_m, y_m)),
                "nearest_sensor_s": _best_s(lambda: nearest(x_m, y_m, x_m[::3] + 1, y_m[::3])),
                "neighbours_60_m_s": _best_s(lambda: Grid(x_m, y_m).within(60)),
                "ceiling_sort_s": _best_s(lambda: np.sort(x_m)),
                "goal": "all three in less than 1 s",
            },
            indent=2,
        )
    )


def _best_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return round(min(times), 4)


if __name__ == "__main__":
    main()
