"""Campaigns that are killed or interrupted at any moment, and gone on with: the same bytes in the end."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from slic import sweep
from tests.campaign.conftest import CASES, PATIENCE_S, bytes_of, run_slic, start_slic

ARGUMENTS = ["sweep", "campaign.yaml", "--out", "out", "--jobs", "2"]


def _parents() -> dict[int, int]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended meanwhile
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found


def _workers(driver: int) -> list[int]:
    """Grandchildren of the driver: the workers are children of the forkserver."""
    parents = _parents()
    children = {pid for pid, parent in parents.items() if parent == driver}
    return sorted(pid for pid, parent in parents.items() if parent in children)


def _until(reached: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached() and child.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _cases() -> int:
    return len(list(Path("out/cases").glob("[a-z]*/END")))


def _under_way(driver: int, cases: int) -> bool:
    return _cases() >= cases and len(_workers(driver)) >= 2


def test_a_killed_driver_and_a_killed_worker(campaign: Path) -> None:
    campaign.write_text(campaign.read_text() + "seeds: 8\n")
    dice = random.Random(20221114)
    for want in (0, 3, 12):
        child = start_slic(*ARGUMENTS)
        _until(partial(_under_way, child.pid, want), child)
        time.sleep(dice.random() * 0.1)  # any moment will do, inside a case or between two
        helpers = _workers(child.pid)
        child.kill()
        child.communicate(timeout=PATIENCE_S)
        assert child.returncode == -signal.SIGKILL, "it ended before it was killed"
        _until_gone(helpers)
    child = start_slic(*ARGUMENTS)
    _until(lambda: len(_workers(child.pid)) >= 1, child)
    for worker in _workers(child.pid)[:1]:
        os.kill(worker, signal.SIGKILL)
    _, stderr = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, stderr
    assert sweep(campaign, out="straight", jobs=2).done == 8 * CASES
    assert bytes_of(Path("out")) == bytes_of(Path("straight"))


def _until_gone(helpers: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while set(helpers) & _parents().keys():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_ctrl_c_keeps_what_is_done(campaign: Path, sent: int) -> None:
    campaign.write_text(campaign.read_text() + "seeds: 12\n")
    child = start_slic(*ARGUMENTS)
    _until(lambda: _cases() >= 1, child)
    os.killpg(child.pid, sent)
    _, stderr = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 3, stderr
    said = [line for line in stderr.splitlines() if " done in " not in line]
    assert said == ["error: interrupted; the finished cases are kept, and the same command goes on from there"]
    assert 1 <= _cases() < 12 * CASES and not list(Path("out/cases").glob(".*"))


@pytest.mark.slow
def test_a_case_that_kills_its_workers_fails_alone(campaign: Path) -> None:
    child = start_slic("sweep", "campaign.yaml", "--out", "out", "--jobs", "2", "--set", "run.nights=40")
    killed: set[int] = set()

    def kill_one() -> bool:
        for worker in _workers(child.pid):
            if worker not in killed and len(killed) < 9:
                killed.add(worker)
                os.kill(worker, signal.SIGKILL)
        return len(killed) >= 9

    _until(kill_one, child)
    _, stderr = child.communicate(timeout=PATIENCE_S)
    if child.returncode != 0:
        assert child.returncode == 3 and "a worker process died" in stderr, stderr
    code, _, stderr = run_slic("sweep", "campaign.yaml", "--out", "out", "--jobs", "2", "--set", "run.nights=40")
    assert code == 0, stderr
    sweep(campaign, tried=["run.nights=40"], out="straight")
    assert bytes_of(Path("out")) == bytes_of(Path("straight"))
