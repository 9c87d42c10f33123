"""SIGKILL at random moments under load: nothing acknowledged is lost, nothing is done twice, no lamp goes dark."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.e2e.rig import Rig, torture

RIGHT_AGAIN_S = 5.0


def kill_under_load(rig: Rig, kills: int, seed: int) -> list[float]:
    """Kill and start again; after each start how long it took until levels and answers were right [s]."""
    dice, took_s = random.Random(seed), []
    for _ in range(kills):
        until = time.monotonic() + dice.uniform(0.0, 0.6)
        while time.monotonic() < until:
            rig.desk.random_step(dice)
            time.sleep(dice.uniform(0.0, 0.05))
        rig.gateway.kill()
        rig.gateway.start()
        took_s.append(rig.until(rig.settled, "levels and answers right after a kill"))
    return took_s


@pytest.mark.parametrize(("kills", "seed"), [(12, 1), pytest.param(200, 2, marks=pytest.mark.slow)])
def test_killed_at_random_moments_under_load(tmp_path: Path, kills: int, seed: int) -> None:
    with torture(tmp_path) as rig:
        rig.in_control()
        rig.field.load()
        took_s = kill_under_load(rig, kills, seed)
        rig.field.rest()
        rig.readings_kept()
        rig.never_dark()
        rig.all_accepted_once()
        print(f"{kills} kills, {len(rig.field.readings)} readings, {len(rig.desk.sent)} commands;",
              f"right again after {sorted(took_s)[kills // 2]:.2f} s (median), {max(took_s):.2f} s (longest);",
              f"repeated messages {dict(rig.listener.repeated)},",
              f"rows kept twice {sum(count > 1 for count in rig.listener.rows.values())}")
