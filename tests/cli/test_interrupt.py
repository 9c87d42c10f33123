"""How a run ends early: by Ctrl-C, by a polite end, and by a kill that leaves no time to say anything."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
"""A deadline against hanging for ever; it decides nothing else."""


@pytest.fixture
def running(tiny: Path) -> subprocess.Popen[str]:
    """A long run with two workers that are there already, in a process group of its own."""
    arguments = ["simulate", str(tiny), "--nights", "3000", "--jobs", "2", "--out", "a"]
    child = subprocess.Popen(
        [sys.executable, "-c", "from slic.cli import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    # The forkserver and the resource tracker are children of the run, the workers are children of the forkserver.
    _wait(lambda: len(_descendants(child.pid)) >= 4 or child.poll() is not None)
    assert child.poll() is None, child.communicate()
    return child


def _wait(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _parents() -> dict[int, int]:
    """Process -> parent, of all that are no zombies."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended meanwhile
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found


def _descendants(pid: int) -> set[int]:
    parents = _parents()
    found, latest = set(), {pid}
    while latest := {child for child, parent in parents.items() if parent in latest}:
        found |= latest
    return found


def _nothing_is_left(child: subprocess.Popen[str], helpers: set[int]) -> str:
    """Wait until the pipes are closed and all helpers gone; what was said on stderr."""
    _, stderr = child.communicate(timeout=PATIENCE_S)
    _wait(lambda: not helpers & _parents().keys())
    assert not Path("a").exists() and not list(Path().glob(".a.partial*"))
    return stderr


@pytest.mark.parametrize(
    ("sent", "to_all"), [(signal.SIGINT, True), (signal.SIGTERM, False)], ids=["ctrl-c", "terminate"]
)
def test_an_interrupted_run_ends_with_one_line(running: subprocess.Popen[str], sent: int, to_all: bool) -> None:
    helpers = _descendants(running.pid)
    # A terminal sends Ctrl-C to all processes of the group, a service manager may end the main process only.
    (os.killpg if to_all else os.kill)(running.pid, sent)
    stderr = _nothing_is_left(running, helpers)
    assert running.returncode == 3, stderr
    assert stderr.strip().splitlines() == ["error: interrupted; what was not finished is not kept"]


def test_a_killed_run_leaves_no_process_behind(running: subprocess.Popen[str]) -> None:
    helpers = _descendants(running.pid)
    os.kill(running.pid, signal.SIGKILL)
    _nothing_is_left(running, helpers)
    assert running.returncode == -signal.SIGKILL
