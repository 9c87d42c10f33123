"""Whole runs: same bytes whatever the workers, common users, missing counts, retrofit, explanations."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from sim.run import Progress, explain_moment, simulate
from slic.energy.results import RunResult
from slic.errors import InputError
from tests.sim.conftest import LUMINAIRE, PRESENCE


def by_regime(result: RunResult, regime: str):
    return [tally for tally in result.tallies if tally.regime == regime]


def test_the_same_scenario_and_seed_give_the_same_bytes_on_one_worker_or_two(make_loaded):
    loaded = make_loaded(gear={"dead_lamps": 0.2}, network={"command_loss": 0.1})
    seen: list[Progress] = []
    one = simulate(loaded, jobs=1, progress=seen.append)
    two = simulate(loaded, jobs=2)
    assert pickle.dumps(one) == pickle.dumps(simulate(loaded, jobs=1))
    assert one == two
    assert [p.done for p in seen] == [1, 2, 3, 4] and seen[-1].total == 4
    assert seen[-1].simulated_h == pytest.approx(96)


def test_another_seed_gives_other_users_and_replicates_differ(make_loaded):
    one = simulate(make_loaded(), jobs=1)
    other = simulate(make_loaded(run={"start": "2022-11-14", "nights": 2, "replicates": 2, "seed": 6}), jobs=1)
    users = [tally.users for tally in by_regime(one, "full")]
    assert users != [tally.users for tally in by_regime(other, "full")]
    assert users[:2] != users[2:]


def test_a_night_is_the_same_alone_as_in_a_longer_run(make_loaded):
    both = simulate(make_loaded(), jobs=1)
    second = simulate(make_loaded(run={"start": "2022-11-15", "nights": 1, "replicates": 2, "seed": 5}), jobs=1)
    assert [t for t in both.tallies if t.night == "2022-11-15"] == second.tallies


def test_all_regimes_meet_the_same_people(make_loaded):
    result = simulate(make_loaded(), jobs=1)
    full, presence = by_regime(result, "full"), by_regime(result, "presence")
    assert [(t.users, t.passages, t.user_ms) for t in full] == [(t.users, t.passages, t.user_ms) for t in presence]
    assert all(t.triggers == 0 for t in full) and all(t.triggers > 0 for t in presence)


def test_a_regime_without_sensors_is_what_the_clock_says(make_loaded):
    """Ghent, sun below -0.8333 degrees by pvlib's SPA: 15:58:53 to 07:01:22 UTC, 14 November 2022; 28 W each."""
    tally = by_regime(simulate(make_loaded(), jobs=1), "full")[0]
    lit_ms = tally.lit_ms / 4
    assert lit_ms == pytest.approx(54_149_000, abs=10_000)
    assert tally.energy_mj == tally.light_mj + tally.loss_mj == tally.lit_ms * 28
    assert tally.served_ms == tally.user_ms and tally.late == tally.missed == 0
    assert sum(tally.half_hours_mj) == tally.energy_mj


def test_presence_serves_nearly_everybody_for_less(make_loaded):
    result = simulate(make_loaded(), jobs=1)
    full, presence = by_regime(result, "full"), by_regime(result, "presence")
    assert sum(t.energy_mj for t in presence) < 0.8 * sum(t.energy_mj for t in full)
    assert sum(t.served_ms for t in presence) > 0.9 * sum(t.user_ms for t in presence)


def test_nodes_and_sensors_cost_only_the_regimes_that_have_them(make_loaded):
    """The baseline has no control system. Presence has four nodes of 0.5 W and four sensors of 1 W: 144 Wh in 24 h."""
    result = simulate(make_loaded(node_power_w=0.5, sensors={"power_w": 1}), jobs=1)
    assert by_regime(result, "full")[0].sensing_mj == 0
    assert by_regime(result, "presence")[0].sensing_mj == 144 * 3_600_000
    other = simulate(make_loaded(node_power_w=0.5, sensors={"power_w": 1}, baseline="presence"), jobs=1)
    # dimming by the clock has nodes and no sensors: 4 x 0.5 W x 24 h
    assert by_regime(other, "full")[0].sensing_mj == 48 * 3_600_000
    # as a baseline presence has its sensors and no nodes
    assert by_regime(other, "presence")[0].sensing_mj == 96 * 3_600_000


def test_equal_lamps_count_so_many_times(make_loaded):
    groups = {
        "kind": "groups",
        "groups": [{"group": "all", "count": 250, "luminaire": "test-led", "power_w": 28}],
    }
    result = simulate(make_loaded(lamps=groups, traffic={}), jobs=1)
    tally = by_regime(result, "full")[0]
    assert result.lamps == tally.lamps == 250
    assert tally.energy_mj == 28 * tally.lit_ms
    assert tally.passages == tally.user_ms == 0 and result.passes_per_lamp_hour == 0


def test_missing_counts_make_a_night_incomplete_and_are_never_zero(make_loaded, tmp_path):
    text = "time_utc,up\n" + "".join(
        f"2022-11-{14 + h // 24:02d}T{h % 24:02d}:00Z,{'' if h == 26 else 30}\n" for h in range(8, 60)
    )
    (tmp_path / "c.csv").write_text(text)
    counts = {"kind": "counts", "file": "c.csv", "slot_min": 60, "forward": ["up"]}
    result = simulate(make_loaded(traffic={"source": counts}), jobs=1)
    assert [(c.night, c.slots, c.missing) for c in result.coverage] == [
        ("2022-11-14", 17, 1),
        ("2022-11-15", 17, 0),
    ]
    assert {t.night: t.complete for t in result.tallies} == {"2022-11-14": False, "2022-11-15": True}
    assert "1 of 2 nights lack 1 counts" in result.warnings[0]


def test_a_run_outside_the_counts_is_refused(make_loaded, tmp_path):
    (tmp_path / "c.csv").write_text("time_utc,up\n2021-01-01T00:00Z,3\n")
    counts = {"kind": "counts", "file": "c.csv", "slot_min": 60, "forward": ["up"]}
    with pytest.raises(InputError, match="outside the count file"):
        simulate(make_loaded(traffic={"source": counts}), jobs=1)


def test_an_override_for_a_lamp_that_is_not_there_is_refused(make_loaded):
    order = {"issuer": "a", "reason": "b", "level_pct": 50, "start": "2022-11-14T20:00Z", "for_h": 1}
    with pytest.raises(InputError, match="not a lamp"):
        simulate(make_loaded(overrides=[{**order, "lamps": ["nowhere"]}]), jobs=1)
    with pytest.raises(InputError, match="not a time"):
        simulate(make_loaded(overrides=[{**order, "start": "20:00"}]), jobs=1)


def test_a_planned_override_dims_the_hour_it_names(make_loaded):
    """Full level 28 W; 50 % is 5 % + 95 % x 0.5 = 52.5 % power: four lamps save 53.2 Wh in the hour."""
    order = {"issuer": "a", "reason": "b", "level_pct": 50, "start": "2022-11-14T20:00Z", "for_h": 1}
    regimes = {"full": {"all": "full"}, "again": {"all": "full"}}
    plain, dimmed = (simulate(make_loaded(overrides=o, regimes=regimes), jobs=1) for o in ([], [order]))
    saved_mj = [
        a.energy_mj - b.energy_mj for a, b in zip(by_regime(plain, "again"), by_regime(dimmed, "again"), strict=True)
    ]
    assert saved_mj == [53_200 * 3600, 0] * 2
    assert by_regime(plain, "full") == by_regime(dimmed, "full"), "the baseline has no control system"


def test_dead_lamps_draw_nothing_and_serve_nobody(make_loaded):
    tally = by_regime(simulate(make_loaded(gear={"dead_lamps": 1}), jobs=1), "full")[0]
    assert tally.lit_ms == tally.light_mj == tally.served_ms == 0
    assert tally.missed == tally.passages > 0


def test_constant_light_output_ages_from_night_to_night(make_loaded):
    """Drive 50 % at 0 h and 100 % at 30 h of burning: after a first night of 15.04 h it is 75.1 %.

    Power is 5 % + 95 % x drive: 52.5 % of 28 W, then 76.3 %.
    """
    curve = [{"level_pct": 0, "power_pct": 5}, {"level_pct": 100, "power_pct": 100}]
    ageing = [{"hours_h": 0, "drive_pct": 50}, {"hours_h": 30, "drive_pct": 100}]
    led = {"name": "test-led", "power_curve": curve, "constant_light_output": ageing}
    first, second = by_regime(simulate(make_loaded(luminaires={"test-led": led}), jobs=1), "full")[:2]
    assert first.energy_mj / first.lit_ms == pytest.approx(14.7, abs=0.001)
    assert second.energy_mj / second.lit_ms == pytest.approx(28 * 0.7633, abs=0.01)


def test_the_lamps_before_a_retrofit_are_stated_apart(make_loaded):
    """Without watts as found the row keeps its own 28 W, at full level from sunset to sunrise and nothing else."""
    retrofit = {"luminaire": "test-led", "power_w_by_lamp": {}}
    result = simulate(make_loaded(retrofit=retrofit, node_power_w=1), jobs=1)
    full = by_regime(result, "full")
    assert [t.energy_mj for t in result.as_found] == [t.energy_mj - t.sensing_mj for t in full]
    assert {t.regime for t in result.as_found} == {"as-found"}


def test_the_photocell_lights_near_the_horizon_and_not_without_light_readings(make_loaded):
    """35 lx under a clear sky is the sun some 4 degrees down: lit later and shorter than from sunset to sunrise."""
    cell = {"name": "cell", "active_periods": [{"kind": "photocell", "on_lux": 35, "off_lux": 70}]}
    result = simulate(
        make_loaded(
            programs={"full": {"name": "full"}, "cell": cell},
            regimes={"full": {"all": "full"}, "cell": {"all": "cell"}},
            ambient={"kind": "sun", "report_s": 60},
        ),
        jobs=1,
    )
    shorter_ms = (by_regime(result, "full")[0].lit_ms - by_regime(result, "cell")[0].lit_ms) / 4
    assert 30 * 60_000 < shorter_ms < 60 * 60_000


def test_traces_changes_and_lamp_energies_belong_together(make_loaded):
    result = simulate(make_loaded(), jobs=1)
    assert [(t.regime, t.lamp, t.night) for t in result.traces] == [
        ("full", "street-003", "2022-11-14"),
        ("presence", "street-003", "2022-11-14"),
    ]
    trace = result.traces[1]
    assert trace.changes == [c for c in result.changes["presence"] if c.lamp == "street-003"]
    assert {c.source for c in trace.changes} == {"program", "sensor"}
    for regime in result.regimes:
        first = [t for t in by_regime(result, regime) if t.replicate == 0]
        assert sum(result.lamp_energy_mj[regime].values()) == sum(t.energy_mj for t in first)


def test_explain_gives_the_decision_and_the_detection_behind_it(make_loaded):
    loaded = make_loaded()
    trace = simulate(loaded, jobs=1).traces[1]
    raised = next(c for c in trace.changes if c.source == "sensor")
    answer = explain_moment(loaded, "presence", "street-003", raised.t_ms + 500)
    assert (answer.source, answer.rule, answer.commanded_pm, answer.actual_pm) == (
        "sensor",
        "somebody there",
        1000,
        1000,
    )
    assert answer.since_ms == raised.t_ms
    assert answer.step_level_pm == 200
    last = answer.reports[-1]
    assert last.t_ms <= raised.t_ms + 500 and f"sensor {last.sensor}".startswith("sensor sensor-street-")
    assert "somebody there" in answer.text() and answer.as_dict()["since"].endswith("Z")


def test_explain_knows_that_a_hold_was_extended(make_loaded):
    """Just before a lamp fell back, the end that is announced is the moment at which it did."""
    loaded = make_loaded()
    changes = simulate(loaded, jobs=1).traces[1].changes
    falls = [(up, down) for up, down in pairwise(changes) if down.cause == "hold time over"]
    up, down = next((up, down) for up, down in falls if down.t_ms > up.until_ms)
    answer = explain_moment(loaded, "presence", "street-003", down.t_ms - 1)
    assert (answer.since_ms, answer.until_ms, answer.commanded_pm) == (up.t_ms, down.t_ms, 1000)


@pytest.mark.parametrize(
    ("regime", "lamp", "at", "replicate", "field"),
    [
        ("nothing", "street-003", "2022-11-14T20:00", 0, "program"),
        ("full", "street-999", "2022-11-14T20:00", 0, "lamp"),
        ("full", "street-003", "2022-11-14T10:00", 0, "at"),
        ("full", "street-003", "2022-11-14T20:00", 2, "replicate"),
    ],
)
def test_explain_refuses_what_is_not_of_the_run(make_loaded, regime, lamp, at, replicate, field):
    t_ms = round(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000)
    with pytest.raises(InputError) as caught:
        explain_moment(make_loaded(), regime, lamp, t_ms, replicate)
    assert caught.value.field == field


CTRL_C = """
import os, signal, threading
from sim.run import simulate
from slic.scenario.load import load_scenario
if __name__ == "__main__":
    settings = ["run.nights=40", "run.replicates=2", "lamps.count=6"]
    stop = lambda p: os.kill(os.getpid(), signal.SIGINT)
    try:
        simulate(load_scenario("ghent-coupure", settings), jobs=2, progress=stop)
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


def test_ctrl_c_stops_the_workers(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(CTRL_C)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "stopped\n", done.stderr
    assert done.returncode == 0


def test_a_required_level_means_the_nearest_arc_level_on_dali_gear(make_loaded):
    """A quarter of full light is arc level 203, 24.846 %: lamps that were told 25 % give it, and serve everybody."""
    loaded = make_loaded(
        luminaires={"test-led": {**LUMINAIRE, "dimming_curve": "dali"}},
        programs={"full": {"name": "full", "idle_level_pct": 25}, "presence": PRESENCE},
        service={"required": [{"at": "12:00", "level_pct": 25}]},
    )
    tally = by_regime(simulate(loaded, jobs=1), "full")[0]
    assert tally.passages > 0 and tally.served_ms == tally.user_ms
    assert tally.level_pm_ms == tally.lit_ms * 248


def test_radio_faults_and_overrides_do_not_reach_the_baseline(make_loaded):
    order = {"issuer": "a", "reason": "b", "level_pct": 50, "start": "2022-11-14T20:00Z", "for_h": 1}
    faults = [{"kind": "clock", "from_h": 0, "for_h": 24}]
    disturbed = make_loaded(overrides=[order], faults=faults, network={"command_loss": 0.5, "resend_s": 0})
    assert by_regime(simulate(disturbed, jobs=1), "full") == by_regime(simulate(make_loaded(), jobs=1), "full")


def test_explain_says_that_a_command_was_lost(make_loaded):
    loaded = make_loaded(network={"command_loss": 1.0, "resend_s": 0})
    t_ms = round(datetime(2022, 11, 14, 20, tzinfo=UTC).timestamp() * 1000)
    lost = explain_moment(loaded, "presence", "street-003", t_ms)
    assert (lost.actual_pm, lost.commanded_pm > 0, lost.unheard) == (0, True, True)
    assert "radio" in lost.text()
    assert not explain_moment(make_loaded(), "presence", "street-003", t_ms).unheard
