"""README tells the truth: its Python example prints what it says, its commands work, its links lead somewhere."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Shell = Callable[[str], subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def _blocks(language: str, section: str) -> list[str]:
    text = README.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_python_example_prints_what_the_readme_says(tmp_path: Path) -> None:
    (code,), (said,) = _blocks("python", "In Python"), _blocks("text", "In Python")
    (tmp_path / "example.py").write_text(code)
    script = [sys.executable, "example.py"]
    done = subprocess.run(script, capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == said


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """A shell in which `slic` is a command, as after activating the environment."""
    command = tmp_path / "bin" / "slic"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from slic.cli import main; main()" "$@"\n')
    command.chmod(0o755)
    environment = {**ENVIRONMENT, "PATH": f"{command.parent}:{os.environ['PATH']}"}
    return lambda lines: subprocess.run(
        ["sh", "-e", "-c", lines], capture_output=True, text=True, cwd=tmp_path, env=environment
    )


def test_the_commands_work(shell: Shell) -> None:
    (commands,) = _blocks("sh", "On the command line")
    assert len(commands.splitlines()) >= 6
    done = shell(commands)
    assert done.returncode == 0, done.stderr


def test_own_lamps_and_counts(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "lamps.csv").write_text("id,lat,lon,street,watts\na,51.05,3.71,Main,28\nb,51.0503,3.71,Main,28\n")
    done = shell(_blocks("sh", "Your own lamps and counts")[0])
    assert done.returncode == 0, done.stderr
    hours = [f"2026-11-{16 + hour // 24:02d}T{hour % 24:02d}:00,{hour % 3},1\n" for hour in range(72)]
    (tmp_path / "counts.csv").write_text("time,up,down\n" + "".join(hours))
    counted = "name: counted\nextends: my-street.yaml\nrun: {start: 2026-11-16, nights: 2}\n"
    (tmp_path / "counted.yaml").write_text(counted + _blocks("yaml", "Your own lamps and counts")[0])
    done = shell("slic validate counted.yaml")
    assert done.returncode == 0, done.stderr


def test_an_own_control_program(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(_blocks("yaml", "Your own control program")[0])
    done = shell(_blocks("sh", "Your own control program")[0])
    assert done.returncode == 0, done.stderr
    assert "mine" in done.stdout and (tmp_path / "runs/mine/report.html").is_file()


def test_the_commands_of_the_field_work(shell: Shell, tmp_path: Path) -> None:
    (commands,) = _blocks("sh", "In the field")
    done = shell(commands)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "broker/clients/el-g0042.crt").is_file()
    assert (tmp_path / "messages.yaml").read_text().startswith('asyncapi: "3.1.0"')
    assert re.search(r"[1-9][0-9,]* messages sent, [1-9][0-9,]* received", done.stdout)


def test_ci_runs_the_two_commands() -> None:
    first, second = _blocks("sh", "Start")[0].splitlines()
    script = (ROOT / ".ci/run").read_text()
    assert f"\n{first}\n" in script and f"\n{second} " in script


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
