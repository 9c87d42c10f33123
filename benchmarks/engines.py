"""The fast engine and the replay loop beside the SimPy street, and beside two bare sorts of the same shape.

Run ``python -m benchmarks.engines`` (or with the number of lamps, a multiple of a hundred, as argument). All take
turns street by street and CPU time is counted. The ceiling is two ``np.sort(int32, axis=1)`` of as many rows as there
are lamps and as many columns as a lamp has detections. Energies of all three are compared exactly, times are never
asserted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from time import process_time_ns
from typing import Any

import numpy as np

from benchmarks.fixtures import LAMPS_PER_STREET
from sim.account import Accounts
from sim.fast.night import FastNights
from sim.levels import Levels, levels_of
from sim.night import Controlled, control, replayed
from sim.scene import Scene, inputs_for, make_scene
from sim.setup import Setup, prepare
from slic.scenario.loaded import LoadedScenario
from slic.scenario.model import Scenario

NIGHT = date(2022, 11, 14)
REGIME = "presence"
GOALS = {
    "levels_over_two_sorts": "at most 2.5",
    "engine_over_two_sorts": "at most 6",
    "street_over_engine": "at least 200",
    "street_over_replay": "at least 5",
}
_VALUES: dict[str, Any] = {
    "name": "benchmark",
    "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "Europe/Brussels"},
    "lamps": {"kind": "row", "count": LAMPS_PER_STREET, "spacing_m": 30, "luminaire": "led", "power_w": 28},
    "luminaires": {
        "led": {
            "name": "led",
            "power_curve": [{"level_pct": 0, "power_pct": 5}, {"level_pct": 100, "power_pct": 100}],
            "standby_w": 0.4,
        }
    },
    "sensors": {"range_m": 10},
    "traffic": {"source": {"kind": "steady", "forward_per_h": 30, "backward_per_h": 30}},
    "programs": {
        "full": {"name": "full"},
        "presence": {
            "name": "presence",
            "idle_level_pct": 20,
            "fixed_time_controls": [{"at": "23:00", "level_pct": 10}, {"at": "05:00", "level_pct": 20}],
            "hold_s": 60,
            "ramp_up_s": 1,
            "ramp_down_s": 5,
            "presence": {"style": "own"},
            "dynamic_controls": [{"name": "presence"}],
        },
    },
    "regimes": {"full": {"all": "full"}, "presence": {"all": "presence"}},
    "baseline": "full",
    "service": {"required": [{"at": "12:00", "level_pct": 100}, {"at": "23:00", "level_pct": 40}]},
    "run": {"start": NIGHT, "nights": 1, "replicates": 1, "seed": 1},
}


@dataclass
class Times:
    """Sums over streets: nanoseconds of CPU by what was run, detections, and energy by engine."""

    detections: int = 0
    ns: dict[str, int] = field(default_factory=dict)
    energy_mj: dict[str, int] = field(default_factory=dict)

    def timed(self, name: str, run: Callable[[], Any]) -> Any:
        """What ``run`` gives, its time added under a name."""
        began = process_time_ns()
        found = run()
        self.ns[name] = self.ns.get(name, 0) + process_time_ns() - began
        return found


def setup_of() -> Setup:
    """A hundred lamps, 30 m apart, a sensor on each; one program by presence, with ramps and a window at night."""
    return prepare(LoadedScenario(Scenario.model_validate(_VALUES), "benchmark", Path(), {}))


def measure(lamps: int) -> Times:
    """One night of as many streets as ``lamps`` needs, one at a time, by each engine in turn."""
    setup, times = setup_of(), Times()
    fast, accounts = FastNights(), Accounts(setup)
    for number in range(lamps // LAMPS_PER_STREET):
        with_reports = [scene_of(setup, number, reports=True)]
        of_fast = [scene_of(setup, number, reports=False)]
        detections = len(with_reports[0].detections)
        times.detections += detections
        values = ceiling(detections)
        times.timed("two sorts", lambda values=values: (np.sort(values[0], axis=1), np.sort(values[1], axis=1)))
        engines: dict[str, tuple[Sequence[Scene], Callable[[], Levels | None]]] = {
            "street": (with_reports, partial(in_a_loop, control, with_reports)),
            "replay": (with_reports, partial(in_a_loop, replayed, with_reports)),
            "fast": (of_fast, partial(fast.levels, of_fast, REGIME)),
        }
        for name, (scenes, run) in engines.items():
            levels = times.timed(name, run)
            tally, _ = times.timed(f"{name} account", partial(accounts.tally, scenes, REGIME, levels))
            times.energy_mj[name] = times.energy_mj.get(name, 0) + tally.energy_mj
    return times


def scene_of(setup: Setup, number: int, *, reports: bool) -> Scene:
    """A street-night with what is made once for all regimes: users, passages, and the reports if they are needed.

    The arrays make of the users when sensors see anybody, and that counts as theirs.
    """
    scene = make_scene(setup, setup.streets[0].another(f"street {number}"), NIGHT, 0)
    if reports:
        inputs_for(scene, REGIME)
    assert len(scene.passages.lamp)
    return scene


def in_a_loop(run: Callable[[Scene, str], Controlled], scenes: Sequence[Scene]) -> Levels:
    """Street by street, by the controller."""
    return levels_of([points for scene in scenes for points in run(scene, REGIME).levels])


def ceiling(detections: int) -> Any:
    """Starts and ends of as many detections, a row for each lamp [2 x lamps x detections], in no order."""
    columns = detections // LAMPS_PER_STREET
    return np.random.default_rng(1).integers(0, 86_400_000, (2, LAMPS_PER_STREET, columns), np.int32)


def figures(times: Times, lamps: int) -> dict[str, Any]:
    """Ratios, and microseconds per lamp-night. An engine counts with its account (energy, half-hours, service)."""
    whole = {name: times.ns[name] + times.ns[f"{name} account"] for name in times.energy_mj}
    return {
        "lamps": lamps,
        "detections": times.detections,
        "us_per_lamp_night": {name: round(ns / 1000 / lamps, 2) for name, ns in times.ns.items()},
        "engine_over_two_sorts": round(whole["fast"] / times.ns["two sorts"], 2),
        "levels_over_two_sorts": round(times.ns["fast"] / times.ns["two sorts"], 2),
        "street_over_engine": round(whole["street"] / whole["fast"], 1),
        "street_over_replay": round(times.ns["street"] / times.ns["replay"], 2),
        "goals": GOALS,
    }


def check_exact(times: Times) -> None:
    """Stop if the engines do not give the same energy."""
    if len(set(times.energy_mj.values())) != 1:
        raise SystemExit(f"energies differ: {times.energy_mj}")


def main() -> None:
    """Measure and print figures and goals as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("lamps", type=int, nargs="?", default=1000, help="a multiple of 100; default 1000")
    lamps = parser.parse_args().lamps
    measure(LAMPS_PER_STREET)  # warm up
    times = measure(lamps)
    check_exact(times)
    print(json.dumps(figures(times, lamps), indent=2))


if __name__ == "__main__":
    main()
