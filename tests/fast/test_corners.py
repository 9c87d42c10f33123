"""Corners that made-up cases found or only seldom reach: each way of running gives what the SimPy street gives."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from sim.fast.night import FastNights
from sim.night import control, replayed
from sim.proof.outcome import points_of
from sim.scene import make_scene
from sim.setup import prepare
from sim.traffic import Users
from slic.scenario.layout import Lamp, Sensor, Street
from slic.scenario.loaded import LoadedScenario
from slic.scenario.model import Scenario

NIGHT = date(2022, 11, 14)
ALWAYS = [{"kind": "absolute", "start": "12:00", "end": "12:00"}]
PRESENCE = {
    "name": "presence",
    "active_periods": ALWAYS,
    "idle_level_pct": 20,
    "dynamic_controls": [{"name": "somebody", "operation": "Set", "level_pct": 100}],
    "hold_s": 30,
    "presence": {"style": "own"},
}
LINEAR = [{"level_pct": 0, "power_pct": 0}, {"level_pct": 100, "power_pct": 100}]
PHOTOCELL = {"name": "photocell", "active_periods": [{"kind": "photocell", "on_lux": 35, "off_lux": 70}]}


def scene_of(programs, tried, users=(), **values):
    """Two lamps of one group, a sensor at each; users : (ms after the start of the night, mm/s, direction)."""
    scenario = Scenario.model_validate(
        {
            "name": "corner",
            "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "Europe/Brussels"},
            "lamps": {"kind": "row", "count": 1, "spacing_m": 30, "luminaire": "plain", "power_w": 28},
            "luminaires": {"plain": {"name": "plain", "power_curve": LINEAR}},
            "programs": {program["name"]: program for program in programs},
            "regimes": {"baseline": dict.fromkeys(("all", "other"), programs[0]["name"]), "tried": tried},
            "baseline": "baseline",
            "service": {"required": [{"at": "12:00", "level_pct": 50}]},
            "run": {"start": NIGHT, "nights": 1},
            **values,
        }
    )
    lamps = tuple(
        Lamp(f"lamp-{i}", "street", "all", "", 15_000 + 30_000 * i, False, "plain", 28, 28, "plain") for i in range(2)
    )
    street = Street("street", lamps, tuple(Sensor(f"s-{lamp.id}", "", lamp.position_mm) for lamp in lamps), 60_000)
    setup = replace(prepare(LoadedScenario(scenario, "corner", Path(), {})), streets=(street,))
    start_ms = make_scene(setup, street, NIGHT, 0).start_ms
    t_ms, speed, direction = np.array([(start_ms + t, v, d) for t, v, d in users], np.int64).reshape(-1, 3).T.copy()
    return make_scene(setup, street, NIGHT, 0, Users(t_ms, speed, direction))


def street_points(scene):
    return [np.array(points) for points in control(scene, "tried").levels]


def same(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def array_points(scene):
    with np.errstate(all="raise"):
        levels = FastNights().levels([scene], "tried")
    return points_of(levels.of(levels.pattern))


def test_trains_of_a_group_without_lamps_here_make_sensors_report_further_users():
    """At 30 m range the first user is seen before the night begins, so only the second one is reported in it."""
    train = {**PRESENCE, "name": "train", "presence": {"style": "train"}}
    users = [(0, 3000, 1), (10_000, 3000, 1)]
    sensors = {"range_m": 30}
    alone = scene_of([PRESENCE, train], {"all": "presence", "other": "presence"}, users, sensors=sensors)
    scene = scene_of([PRESENCE, train], {"all": "presence", "other": "train"}, users, sensors=sensors)
    assert same(array_points(alone), street_points(alone))
    assert same(array_points(scene), street_points(scene))
    assert not same(street_points(alone), street_points(scene))


def test_a_user_who_stays_for_days_holds_his_lamps_up_until_the_night_ends():
    """He comes near after 2.8 hours; 20 km at 50 mm/s take 4.6 days, more than the axis of all lamps has for one."""
    scene = scene_of(
        [{**PRESENCE, "hold_s": 86_400}], dict.fromkeys(("all", "other"), "presence"),
        [(210_000_000, 50, 1), (7_200_000, 5000, 1)], sensors={"range_m": 10_000},
    )  # fmt: skip
    found = array_points(scene)
    assert same(found, street_points(scene))


def test_commands_that_arrive_after_the_night_change_nothing():
    ramps = {**PRESENCE, "ramp_up_s": 5, "ramp_down_s": 0}
    users = [(3_600_000, 5000, 1), (80_000_000, 5000, 1), (80_200_000, 5000, -1)]
    scene = scene_of([ramps], dict.fromkeys(("all", "other"), "presence"), users, network={"latency_s": 40_000})
    found = array_points(scene)
    assert same(found, street_points(scene))
    assert [levels.tolist() for levels in found[0][:, 1:]].count([1000]) == 2


def test_many_hold_times_are_left_to_the_controller_at_once():
    """A level for each set of thirty hold times would fill the memory."""
    controls = [{"name": f"hold {k}", "operation": "Max", "level_pct": 100, "hold_s": k} for k in range(1, 31)]
    scene = scene_of([{**PRESENCE, "dynamic_controls": controls}], dict.fromkeys(("all", "other"), "presence"))
    assert FastNights().levels([scene], "tried") is None


def test_a_clock_set_after_light_was_lost_does_not_delay_deadlines_on_the_street():
    """The reading went stale hours before, so the controller's next deadline lies in the past when the clock is set."""
    faults = [{"kind": "light_sensor", "from_h": 0.5, "for_h": 25}, {"kind": "clock", "from_h": 4, "for_h": 2}]
    scene = scene_of(
        [PHOTOCELL], dict.fromkeys(("all", "other"), "photocell"), faults=faults, ambient={"kind": "sun"},
        ambient_sensor={"stale_after_s": 300},
    )  # fmt: skip
    assert same([np.array(points) for points in replayed(scene, "tried").levels], street_points(scene))
