"""One night of each shipped scenario is what it was, on the SimPy street and on the fast engine, to the integer."""

from __future__ import annotations

from typing import get_args

import pytest

from sim.engine import EngineName
from tests.golden.golden_night import FOLDER, SCENARIOS, golden_night, kept

RENEW = "if that is meant: python -m tests.golden.renew"


@pytest.mark.parametrize("engine", [name for name in get_args(EngineName) if name != "auto"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_night_is_what_it_was(name: str, engine: EngineName) -> None:
    assert (FOLDER / f"{name}.json").is_file(), f"{name} has no golden night: python -m tests.golden.renew {name}"
    night, was = golden_night(name, engine), kept(name)
    assert list(night) == list(was)
    for regime, sums in was.items():
        differing = {key: (night[regime][key], value) for key, value in sums.items() if night[regime][key] != value}
        assert not differing, f"{name}, {regime}, {engine}: {differing} (now, was); {RENEW} {name}"


def test_golden_nights_are_of_shipped_scenarios() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_golden_night_is_a_night(name: str) -> None:
    """Lamps were on, energy adds up, and where somebody rode along, a program dimmed or raised."""
    for regime, sums in kept(name).items():
        parts = sums["light_mj"] + sums["loss_mj"] + sums["standby_mj"] + sums["sensing_mj"]
        assert sum(sums["half_hours_mj"]) == parts > 0, regime
        assert 0 < sums["lit_ms"] <= sums["lamps"] * (sums["end_ms"] - sums["start_ms"])
        assert sums["served_ms"] <= sums["user_ms"] and sums["given_pm_ms"] <= sums["wanted_pm_ms"]
        assert sums["level_changes"] > 0 and len(sums["breakpoints"]) == 64
