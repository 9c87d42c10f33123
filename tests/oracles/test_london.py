"""London 2023 against published dimming regimes, computed with SPA (sun centre below -0.8333 degrees, 30 s steps)."""

from __future__ import annotations

import pytest

from slic.control.place import Place
from slic.control.planner import planner_for
from slic.control.year import year_summary
from slic.scenario.library import load_program

LONDON = Place(51.5074, -0.1278, "Europe/London")


def test_hours_from_sunset_to_sunrise() -> None:
    summary = year_summary(planner_for(load_program("full-night"), LONDON), 2023)
    assert summary.lit_h == pytest.approx(4280.1, rel=0.0005)
    assert summary.full_level_equivalent_h == pytest.approx(4280.1, rel=0.0005)
    assert summary.saving_pct == 0


@pytest.mark.parametrize(
    ("program", "equivalent_h", "saving_pct"),
    [
        ("d60-residential", 2822.4, 34.06),
        ("defensive-residential", 3656.1, 14.58),
        ("part-night", 2320.1, 45.79),
        ("half-level-00-05", 3372.6, 21.20),
    ],
)
def test_published_regimes(program: str, equivalent_h: float, saving_pct: float) -> None:
    summary = year_summary(planner_for(load_program(program), LONDON), 2023)
    assert summary.active_h == pytest.approx(4280.1, rel=0.0005)
    assert summary.full_level_equivalent_h == pytest.approx(equivalent_h, rel=0.0005)
    assert summary.saving_pct == pytest.approx(saving_pct, abs=0.05)


def test_a_cell_on_greenwich_time_misses_the_summer_hour() -> None:
    """Literature: a part-night calculation that ignores summer time is wrong by about 3.6 percentage points."""
    part_night = load_program("part-night")
    on_utc = part_night.model_copy(update={"clock": "utc"})
    civil, utc = (year_summary(planner_for(program, LONDON), 2023) for program in (part_night, on_utc))
    assert civil.saving_pct is not None and utc.saving_pct is not None
    assert 2 < civil.saving_pct - utc.saving_pct < 5
