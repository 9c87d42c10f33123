from __future__ import annotations

from slic.report.run import Run


def test_a_run_is_shown_in_a_line(week: Run) -> None:
    assert repr(week) == f"Run('ghent-coupure', 7 nights, 34 lamps, 7 programs, folder={str(week.folder)!r})"


def test_one_night_is_one_night(week: Run) -> None:
    one = Run(week.folder, {**week.summary, "nights": 1, "programs": week.summary["programs"][:1]}, week.tables, {})
    assert repr(one).startswith("Run('ghent-coupure', 1 night, 34 lamps, 1 program, ")
