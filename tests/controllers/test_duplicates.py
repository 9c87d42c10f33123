"""Duplicates and gaps, against a memory without bounds."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.duplicates import WINDOW, Duplicates


def test_a_repeated_message_is_a_duplicate_and_another_boot_is_another_publisher() -> None:
    seen = Duplicates(10)
    assert [seen.verdict("boot-a", n) for n in (7, 8, 8, 7, 9)] == ["new", "new", "duplicate", "duplicate", "new"]
    assert seen.verdict("boot-b", 8) == "new"


def test_overtaking_within_the_window_loses_nothing() -> None:
    seen = Duplicates(10)
    order = [0, *range(WINDOW - 1, 0, -1), WINDOW]
    assert [seen.verdict("b", n) for n in order] == ["new"] * (WINDOW + 1)
    assert [seen.verdict("b", n) for n in order] == ["old", *["duplicate"] * WINDOW]
    assert seen.missing == 0


def test_what_lies_64_behind_is_too_old_to_tell() -> None:
    seen = Duplicates(10)
    seen.verdict("b", 100)
    assert (seen.verdict("b", 36), seen.verdict("b", 37)) == ("old", "new")


def test_a_gap_counts_once_nobody_can_fill_it() -> None:
    seen = Duplicates(10)
    seen.verdict("b", 10)
    seen.verdict("b", 13)
    assert seen.missing == 0
    seen.verdict("b", 11)
    for n in range(14, 14 + WINDOW):
        seen.verdict("b", n)
    assert seen.missing == 1, "12 never came; 11 came late; 9 came before anybody listened"


def test_a_leap_to_the_end_of_the_numbers_costs_no_memory() -> None:
    seen = Duplicates(10)
    seen.verdict("b", 0)
    assert seen.verdict("b", 1 << 52) == "new"
    assert seen.missing == (1 << 52) - WINDOW
    for n in range(10_000):
        seen.verdict("c", n)
    assert seen._marks["c"][2] == (1 << WINDOW) - 1
    assert sys.getsizeof(seen._marks["b"][2]) < 64


def test_the_longest_silent_publisher_is_forgotten_first() -> None:
    seen = Duplicates(2)
    for boot in ("a", "b", "a", "c"):
        seen.verdict(boot, 1)
    assert list(seen._marks) == ["a", "c"]
    assert seen.verdict("a", 1) == "duplicate"
    assert seen.verdict("b", 1) == "new"


@given(st.lists(st.integers(0, 300), max_size=400))
def test_verdicts_and_gaps_are_those_of_a_memory_without_bounds(numbers: list[int]) -> None:
    seen, heard, lost = Duplicates(1), set[int](), set[int]()
    for n in numbers:
        top = max(heard, default=n)
        expected = "old" if n <= top - WINDOW else "duplicate" if n in heard else "new"
        assert seen.verdict("b", n) == expected
        if expected != "old":
            heard.add(n)
        lost |= {m for m in range(numbers[0], max(heard) - WINDOW + 1) if m not in heard}
    assert seen.missing == len(lost)
