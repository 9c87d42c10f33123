"""Schedules and the sun: a year of nights for one site, and 365 sunrises and sunsets.

Run ``python -m benchmarks.schedule``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median
from time import perf_counter

from benchmarks.fixtures import FULL_RULES, GHENT, PRESENCE
from slic.control.planner import planner_for
from slic.control.program import ControlProgram
from slic.control.sun import sun_events

YEAR = [date(2022, 1, 1) + timedelta(days=day) for day in range(365)]
RUNS = 9


def main() -> None:
    """Print medians and goals as JSON."""
    argparse.ArgumentParser(prog="python -m benchmarks.schedule", description=__doc__).parse_args()
    print(
        json.dumps(
            {
                "year_presence_ms": _median_ms(lambda: compile_year(PRESENCE)),
                "year_full_rules_ms": _median_ms(lambda: compile_year(FULL_RULES)),
                "sun_365_days_ms": _median_ms(lambda: sun_events(GHENT, YEAR[0], len(YEAR))),
                "goals": {"year_ms": "under 20", "sun_365_days_ms": "under 2"},
            },
            indent=2,
        )
    )


def compile_year(program: ControlProgram) -> int:
    """Compile every night of a year with nothing cached; the number of steps."""
    planner = planner_for(program, GHENT)
    steps = sum(len(planner.night(night).steps) for night in YEAR)
    assert steps >= 3 * len(YEAR), "a night has at least off, on, off"
    return steps


def _median_ms(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(RUNS):
        began = perf_counter()
        work()
        times.append(1000 * (perf_counter() - began))
    return round(median(times), 2)


if __name__ == "__main__":
    main()
