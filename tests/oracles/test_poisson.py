"""One lamp, Poisson passes, a hold: the M/G/infinity busy process, through the whole street.

With passes at rate L and a window w that each pass opens anew, the share of time high is 1 - exp(-L w) and the
lamp rises L exp(-L w) times per unit of time (Takacs, Introduction to the Theory of Queues, 1962, chapter 3).
Standard errors come from the nights, which are independent batches.
"""

from __future__ import annotations

from math import exp
from pathlib import Path

import numpy as np
import pytest

from sim.run import simulate
from slic.scenario.load import LoadedScenario
from slic.scenario.model import Scenario

HOLD_S = 60.0
NIGHTS = 120


def one_lamp(passes_per_h: float, seed: int) -> LoadedScenario:
    """A lamp that is lit around the clock, so that a night is 24 h of Poisson passes at a point sensor."""
    program = {
        "name": "presence",
        "active_periods": [{"kind": "absolute", "start": "12:00", "end": "12:00"}],
        "idle_level_pct": 20,
        "hold_s": HOLD_S,
        "presence": {"style": "own"},
        "dynamic_controls": [{"name": "somebody"}],
    }
    curve = [{"level_pct": 0, "power_pct": 0}, {"level_pct": 100, "power_pct": 100}]
    values = {
        "name": "one-lamp",
        "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "UTC"},
        "lamps": {"kind": "row", "count": 1, "spacing_m": 30, "luminaire": "led", "power_w": 100},
        "luminaires": {"led": {"name": "led", "power_curve": curve}},
        "traffic": {
            "source": {
                "kind": "steady",
                "forward_per_h": passes_per_h / 2,
                "backward_per_h": passes_per_h / 2,
            }
        },
        "programs": {"presence": program},
        "regimes": {"presence": {"all": "presence"}},
        "baseline": "presence",
        "service": {"required": [{"at": "12:00", "level_pct": 100}]},
        "run": {"start": "2022-01-01", "nights": NIGHTS, "replicates": 1, "seed": seed},
    }
    return LoadedScenario(Scenario.model_validate(values), "poisson.yaml", Path(), {})


def mean_and_error(batches: np.ndarray) -> tuple[float, float]:
    return float(batches.mean()), float(batches.std(ddof=1) / len(batches) ** 0.5)


@pytest.mark.parametrize(("passes_per_h", "seed"), [(2, 1), (10, 2), (60, 3)])
def test_time_high_switching_and_energy_of_a_lamp_under_poisson_passes(passes_per_h, seed):
    tallies = simulate(one_lamp(passes_per_h, seed), jobs=1).tallies
    night_s = np.array([(t.end_ms - t.start_ms) / 1000 for t in tallies])
    load = passes_per_h * HOLD_S / 3600

    high, error = mean_and_error(np.array([t.high_ms / 1000 for t in tallies]) / night_s)
    assert abs(high - (1 - exp(-load))) < 3 * error

    # each rise leaves the idle level; each fall, one for each rise, leaves the high one
    rises, error = mean_and_error(np.array([t.level_changes / 2 for t in tallies]) / night_s * 3600)
    assert abs(rises - passes_per_h * exp(-load)) < 3 * error

    # energy ratio s + (1 - s)(1 - exp(-L w)) with s = 20 % of the power
    ratio, error = mean_and_error(np.array([t.energy_mj for t in tallies]) / (100_000 * night_s))
    assert abs(ratio - (0.2 + 0.8 * (1 - exp(-load)))) < 3 * error
    assert error < 0.004
