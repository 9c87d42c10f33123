"""Whole runs of towns and years on arrays: seconds, memory of the workers, and cost against lamps, visits and nights.

``python -m benchmarks.towns`` takes some minutes; ``--only NAME`` one part of it, ``--svg FILE`` draws the cost. Times
are wall clock, beside two bare ``np.sort(int32, axis=1)`` of a fixed shape that are timed before and after: where
those differ from one run to the next, the machine did. The energies of the runs are asserted, times never.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from sim.run import simulate
from slic.report.charts.lines import Series, line_chart
from slic.scenario.load import load_scenario

GOALS = {
    "luminext-year": "at most 5 s",
    "ghent-year": "at most 20 s",
    "tenth-of-city-year": "at most 30 s, at most 150 MB a worker",
    "city-two-nights": "at most 150 MB a worker",
    "city-year": "at most 300 s, at most 150 MB a worker",
    "pool": "at least 1.6 with two processes",
}
FOUR = "{full-night: {all: full-night}, part-night: {all: part-night}, presence-cluster: {all: presence-cluster}, "
FOUR += "presence-train: {all: presence-train}}"
RUNS: dict[str, tuple[str, list[str], int]] = {
    "luminext-year": ("luminext-town", [], 1),
    "ghent-year": ("ghent-coupure-year", ["run.replicates=20", f"regimes={FOUR}"], 2),
    "tenth-of-city-year": ("city-100k", ["lamps.streets=200"], 2),
    "city-two-nights": ("city-100k", ["run.nights=2"], 2),
    "city-year": ("city-100k", [], 2),
}
POOL = ("city-100k", ["lamps.streets=400", "run.nights=6"])
STYLE = (
    "svg{background:#fff}text{font:13px sans-serif;fill:#3a3d4a}.grid,.axis{stroke:#8a8fa3;stroke-opacity:.4}"
    ".base{fill:#e8eaf1}.base-line{fill:none;stroke:#8a8fa3}.line{fill:none;stroke-width:2}"
    ".line.s1{stroke:#2f6fbb}.line.s2{stroke:#c2551f}.line.s3{stroke:#3c8a4d}"
    ".mark.s1{fill:#2f6fbb}.mark.s2{fill:#c2551f}.mark.s3{fill:#3c8a4d}.swatch{stroke-width:2}"
)
SIZES = {
    "lamps": [("city-100k", [f"lamps.streets={streets}", "run.nights=3"]) for streets in (50, 100, 200, 400)],
    "nights": [("city-100k", ["lamps.streets=50", f"run.nights={nights}"]) for nights in (3, 6, 12, 24)],
    "visits": [
        ("city-100k", ["lamps.streets=50", "run.nights=3", f"traffic.source.passers_per_day={users}"])
        for users in (150, 300, 600, 1200)
    ],
}


def two_sorts_ms() -> float:
    """The ceiling: the better of five."""
    values = np.random.default_rng(1).integers(0, 86_400_000, (2, 50, 850), np.int32)
    times = []
    for _ in range(5):
        began = perf_counter()
        np.sort(values[0], axis=1), np.sort(values[1], axis=1)
        times.append(perf_counter() - began)
    return min(times) * 1000


class Children:
    """The most memory that any worker of this process had [MB]: the peak that the kernel keeps of each."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Children:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        """Workers are the fork server's children, so grandchildren of this process."""
        while not self._over.is_set():
            found = [_status(path) for path in Path("/proc").glob("[0-9]*/status")]
            ours = {status["Pid"] for status in found if status.get("PPid") == str(os.getpid())}
            workers = [status for status in found if status.get("PPid") in ours and "VmHWM" in status]
            self.peak_mb = max([self.peak_mb, *(int(status["VmHWM"].split()[0]) / 1024 for status in workers)])
            sleep(0.2)


def _status(path: Path) -> dict[str, str]:
    """What the kernel says of a process; nothing of one that has gone."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return {name: text.strip() for name, _, text in (line.partition(":") for line in lines)}


def run(scenario: str, settings: Sequence[str], jobs: int, tell: bool = True) -> dict[str, Any]:
    """Seconds of a run, from the read scenario to its sums, and what it did. tell : keep decisions of a night."""
    loaded = load_scenario(scenario, list(settings))
    before = two_sorts_ms()
    began = perf_counter()
    with Children() as children:
        result = simulate(loaded, jobs=jobs, tell=tell)
    seconds = perf_counter() - began
    nights = len({(t.replicate, t.night) for t in result.tallies})
    visits = sum(t.passages for t in result.tallies) // len(result.regimes)
    return {
        "seconds": round(seconds, 2),
        "jobs": jobs,
        "lamps": result.lamps,
        "nights": nights,
        "regimes": len(result.regimes),
        "visits_in_the_dark": visits,
        "lamp_nights_per_s": round(result.lamps * nights * len(result.regimes) / seconds),
        "worker_mb": round(children.peak_mb) or None,
        "two_sorts_ms": [round(before, 3), round(two_sorts_ms(), 3)],
        "energy_mj": {name: sum(t.energy_mj for t in result.tallies if t.regime == name) for name in result.regimes},
    }


def pool() -> dict[str, Any]:
    """The same run on one and on two processes; InputError-free and equal, or it stops."""
    one, two = (run(*POOL, jobs, tell=False) for jobs in (1, 2))
    if one["energy_mj"] != two["energy_mj"]:
        raise SystemExit(f"energies differ: {one['energy_mj']} and {two['energy_mj']}")
    return {"one_s": one["seconds"], "two_s": two["seconds"], "ratio": round(one["seconds"] / two["seconds"], 2)}


def cost() -> dict[str, list[tuple[int, float]]]:
    """Seconds against lamps, nights and visits, each doubled three times, in one process."""
    found: dict[str, list[tuple[int, float]]] = {}
    for name, sizes in SIZES.items():
        key = {"lamps": "lamps", "nights": "nights", "visits": "visits_in_the_dark"}[name]
        results = [run(*size, 1, tell=False) for size in sizes]
        found[name] = [(result[key], result["seconds"]) for result in results]
    return found


def drawn(found: dict[str, list[tuple[int, float]]]) -> str:
    """Seconds against size, both as multiples of the smallest run, beside what is linear."""
    lines = [Series("linear", [1, 2, 4, 8], 0)]
    for style, (name, points) in enumerate(found.items(), 1):
        seconds = [seconds / points[0][1] for _, seconds in points]
        lines.append(Series(name, seconds, style, f"{points[0][0]:,} to {points[-1][0]:,}"))
    ticks = [(place, f"{2**place} x") for place in range(4)]
    chart = line_chart("Cost of a run against its size", "time, multiples of the smallest run", ticks, lines)
    head, rest = chart.split(">", 1)
    return f"{head}><style>{STYLE}</style>{rest}\n"


def main() -> None:
    """Measure, print JSON, and draw the cost if asked for."""
    parts: dict[str, Callable[[], Any]] = {name: lambda a=args: run(*a) for name, args in RUNS.items()}
    parts |= {"pool": pool, "cost": cost}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.towns", description=__doc__)
    parser.add_argument("--only", choices=list(parts), action="append", help="part to run; repeatable")
    parser.add_argument("--svg", type=Path, help="file for the drawing of the cost")
    given = parser.parse_args()
    for name in given.only or parts:
        found = parts[name]()
        print(json.dumps({name: found, "goal": GOALS.get(name)}), flush=True)
        if name == "cost" and given.svg:
            given.svg.write_text(drawn(found), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
