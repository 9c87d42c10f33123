"""DALI arc levels and fade times against published values (IEC 62386-102)."""

from __future__ import annotations

from math import sqrt

import pytest

from slic.lamps.dali import ARC_OF_LEVEL_PM, FADE_TIMES_MS, LEVEL_PM_OF_ARC, light_pct, nearest_arc_level

# Per cent light of arc levels on the standard curve, as tabulated by makers of DALI drivers.
TABULATED_PCT = {
    1: "0.100",
    60: "0.501",
    85: "0.991",
    126: "3.035",
    144: "4.962",
    170: "10.09",
    195: "19.97",
    203: "24.85",
    210: "30.08",
    229: "50.53",
    241: "70.12",
    243: "74.06",
    254: "100",
}

# Arc level of round percentages, to the nearest step of the curve.
TABULATED_ARC = {1: 85, 3: 126, 10: 170, 20: 195, 25: 203, 30: 210, 50: 229, 70: 241, 80: 246, 90: 250, 100: 254}


@pytest.mark.parametrize(("arc_level", "printed"), TABULATED_PCT.items())
def test_light_of_arc_level(arc_level: int, printed: str) -> None:
    decimals = len(printed.partition(".")[2])
    assert round(light_pct(arc_level), decimals) == float(printed)


@pytest.mark.parametrize(("pct", "arc_level"), TABULATED_ARC.items())
def test_nearest_arc_level(pct: int, arc_level: int) -> None:
    assert nearest_arc_level(pct * 10) == arc_level
    assert ARC_OF_LEVEL_PM[pct * 10] == arc_level


def test_upper_four_fifths_of_the_light_take_59_levels() -> None:
    """Published by a driver maker: 20 % to 100 % light are the last 59 arc levels."""
    assert nearest_arc_level(1000) - nearest_arc_level(200) == 59


def test_each_step_is_the_same_ratio() -> None:
    ratios = {round(light_pct(n + 1) / light_pct(n), 9) for n in range(1, 254)}
    assert ratios == {round(1000 ** (1 / 253), 9)}


def test_linear_curve_has_equal_steps_of_0_39_pct() -> None:
    assert round(light_pct(1, "linear"), 2) == 0.39
    assert light_pct(127, "linear") == 50
    assert nearest_arc_level(500, "linear") == 127
    assert nearest_arc_level(1, "linear") == 1


def test_off_is_off_and_nothing_else_is() -> None:
    assert light_pct(0) == 0 == nearest_arc_level(0) == LEVEL_PM_OF_ARC[0]
    assert min(LEVEL_PM_OF_ARC[1:]) == 1
    assert min(ARC_OF_LEVEL_PM[1:]) == 1


def test_levels_are_stable_under_a_second_rounding() -> None:
    for level_pm in LEVEL_PM_OF_ARC:
        assert LEVEL_PM_OF_ARC[ARC_OF_LEVEL_PM[level_pm]] == level_pm


def test_fade_times() -> None:
    printed_s = [0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.7, 8.0, 11.3, 16.0, 22.6, 32.0, 45.3, 64.0, 90.5]
    assert [ms / 1000 for ms in FADE_TIMES_MS] == [0, *printed_s]
    for code in range(1, 16):
        assert abs(FADE_TIMES_MS[code] / 1000 - 0.5 * sqrt(2**code)) < 0.05


@pytest.mark.parametrize("arc_level", [-1, 255])
def test_mask_and_negative_numbers_are_no_level(arc_level: int) -> None:
    with pytest.raises(ValueError, match="outside 0-254"):
        light_pct(arc_level)


@pytest.mark.parametrize("level_pm", [-1, 1001])
def test_levels_outside_the_range_are_refused(level_pm: int) -> None:
    with pytest.raises(ValueError, match="outside 0-1000"):
        nearest_arc_level(level_pm)
