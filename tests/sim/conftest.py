from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slic.scenario.load import LoadedScenario
from slic.scenario.model import Scenario

LUMINAIRE = {
    "name": "test-led",
    "power_curve": [{"level_pct": 0, "power_pct": 5}, {"level_pct": 100, "power_pct": 100}],
}
FULL = {"name": "full", "idle_level_pct": 100}
PRESENCE = {
    "name": "presence",
    "idle_level_pct": 20,
    "hold_s": 60,
    "presence": {"style": "train"},
    "dynamic_controls": [{"name": "somebody there"}],
}


def scenario_values(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": "test",
        "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "Europe/Brussels"},
        "lamps": {"kind": "row", "count": 4, "spacing_m": 30, "luminaire": "test-led", "power_w": 28},
        "luminaires": {"test-led": LUMINAIRE},
        "traffic": {"source": {"kind": "steady", "forward_per_h": 15, "backward_per_h": 15}},
        "programs": {"full": FULL, "presence": PRESENCE},
        "regimes": {"full": {"all": "full"}, "presence": {"all": "presence"}},
        "baseline": "full",
        "service": {"required": [{"at": "12:00", "level_pct": 100}]},
        "run": {"start": "2022-11-14", "nights": 2, "replicates": 2, "seed": 5},
    }
    return {**values, **changes}


@pytest.fixture
def make_loaded(tmp_path: Path) -> Callable[..., LoadedScenario]:
    """A loaded scenario of a short street with any value changed; data files are looked for in tmp_path."""

    def make(**changes: Any) -> LoadedScenario:
        return LoadedScenario(Scenario.model_validate(scenario_values(**changes)), "test.yaml", tmp_path, {})

    return make
