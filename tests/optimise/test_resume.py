"""A search that is killed keeps its trials; going on gives the bytes of one that was not, whatever the workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.optimise.folder import TrialFile
from sim.optimise.read import read_search
from sim.optimise.run import run_search
from slic.errors import InputError, RunError
from slic.report.search_trials import Trial
from tests.optimise.made_searches import search, written

ROOT = Path(__file__).resolve().parents[2]
WIDE = {"hold_s": {"from": 10, "to": 120, "step": 10}, "idle_level_pct": [0, 10, 20, 30]}


class Killed(Exception):
    """Stands for an end from outside."""


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A search of 30 of 48 combinations, and its files when nothing happens to it."""
    here = tmp_path_factory.mktemp("search")
    wanted = read_search(written(here, search(search=WIDE, trials=30, search_run={"nights": 2})))
    run_search(wanted, here / "whole", jobs=1)
    return wanted, files(here / "whole")


def test_killed_at_any_batch_it_goes_on_to_the_same_bytes(made, tmp_path):
    wanted, whole = made
    for batches in (1, 2, 3):
        told: list[float] = []

        def die(state, told=told, batches=batches):
            told.append(state.done)
            if state.stage == "checking" or state.done > 12 * batches + 1:
                raise Killed

        with pytest.raises(Killed):
            run_search(wanted, tmp_path / str(batches), jobs=1, progress=die)
        kept = (tmp_path / str(batches) / "trials.csv").read_text().splitlines()
        assert len(kept) - 1 == min(12 * batches + 1, 31)
        seen: list[float] = []

        def listen(state, seen=seen):
            seen += [state.done] if state.stage == "searching" else []

        run_search(wanted, tmp_path / str(batches), jobs=1, progress=listen)
        assert files(tmp_path / str(batches)) == whole
        assert all(done > len(kept) - 1 for done in seen)


def test_a_row_that_was_cut_is_done_again(made, tmp_path):
    wanted, whole = made
    run_search(wanted, tmp_path / "cut", jobs=1)
    path = tmp_path / "cut" / "trials.csv"
    path.write_bytes(whole["trials.csv"][:-37])
    run_search(wanted, tmp_path / "cut", jobs=1)
    assert files(tmp_path / "cut") == whole


def test_two_workers_give_the_same_bytes(made, tmp_path):
    wanted, whole = made
    run_search(wanted, tmp_path / "two", jobs=2)
    assert files(tmp_path / "two") == whole


def test_a_real_kill_leaves_whole_rows(tmp_path):
    file = written(tmp_path, search(search=WIDE, check_run={"seed": 9, "nights": 300, "replicates": 20}))
    code = f"from slic import api; api.optimise({str(file)!r}, out={str(tmp_path / 'out')!r})"
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)})
    trials = tmp_path / "out" / "trials.csv"
    deadline = time.monotonic() + 120
    while not (trials.is_file() and trials.read_text().count("\n") > 13) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    lines = trials.read_text().splitlines()
    assert len(lines) >= 14
    assert len({line.count(",") for line in lines}) == 1


def test_a_folder_of_another_search_is_refused_and_with_overwrite_replaced(made, tmp_path):
    wanted, whole = made
    other = read_search(written(tmp_path, search(search={"hold_s": [60, 90]})))
    run_search(other, tmp_path / "out", jobs=1)
    with pytest.raises(InputError, match="holds another search"):
        run_search(wanted, tmp_path / "out", jobs=1)
    run_search(wanted, tmp_path / "out", jobs=1, overwrite=True)
    assert files(tmp_path / "out") == whole
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="no folder of a search"):
        run_search(wanted, tmp_path / "mine", jobs=1, overwrite=True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_clear_line(made, tmp_path):
    wanted, _ = made
    trials = TrialFile(tmp_path, list(wanted.space.values))
    (tmp_path / "trials.csv").symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"trials.csv was not written: No space left"):
        trials.append([Trial(1, {"hold_s": 10, "idle_level_pct": 0}, None, "refused")])
