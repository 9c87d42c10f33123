"""All ways to run a night give the same integers, for whatever is made up; a fixed number of cases in CI."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from sim.proof.case import Case, case_of
from sim.proof.compare import compare
from sim.proof.drivers import DRIVERS
from sim.proof.prove import prove
from tests.proof.drawn import cases

CASES = 250
SEED = 1


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(cases())
def test_whatever_is_drawn_is_equal(case: Case) -> None:
    assert compare(case).difference is None


def test_the_cases_of_ci_are_equal_and_have_everything_in_them() -> None:
    """As `slic prove --seed 1 --cases 250`."""
    proof = prove(SEED, CASES)
    assert not proof.differences, "\n".join(map(str, proof.differences))
    assert proof.cases == CASES
    wanted = {
        "ramps interrupted",
        "inputs at one millisecond",
        "holds that end",
        "a hold that ends as an input comes",
        "presence at the edge of the night",
        "overrides",
        "light readings",
        "a clock change",
        "polar day or night",
        "radio loss",
        "dead lamps",
        "a lost sensor",
        "a lost program",
        "a clock not trusted",
        "users in a crowd",
        "learned midnight",
        "traffic classes",
        "astro clock controls",
        "gear: dali",
        "gear: clo",
        "gear: switched",
        "presence: own",
        "presence: cluster",
        "presence: train",
        "period: photocell",
        "period: absolute",
        "period: astronomical",
        "period: astronomical_photocell",
    }
    assert wanted <= set(proof.features), sorted(wanted - set(proof.features))
    for name in DRIVERS:
        assert proof.ran[name] + sum(proof.left_out.get(name, {}).values()) == CASES
    assert proof.ran["fake clock"] == proof.ran["SimPy street"] == CASES
    assert proof.ran["replay loop"] > 0.8 * CASES and proof.ran["fast engine"] > 0.4 * CASES


def test_a_seed_makes_the_same_case_again() -> None:
    one, other = case_of(17), case_of(17)
    assert one.scene.setup.scenario == other.scene.setup.scenario
    assert one.scene.users.t_ms.tolist() == other.scene.users.t_ms.tolist()
    streets = [(street.name, street.lamps, street.sensors) for street in (one.scene.street, other.scene.street)]
    assert streets[0] == streets[1]
    assert case_of(18).scene.setup.scenario != one.scene.setup.scenario
