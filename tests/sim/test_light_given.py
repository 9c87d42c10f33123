"""The light that people got, through a whole run."""

from __future__ import annotations

from pathlib import Path

from sim.run import simulate
from slic.scenario.load import LoadedScenario
from slic.scenario.model import Scenario


def test_lamps_at_nine_tenths_serve_nobody_and_give_nine_tenths() -> None:
    """Three lamps at 100 and at 90 % of a required 100 % all night."""
    curve = [{"level_pct": 0, "power_pct": 5}, {"level_pct": 100, "power_pct": 100}]
    values = {
        "name": "three-lamps",
        "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "Europe/Brussels"},
        "lamps": {"kind": "row", "count": 3, "spacing_m": 30, "luminaire": "led", "power_w": 28},
        "luminaires": {"led": {"name": "led", "power_curve": curve, "dimming_curve": "linear"}},
        "traffic": {"source": {"kind": "steady", "forward_per_h": 20}},
        "programs": {"full": {"name": "full"}, "dim": {"name": "dim", "idle_level_pct": 90}},
        "regimes": {"full": {"all": "full"}, "dim": {"all": "dim"}},
        "baseline": "full",
        "service": {"required": [{"at": "12:00", "level_pct": 100}]},
        "run": {"start": "2022-11-14", "nights": 1, "replicates": 1, "seed": 1},
    }
    full, dim = simulate(LoadedScenario(Scenario.model_validate(values), "three.yaml", Path(), {}), jobs=1).tallies
    assert full.user_ms > 0
    assert full.wanted_pm_ms == full.given_pm_ms == dim.wanted_pm_ms == 1000 * full.user_ms
    assert (dim.served_ms, dim.missed) == (0, dim.passages)
    assert dim.given_pm_ms == 900 * dim.user_ms
