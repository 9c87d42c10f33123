"""SIGKILL at random moments under load: nothing acknowledged is lost, nothing is done twice, no lamp goes dark."""

from __future__ import annotations

import random
import time
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.rig import Rig, torture

KILLED_WHILE_STARTING = 0.25
"""Share of the starts that are not given the time to come to an end."""


def kill_under_load(rig: Rig, kills: int, seed: int) -> list[float]:
    """Kill and start again; after each start how long it took until levels and answers were right [s]."""
    dice, took_s = random.Random(seed), []
    for _ in range(kills):
        until = time.monotonic() + dice.uniform(0.0, 0.6)
        while time.monotonic() < until:
            rig.desk.random_step(dice)
            time.sleep(dice.uniform(0.0, 0.05))
        rig.gateway.kill()
        starts = rig.listener.starts()
        rig.gateway.start()
        if dice.random() < KILLED_WHILE_STARTING:
            time.sleep(dice.uniform(0.0, 1.5))
        else:
            took_s.append(rig.until(partial(_right_again, rig, starts), "all right after a kill"))
    took_s.append(rig.until(rig.settled, "all right after the last kill"))
    return took_s


def _right_again(rig: Rig, starts: int) -> bool:
    """Whether one more start has said that it is online, and all is as it should be."""
    return rig.listener.starts() > starts and rig.settled()


def answered(rig, before: int, command_id: str) -> list[str]:
    """Codes of the answers to a command since ``before``."""
    return [said["code"] for said in rig.desk.raw[before:] if said["cmd_id"] == command_id]


@pytest.mark.parametrize(("kills", "seed"), [(12, 1), pytest.param(200, 2, marks=pytest.mark.slow)])
def test_killed_at_random_moments_under_load(tmp_path: Path, kills: int, seed: int) -> None:
    with torture(tmp_path) as rig:
        rig.in_control()
        rig.field.load()
        took_s = kill_under_load(rig, kills, seed)
        rig.field.rest()
        rig.all_true()
        print(
            f"{kills} kills, {len(rig.field.readings)} readings, {len(rig.desk.sent)} commands;",
            f"right again after {sorted(took_s)[len(took_s) // 2]:.2f} s (median), {max(took_s):.2f} s (longest);",
            f"{rig.again()}",
        )
        # a repeated command: the same answer, and nothing is done
        first = next(command_id for command_id, said in rig.desk.sent.items() if said["op"] == "set")
        levels, answers = rig.field.levels(), rig.desk.answers[first][:1]
        before = len(rig.desk.raw)
        rig.desk.send_again(first)
        # answers to other commands may still come again after the last kill
        rig.until(lambda: answered(rig, before, first), "the answer to a repeated command")
        assert answers == [("accepted", answered(rig, before, first)[0])]
        assert rig.field.levels() == levels
