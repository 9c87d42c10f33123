"""A disk that takes nothing more: light control goes on, and nothing is promised that is not kept."""

from __future__ import annotations

import resource
from pathlib import Path

from tests.e2e.field import BUSY, IDLE_PCT, QUIET
from tests.e2e.rig import Rig, torture


def limit_files(rig: Rig, most_bytes: int) -> None:
    """The gateway's process may write so many bytes into a file and no more, as on a full disk."""
    assert rig.gateway.process is not None
    resource.prlimit(rig.gateway.process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


def store_says(rig: Rig, what: str) -> bool:
    health = rig.listener.of("health")
    return bool(health) and health[-1]["store"] == what


def test_a_full_disk_and_room_again(tmp_path: Path) -> None:
    with torture(tmp_path) as rig:
        rig.in_control()
        rig.field.load(readings_per_s=40)
        kept = rig.desk.set(QUIET[0], 55.0)
        rig.until(lambda: "applied" in rig.desk.statuses(kept), "an override while there is room")
        limit_files(rig, 0)
        rig.until(lambda: store_says(rig, "full"), "health says full")
        began = len(rig.field.readings)
        # far more readings than the broker leaves unanswered at a time
        rig.until(lambda: len(rig.field.readings) > began + 200, "200 readings more")

        refused = rig.desk.set(QUIET[1], 60.0)
        rig.until(lambda: rig.desk.answers[refused], "an answer")
        assert rig.desk.answers[refused] == [("rejected", "store_full")]
        safety = rig.desk.set(BUSY[0], 80.0, kind="safety")
        rig.until(lambda: rig.field.levels()[BUSY[0]] == 80.0, "a safety command is obeyed")
        rig.until(lambda: ("accepted", "not_stored") in rig.desk.answers[safety], "and says that it is not stored")
        assert (rig.field.levels()[QUIET[0]], rig.field.levels()[QUIET[1]]) == (55.0, IDLE_PCT)

        limit_files(rig, resource.RLIM_INFINITY)
        rig.until(lambda: store_says(rig, "ok"), "health says ok again")
        again = rig.desk.set(QUIET[1], 65.0)
        rig.until(lambda: rig.field.levels()[QUIET[1]] == 65.0, "an override when there is room again")
        assert ("accepted", "ok") in rig.desk.answers[again]
        rig.field.rest()
        last = {(name, lamp.boot, lamp.energy_wh) for name, lamp in rig.field.lamps.items()}
        rig.until(lambda: last <= set(rig.listener.rows), "the last reading of each lamp")
        missing = rig.field.confirmed() - set(rig.listener.rows)
        given_up = rig.listener.of("health")[-1]["refused"].get("store_full", 0)
        print(f"{len(rig.field.readings)} readings, {len(missing)} given up; health counts {given_up}")
        rig.until(lambda: rig.listener.of("health")[-1]["refused"]["store_full"] >= len(missing), "all are counted")
        rig.never_dark()
