"""Small searches for tests: one lamp under Poisson passes, with scenario and search as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Values = dict[str, Any]


def one_lamp(passes_per_h: float, **changes: Any) -> Values:
    """A lamp that is lit around the clock; each pass raises it from 20 % and holds it. Power goes with the level."""
    curve = [{"level_pct": 0, "power_pct": 0}, {"level_pct": 100, "power_pct": 100}]
    around_the_clock = [{"kind": "absolute", "start": "12:00", "end": "12:00"}]
    presence = {
        "name": "presence",
        "active_periods": around_the_clock,
        "idle_level_pct": 20,
        "hold_s": 30,
        "presence": {"style": "own"},
        "dynamic_controls": [{"name": "somebody"}],
    }
    flow = {"kind": "steady", "forward_per_h": passes_per_h / 2, "backward_per_h": passes_per_h / 2}
    scenario = {
        "slic": 1,
        "name": "one-lamp",
        "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "UTC"},
        "lamps": {"kind": "row", "count": 1, "spacing_m": 30, "luminaire": "led", "power_w": 100},
        "luminaires": {"led": {"name": "led", "power_curve": curve}},
        "traffic": {"source": flow},
        "programs": {"presence": presence, "full": {"name": "full", "active_periods": around_the_clock}},
        "baseline": "full",
        "service": {"required": [{"at": "12:00", "level_pct": 100}]},
        "run": {"start": "2022-01-01", "nights": 3, "replicates": 1, "seed": 5},
    }
    return scenario | changes


def search(**changes: Any) -> Values:
    """Hold times of that lamp's program."""
    return {
        "slic": 1,
        "name": "hold",
        "scenario": "one-lamp.yaml",
        "program": "presence",
        "search": {"hold_s": {"from": 10, "to": 120, "step": 10}},
        "constraints": ["served >= 80 %"],
        "check_run": {"seed": 77, "nights": 4},
    } | changes


def written(folder: Path, search_values: Values, scenario: Values | None = None) -> Path:
    """Both as files in a folder (JSON is YAML); the search file."""
    (folder / "one-lamp.yaml").write_text(json.dumps(scenario or one_lamp(60)), encoding="utf-8")
    path = folder / "search.yaml"
    path.write_text(json.dumps(search_values, indent=1), encoding="utf-8")
    return path
