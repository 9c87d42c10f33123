"""Figures of a run. Expected values are worked by hand from tallies that are given as literals."""

from __future__ import annotations

import json

import pytest

from slic.energy.results import NightTally, RunResult
from slic.errors import InputError
from slic.report.headline import headline_program
from slic.report.regimes import idle_level_pct
from slic.report.run import Run
from slic.report.summary import build_summary, combined
from slic.report.sums import nights_of
from slic.scenario.load import load_scenario
from slic.scenario.model import Scenario
from tests.report import made_up

KWH = 3_600_000_000
HOUR = 3_600_000


def two_lamps(**changes: int | bool) -> list[NightTally]:
    """Two lamps, one night, two programs: 3 kWh against 2 kWh, split as written."""
    full = NightTally("full-night", 0, "a", "2022-11-14", 0, 24 * HOUR, 2, light_mj=2 * KWH, loss_mj=KWH)
    full.lit_ms, full.level_pm_ms, full.high_ms = 28 * HOUR, 28 * HOUR * 1000, 28 * HOUR
    dim = NightTally("presence-cluster", 0, "a", "2022-11-14", 0, 24 * HOUR, 2, light_mj=KWH, standby_mj=KWH // 2)
    dim.sensing_mj, dim.lit_ms, dim.level_pm_ms, dim.high_ms = KWH // 2, 28 * HOUR, 7 * HOUR * 1000, 7 * HOUR
    dim.passages, dim.user_ms, dim.served_ms, dim.late, dim.missed = 200, 2 * HOUR, HOUR // 2, 10, 4
    dim.given_pm_ms, dim.wanted_pm_ms = 1250 * HOUR, 2000 * HOUR
    dim.level_changes = 42
    for name, value in changes.items():
        setattr(dim, name, value)
    return [full, dim]


def result_of(tallies: list[NightTally]) -> RunResult:
    nights = list(dict.fromkeys(tally.night for tally in tallies))
    return RunResult(["full-night", "presence-cluster"], nights, 2, tallies, {}, {}, [], [], 7.25)


def summary_of(tallies: list[NightTally], scenario: Scenario | None = None) -> dict[str, object]:
    result = result_of(tallies)
    chosen = scenario or made_up.scenario(["full-night", "presence-cluster"])
    return build_summary(chosen, result, nights_of(result))


def program(tallies: list[NightTally]) -> dict[str, object]:
    programs = summary_of(tallies)["programs"]
    assert isinstance(programs, list)
    return dict(programs[1])


def test_energies_hours_and_service_are_those_of_the_tally() -> None:
    found = program(two_lamps())
    energies = [found[f"{part}_kwh"] for part in ("energy", "light", "loss", "standby", "sensing")]
    assert energies == [2.0, 1.0, 0.0, 0.5, 0.5]
    # 28 lamp-hours of two lamps are 14 h per lamp, at a quarter of full level on average 3.5 h
    assert (found["lit_h"], found["full_level_equivalent_h"], found["high_share_pct"]) == (14.0, 3.5, 25.0)
    assert found["service"] == {
        "user_hours": 2.0,
        "served_pct": 25.0,
        "light_given_pct": 62.5,
        "late_events_pct": 5.0,
        "missed_events_pct": 2.0,
        "level_changes_per_lamp_hour": 1.5,
    }
    assert (found["idle_level_pct"], found["hold_s"], found["passes_per_lamp_hour"]) == (20.0, 60.0, 7.25)


def test_one_night_gives_a_saving_without_a_range() -> None:
    saving = program(two_lamps())["saving_pct"]
    assert saving == {"value": 33.333, "low": None, "high": None, "confidence": 0.9, "significant": None} | {
        "exact_for_these_nights": False
    }


def test_replicates_are_averaged_and_streets_added() -> None:
    first, second = two_lamps(), two_lamps(light_mj=3 * KWH)
    for tally in second:
        tally.replicate = 1
    other_street = two_lamps()
    for tally in other_street:
        tally.street = "b"
    assert program([*first, *second])["energy_kwh"] == 3.0  # (2 + 4) / 2
    assert program([*first, *other_street])["energy_kwh"] == 4.0


def test_shares_without_road_users_are_null_and_never_full() -> None:
    service = program(two_lamps(user_ms=0, served_ms=0, passages=0, late=0, missed=0, given_pm_ms=0, wanted_pm_ms=0))[
        "service"
    ]
    assert isinstance(service, dict)
    assert service["user_hours"] == 0
    assert [service[f"{k}_pct"] for k in ("served", "light_given", "late_events", "missed_events")] == [None] * 4


def test_a_night_with_missing_counts_is_in_no_total() -> None:
    bad = two_lamps(complete=False, light_mj=0)
    for tally in bad:
        tally.night = "2022-11-15"
    summary = summary_of([*two_lamps(), *bad])
    assert summary["nights"] == 2
    assert summary["data_quality"]["nights_excluded"] == ["2022-11-15"]  # type: ignore[index]
    assert [p["energy_kwh"] for p in summary["programs"]] == [3.0, 2.0]  # type: ignore[attr-defined]


def test_a_run_without_a_complete_night_is_refused() -> None:
    with pytest.raises(InputError, match="complete counts"):
        summary_of(two_lamps(complete=False))


def test_a_baseline_without_energy_has_no_saving() -> None:
    tallies = two_lamps()
    tallies[0].light_mj = tallies[0].loss_mj = 0
    assert program(tallies)["saving_pct"]["value"] is None  # type: ignore[index]


def test_the_baseline_has_no_saving_and_the_stable_keys_are_there(week: Run) -> None:
    summary = week.summary
    assert list(summary)[:5] == ["schema", "label", "scenario", "title", "description"]
    assert (summary["schema"], summary["label"], summary["engine"]) == (1, "simulated estimate", "event")
    assert (summary["nights"], summary["lamps"], summary["replicates"]) == (7, 34, 3)
    assert summary["programs"][0]["saving_pct"] is None
    keys = set(summary["programs"][1])
    assert keys >= {"name", "energy_kwh", "light_kwh", "loss_kwh", "standby_kwh", "sensing_kwh", "lit_h"}
    assert keys >= {
        "full_level_equivalent_h",
        "high_share_pct",
        "saving_pct",
        "service",
        "passes_per_lamp_hour",
    }
    assert "NaN" not in json.dumps(summary)


def test_parts_add_up_to_the_energy(week: Run) -> None:
    for found in week.summary["programs"]:
        parts = sum(found[f"{part}_kwh"] for part in ("light", "loss", "standby", "sensing"))
        assert parts == pytest.approx(found["energy_kwh"], abs=3e-6)  # each is rounded to 1e-6


def test_retrofit_savings_multiply_on_the_remainder() -> None:
    result = result_of(two_lamps())
    as_found = NightTally("as-found", 0, "a", "2022-11-14", 0, 24 * HOUR, 2, light_mj=10 * KWH)
    result.as_found = [as_found]
    chosen = made_up.scenario(["full-night", "presence-cluster"])
    retrofit = build_summary(chosen, result, nights_of(result))["retrofit"]
    # 10 -> 3 kWh is 70 %; 3 -> 2 kWh is a third; together 10 -> 2 kWh is 80 %
    assert (retrofit["as_found_kwh"], retrofit["led_kwh"], retrofit["saving_pct"]) == (10.0, 3.0, 70.0)
    control = retrofit["controls"][0]
    assert (control["program"], control["saving_pct"], control["combined_pct"]) == ("presence-cluster", 33.333, 80.0)
    assert (control["combined_low_pct"], control["combined_high_pct"]) == (None, None)


def test_the_range_of_new_lamps_and_controls_follows_from_that_of_the_controls() -> None:
    """New lamps leave 30 %: of 20 to 40 % saved on that, 76 to 82 % are saved together."""
    saving = {"value": 30.0, "low": 20.0, "high": 40.0, "exact_for_these_nights": False}
    found = combined({"name": "p", "saving_pct": saving}, 70.0)
    assert (found["combined_pct"], found["combined_low_pct"], found["combined_high_pct"]) == (79.0, 76.0, 82.0)


CHANCE_FREE = ["full-night", "d60", "presence-cluster"]


def savings_of(**changes: object) -> dict[str, dict[str, object]]:
    result = made_up.result(CHANCE_FREE, nights=2)
    summary = build_summary(made_up.scenario(CHANCE_FREE, **changes), result, nights_of(result))
    return {p["name"]: p["saving_pct"] for p in summary["programs"]}


def test_a_time_program_is_exact_for_its_nights_and_a_presence_program_is_not() -> None:
    savings = savings_of()
    d60, presence = savings["d60"], savings["presence-cluster"]
    assert d60["exact_for_these_nights"] is True
    assert d60["low"] == d60["high"] == d60["value"]
    assert d60["significant"] is True
    assert (presence["exact_for_these_nights"], presence["low"]) == (False, None)  # two nights


@pytest.mark.parametrize("changes", [{"network": {"command_loss": 0.01}}, {"gear": {"dead_lamps": 0.01}}])
def test_lost_commands_and_dead_lamps_leave_every_program_to_chance(changes: dict[str, object]) -> None:
    assert savings_of(**changes)["d60"]["exact_for_these_nights"] is False


def test_a_baseline_that_is_left_to_chance_leaves_its_savings_to_chance() -> None:
    savings = savings_of(baseline="presence-cluster")
    assert savings["d60"]["exact_for_these_nights"] is False


def row(name: str, saving: float | None, served: float | None) -> dict[str, object]:
    return {"name": name, "saving_pct": {"value": saving}, "service": {"served_pct": served}}


def test_the_headline_is_the_largest_saving_that_still_served_people() -> None:
    dark, good, small = row("dark", 60, 61), row("good", 40, 96), row("small", 5, 100)
    baseline = {"name": "base", "saving_pct": None, "service": {"served_pct": 100}}
    assert headline_program([baseline, dark, good, small]) == "good"
    assert headline_program([baseline, dark]) is None
    assert headline_program([baseline, row("a", 3, None), row("b", 9, None)]) == "b"
    assert headline_program([baseline, row("a", None, 100)]) is None


def test_95_per_cent_of_user_time_is_enough_and_less_is_not() -> None:
    assert headline_program([row("at", 10, 95.0), row("below", 20, 94.999)]) == "at"
    assert headline_program([row("below", 20, 94.999)]) is None


def test_the_limits_speak_of_ranges_only_where_there_is_one(week: Run) -> None:
    assert str(week.summary["limits"]).startswith("A range covers the chance between nights")
    limits = str(summary_of(two_lamps())["limits"])
    assert "range" not in limits and "other seasons or wrong assumptions" in limits


def test_a_program_that_costs_more_is_never_put_first() -> None:
    def program(name: str, value: float, served_pct: float) -> dict[str, object]:
        return {"name": name, "saving_pct": {"value": value}, "service": {"served_pct": served_pct}}

    assert headline_program([program("nodes", -1.1, 100.0), program("dark", 40.0, 10.0)]) is None
    assert headline_program([program("nodes", -1.1, 100.0), program("good", 4.0, 99.0)]) == "good"


def test_an_idle_level_that_changes_in_the_night_is_not_one_number() -> None:
    """Roeselare: 20 % until 23:00, then off until somebody comes."""
    scenario = load_scenario("roeselare-mandel").scenario
    assert idle_level_pct(scenario, "roeselare-path") is None
    assert idle_level_pct(load_scenario("ghent-coupure").scenario, "presence-train") == 20
