"""A whole run that uses every channel passes, one that misses a channel fails and names it; a part of a run passes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slic.messages.channels import CHANNELS

ROOT = Path(__file__).resolve().parents[2]
MISSED = "presence"
USED = [name for name in CHANNELS if name != MISSED]
USE = "from tests.contract.whole_run import EXERCISED\n\ndef test_it():\n    EXERCISED.update({names})\n"
APART = "import pytest\n\n@pytest.mark.{0}\ndef test_{0}():\n    assert False\n"
CHECKED = "every channel of the AsyncAPI document was used\n"
EACH_WAY = pytest.mark.parametrize("workers", [0, 2])


def run(folder: Path, *arguments: str, workers: int = 0, missed: str = "", more: str = "") -> tuple[int, str]:
    """Exit code and words of pytest on three files: one uses half of the channels, one the others, one none."""
    (folder / "tests").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  slow\n  far\naddopts = -m 'not slow and not far'\n")
    (folder / "tests/test_first.py").write_text(USE.format(names=USED[::2]))
    (folder / "tests/test_second.py").write_text(USE.format(names=[*USED[1::2], *({MISSED} - {missed})]))
    (folder / "tests/test_third.py").write_text(
        f"{APART.format('slow')}{APART.format('far')}\ndef test_quick():\n    pass\n{more}"
    )
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "tests.contract.whole_run", "-n", str(workers)]
    how = ["--import-mode=importlib", "--dist=loadfile", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([*command, *how], cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@EACH_WAY
def test_all_channels_in_any_worker_are_enough(tmp_path: Path, workers: int) -> None:
    code, said = run(tmp_path, workers=workers)
    assert code == 0 and "3 passed" in said and CHECKED in said, said


@EACH_WAY
def test_a_whole_run_without_a_channel_fails_and_names_it(tmp_path: Path, workers: int) -> None:
    code, said = run(tmp_path, workers=workers, missed=MISSED)
    assert code == 1 and "1 failed, 3 passed" in said and CHECKED not in said, said
    assert f"no test of this run used {MISSED}\n" in said


@pytest.mark.parametrize(
    ("choice", "workers"),
    [
        (["tests/test_first.py", "tests/test_second.py"], 0),
        (["-k", "not quick"], 0),
        (["--ignore", "tests/test_third.py"], 0),
        (["--deselect", "tests/test_third.py::test_quick"], 2),
    ],
)
def test_a_part_is_not_held_to_it(tmp_path: Path, choice: list[str], workers: int) -> None:
    code, said = run(tmp_path, *choice, workers=workers, missed=MISSED)
    assert code == 0 and "2 passed" in said and CHECKED not in said, said


def test_a_run_that_fails_says_only_that(tmp_path: Path) -> None:
    code, said = run(tmp_path, missed=MISSED, more="\ndef test_bad():\n    assert 1 == 2\n")
    assert code == 1 and "1 failed, 3 passed" in said and "no test of this run" not in said, said


def test_a_list_of_the_tests_is_no_run(tmp_path: Path) -> None:
    code, said = run(tmp_path, "--collect-only", missed=MISSED)
    assert code == 0 and "3/5 tests collected" in said, said
