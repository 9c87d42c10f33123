"""The command line answers at once: `slic --help` loads nothing heavy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = [
    *("numpy", "simpy", "pydantic", "ruamel", "jinja2", "rich", "polars", "matplotlib"),
    *("paho", "cryptography", "pydantic_settings", "prometheus_client", "sqlite3", "iotcore", "ssl", "asyncio"),
    *("controllers", "sim"),
]


COMMANDS = ["simulate", "scenario", "talq", "schedule", "field", "gateway", "gateway run", "ingest", "program sign"]


def _loaded_by(arguments: list[str]) -> list[str]:
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('loaded:', *[m for m in {HEAVY} if m in sys.modules]))\n"
        f"sys.argv = ['slic', *{arguments}]\n"
        "from slic.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].removeprefix("loaded:").split()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str) -> None:
    assert _loaded_by([option]) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_loads_nothing_heavy(command: str) -> None:
    loaded = _loaded_by([*command.split(), "--help"])
    assert set(loaded) <= {"pydantic"}, "typer itself reads the options of a command with pydantic, nobody else may"


@pytest.mark.parametrize("group", ["", "gateway", "broker", "program", "ingest", "scenario", "talq"])
def test_lists_of_commands_fit_a_terminal_of_80_columns(group: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from slic.cli import main; main()", *group.split(), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    lines = done.stdout.partition("Commands:\n")[2].splitlines()
    assert lines and all(line.endswith(".") and not line.endswith("...") for line in lines), lines


def test_the_check_would_notice(tmp_path: Path) -> None:
    assert {"cryptography", "controllers"} <= set(_loaded_by(["program", "keygen", str(tmp_path / "key")]))
    assert "ruamel" in _loaded_by(["scenario", "show", "ghent-coupure"])
