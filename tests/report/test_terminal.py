from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from slic.report.run import Run
from slic.report.terminal import print_summary
from slic.report.words import given_pct, kwh, number, pct, people_pct, saving_range, saving_text
from tests.report.conftest import small_run


def printed(run: Run, **changes: object) -> str:
    out = io.StringIO()
    console = Console(file=out, width=80, no_color=True, highlight=False)
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
    assert "a range takes three nights" in text
    assert "the largest saving of all, as there were no users" in " ".join(text.split())


def test_a_time_program_is_not_given_the_settings_of_presence_programs(week: Run) -> None:
    text = printed(week, headline="half-level-00-05")
    assert "Put first: half-level-00-05." in text
    assert "idle level" not in text and "hold" not in text.replace("hold time", "")


def test_where_no_program_gave_people_light_none_is_put_first(week: Run) -> None:
    assert "No program served people for 95 % of their time, so none is put first." in printed(week, headline=None)


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
