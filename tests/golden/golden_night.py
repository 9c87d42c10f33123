"""One night of a shipped scenario as integers: what is kept in the repository, and how it is worked out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from sim.account import Accounts
from sim.engine import EngineName, ways
from sim.fast.night import FastNights
from sim.levels import Levels, levels_of
from sim.night import control, replayed
from sim.proof.outcome import points_of
from sim.scene import Scene, make_scene
from sim.setup import prepare
from slic.energy.moves import Ints
from slic.scenario.library import config_root
from slic.scenario.load import load_scenario

FOLDER = Path(__file__).parent
SCENARIOS = sorted(path.stem for path in (config_root() / "scenarios").glob("*.yaml"))
STREETS = 2
"""Of scenarios with more streets only the first ones are run."""
SETTINGS = {
    "city-100k": ["lamps.streets=2"],
    "ghent-coupure": ["traffic.thin=0.03", "run.start=2022-10-29"],
    "ghent-coupure-calendar": ["traffic.thin=0.05", "run.start=2022-11-18"],
    "ghent-coupure-tenth": ["traffic.thin=0.03"],
    "ghent-coupure-year": ["traffic.thin=0.03", "run.start=2022-03-26"],
    "luminext-town": ["run.start=2023-03-25"],
    "washington-k-street": ["traffic.thin=0.05"],
}
"""What makes a night short enough or more telling: fewer road users, a clock change, a weekend of the calendar."""


def golden_night(name: str, engine: EngineName) -> dict[str, Any]:
    """Per regime of a scenario: the sums of its night, and the SHA-256 of the breakpoints of all lamps."""
    loaded = load_scenario(name, ["run.nights=1", *SETTINGS.get(name, [])])
    setup = prepare(loaded)
    scenes = [make_scene(setup, street, setup.nights[0], 0) for street in setup.streets[:STREETS]]
    accounts = Accounts(setup)
    night: dict[str, Any] = {}
    for regime in setup.regimes:
        levels = _levels(scenes, regime, engine)
        tally, _ = accounts.tally(scenes, regime, levels)
        night[regime] = asdict(tally) | {"breakpoints": _digest(points_of(levels.of(levels.pattern)))}
    return night


def _levels(scenes: Sequence[Scene], regime: str, engine: EngineName) -> Levels:
    way = ways(scenes[0].setup, engine)[regime].how
    if way == "arrays" and (levels := FastNights().levels(scenes, regime)) is not None:
        return levels
    run = control if way == "event" else replayed
    return levels_of([points for scene in scenes for points in run(scene, regime).levels])


def _digest(lamps: Sequence[Ints]) -> str:
    """Of the breakpoints as little-endian 64-bit integers, each lamp after their number."""
    digest = sha256()
    for points in lamps:
        digest.update(np.int64(len(points)).astype("<i8").tobytes())
        digest.update(np.ascontiguousarray(points, dtype="<i8").tobytes())
    return digest.hexdigest()


def kept(name: str) -> dict[str, Any]:
    """The night as it is in the repository."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found
