"""What the command line does with bad input: one line on stderr, an exit code, no traceback, nothing half done."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Slic = Callable[..., Result]


def _refused(done: Result, *words: str) -> None:
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]


def test_an_unknown_scenario_names_what_there_is(slic: Slic) -> None:
    _refused(slic("simulate", "ghent-coupur"), "ghent-coupur", "ghent-coupure")


def test_a_missing_file(slic: Slic, tmp_path: Path) -> None:
    _refused(slic("simulate", str(tmp_path / "no.yaml")), "no.yaml", "does not exist")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("traffic.thn=0.1", ["traffic.thn", "thin"]),
        ("traffic.thin=2", ["traffic.thin", "2"]),
        ("run.nights=0", ["run.nights", "0"]),
        ("traffic.thin", ["traffic.thin", "path=value"]),
    ],
)
def test_a_bad_setting(slic: Slic, tiny: Path, setting: str, words: list[str]) -> None:
    _refused(slic("simulate", str(tiny), "--set", setting), *words)
    assert not Path("runs").exists()


def test_a_bad_start_date(slic: Slic, tiny: Path) -> None:
    _refused(slic("simulate", str(tiny), "--start", "2022-02-30"), "run.start", "2022-02-30")


@pytest.mark.parametrize(
    "option", [["--nights", "0"], ["--nights", "1.5"], ["--seed", "-1"], ["--nosuch"], ["--jobs", "0"]]
)
def test_a_bad_option_is_a_usage_error_that_repeats_it(slic: Slic, tiny: Path, option: list[str]) -> None:
    done = slic("simulate", str(tiny), *option)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    message = done.stderr.splitlines()[-1]
    assert all(word in message for word in option)


TOO_LITTLE_MEMORY = """
import resource
from slic.cli import main
import numpy, slic.api
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 200_000_000, -1))
main()
"""


def test_too_little_memory_is_one_line(tiny: Path) -> None:
    crowded = ["traffic.source.forward_per_h=36000", "lamps.count=20000"]
    settings = [word for setting in crowded for word in ("--set", setting)]
    done = subprocess.run(
        [sys.executable, "-c", TOO_LITTLE_MEMORY, "simulate", str(tiny), "--jobs", "1", *settings],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: there is not enough memory for this\n"


def test_a_folder_that_is_no_run_is_left_alone(slic: Slic, tiny: Path) -> None:
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("dear")
    _refused(slic("simulate", str(tiny), "--out", "mine", "--overwrite"), "mine", "not a run folder")
    assert [p.name for p in Path("mine").iterdir()] == ["letter.txt"]


def test_explain_refuses_what_is_no_run(slic: Slic, tmp_path: Path) -> None:
    done = slic("explain", str(tmp_path), "--lamp", "a", "--at", "2022-11-15 23:10", "--program", "p")
    _refused(done, "END")


@pytest.mark.parametrize(
    "command",
    ["demo", "simulate", "explain", "report", "schedule", "validate", "talq export", "scenario new"],
)
def test_every_help_has_an_example(slic: Slic, command: str) -> None:
    done = slic(*command.split(), "--help")
    assert done.exit_code == 0
    assert f"slic {command} " in done.stdout.replace("\n", " ").partition("xample")[2]


def test_version(slic: Slic) -> None:
    done = slic("--version")
    assert (done.exit_code, done.stdout) == (0, "slic 0.1.0\n")
