from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from slic.report.run import Run
from slic.report.terminal import print_summary
from slic.report.words import given_pct, kwh, number, pct, people_pct, saving_range, saving_text
from tests.report.conftest import retrofit_run, small_run
from tests.report.made_up import REGIMES


def printed(run: Run, width: int = 80, **changes: object) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True, highlight=False)
    print_summary({**run.summary, **changes}, console)
    return out.getvalue().replace("\N{NO-BREAK SPACE}", " ")


def test_the_table_fits_80_columns_and_says_what_it_must(week: Run) -> None:
    text = printed(week)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "Simulated estimate, not calibrated to a meter" in text
    assert "Savings are against full-night, range at 90 % confidence." in text
    assert "Put first: presence-train: idle level 20 %, hold 60 s." in text
    assert "Passes per lamp-hour 39.2, standby of a dark lamp 0.3 W." in text
    assert "exact: for these nights, as nothing in it is left to chance." in text
    assert "Left out for missing counts: 1 night." in text
    assert "…" not in text and "nan" not in text.lower()


def test_a_row_holds_energy_saving_with_range_and_service(week: Run) -> None:
    line = next(line for line in printed(week).splitlines() if line.startswith("presence-train"))
    program = week.summary["programs"][-1]
    saving = program["saving_pct"]
    expected = f"{saving['value']:.1f} % ({saving['low']:.1f} to {saving['high']:.1f})"
    assert expected in line and "96.4 %" in line and f"{program['energy_kwh']:.2f}" in line


def test_a_doubtful_saving_is_marked(week: Run) -> None:
    programs = [dict(p) for p in week.summary["programs"]]
    programs[3]["saving_pct"] = {
        "value": 0.4,
        "low": -0.9,
        "high": 1.6,
        "confidence": 0.9,
        "significant": False,
        "exact_for_these_nights": False,
    }
    text = printed(week, programs=programs)
    assert "0.4 % (-0.9 to 1.6)*" in text and "* not distinguishable from zero." in text


def test_no_users_are_no_users(tmp_path: Path) -> None:
    text = printed(small_run(tmp_path / "run", users=False, nights=2))
    assert text.split("Savings")[0].count("no users") == 8 and "100.0 %" not in text
    assert "range" not in text
    assert "the largest saving of all, as there were no users" in " ".join(text.split())


def test_a_time_program_is_not_given_the_settings_of_presence_programs(week: Run) -> None:
    text = printed(week, headline="half-level-00-05")
    assert "Put first: half-level-00-05." in text
    assert "idle level" not in text and "hold" not in text.replace("hold time", "")


def test_where_no_program_gave_people_light_none_is_put_first(week: Run) -> None:
    assert "No program served people for 95 % of their time and saved energy." in printed(week, headline=None)


def test_what_is_exact_says_so(week: Run) -> None:
    line = next(line for line in printed(week).splitlines() if line.startswith("d60"))
    assert "% (exact)" in line


def test_numbers_in_words() -> None:
    assert [number(x) for x in (1234.56, -0.04, -0.06, None)] == ["1,234.6", "0.0", "-0.1", "no data"]
    assert [kwh(x) for x in (12345.6, 123.46, 12.346, 0.01234)] == ["12,346", "123.5", "12.35", "0.012"]
    assert kwh(12.346, largest=123.4) == "12.3"
    assert pct(None) == "no data" and pct(41.23) == "41.2\N{NO-BREAK SPACE}%"
    assert saving_text(None) == "baseline"
    assert saving_range({"low": 31.01, "high": 31.02, "exact_for_these_nights": False}) == "±<0.1"
    assert saving_range({"low": 31.01, "high": 31.01, "exact_for_these_nights": True}) == "exact"
    assert saving_range({"low": None, "high": None}) == ""
    assert given_pct({"light_given_pct": None, "served_pct": None}) == "no users"
    assert given_pct({"light_given_pct": None, "served_pct": 100.0}) == "none needed"


def test_only_all_is_100_and_only_none_is_0() -> None:
    found = [people_pct(x).replace("\N{NO-BREAK SPACE}", " ") for x in (100.0, 99.96, 0.0, 0.04, 50.0, None)]
    assert found == ["100.0 %", ">99.9 %", "0.0 %", "<0.1 %", "50.0 %", "no users"]


def wide_ranges(run: Run) -> list[dict[str, object]]:
    """Programs with long names, energies above a million and ranges on both sides of zero."""
    saving = {"value": -10.4, "low": -20.9, "high": 10.6, "confidence": 0.9, "significant": False}
    programs = [{**p, "energy_kwh": 1_529_336.0} for p in run.summary["programs"]]
    programs[1]["name"] = "defensive-residential"
    return [p if p["saving_pct"] is None else {**p, "saving_pct": SAVING_KEPT | saving} for p in programs]


SAVING_KEPT = {"exact_for_these_nights": False}


@pytest.mark.parametrize("width", [40, 60, 80])
def test_names_are_whole_and_nothing_is_cut_at_any_width(week: Run, width: int) -> None:
    text = printed(week, width, programs=wide_ranges(week), headline=None)
    lines = text.split("Savings are")[0].splitlines()
    assert max(len(line) for line in lines[3:]) <= width and "…" not in text
    for program in wide_ranges(week):
        assert sum(line.split()[:1] == [program["name"]] for line in lines) == 1, program["name"]
    assert sum("(-20.9 to 10.6)*" in line for line in lines) == 6


def test_below_the_width_of_the_table_each_program_is_a_block(week: Run) -> None:
    lines = printed(week, 40).splitlines()
    block = lines.index("presence-train")
    found = [" ".join(line.split()) for line in lines[block + 1 : block + 5]]
    program = week.summary["programs"][-1]
    saving = program["saving_pct"]
    assert found == [
        f"{program['energy_kwh']:.2f} kWh",
        f"saving {saving['value']:.1f} % ({saving['low']:.1f} to {saving['high']:.1f})",
        "served 96.4 %, light given 98.2 %",
        f"late {program['service']['late_events_pct']:.1f} %, missed {program['service']['missed_events_pct']:.1f} %",
    ]
    assert all(name in lines for name in REGIMES)


def test_one_night_says_nothing_of_ranges(tmp_path: Path) -> None:
    text = printed(small_run(tmp_path / "run", nights=1))
    assert "range" not in text.lower() and "The figures hold for these nights" in " ".join(text.split())


def test_new_lamps_first_and_controls_second_in_one_line(tmp_path: Path) -> None:
    run = retrofit_run(tmp_path / "run")
    # K Street: 1 - 4051/9524 = 57.46 %; with 50 % of the rest saved 1 - 0.4254 * 0.5 = 78.73 %
    retrofit = {**run.summary["retrofit"], "as_found_kwh": 9524.0, "led_kwh": 4051.0, "saving_pct": 57.465}
    control = {**retrofit["controls"][0], "saving_pct": 50.0, "combined_pct": 78.733}
    retrofit["controls"] = [control]
    changed = {"retrofit": retrofit, "headline": "presence-cluster"}
    first = "New lamps first: 9,524 to 4,051 kWh, 57.5 % saved; controls second: presence-cluster 50.0 %;"
    assert f"{first} together 78.7 % (multiplied)." in " ".join(printed(run, **changed).split())
    assert "57.5 % saved." in " ".join(printed(run, **{**changed, "headline": None}).split())


def test_lamps_that_were_not_replaced_have_no_such_line(week: Run) -> None:
    assert "New lamps" not in printed(week)
