"""How many lamps commands may darken: literal cases, and that no sequence of allowed commands exceeds the share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.limiter import DarkeningLimiter
from slic.messages.payloads import Limits

LIT = [1000] * 40
WITHIN_MS = 600_000


def _limiter(lamps: int = 40, share_pct: float = 10) -> DarkeningLimiter:
    return DarkeningLimiter(Limits(below_pct=20, share_pct=share_pct, within_s=600), lamps)


def _obey(limiter: DarkeningLimiter, t_ms: int, lamps: list[int], level_pm: int = 0) -> bool:
    allowed = limiter.allows(t_ms, lamps, level_pm, LIT)
    if allowed:
        limiter.took(t_ms, lamps, level_pm, LIT)
    return allowed


@pytest.mark.parametrize(
    ("lamps", "share_pct", "most"),
    [(40, 10, 4), (49, 10, 4), (3, 10, 1), (1, 1, 1), (40, 0, 0), (40, 100, 40), (100, 29, 29), (1000, 32.3, 323)],
)
def test_the_share_is_rounded_down_and_one_lamp_can_be_tested(lamps: int, share_pct: float, most: int) -> None:
    limiter = DarkeningLimiter(Limits(share_pct=share_pct), lamps)
    lit = [1000] * lamps
    assert limiter.allows(0, range(most), 0, lit)
    assert most == lamps or not limiter.allows(0, range(most + 1), 0, lit)


def test_a_place_is_free_again_just_after_the_time() -> None:
    limiter = _limiter()
    assert _obey(limiter, 0, [0, 1, 2, 3])
    assert not _obey(limiter, WITHIN_MS, [4])
    assert _obey(limiter, WITHIN_MS + 1, [4])


def test_only_a_level_below_the_limit_darkens() -> None:
    limiter = _limiter()
    assert limiter.allows(0, range(40), 200, LIT)
    assert not limiter.allows(0, range(40), 199, LIT)


def test_a_lamp_that_is_dark_already_does_not_count_but_one_that_nobody_knows_does() -> None:
    limiter = _limiter()
    assert limiter.allows(0, range(40), 0, [199] * 40)
    assert not limiter.allows(0, range(40), 0, [200] * 40)
    assert not limiter.allows(0, range(40), 0, [-1] * 40)


def test_the_same_lamp_again_takes_no_second_place_and_a_refusal_takes_none() -> None:
    limiter = _limiter()
    assert _obey(limiter, 0, [0, 1, 2])
    assert not _obey(limiter, 1, [3, 4])
    assert _obey(limiter, 2, [0, 1, 2, 3])


def test_a_lamp_that_is_darkened_again_counts_from_then_and_frees_the_places_of_others_no_later() -> None:
    limiter = _limiter()
    for t_ms, lamps in ((0, [0]), (1, [1, 2, 3]), (WITHIN_MS, [0])):
        assert _obey(limiter, t_ms, lamps)
    assert not _obey(limiter, WITHIN_MS + 2, [4, 5, 6, 7])
    assert _obey(limiter, WITHIN_MS + 2, [4, 5, 6])


@pytest.mark.parametrize("to_ms", [1_000, 10 * WITHIN_MS + 31_536_000_000])
def test_setting_the_clock_frees_no_place_and_keeps_none_for_longer(to_ms: int) -> None:
    limiter = _limiter()
    assert _obey(limiter, 10 * WITHIN_MS, [0, 1, 2, 3])
    limiter.clock_set(to_ms)
    assert not _obey(limiter, to_ms, [4])
    assert not _obey(limiter, to_ms + WITHIN_MS, [4])
    assert _obey(limiter, to_ms + WITHIN_MS + 1, [4])


def test_a_clock_that_goes_back_unnoticed_frees_no_place_and_keeps_none_for_ever() -> None:
    limiter = _limiter()
    assert _obey(limiter, 10 * WITHIN_MS, [0, 1, 2, 3])
    assert not _obey(limiter, 0, [4])
    assert _obey(limiter, WITHIN_MS + 1, [4])


def test_another_configuration_goes_on_counting_for_the_lamps_that_stay() -> None:
    """Four of 40 are dark; then one of them is taken out and all others have other numbers."""
    before = _limiter()
    assert _obey(before, 1_000, [0, 1])
    assert _obey(before, 2_000, [2, 3])
    after = _limiter()
    after.go_on(before, {lamp: 40 - lamp for lamp in range(1, 40)})
    assert not _obey(after, 3_000, [1, 2])
    assert _obey(after, 3_000, [1])
    assert _obey(after, 3_000, [39, 38, 37]), "those are the three that count"
    assert not _obey(after, 3_000 + WITHIN_MS, [2])
    assert _obey(after, 3_001 + WITHIN_MS, [2])


@pytest.mark.parametrize("moved_ms", [-31_536_000_000, 31_536_000_000])
def test_another_configuration_counts_by_the_clock_as_it_was_set_before(moved_ms: int) -> None:
    """It begins with the overrides that are kept, whose times are those of the clock of then."""
    then_ms = 100_000_000_000
    before, after = _limiter(), _limiter()
    for limiter in (before, after):
        assert _obey(limiter, then_ms, [0, 1, 2, 3])
    now_ms = then_ms + moved_ms
    before.clock_set(now_ms)
    after.go_on(before, {lamp: lamp for lamp in range(40)})
    assert not _obey(after, now_ms + WITHIN_MS, [4])
    assert _obey(after, now_ms + WITHIN_MS + 1, [4])


@st.composite
def _commands(draw: st.DrawFn) -> list[tuple[int, list[int], int]]:
    pauses = st.one_of(st.integers(0, 2 * WITHIN_MS), st.sampled_from([0, WITHIN_MS, WITHIN_MS + 1]))
    command = st.tuples(pauses, st.lists(st.integers(0, 39), min_size=1, max_size=6), st.sampled_from([0, 150, 500]))
    return draw(st.lists(command, max_size=60))


@given(_commands(), st.sampled_from([1, 5, 10, 33.4]))
def test_never_more_than_the_share_within_any_stretch_of_time(
    commands: list[tuple[int, list[int], int]], share_pct: float
) -> None:
    limiter, t_ms, darkened = _limiter(share_pct=share_pct), 0, list[tuple[int, int]]()
    levels = list(LIT)
    for pause_ms, lamps, level_pm in commands:
        t_ms += pause_ms
        before = [level >= 200 for level in levels]
        if not limiter.allows(t_ms, lamps, level_pm, levels):
            continue
        limiter.took(t_ms, lamps, level_pm, levels)
        for lamp in lamps:
            levels[lamp] = level_pm
            if level_pm < 200 and before[lamp]:
                darkened.append((t_ms, lamp))
    most = {1: 1, 5: 2, 10: 4, 33.4: 13}[share_pct]
    for start_ms, _ in darkened:
        assert len({lamp for at_ms, lamp in darkened if start_ms <= at_ms <= start_ms + WITHIN_MS}) <= most
