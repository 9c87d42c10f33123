"""Gear: ramps, clamps, interruptions and the breakpoints that they leave."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slic.lamps.dali import LEVEL_PM_OF_ARC
from slic.lamps.gear import Breakpoint, DaliGear, Gear, gear_for
from slic.lamps.luminaire import LuminaireType

END = 100_000
KINDS = [Gear, DaliGear]


def exact_level(points: list[Breakpoint], t_ms: int) -> Fraction:
    """The line through the breakpoints, the later of two at one moment."""
    k = bisect_right([t for t, _ in points], t_ms) - 1
    (t0, a), (t1, b) = points[k], points[min(k + 1, len(points) - 1)]
    return Fraction(a) if t1 == t0 else a + Fraction((b - a) * (t_ms - t0), t1 - t0)


def halves_up(value: Fraction) -> int:
    return int((value + Fraction(1, 2)) // 1)


def test_a_lamp_that_is_never_commanded_holds() -> None:
    assert Gear(5, 400).finish(END) == [(5, 400), (END, 400)]


def test_a_step() -> None:
    gear = Gear(0, 200)
    gear.command(10, 1000, 0)
    assert gear.level_at(10) == 1000
    assert gear.finish(END) == [(0, 200), (10, 200), (10, 1000), (END, 1000)]


def test_a_ramp() -> None:
    gear = Gear(0, 200)
    gear.command(1000, 1000, 2000)
    assert [gear.level_at(t) for t in (1000, 1500, 2000, 3000, 4000)] == [200, 400, 600, 1000, 1000]
    assert gear.finish(END) == [(0, 200), (1000, 200), (3000, 1000), (END, 1000)]


def test_an_interrupted_ramp_goes_on_from_the_level_reached() -> None:
    gear = Gear(0, 0)
    gear.command(0, 1000, 3000)
    gear.command(1000, 0, 3000)  # one third of the way: 333.3
    assert gear.level_at(1000) == 333
    assert gear.finish(END) == [(0, 0), (1000, 333), (4000, 0), (END, 0)]


def test_a_level_half_way_between_two_per_mille_rounds_up() -> None:
    gear = Gear(0, 0)
    gear.command(0, 5, 10)
    assert [gear.level_at(t) for t in (1, 3, 5, 7, 9)] == [1, 2, 3, 4, 5]
    falling = Gear(0, 5)
    falling.command(0, 0, 10)
    assert [falling.level_at(t) for t in (1, 3, 5, 7, 9)] == [5, 4, 3, 2, 1]


def test_commands_between_off_and_minimum_are_lifted() -> None:
    gear = Gear(0, 50, minimum_pm=100)
    gear.command(10, 1, 0)
    assert gear.finish(END) == [(0, 100), (END, 100)]


def test_a_ramp_from_off_starts_at_the_minimum() -> None:
    gear = Gear(0, 0, minimum_pm=100)
    gear.command(1000, 1000, 900)
    assert gear.level_at(1000) == 100
    assert gear.finish(END) == [(0, 0), (1000, 0), (1000, 100), (1900, 1000), (END, 1000)]


def test_a_ramp_to_off_ends_at_the_minimum_and_drops() -> None:
    gear = Gear(0, 1000, minimum_pm=100)
    gear.command(1000, 0, 900)
    assert [gear.level_at(t) for t in (1450, 1899, 1900)] == [550, 101, 0]
    assert gear.finish(END) == [(0, 1000), (1000, 1000), (1900, 100), (1900, 0), (END, 0)]


def test_gear_without_dimming_only_switches() -> None:
    gear = Gear(0, 0, minimum_pm=1000)
    gear.command(10, 200, 500)
    gear.command(5000, 0, 500)
    assert gear.finish(END) == [(0, 0), (10, 0), (10, 1000), (5500, 1000), (5500, 0), (END, 0)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_dead_lamp_stays_dark(kind: type[Gear]) -> None:
    gear = kind(0, 1000, 100, dead=True)
    gear.command(10, 1000, 0)
    assert gear.level_at(20) == 0
    assert gear.finish(END) == [(0, 0), (END, 0)]


def test_nothing_at_or_after_the_end_counts() -> None:
    gear = Gear(0, 0)
    gear.command(END - 100, 1000, 200)
    gear.command(END + 10, 0, 0)
    assert gear.finish(END) == [(0, 0), (END - 100, 0), (END, 500)]
    switched = Gear(0, 300)
    switched.command(END, 1000, 0)
    assert switched.finish(END) == [(0, 300), (END, 300)]


def test_a_step_at_the_start_leaves_one_level() -> None:
    gear = Gear(0, 300)
    gear.command(0, 1000, 0)
    assert gear.finish(END) == [(0, 1000), (END, 1000)]


def test_repeated_commands_leave_no_breakpoints() -> None:
    gear = Gear(0, 300)
    for t in range(10, 500, 10):
        gear.command(t, 300, 100)
    assert gear.finish(END) == [(0, 300), (END, 300)]


def test_a_dali_target_is_the_nearest_arc_level() -> None:
    gear = DaliGear(0, 500)  # arc level 229 is 50.53 %
    assert gear.level_at(0) == 505
    gear.command(10, 200, 0)  # arc level 195 is 19.97 %
    assert gear.level_at(10) == 200


def test_a_dali_ramp_takes_equal_time_per_arc_step() -> None:
    gear = DaliGear(0, 200)  # 195
    gear.command(0, 1000, 59_000)  # 254: 59 steps of 1 s
    points = dict(gear.finish(END))
    for second in range(0, 60):
        level = halves_up(exact_level(sorted(points.items()), second * 1000))
        assert level == LEVEL_PM_OF_ARC[195 + second]
    # Geometric mean of 19.97 and 100 % half way (44.7 %), where a straight ramp would be at 60 %.
    assert abs(halves_up(exact_level(sorted(points.items()), 29_500)) - 447) <= 1


def test_a_dali_ramp_from_and_to_off_keeps_the_minimum() -> None:
    gear = DaliGear(0, 0, minimum_pm=100)  # the lowest arc level not below 10 % is 170, 10.09 %
    gear.command(1000, 1000, 840)
    assert gear.level_at(1000) == 101
    gear.command(5000, 0, 840)
    assert gear.level_at(5839) in (101, 102)
    assert gear.level_at(5840) == 0
    points = gear.finish(END)
    assert points[:3] == [(0, 0), (1000, 0), (1000, 101)]
    assert points[-3:] == [(5840, 101), (5840, 0), (END, 0)]


def test_gear_of_a_luminaire() -> None:
    curve = [{"level_pct": 0, "power_pct": 5}, {"level_pct": 100, "power_pct": 100}]
    fields = {"name": "x", "power_curve": curve, "minimum_level_pct": 12.5}
    linear = gear_for(LuminaireType.model_validate(fields), 0, 1)
    assert (type(linear), linear.level_at(0)) == (Gear, 125)
    dali = gear_for(LuminaireType.model_validate({**fields, "dimming_curve": "dali"}), 0, 0, dead=True)
    dali.command(1, 1000, 0)
    assert (type(dali), dali.level_at(2)) == (DaliGear, 0)


waits = st.one_of(st.just(0), st.integers(0, 40), st.integers(0, 20_000))
levels = st.one_of(st.sampled_from([0, 1, 200, 999, 1000]), st.integers(0, 1000))
commands = st.lists(st.tuples(waits, levels, waits), max_size=12)


@pytest.mark.parametrize("kind", KINDS)
@given(commands=commands, start=levels, minimum=st.sampled_from([0, 1, 100, 500, 1000]), dead=st.booleans())
def test_any_commands(kind: type[Gear], commands: list, start: int, minimum: int, dead: bool) -> None:
    gear = kind(0, start, minimum, dead=dead)
    low = gear._minimum_pm
    between: dict[int, int] = {}
    commanded, t = {0: gear.level_at(0)}, 0
    for wait, level, ramp in commands:
        between[t + wait // 3] = gear.level_at(t + wait // 3)
        t += wait
        gear.command(t, level, ramp)
        commanded[t] = gear.level_at(t)
    points = gear.finish(END)
    times = [moment for moment, _ in points]
    assert times == sorted(times)
    assert times[0] == 0 and times[-1] == END
    assert all(0 <= level <= 1000 for _, level in points)
    for moment, level in (between | commanded).items():
        assert level == 0 or level >= low
        if moment < END:
            # Between commands both the level and the level at which a ramp was broken off are rounded, each by 0.5.
            assert abs(exact_level(points, moment) - level) <= (0.5 if moment in commanded else 1)
    assert all(level == 0 or level >= low for _, level in points)
    no_three_on_a_line(points)


def no_three_on_a_line(points: list[Breakpoint]) -> None:
    for (t0, a), (t1, b), (t2, c) in zip(points, points[1:], points[2:], strict=False):
        assert (b - a) * (t2 - t1) != (c - b) * (t1 - t0)
