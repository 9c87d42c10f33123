"""Decisions and when they ended, on a night that was written down by hand."""

from __future__ import annotations

from slic.energy.results import Change, LampTrace
from slic.report.summary import build_summary
from slic.report.sums import nights_of
from slic.report.tables import build_tables
from tests.report import made_up

DAWN = 900
NEXT_NIGHT = 86_400_000


def change(t_ms: int, lamp: str, level_pm: int, source: str = "program", until_ms: int = DAWN) -> Change:
    return Change(t_ms, lamp, level_pm, 0, source, "r", "time", until_ms)


def ends(changes: list[Change], traced: list[Change]) -> list[tuple[object, ...]]:
    names = ["full-night"]
    scenario, result = made_up.scenario(names), made_up.result(names, nights=1)
    result.changes = {"full-night": changes}
    result.traces = [LampTrace("full-night", "a", "2022-11-14", 0, 1000, traced, [(0, 0), (1000, 0)])]
    nights = nights_of(result)
    rows = build_tables(scenario, result, nights, build_summary(scenario, result, nights))["decisions"]
    return [(row["at_utc"], row["lamp"], row["until_utc"]) for row in rows]


def test_a_decision_ends_at_the_next_command_of_its_lamp_and_the_last_one_has_no_end() -> None:
    # somebody stands under lamp a from 100 to 250: its plan would have held to dawn, the lamp fell at 310
    night = [change(0, "a", 200), change(0, "b", 200), change(100, "a", 1000, "sensor"), change(310, "a", 200)]
    night.append(change(DAWN, "a", 0))
    traced = [one for one in night if one.lamp == "a"]
    expected = [(0, "a", 100), (0, "b", None), (100, "a", 310), (310, "a", DAWN), (DAWN, "a", None)]
    assert ends(night, traced) == expected


def test_the_traced_lamp_of_another_night_does_not_end_a_decision_of_the_first() -> None:
    other = [change(NEXT_NIGHT, "a", 0), change(NEXT_NIGHT + 50, "a", 1000)]
    expected = [(0, "a", None), (NEXT_NIGHT, "a", NEXT_NIGHT + 50), (NEXT_NIGHT + 50, "a", None)]
    assert ends([change(0, "a", 200)], other) == expected
