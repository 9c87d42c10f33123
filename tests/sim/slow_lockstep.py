"""The long comparison, not part of the usual run: pytest tests/sim/slow_lockstep.py (about ten minutes)."""

import pytest

from controllers.broker.private_broker import PrivateMosquitto
from sim.field_harness import private_field
from slic.scenario.load import load_scenario
from tests.sim.test_lockstep import written


@pytest.mark.parametrize("scenario", ["ghent-coupure-fiftieth", "ghent-coupure"])
def test_the_whole_week_over_mosquitto_is_the_week_in_process(tmp_path, scenario):
    """The busy week: 2.8 million reports of sensors under each of two programs."""
    loaded = load_scenario(scenario, ["run.replicates=1"])
    with private_field(loaded, lambda _line: None, PrivateMosquitto(tmp_path)) as streets:
        there = written(loaded, tmp_path / "there", deciders=streets)
    assert there == written(loaded, tmp_path / "here")
