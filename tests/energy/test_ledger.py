"""The ledger against closed forms and sums by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from slic.energy.ledger import lamp_energies, lamp_energy, total_energy
from slic.energy.slots import constant_load_mj, slot_edges
from slic.lamps.gear import Gear
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import PowerTable, power_table

H = 3_600_000
SLOT = 1_800_000
STRAIGHT = [(0, 0), (100, 100)]
KNEE = [(0, 0), (50, 20), (100, 100)]


def table(curve: list[tuple[float, float]] = STRAIGHT, power_w: float = 10, **more: object) -> PowerTable:
    points = [{"level_pct": level, "power_pct": power} for level, power in curve]
    return power_table(LuminaireType.model_validate({"name": "x", "power_curve": points, **more}), power_w)


def noon(day: str, zone: str) -> int:
    return round(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def test_a_lamp_that_burns_ten_hours() -> None:
    night = lamp_energy([(0, 1000), (10 * H, 1000)], table(power_w=28, lamp_power_pct=88))
    assert night.energy_mj == 1_008_000_000  # 28 W x 36,000 s
    assert (night.light_mj, night.loss_mj, night.standby_mj) == (887_040_000, 120_960_000, 0)
    assert night.half_hours_mj == (50_400_000,) * 20
    assert (night.lit_ms, night.high_ms, night.level_pm_ms) == (10 * H, 10 * H, 10_000 * H)
    assert night.level_changes == 0


def test_a_dark_lamp_draws_standby_not_the_foot_of_its_curve() -> None:
    dark = lamp_energy([(0, 0), (2 * H, 0)], table([(0, 5), (100, 100)], 28, standby_w=0.4))
    assert (dark.light_mj, dark.loss_mj, dark.standby_mj) == (0, 0, 2_880_000)  # 0.4 W x 7,200 s
    assert (dark.lit_ms, dark.high_ms) == (0, 0)


def test_a_ramp_through_a_straight_table_takes_the_mean_power() -> None:
    ramp = lamp_energy([(0, 200), (60_000, 1000)], table(power_w=28))
    assert ramp.energy_mj == 1_008_000  # (5.6 W + 28 W) / 2 x 60 s
    assert ramp.level_pm_ms == 600 * 60_000


def test_a_ramp_through_a_knee_by_hand() -> None:
    """0 to 100 % in 100 s at 10 W: 50 s at a mean of 1 W, then 50 s at a mean of 6 W."""
    up = lamp_energy([(0, 0), (100_000, 1000)], table(KNEE))
    down = lamp_energy([(0, 1000), (100_000, 0)], table(KNEE))
    assert up.energy_mj == down.energy_mj == 350_000
    assert up.lit_ms == 100_000


def test_a_ramp_across_a_half_hour_by_hand() -> None:
    """The same ramp with the half-hour at its half: 50 J before, 300 J after, whichever way it goes."""
    start = SLOT - 50_000
    up = lamp_energy([(start, 0), (start + 100_000, 1000)], table(KNEE))
    assert up.half_hours_mj == (50_000, 300_000)
    down = lamp_energy([(start, 1000), (start + 100_000, 0)], table(KNEE))
    assert down.half_hours_mj == (300_000, 50_000)


def test_a_part_of_a_step_between_per_milles() -> None:
    """From 0 to 1 per mille in 1,000 s through 0 to 10 mW, cut after 200 s: 0.2 x 2 mW / 2 and the rest of 5 J."""
    start = SLOT - 200_000
    slow = lamp_energy([(start, 0), (start + 1_000_000, 1)], table())
    assert slow.half_hours_mj == (200, 4_800)


def test_a_part_of_a_higher_step_between_per_milles() -> None:
    """From 1 to 2 per mille, 10 to 20 mW, cut after 200 of 1,000 s: 200 s x 11 mW, and the rest of 15 J."""
    start = SLOT - 200_000
    slow = lamp_energy([(start, 1), (start + 1_000_000, 2)], table())
    assert slow.half_hours_mj == (2_200, 12_800)
    falling = lamp_energy([(start, 2), (start + 1_000_000, 1)], table())
    assert falling.half_hours_mj == (3_800, 11_200)  # 200 s x 19 mW


def test_each_ramp_is_rounded_once_halves_up() -> None:
    """A ramp of 1 ms from 499 to 503 per mille through the knee takes 2,017.5 microjoules, 2,000 of them 4,036 mJ.

    By hand: 1996, 2000, 2016, 2032, 2048 mW at the five levels; their trapezoids add up to 8,070 over 4 per mille.
    """
    points = [point for t in range(2_000) for point in ((t, 499), (t + 1, 503))]
    assert lamp_energy(points, table(KNEE)).energy_mj == 2_000 * 2_018 // 1_000


def test_a_part_of_a_ramp_is_rounded_halves_up() -> None:
    """0 to 1 per mille (0 to 10 mW) in 9,990 ms: 499.5 microjoules in the first 999 ms, 49,950 in all."""
    start = SLOT - 999
    assert lamp_energy([(start, 0), (start + 9_990, 1)], table()).half_hours_mj == (1, 49)


def test_the_integral_of_level_is_rounded_halves_up() -> None:
    assert lamp_energy([(0, 0), (1, 1)], table()).level_pm_ms == 1
    assert lamp_energy([(0, 0), (1, 1), (2, 0)], table()).level_pm_ms == 1


def test_time_at_or_above_a_level() -> None:
    night = [(0, 0), (1000, 0), (3000, 1000), (5000, 1000), (5000, 400), (9000, 400)]
    assert lamp_energy(night, table(), 1000).high_ms == 2000
    assert lamp_energy(night, table(), 400).high_ms == 9000 - 1800
    assert lamp_energy(night, table(), 401).high_ms == 5000 - 1802
    assert lamp_energy(night, table(), 1).high_ms == 9000 - 1002
    falling = [(0, 1000), (3000, 0), (9000, 0)]
    assert lamp_energy(falling, table(), 500).high_ms == 1500
    assert lamp_energy(falling, table(), 1).high_ms == 2997


def test_level_changes_count_held_levels_that_were_left() -> None:
    """Hold, ramp broken off by another ramp, hold, step, hold: two held levels were left."""
    night = [(0, 200), (1000, 200), (2000, 500), (3000, 300), (5000, 300), (5000, 900), (9000, 900)]
    assert lamp_energy(night, table()).level_changes == 2
    assert lamp_energy([(0, 200), (9000, 200)], table()).level_changes == 0
    passed_twice = [(0, 200), (1000, 500), (1000, 500), (2000, 800)]
    assert lamp_energy(passed_twice, table()).level_changes == 0


def test_the_last_hold_of_one_lamp_is_not_left_by_the_next_lamp() -> None:
    lamps = [[(0, 200), (9000, 200)], [(0, 0), (9000, 1000)]]
    assert [e.level_changes for e in lamp_energies(lamps, table())] == [0, 0]


def test_lamps_together_are_the_lamps_one_by_one() -> None:
    lamps = []
    for k in range(5):
        gear = Gear(noon("2023-01-01", "Europe/London"), 0, 100)
        for n in range(40):
            gear.command(noon("2023-01-01", "Europe/London") + n * 1_234_567 + k, 1000 * (n % 2), 7_654)
        lamps.append(gear.finish(noon("2023-01-02", "Europe/London")))
    knee = table(KNEE, 77, standby_w=0.3, lamp_power_pct=91)
    apart = [lamp_energy(points, knee, 700) for points in lamps]
    assert lamp_energies([np.array(points) for points in lamps], knee, 700) == apart
    together = total_energy(apart)
    assert together.energy_mj == sum(e.energy_mj for e in apart) == sum(together.half_hours_mj)
    assert apart[0] * 3 == apart[0] + apart[0] + apart[0]


def test_nights_of_different_length_do_not_add() -> None:
    with pytest.raises(ValueError, match="zip"):
        lamp_energy([(0, 0), (H, 0)], table()) + lamp_energy([(0, 0), (2 * H, 0)], table())


@pytest.mark.parametrize(
    ("evening", "hours", "slots"),
    [("2023-03-25", 23, 46), ("2023-06-21", 24, 48), ("2023-10-28", 25, 50)],
)
def test_nights_of_23_24_and_25_hours(evening: str, hours: int, slots: int) -> None:
    next_day = (date.fromisoformat(evening) + timedelta(days=1)).isoformat()
    start, end = noon(evening, "Europe/London"), noon(next_day, "Europe/London")
    night = lamp_energy([(start, 1000), (end, 1000)], table(power_w=28))
    assert night.half_hours_mj == (50_400_000,) * slots
    assert night.energy_mj == hours * 100_800_000


def test_a_zone_off_the_half_hour_starts_and_ends_with_shorter_slots() -> None:
    start, end = noon("2023-06-21", "Asia/Kathmandu"), noon("2023-06-22", "Asia/Kathmandu")  # UTC+5:45
    night = lamp_energy([(start, 1000), (end, 1000)], table(power_w=28))
    assert night.half_hours_mj == (25_200_000, *(50_400_000,) * 47, 25_200_000)


def test_constant_load() -> None:
    assert constant_load_mj(0.3, 0, 24 * H) == (540_000,) * 48  # 0.3 W x 1,800 s
    odd = constant_load_mj(0.001, 1, 10 * H + 2)
    assert sum(odd) == 36_000  # 1 mW x 36,000.001 s
    assert len(odd) == len(slot_edges(1, 10 * H + 2)) - 1 == 21


@pytest.mark.parametrize(
    "points",
    [[], [(0, 0)], [(10, 0), (5, 0)], [(0, -1), (5, 0)], [(0, 0), (5, 1001)], [(5, 0), (5, 0)]],
)
def test_bad_breakpoints_are_refused(points: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match=r"breakpoint|night"):
        lamp_energy(points, table())


def test_lamps_of_different_nights_are_refused() -> None:
    with pytest.raises(ValueError, match="same night"):
        lamp_energies([[(0, 0), (5, 0)], [(0, 0), (6, 0)]], table())
