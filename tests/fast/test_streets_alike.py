"""Streets of a city share what no name matters to; a sensor that is named is one of one street."""

import pytest

from sim.run import simulate
from slic.scenario.load import load_scenario

CITY = ["lamps.streets=3", "lamps.count=4", "run.nights=1", "traffic.source.passers_per_day=600"]
HERE = "sensor-street-0002-002"
NAMED = "programs.here={active_periods: [{kind: absolute, start: '12:00', end: '12:00'}], idle_level_pct: 20, "
NAMED += "dynamic_controls: [{name: somebody, operation: Set, level_pct: 100, sensors: [SENSOR]}], hold_s: 60}"
NAMED = NAMED.replace("SENSOR", HERE)
ORDER = "{start: '2026-01-01T20:00Z', for_h: 2, level_pct: 80, lamps: [street-0002-003], issuer: me, reason: works}"


@pytest.mark.parametrize(
    "settings",
    [
        [f"sensors.stuck=[{{sensor: {HERE}, state: present, from_h: 8, for_h: 4}}]"],
        [f"faults=[{{kind: presence_sensor, sensor: {HERE}, from_h: 8, for_h: 4}}]"],
        [f"overrides=[{ORDER}]"],
    ],
    ids=["stuck", "lost", "override"],
)
def test_what_is_named_in_one_street_changes_that_street_and_no_other(settings):
    plain = simulate(load_scenario("city-100k", CITY), jobs=1).lamp_energy_mj
    fast = by_both_engines(settings)
    differ = {lamp[:11] for lamp, mj in fast["presence-own"].items() if plain["presence-own"][lamp] != mj}
    assert differ == {"street-0002"}


def test_a_control_that_names_a_sensor_acts_in_its_street_alone():
    fast = by_both_engines([NAMED, "regimes={full-night: {all: full-night}, here: {all: here}}"])["here"]
    idle_mj = fast["street-0001-001"]
    assert {lamp[:11] for lamp, mj in fast.items() if mj > idle_mj} == {"street-0002"}
    assert {mj for lamp, mj in fast.items() if lamp[:11] != "street-0002"} == {idle_mj}


def by_both_engines(settings):
    """Energy of each lamp under each regime, the same by either engine."""
    fast, event = (
        simulate(load_scenario("city-100k", CITY + settings), jobs=1, tell=False, engine=engine)
        for engine in ("fast", "event")
    )
    assert fast.lamp_energy_mj == event.lamp_energy_mj and fast.tallies == event.tallies
    return fast.lamp_energy_mj
