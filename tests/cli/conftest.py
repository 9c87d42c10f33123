"""A street so small that the command line can be tried in a second."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from slic.cli.main import app

SCENARIO = """\
slic: 1
name: tiny-street
site: {latitude: 51.05, longitude: 3.71, timezone: Europe/Brussels}
lamps: {kind: row, count: 3, spacing_m: 30, luminaire: plain-led, power_w: 28}
luminaires:
  plain-led:
    name: plain-led
    power_curve: [{level_pct: 0, power_pct: 5}, {level_pct: 100, power_pct: 100}]
traffic: {source: {kind: steady, forward_per_h: 20}}
programs:
  full-night: {name: full-night}
  presence:
    name: presence
    idle_level_pct: 20
    dynamic_controls: [{name: presence}]
baseline: full-night
service: {required: [{at: "12:00", level_pct: 100}]}
run: {start: 2022-11-14, nights: 2, replicates: 2, seed: 7}
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Path of the tiny scenario, in a folder of its own that is the current one."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.yaml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def slic() -> Callable[..., Result]:
    """The command line, run in this process."""
    return lambda *arguments: CliRunner().invoke(app, list(arguments))
