"""The benchmarks' exact figures hold: a change of events or energy is a change of behaviour."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fixtures
from benchmarks.engines import check_exact as check_equal
from benchmarks.engines import measure as measure_engines
from benchmarks.fixtures import FULL_RULES, POWER_W, USERS_PER_NIGHT
from benchmarks.gateway import counted
from benchmarks.gateway_street import LAMPS, Driver
from benchmarks.mqtt_echo import flat_out
from benchmarks.schedule import compile_year
from benchmarks.street import EXACT, LAMPS_PER_STREET, check_exact, measure
from controllers.broker.private_broker import PrivateMosquitto


def test_events_and_energy_of_a_hundred_lamps() -> None:
    check_exact(measure(LAMPS_PER_STREET))


def test_the_recorded_figures_are_plausible() -> None:
    """Each user passes each sensor once, and a night of 15.4 h lies between 20 % idle and full power."""
    for lamps, (events, energy_mj) in EXACT.items():
        assert events >= lamps * USERS_PER_NIGHT
        full_mj = lamps * POWER_W * 15.4 * 3_600_000
        assert 0.24 * full_mj < energy_mj < full_mj


RUN_BY_NAME = sorted(
    path.stem for path in Path(fixtures.__file__).parent.glob("*.py") if "__main__" in path.read_text()
)


@pytest.mark.parametrize("name", RUN_BY_NAME)
def test_a_benchmark_says_how_it_is_used(name: str) -> None:
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and f"usage: python -m benchmarks.{name}" in done.stdout and not done.stderr


def test_the_engines_of_the_benchmark_use_the_same_energy() -> None:
    check_equal(measure_engines(LAMPS_PER_STREET))


def test_a_year_of_the_full_rules_compiles() -> None:
    assert compile_year(FULL_RULES) > 365 * 6


def test_a_gateway_process_sends_one_command_for_each_presence(tmp_path: Path) -> None:
    """All sensors rise, fall, and half of them rise again; the gateway's own counts are compared at the end."""
    driver = Driver()
    with PrivateMosquitto(tmp_path) as broker, counted(tmp_path / "gateway", broker.port, driver) as pid:
        flat_out(broker.port, driver.probe, 1, 5 * LAMPS // 2, pid)
    assert driver.sent == 2500
