"""Faults lead the real controller down the fail-safe ladder; each rung is named in the changes and costs energy.

The night of 14 November 2022 in Ghent begins at noon, 11:00 UTC. Hour 9 of it is 20:00 UTC, in the dark.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controllers.replay import replay
from sim.night import control, segment_plan
from sim.run import explain_moment, simulate
from sim.scene import inputs_for, make_scene
from sim.setup import prepare
from slic.control.controller import SegmentController
from slic.energy.results import Change, RunResult
from tests.sim.conftest import FULL, PRESENCE

NIGHT = {"start": "2022-11-14", "nights": 1, "replicates": 1, "seed": 5}
HALF = {"name": "half", "idle_level_pct": 50}
CELL = {"name": "cell", "idle_level_pct": 20, "active_periods": [{"kind": "photocell", "on_lux": 35, "off_lux": 70}]}


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def run(make_loaded):
    """The full, half, presence and photocell regimes of one night with faults."""
    programs = {"full": FULL, "half": HALF, "presence": PRESENCE, "cell": CELL}

    def made(*faults, **changes) -> RunResult:
        values = {"programs": programs, "regimes": {name: {"all": name} for name in programs}, "run": NIGHT}
        return simulate(make_loaded(**{**values, "faults": faults, **changes}), jobs=1)

    return made


def energy_mj(result: RunResult, regime: str) -> int:
    return sum(tally.energy_mj for tally in result.tallies if tally.regime == regime)


def between(result: RunResult, regime: str, start: str, end: str) -> list[Change]:
    """Changes of the traced lamp from one moment until another, both included."""
    trace = next(trace for trace in result.traces if trace.regime == regime)
    return [change for change in trace.changes if ms(start) <= change.t_ms <= ms(end)]


def test_a_lost_program_leads_to_the_astronomical_default_and_back(run):
    result = run({"kind": "program", "from_h": 9, "for_h": 2})
    changes = between(result, "half", "2022-11-14T19:00", "2022-11-14T23:00")
    assert [(c.t_ms, c.level_pm, c.source, c.cause) for c in changes] == [
        (ms("2022-11-14T20:00"), 1000, "astro-default", "program lost"),
        (ms("2022-11-14T22:00"), 500, "program", "new program"),
    ]
    # 50 % is 5 % + 95 % x 0.5 = 52.5 % of 28 W: two hours at full level cost 26.6 Wh more on each of four lamps
    assert energy_mj(result, "half") - energy_mj(run(), "half") == 4 * 26_600 * 3600


def test_a_lost_clock_without_light_readings_leads_to_the_safe_level(run):
    """50 % to 80 % for two hours: 28 W x 95 % x 0.3 x 2 h is 15.96 Wh more on each of four lamps."""
    fault = {"kind": "clock", "from_h": 9, "for_h": 2}
    result = run(fault, safe_level_pct=80)
    changes = between(result, "half", "2022-11-14T19:00", "2022-11-14T23:00")
    assert [(c.t_ms, c.level_pm, c.source) for c in changes] == [
        (ms("2022-11-14T20:00"), 800, "safe"),
        (ms("2022-11-14T22:00"), 500, "program"),
    ]
    assert energy_mj(result, "half") - energy_mj(run(), "half") == 4 * 15_960 * 3600
    assert energy_mj(run(fault, safe_level_pct=100), "half") > energy_mj(result, "half")


def test_a_lost_clock_with_light_readings_leads_to_the_photocell_and_then_to_the_safe_level(run):
    """Readings come every 15 minutes in the dark, the last one at 20:45 UTC; stale after 1,800 s is 21:15."""
    clock = {"kind": "clock", "from_h": 9, "for_h": 2}
    light = {"kind": "light_sensor", "from_h": 10, "for_h": 3}
    changes = between(run(clock, light, safe_level_pct=80), "cell", "2022-11-14T19:00", "2022-11-15T00:30")
    assert [(c.t_ms, c.level_pm, c.source) for c in changes] == [
        (ms("2022-11-14T20:00"), 1000, "photocell"),
        (ms("2022-11-14T21:15"), 800, "safe"),
        (ms("2022-11-14T22:00"), 200, "program"),
    ]


def test_a_lost_presence_sensor_holds_its_lamps_up_and_reports_nothing(run):
    """Nobody comes; the lost sensor of the traced lamp holds it up for two hours and the hold time."""
    lost = {"kind": "presence_sensor", "sensor": "sensor-street-003", "from_h": 9, "for_h": 2}
    changes = between(run(lost, traffic={}), "presence", "2022-11-14T19:00", "2022-11-14T23:00")
    assert [(c.t_ms, c.level_pm, c.source, c.cause) for c in changes] == [
        (ms("2022-11-14T20:00"), 1000, "sensor", "sensor sensor-street-003 lost"),
        (ms("2022-11-14T22:01"), 200, "program", "hold time over"),
    ]
    busy = {"traffic": {"source": {"kind": "steady", "forward_per_h": 60}}}
    triggers = [next(t.triggers for t in r.tallies if t.regime == "presence") for r in (run(**busy), run(lost, **busy))]
    assert triggers[1] < triggers[0]


@pytest.mark.parametrize(
    ("faults", "dearer"),
    [
        ([{"kind": "clock"}], {"half", "presence", "cell"}),
        ([{"kind": "program"}], {"half", "presence", "cell"}),
        ([{"kind": "presence_sensor", "sensor": "sensor-street-002"}], {"presence"}),
        ([{"kind": "light_sensor"}], set()),
        ([{"kind": "clock"}, {"kind": "program", "from_h": 10}], {"half", "presence", "cell"}),
    ],
)
def test_no_fault_in_the_dark_saves_energy(run, faults, dearer):
    """From 20:00 to 04:00 UTC, all of it dark; full level is full level on every rung."""
    spans = [{"from_h": 9, "for_h": 17 - fault.get("from_h", 9), **fault} for fault in faults]
    plain, faulty = run(), run(*spans)
    for regime in plain.regimes:
        assert energy_mj(faulty, regime) >= energy_mj(plain, regime)
    assert {name for name in plain.regimes if energy_mj(faulty, name) > energy_mj(plain, name)} == dearer


def test_faults_that_overlap_are_one(run):
    result = run({"kind": "clock", "from_h": 9, "for_h": 3}, {"kind": "clock", "from_h": 10, "for_h": 1})
    changes = between(result, "half", "2022-11-14T19:00", "2022-11-15T00:00")
    assert [c.t_ms for c in changes] == [ms("2022-11-14T20:00"), ms("2022-11-14T23:00")]


def test_an_override_is_not_taken_while_the_clock_is_lost_and_that_is_said(run):
    order = {"issuer": "a", "reason": "b", "level_pct": 70, "for_h": 1}
    orders = [{**order, "start": "2022-11-14T21:00Z"}, {**order, "start": "2022-11-14T23:00Z"}]
    result = run({"kind": "clock", "from_h": 9, "for_h": 2}, overrides=orders)
    changes = between(result, "half", "2022-11-14T19:00", "2022-11-15T00:30")
    assert [(c.t_ms, c.level_pm, c.source) for c in changes] == [
        (ms("2022-11-14T20:00"), 1000, "safe"),
        (ms("2022-11-14T22:00"), 500, "program"),
        (ms("2022-11-14T23:00"), 700, "override"),
        (ms("2022-11-15T00:00"), 500, "program"),
    ]
    assert result.warnings == ["the override by a at 2022-11-14T21:00Z is not taken: the clock is not trusted then"]


def test_the_street_and_the_bare_loop_take_the_same_actions_with_faults(make_loaded):
    """With holds under way when the clock is lost, and set back to trusted in the middle of traffic."""
    faults = [
        {"kind": "clock", "from_h": 9, "for_h": 1.5},
        {"kind": "program", "from_h": 12, "for_h": 0.5},
        {"kind": "presence_sensor", "sensor": "sensor-street-001", "from_h": 8, "for_h": 3},
    ]
    busy = {"source": {"kind": "steady", "forward_per_h": 15, "backward_per_h": 15}}
    setup = prepare(make_loaded(faults=faults, traffic=busy, run=NIGHT, safe_level_pct=90))
    scene = make_scene(setup, setup.streets[0], setup.nights[0], 0)
    planners = setup.regimes["presence"]
    bare = SegmentController(segment_plan(setup, scene.street, planners))
    actions = replay(bare, inputs_for(scene, "presence"), scene.start_ms, scene.end_ms)
    assert actions == control(scene, "presence").actions
    assert {action.source for action in actions} == {"program", "sensor", "astro-default", "safe"}


def test_explain_names_the_rung(make_loaded):
    loaded = make_loaded(faults=[{"kind": "clock", "from_h": 9, "for_h": 2}], run=NIGHT, safe_level_pct=80)
    answer = explain_moment(loaded, "presence", "street-003", ms("2022-11-14T21:00"))
    assert (answer.source, answer.commanded_pm, answer.since_ms) == ("safe", 800, ms("2022-11-14T20:00"))
