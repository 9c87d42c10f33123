"""A campaign so small that it takes seconds, and what it is compared by."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
run: {start: 2022-11-14, nights: 2, replicates: 1, seed: 7}
"""
CAMPAIGN = """\
name: tiny-campaign
scenario: tiny.yaml
grid:
  programs.presence.hold_s: [15, 60]
  programs.presence.idle_level_pct: {from: 10, to: 30, step: 20}
list:
  - {name: bright, set: {programs.presence.idle_level_pct: 80}}
"""
BROKEN = """\
  - {name: broken, set: {traffic.source: {kind: counts, file: counts.csv, slot_min: 60, forward: [up]}}}
"""
"""A case that is found to be bad only when it is run."""
CASES = 5
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
PATIENCE_S = 180
"""A deadline against hanging for ever; it decides nothing else."""


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The campaign file, beside its scenario, in a folder of its own that is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SCENARIO)
    path = tmp_path / "campaign.yaml"
    path.write_text(CAMPAIGN)
    return path


def start_slic(*arguments: str, **options: object) -> subprocess.Popen[str]:
    """The command line as a process of its own group."""
    return subprocess.Popen(
        [sys.executable, "-c", "from slic.cli import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=ENVIRONMENT,
        **options,  # type: ignore[call-overload]
    )


def run_slic(*arguments: str, **options: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    child = start_slic(*arguments, **options)
    stdout, stderr = child.communicate(timeout=PATIENCE_S)
    return child.returncode, stdout, stderr


def bytes_of(folder: Path) -> dict[str, bytes]:
    """All files of a campaign by name, hidden ones too; only how long each case took may differ."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "timing.json"
    }


def write_counts(column: str) -> None:
    """The count file of the broken case; it wants a column ``up``."""
    hours = [f"2022-11-{14 + hour // 24:02d}T{hour % 24:02d}:00Z,{hour % 3}\n" for hour in range(96)]
    Path("counts.csv").write_text(f"time_utc,{column}\n" + "".join(hours))


@pytest.fixture
def whole(campaign: Path) -> Callable[[], dict[str, bytes]]:
    """Bytes of the campaign as one process makes it, without interruption."""
    from slic import sweep

    def make() -> dict[str, bytes]:
        result = sweep(campaign, out="whole")
        assert (result.done, result.failed) == (CASES, {})
        return bytes_of(campaign.parent / "whole")

    return make
