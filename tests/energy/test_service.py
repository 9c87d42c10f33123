"""Light that people got: small cases by hand, and a millisecond-by-millisecond reference."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slic.energy.service import LampService, lamp_service
from slic.lamps.gear import Gear
from slic.lamps.level import level_on_ramp

END = 300
FULL = [(0, 1000)]
# Dark until 100, then a ramp of 100 ms to full, full until 250, then dark again.
NIGHT = [(0, 0), (100, 0), (200, 1000), (250, 1000), (250, 0), (END, 0)]


def test_a_user_in_full_light() -> None:
    assert lamp_service(NIGHT, [205], [245], FULL, 0) == LampService(1, 40, 40, 0, 0, 40_000, 40_000)


def test_a_user_for_whom_the_light_comes_late() -> None:
    assert lamp_service(NIGHT, [150], [230], FULL, 49) == LampService(1, 80, 30, 1, 0, 67_500, 80_000)
    assert lamp_service(NIGHT, [150], [230], FULL, 50) == LampService(1, 80, 30, 0, 0, 67_500, 80_000)


def test_a_user_who_leaves_before_the_light_comes() -> None:
    assert lamp_service(NIGHT, [150], [200], FULL, 1000) == LampService(1, 50, 0, 0, 1, 37_500, 50_000)
    assert lamp_service(NIGHT, [150], [201], FULL, 1000) == LampService(1, 51, 1, 0, 0, 38_500, 51_000)


def test_a_user_who_comes_when_the_light_goes() -> None:
    assert lamp_service(NIGHT, [249, 250], [260, 260], FULL, 0) == LampService(2, 21, 1, 0, 1, 1_000, 21_000)


def test_a_lower_level_is_required_later() -> None:
    """Half the light from 160 on: the ramp reaches it at 150, so from 160 on it is there at once.

    Before 160 the level is 500 on average for 20 ms, of the 1,000 wanted; after it 500 for 60 ms.
    """
    assert lamp_service(NIGHT, [140], [220], [(0, 1000), (160, 500)], 10) == LampService(
        1, 80, 60, 1, 0, 40_000, 50_000
    )


def test_where_nothing_is_required_everyone_is_served() -> None:
    assert lamp_service(NIGHT, [0, 260], [50, 290], [(-5, 0)], 0) == LampService(2, 80, 80, 0, 0)


def test_only_the_part_of_a_passage_inside_the_night_counts() -> None:
    bright = [(0, 1000), (END, 1000)]
    outside = lamp_service(bright, [-50, -10, 290, END], [-5, 5, 310, END + 5], FULL, 0)
    assert outside == LampService(2, 15, 15, 0, 0, 15_000, 15_000)


def test_a_passage_of_no_length_is_judged_where_it_enters() -> None:
    assert lamp_service(NIGHT, [150, 220], [150, 220], FULL, 0) == LampService(2, 0, 0, 0, 1)


def test_nobody() -> None:
    assert lamp_service(NIGHT, [], [], FULL, 0) == LampService(0, 0, 0, 0, 0)
    one, other = LampService(1, 2, 3, 4, 5, 6, 7), LampService(10, 20, 30, 40, 50, 60, 70)
    assert one + other == LampService(11, 22, 33, 44, 55, 66, 77)


@pytest.mark.parametrize("required", [[], [(1, 1000)], [(0, 1000), (200, 0), (100, 500)]])
def test_bad_required_steps_are_refused(required: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="required steps"):
        lamp_service(NIGHT, [1], [2], required, 0)


@pytest.mark.parametrize(("enter", "leave"), [([5], [4]), ([5, 6], [7])])
def test_bad_passages_are_refused(enter: list[int], leave: list[int]) -> None:
    with pytest.raises(ValueError, match="each passage"):
        lamp_service(NIGHT, enter, leave, FULL, 0)


def actual(points: list[tuple[int, int]], t_ms: float) -> float:
    k = bisect_right([t for t, _ in points], t_ms) - 1
    (t0, a), (t1, b) = points[k], points[min(k + 1, len(points) - 1)]
    return a + (b - a) * (t_ms - t0) / max(1, t1 - t0)


def by_the_millisecond(
    points: list[tuple[int, int]], passages: list[tuple[int, int]], required: list[tuple[int, int]], late_after_ms: int
) -> LampService:
    """Look at the middle of every millisecond; exact where ramps cross the required levels at whole ones."""
    wanted = [[pm for at, pm in required if at <= t][-1] for t in range(END)]
    level = [actual(points, t + 0.5) for t in range(END)]
    good = [has >= needs for has, needs in zip(level, wanted, strict=True)]
    given = [min(has, needs) for has, needs in zip(level, wanted, strict=True)]
    served = late = missed = 0
    for enter, leave in passages:
        first = next((t for t in range(enter, leave) if good[t]), None)
        served += sum(good[enter:leave])
        missed += first is None
        late += first is not None and first > enter + late_after_ms
    user_ms = sum(leave - enter for enter, leave in passages)
    given_pm_ms, wanted_pm_ms = (sum(sum(pm[enter:leave]) for enter, leave in passages) for pm in (given, wanted))
    return LampService(len(passages), user_ms, served, late, missed, given_pm_ms, wanted_pm_ms)


# Tens of milliseconds and hundreds of per mille: every ramp crosses every hundred at a whole millisecond.
hundreds = st.integers(0, 10).map(lambda n: 100 * n)
knots = st.lists(st.tuples(st.sampled_from([0, 10, 20]), hundreds), min_size=1, max_size=15)
spans = st.tuples(st.integers(0, END - 1), st.integers(1, 80)).map(lambda s: (s[0], min(END, s[0] + s[1])))


@given(
    knots=knots,
    passages=st.lists(spans, max_size=6),
    steps=st.lists(st.tuples(st.integers(1, END - 1), hundreds), max_size=3, unique_by=lambda step: step[0]),
    first=hundreds,
    late_after_ms=st.integers(0, 30),
)
def test_against_every_millisecond(
    knots: list[tuple[int, int]],
    passages: list[tuple[int, int]],
    steps: list[tuple[int, int]],
    first: int,
    late_after_ms: int,
) -> None:
    points, t = [(0, 0)], 0
    for wait, level in knots:
        t = min(END, t + wait)
        points.append((t, stretched(points[-1], t, level)))
    points.append((END, points[-1][1]))
    required = [(0, first), *sorted(steps)]
    ours = lamp_service(points, [a for a, _ in passages], [b for _, b in passages], required, late_after_ms)
    seen = by_the_millisecond(points, passages, required, late_after_ms)
    assert replace(ours, given_pm_ms=0) == replace(seen, given_pm_ms=0)
    # One rounding down for each line that a passage meets, of which there are no more than breakpoints and steps.
    assert abs(ours.given_pm_ms - seen.given_pm_ms) <= len(passages) * (len(points) + len(required))


def stretched(before: tuple[int, int], t: int, level: int) -> int:
    """A level that a ramp from ``before`` reaches with a whole number of milliseconds per hundred, or by a step."""
    wait, climb = t - before[0], level - before[1]
    if wait == 0 or climb == 0 or (100 * wait) % abs(climb) == 0:
        return level
    return before[1] + (100 if climb > 0 else -100)


@given(
    commands=st.lists(st.tuples(st.integers(0, END - 1), st.integers(0, 1000), st.integers(0, 90)), max_size=8),
    passages=st.lists(spans, max_size=6),
    level_pm=st.integers(1, 1000),
)
def test_service_of_any_night(
    commands: list[tuple[int, int, int]], passages: list[tuple[int, int]], level_pm: int
) -> None:
    gear = Gear(0, 0)
    for command in sorted(commands):
        gear.command(*command)
    points = gear.finish(END)
    result = lamp_service(points, [a for a, _ in passages], [b for _, b in passages], [(0, level_pm)], 5)
    assert 0 <= result.served_ms <= result.user_ms
    assert result.served_ms * level_pm <= result.given_pm_ms <= result.wanted_pm_ms == result.user_ms * level_pm
    assert result.late + result.missed <= result.passages == len(passages)
    unseen = [p for p in passages if lamp_service(points, [p[0]], [p[1]], [(0, level_pm)], 5).served_ms == 0]
    assert result.missed == len(unseen)


def test_the_crossing_is_the_nearest_millisecond() -> None:
    """333.3 and 666.7 of 1,000 ms; :func:`level_on_ramp` agrees on the level there."""
    ramp = [(0, 0), (1000, 3), (2000, 3)]
    assert lamp_service(ramp, [0], [2000], [(0, 1)], 0).served_ms == 2000 - 333
    assert lamp_service(ramp, [0], [2000], [(0, 2)], 0).served_ms == 2000 - 667
    assert level_on_ramp(0, 0, 1000, 3, 333) == 1


def test_a_lamp_at_nine_tenths_of_the_required_level_gives_nine_tenths_of_the_light_and_serves_nobody() -> None:
    result = lamp_service([(0, 900), (END, 900)], [10], [110], FULL, 0)
    assert result == LampService(1, 100, 0, 0, 1, given_pm_ms=90_000, wanted_pm_ms=100_000)


def test_light_above_the_required_level_makes_up_for_no_lack() -> None:
    """100 ms at full light, then 100 ms at 200 per mille, where 500 are wanted: 500 and 200."""
    points = [(0, 1000), (100, 1000), (100, 200), (END, 200)]
    assert lamp_service(points, [0], [200], [(0, 500)], 0) == LampService(1, 200, 100, 0, 0, 70_000, 100_000)


def test_a_ramp_as_long_as_the_longest_night_fits_its_numbers() -> None:
    night_ms = 25 * 3_600_000
    result = lamp_service([(0, 0), (night_ms, 1000)], [0], [night_ms], FULL, 0)
    assert (result.given_pm_ms, result.wanted_pm_ms) == (500 * night_ms, 1000 * night_ms)
    falling = lamp_service([(0, 1000), (night_ms, 0)], [0], [night_ms], [(0, 1000)], 0)
    assert falling.given_pm_ms == 500 * night_ms
