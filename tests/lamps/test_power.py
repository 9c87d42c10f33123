"""Power tables: measured points, light, standby, constant light output."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from slic.errors import InputError
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import drive_share, power_table

# Light 100/75/50/30/20/10/0 % at power 100/74/50/32/23/15/8 %: a usual LED driver; the 0 % point is made up.
LED = [(0, 8), (10, 15), (20, 23), (30, 32), (50, 50), (75, 74), (100, 100)]
# The ordered (hours, per cent) pairs that TALQ gives as its example of a lumen depreciation curve.
TALQ_CLO = [(0, 80), (5_000, 85), (10_000, 90), (15_000, 95), (20_000, 100)]


def luminaire(curve: list[tuple[float, float]] = LED, **more: Any) -> LuminaireType:
    points = [{"level_pct": level, "power_pct": power} for level, power in curve]
    return LuminaireType.model_validate({"name": "led", "power_curve": points, **more})


def test_measured_points_are_met_and_light_is_not_power() -> None:
    table = power_table(luminaire(), 28)
    measured_mw = {pct * 10: share * 280 for pct, share in LED}
    assert {level: int(table.power_mw[level]) for level in measured_mw} == measured_mw
    assert table.power_mw[200] == 6_440  # 23 % of 28 W at 20 % light


def test_between_points_power_is_linear() -> None:
    table = power_table(luminaire(), 28)
    assert table.power_mw[400] == 11_480  # 41 % of 28 W, half way between 32 and 50 %
    assert table.power_mw[875] == 24_360  # 87 %, half way between 74 and 100 %


def test_light_is_proportional_to_level_and_never_above_circuit_power() -> None:
    table = power_table(luminaire(lamp_power_pct=88), 50)
    assert table.light_mw[1000] == 44_000
    assert table.light_mw[500] == 22_000
    steep = power_table(luminaire([(0, 0), (50, 20), (100, 100)]), 100)
    assert steep.power_mw[500] == 20_000 == steep.light_mw[500]
    assert (steep.light_mw <= steep.power_mw).all()


def test_standby_is_cut_by_a_relay() -> None:
    assert power_table(luminaire(standby_w=0.4), 28).standby_mw == 400
    assert power_table(luminaire(standby_w=0.4, when_dark="relay_off"), 28).standby_mw == 0


def test_twice_the_integral_of_a_straight_table() -> None:
    table = power_table(luminaire([(0, 0), (100, 100)]), 10)  # 10 mW per per mille
    assert table.power_twice[1000] == 10_000 * 1000  # twice the triangle of height 10,000 mW
    assert table.power_twice[500] == 5_000 * 500


def test_equal_lamps_share_one_table() -> None:
    assert power_table(luminaire(), 28, 0.9) is power_table(luminaire(title="the same"), 28, 0.9)
    with pytest.raises(ValueError, match="read-only"):
        power_table(luminaire(), 28).power_mw[0] = 1


@pytest.mark.parametrize(
    ("hours_h", "share"),
    [(0, 0.80), (2_500, 0.825), (5_000, 0.85), (17_500, 0.975), (20_000, 1.0), (99_999, 1.0)],
)
def test_drive_follows_the_talq_example(hours_h: float, share: float) -> None:
    points = [{"hours_h": hours, "drive_pct": pct} for hours, pct in TALQ_CLO]
    assert drive_share(luminaire(constant_light_output=points), hours_h) == pytest.approx(share, abs=1e-12)


def test_without_a_curve_and_beyond_it_the_drive_is_full() -> None:
    assert drive_share(luminaire(), 0) == 1
    short = luminaire(constant_light_output=[{"hours_h": 0, "drive_pct": 80}, {"hours_h": 100, "drive_pct": 90}])
    assert drive_share(short, 100) == 0.9
    assert drive_share(short, 100.5) == 1


def test_constant_light_output_lowers_power_along_the_curve() -> None:
    table = power_table(luminaire(), 28, drive=0.75)
    assert table.power_mw[1000] == 20_720  # 74 % of 28 W: the driver stands at 75 % light
    assert table.light_mw[1000] == 21_000 - 280  # capped at circuit power


@pytest.mark.parametrize("power_w", [-1, 5001, math.nan, math.inf])
def test_impossible_power_is_refused(power_w: float) -> None:
    with pytest.raises(InputError, match="power_w"):
        power_table(luminaire(), power_w)


def test_impossible_drive_is_refused() -> None:
    with pytest.raises(InputError, match="drive"):
        power_table(luminaire(), 28, 0)


def test_tables_never_fall() -> None:
    table = power_table(luminaire(), 27.3, 0.87)
    assert (np.diff(table.power_mw) >= 0).all()
    assert (np.diff(table.light_mw) >= 0).all()
