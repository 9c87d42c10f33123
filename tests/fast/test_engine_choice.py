"""Which engine runs what, and that it is said why."""

import pytest

from sim.engine import explained, ways
from sim.run import simulate
from sim.setup import prepare
from slic.control.program import DynamicControl
from slic.errors import InputError
from slic.scenario.load import load_scenario

BASE = "ghent-coupure-fiftieth"


def found(*settings, engine="auto"):
    return ways(prepare(load_scenario(BASE, ["run.nights=1", *settings])), engine)


def test_every_shipped_rule_runs_on_arrays():
    assert {way.how for way in found().values()} == {"arrays"}


@pytest.mark.parametrize(
    ("setting", "how", "why"),
    [
        ("network.command_loss=0.1", "event", "radio loss, with commands sent again"),
        ("faults=[{kind: clock, from_h: 8, for_h: 1}]", "replay", "a clock not trusted"),
        ("faults=[{kind: program, from_h: 8, for_h: 1}]", "replay", "a lost program"),
        ("luminaires.ghent-led-28w.dimming_curve=dali", "replay", "DALI curve of ghent-led-28w"),
        (
            "programs.presence-train.traffic_classes={classes: [{name: a, up_to_per_h: 9, level_pct: 50}, "
            "{name: b, level_pct: 100}]}",
            "replay",
            "TrafficClass of presence-train, TrafficClasses of presence-train",
        ),
    ],
)
def test_what_has_no_array_form_is_run_by_the_controller_and_named(setting, how, why):
    way = found(setting)["presence-train"]
    assert (way.how, way.why) == (how, why)
    words = explained({regime: str(way) for regime, way in found(setting).items()})
    assert any(why in line for line in words)


def test_faults_and_radio_do_not_reach_the_baseline():
    ways_found = found("network.command_loss=0.1", "faults=[{kind: clock, from_h: 8, for_h: 1}]")
    assert ways_found["full-night"].how == "arrays"
    assert ways_found["part-night"].how == "event"


def test_a_light_sensor_that_is_lost_is_no_reason():
    assert found("faults=[{kind: light_sensor, from_h: 8, for_h: 1}]")["presence-train"].how == "arrays"


def test_a_new_rule_is_slower_and_never_wrong(monkeypatch):
    """A rule that does not say that it has an array form goes to the controller, and the result is the same."""
    loaded = load_scenario(BASE, ["run.nights=1"])
    before = simulate(loaded, jobs=1)
    monkeypatch.setattr(DynamicControl, "array_form", False)
    assert found()["presence-train"] == ("replay", "DynamicControl of presence-train")
    after = simulate(loaded, jobs=1)
    assert after == before and after.ways != before.ways


def test_an_engine_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="is no engine"):
        found(engine="quick")
