"""The broker restarts under load, ten times in order and ten by SIGKILL: what it has arrives, levels come right."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.brokers import eventually
from tests.e2e.rig import Rig, torture

RESTARTS = 20
LOSABLE_S = 3.0
"""A killed broker forgets what it took after its last writing; this is far more than that.

It took a reading at the latest so long after its sending as the slowest one needed to arrive."""


def restart_under_load(rig: Rig, seed: int) -> tuple[list[float], list[float]]:
    """How long after each return of the broker all was right again, and when it was killed [monotonic s]."""
    dice, took_s, kills_s = random.Random(seed), [], []
    for number in range(RESTARTS):
        until = time.monotonic() + dice.uniform(0.0, 0.4)
        while time.monotonic() < until:
            time.sleep(dice.uniform(0.0, 0.05))
        if number >= RESTARTS // 2:
            rig.broker.kill()
            kills_s.append(time.monotonic())
        else:
            rig.broker.stop()
        rig.desk.random_step(dice)
        rig.broker.start()
        took_s.append(rig.until(rig.settled, "levels and answers right after the broker is back"))
    return took_s, kills_s


def test_the_broker_restarts_under_load(tmp_path: Path) -> None:
    with torture(tmp_path, keeps=True) as rig:
        rig.in_control()
        rig.field.load(readings_per_s=50)
        took_s, kills_s = restart_under_load(rig, 3)
        rig.field.rest()
        eventually(lambda: all(sent.is_published() for _, _, sent in rig.field.readings), "all readings published")
        heard_s = dict(rig.listener.heard_s)
        slowest_s = max(heard_s[reading] - at_s for reading, at_s, _ in rig.field.readings if reading in heard_s)
        losable_s = LOSABLE_S + slowest_s
        early = {
            reading for reading, at_s, _ in rig.field.readings if not any(0 <= k - at_s < losable_s for k in kills_s)
        }
        assert len(early) > 50
        eventually(lambda: early <= set(rig.listener.rows), "readings that no killed broker could lose")
        lost = {reading for reading, _, _ in rig.field.readings} - set(rig.listener.rows)
        rig.never_dark()
        rig.all_accepted_once()
        print(
            f"{RESTARTS} restarts, {len(rig.field.readings)} readings, {len(lost)} lost with a killed broker;",
            f"the slowest took {slowest_s:.1f} s, {len(early)} could not be lost;",
            f"right again after {sorted(took_s)[RESTARTS // 2]:.2f} s (median), {max(took_s):.2f} s (longest);",
            rig.again(),
        )
