"""Runs of shipped scenarios are equal in all that they yield, whichever engine does them."""

import pytest

from sim.run import simulate
from slic.scenario.load import load_scenario

RAMPS = [
    "programs.presence-cluster.ramp_up_s=2",
    "programs.presence-cluster.ramp_down_s=90",
    "programs.presence-train.ramp_up_s=70",
    "programs.presence-train.ramp_down_s=40",
    "programs.presence-train.idle_level_pct=0",
    "luminaires.ghent-led-28w.minimum_level_pct=7",
    "luminaires.ghent-led-28w.constant_light_output=[{hours_h: 0, drive_pct: 80}, {hours_h: 100, drive_pct: 100}]",
]
ORDER = '[{issuer: a, reason: b, level_pct: 70, start: "2022-11-14T22:00Z", for_h: 2}]'
RUNS = {
    "a busy path, two nights": ("ghent-coupure-tenth", ["run.nights=2", "run.replicates=2"]),
    "ramps that are interrupted, from off, with a lowest level and constant light": (
        "ghent-coupure-fiftieth",
        ["run.nights=1", *RAMPS],
    ),
    "an override and dead lamps": (
        "ghent-coupure-fiftieth",
        ["run.nights=1", f"overrides={ORDER}", "gear.dead_lamps=0.2"],
    ),
    "photocells, a retrofit, uneven lamps": ("washington-k-street", ["run.nights=1", "run.replicates=1"]),
    "regimes by lamp group, lamps that are counted many times": ("luminext-town", ["run.nights=3"]),
    "a real path": ("roeselare-mandel", ["run.nights=1"]),
    "the night the clock goes back": (
        "ghent-coupure-fiftieth",
        ["run.nights=1", "run.start=2022-10-29", "traffic.source.when_missing=same_hour_mean"],
    ),
}


@pytest.mark.parametrize(("scenario", "settings"), RUNS.values(), ids=RUNS)
def test_results_are_equal_on_arrays_and_on_the_simpy_street(scenario, settings):
    loaded = load_scenario(scenario, settings)
    event = simulate(loaded, jobs=1, engine="event")
    fast = simulate(loaded, jobs=1, engine="fast")
    assert set(event.ways.values()) == {"event: asked for"}
    assert fast == event


def test_decisions_and_traces_do_not_depend_on_the_engine():
    loaded = load_scenario("ghent-coupure-fiftieth", ["run.nights=1"])
    event, fast = (simulate(loaded, jobs=1, engine=engine) for engine in ("event", "fast"))
    assert fast.changes == event.changes and all(fast.changes.values())
    assert fast.traces == event.traces and fast.traces
