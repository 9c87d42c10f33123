"""Mean power and energy over time, from rows whose result is worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slic.report.energy_over_time import energy_chart
from slic.report.load_curve import load_chart, mean_power_kw
from slic.report.run import Run

DUSK_SLOT, DAWN_SLOT = 12, 40
"""18:00 to 08:00, in half hours after noon."""


def run_of(half_hours: list[dict[str, object]], **changes: Any) -> Run:
    programs = [{"name": name, "energy_kwh": 24.0 * 0.862 * 2} for name in ("full", "dim")]
    quality = {"nights_counted": 2}
    summary = {"timezone": "UTC", "baseline": "full", "programs": programs, "data_quality": quality, **changes}
    return Run(Path("x"), summary, {"half_hours": half_hours}, {})


def half_hour(program: str, day: int, slot: int, energy_kwh: float) -> dict[str, object]:
    noon = int(datetime(2022, 11, day, 12, tzinfo=UTC).timestamp() * 1000)
    return {"program": program, "start_utc": noon + slot * 1_800_000, "energy_kwh": energy_kwh, "complete": True}


def nights(standby_kwh: float = 0.0) -> list[dict[str, object]]:
    """Two nights: lit from 18:00 to 08:00 at 0.5 and 0.25 kWh a half hour, with standby by day."""
    lit_kwh = {"full": 0.5, "dim": 0.25}
    return [
        half_hour(name, day, slot, lit_kwh[name] if DUSK_SLOT <= slot < DAWN_SLOT else standby_kwh)
        for name in lit_kwh
        for day in (14, 15)
        for slot in range(48)
    ]


def test_half_a_kwh_in_half_an_hour_is_1_kw_and_nights_are_averaged() -> None:
    rows = [half_hour("full", 14, 0, 0.5), half_hour("full", 15, 0, 1.0), half_hour("dim", 14, 0, 0.25)]
    found = mean_power_kw(run_of(rows))
    assert (found["full"][0], found["dim"][0]) == (1.5, 0.5)
    assert sum(found["full"]) == 1.5


@pytest.mark.parametrize("standby_kwh", [0.0, 0.04])
def test_the_window_is_the_lit_time_also_where_standby_by_day_is_a_tenth_of_the_peak(standby_kwh: float) -> None:
    svg = load_chart(run_of(nights(standby_kwh)))
    # one half hour more at both ends: 17:30 to 08:30
    assert [f">{hour:02d}:00<" in svg for hour in (16, 18, 20, 0, 8, 10)] == [False, True, True, True, True, False]


def test_the_mean_is_over_24_hours_so_that_24_times_it_is_the_energy_of_a_night() -> None:
    assert "mean over 24 h: 862 W" in load_chart(run_of(nights()))  # 41.376 kWh in two nights


def test_lamps_that_never_go_out_are_drawn_over_the_whole_day() -> None:
    svg = load_chart(run_of([half_hour(name, 14, slot, 0.5) for name in ("full", "dim") for slot in range(48)]))
    assert ">12:00<" in svg and ">10:00<" in svg


def energies(kwh_a_night: float) -> Run:
    """A baseline of 10 nights in October and 20 in November, all alike."""
    months = [
        {"program": "full", "month": month, "nights": nights, "energy_kwh": kwh_a_night * nights}
        for month, nights in (("2022-10", 10), ("2022-11", 20))
    ]
    rows = [{"program": "full", "night": f"2022-11-{i:02d}", "energy_kwh": kwh_a_night} for i in range(1, 21)]
    programs = [{"name": "full", "energy_kwh": 30 * kwh_a_night}]
    return Run(Path("x"), {"baseline": "full", "programs": programs}, {"months": months, "nights": rows}, {})


def test_a_month_is_drawn_as_the_mean_of_its_nights() -> None:
    svg = energy_chart(energies(3.0))
    assert ">3<" in svg and ">30<" not in svg and ">60<" not in svg  # the axis ends at 3 kWh per night
    assert "90.00 kWh in all" in svg and "kWh per night" in svg


def test_from_10_000_kwh_a_night_on_energies_are_in_mwh() -> None:
    svg = energy_chart(energies(12_000.0))
    assert "MWh per night" in svg and "360.0 MWh in all" in svg and "kWh" not in svg


def test_a_great_total_of_small_nights_is_in_mwh_beside_an_axis_in_kwh() -> None:
    svg = energy_chart(energies(4_000.0))
    assert "kWh per night" in svg and "120.0 MWh in all" in svg
