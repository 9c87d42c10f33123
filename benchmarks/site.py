"""Laying out 30,000 lamps: a town with streets and one without, beside a sort of as many numbers.

Run ``python -m benchmarks.site``. Counts are asserted, times are not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from time import perf_counter

import numpy as np

from slic.site.geometry import Metres, along_street, fills_an_area
from slic.site.grid import nearest

LAMPS = 30_000
STREETS = 300
TOWN_M = 8_000
LENGTH_MM = 5_120_588
"""Of a street below, as ``along_street`` measures it; its true length is 5,124 m."""


def main() -> None:
    """Print seconds and the goal as JSON."""
    argparse.ArgumentParser(prog="python -m benchmarks.site", description=__doc__).parse_args()
    rng = np.random.default_rng(1)
    x_m, y_m = rng.uniform(0, TOWN_M, LAMPS), rng.uniform(0, TOWN_M, LAMPS)
    way_m: Metres = np.arange(LAMPS // STREETS, dtype=np.float64) * 40
    bent: tuple[Metres, Metres] = (way_m, 600 * np.sin(way_m / 500))
    assert fills_an_area(x_m, y_m)
    assert not fills_an_area(*bent)
    assert along_street(*bent).max() == LENGTH_MM
    print(
        json.dumps(
            {
                "town_without_streets_is_noticed_s": _best_s(lambda: fills_an_area(x_m, y_m)),
                "bent_streets_are_ordered_s": _best_s(lambda: _lay_out(*bent)),
                "nearest_sensor_s": _best_s(lambda: nearest(x_m, y_m, x_m[::3] + 1, y_m[::3])),
                "ceiling_sort_s": _best_s(lambda: np.sort(x_m)),
                "goal": "all three in less than 1 s",
            },
            indent=2,
        )
    )


def _lay_out(x_m: Metres, y_m: Metres) -> None:
    for _ in range(STREETS):
        fills_an_area(x_m, y_m)
        along_street(x_m, y_m)


def _best_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return round(min(times), 4)


if __name__ == "__main__":
    main()
