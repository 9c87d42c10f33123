"""README tells the truth: its Python example prints what it says, its commands work, its links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def _python(code: str, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=ENVIRONMENT)


def test_the_python_example_prints_what_the_readme_says(tmp_path: Path) -> None:
    (code,), (said,) = _blocks("python"), _blocks("text")
    (tmp_path / "example.py").write_text(code)
    script = [sys.executable, "example.py"]
    done = subprocess.run(script, capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == said


def test_the_commands_work(tmp_path: Path) -> None:
    lines = [line for line in _blocks("sh")[1].splitlines() if line.startswith("slic ")]
    assert len(lines) >= 6
    for line in lines:
        done = _python("from slic.cli import main; main()", tmp_path, *shlex.split(line)[1:])
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout


def test_ci_runs_the_two_commands() -> None:
    first, second = _blocks("sh")[0].splitlines()
    script = (ROOT / ".ci/run").read_text()
    assert f"\n{first}\n" in script and f"\n{second} " in script


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
