"""Which clocks are believed: a reset clock, steps, leaps, and what the core's answers change."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.clock_watch import EARLIEST_MS, ClockWatch, Look

NOW_MS = int(datetime(2027, 3, 1, 2, 0, tzinfo=UTC).timestamp() * 1000)
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
YEAR_MS = 365 * DAY_MS


class Machine:
    """A wall clock that can be set beside one that cannot, and the watch that looks at both."""

    def __init__(self, wall_ms: int = NOW_MS, last_kept_ms: int = 0) -> None:
        self.wall_ms = wall_ms
        self.monotonic_ms = 7_000_000
        self.watch = ClockWatch(last_kept_ms)

    def passes(self, ms: int) -> Look:
        self.wall_ms += ms
        self.monotonic_ms += ms
        return self.look()

    def set_by(self, ms: int) -> Look:
        self.wall_ms += ms
        return self.look()

    def look(self) -> Look:
        return self.watch.look(self.wall_ms, self.monotonic_ms)

    def pong(self, core_ms: int) -> Look:
        self.watch.pong(self.wall_ms - 20, self.wall_ms + 20, core_ms)
        return self.look()


def test_a_clock_that_runs_is_believed() -> None:
    machine = Machine(last_kept_ms=NOW_MS - MINUTE_MS)
    assert [machine.passes(ms) for ms in (0, 500, HOUR_MS, 30 * DAY_MS)] == [Look(True)] * 4


def test_1970_is_not_believed_whatever_the_core_says_and_the_right_time_is_at_once() -> None:
    machine = Machine(wall_ms=12_000)
    assert machine.look() == Look(False, 0, "the time is before this software was made")
    assert not machine.pong(12_000).trusted
    assert not machine.passes(30 * DAY_MS).trusted
    machine.watch.offset_ms = None
    mended = machine.set_by(NOW_MS - machine.wall_ms)
    assert mended.trusted and mended.stepped


def test_the_earliest_time_is_a_date() -> None:
    assert datetime.fromtimestamp(EARLIEST_MS / 1000, UTC) == datetime(2026, 11, 1, tzinfo=UTC)
    assert not Machine(EARLIEST_MS - 1).look().trusted
    assert Machine(EARLIEST_MS).look().trusted


def test_a_start_before_the_time_that_was_kept_is_not_believed_until_it_is_passed() -> None:
    machine = Machine(last_kept_ms=NOW_MS + HOUR_MS)
    assert machine.look() == Look(False, 0, "the time is before one that has been")
    assert not machine.passes(HOUR_MS - 2 * SECOND_MS - 1).trusted
    assert machine.passes(1).trusted


def test_a_long_pause_before_a_start_is_no_leap() -> None:
    assert Machine(last_kept_ms=NOW_MS - YEAR_MS).look() == Look(True)


@pytest.mark.parametrize("step_ms", [2001, HOUR_MS, DAY_MS])
def test_a_step_forward_up_to_a_day_is_told_and_believed(step_ms: int) -> None:
    machine = Machine()
    machine.look()
    assert machine.set_by(step_ms) == Look(True, step_ms)
    assert machine.passes(SECOND_MS) == Look(True)


def test_two_seconds_are_no_step() -> None:
    machine = Machine()
    machine.look()
    assert machine.set_by(2000) == Look(True)


def test_jitter_is_no_step_but_adds_up_to_one() -> None:
    machine = Machine()
    machine.look()
    assert [machine.set_by(700).step_ms for _ in range(6)] == [0, 0, 2100, 0, 0, 2100]


def test_a_step_back_is_not_believed_until_the_time_is_passed_or_the_core_confirms_it() -> None:
    waiting, asking = Machine(), Machine()
    for machine in (waiting, asking):
        machine.look()
        assert machine.set_by(-HOUR_MS) == Look(False, -HOUR_MS, "the time is before one that has been")
    assert not waiting.passes(HOUR_MS - 2 * SECOND_MS - 1).trusted
    assert waiting.passes(SECOND_MS).trusted
    assert asking.pong(asking.wall_ms).trusted
    assert asking.passes(SECOND_MS).trusted


def test_creeping_back_in_small_steps_is_noticed() -> None:
    machine = Machine()
    machine.look()
    trusted = [machine.set_by(-900).trusted for _ in range(4)]
    assert trusted == [True, True, False, False]


def test_a_leap_of_a_year_waits_for_the_core() -> None:
    machine = Machine()
    machine.look()
    machine.pong(machine.wall_ms)
    leapt = machine.set_by(YEAR_MS)
    assert (leapt.trusted, leapt.step_ms) == (False, YEAR_MS)
    assert not machine.passes(10 * HOUR_MS).trusted, "the core has spoken before, so its word is waited for"
    assert machine.pong(machine.wall_ms).trusted
    assert machine.passes(SECOND_MS).trusted


def test_a_leap_that_is_taken_back_is_over() -> None:
    machine = Machine()
    machine.look()
    assert not machine.set_by(YEAR_MS).trusted
    assert machine.set_by(-YEAR_MS) == Look(True, -YEAR_MS)


def test_where_no_core_ever_answered_an_hour_without_another_step_is_enough() -> None:
    machine = Machine()
    machine.look()
    assert machine.set_by(YEAR_MS) == Look(False, YEAR_MS, "the time leapt ahead by more than a day")
    assert not machine.passes(HOUR_MS - 1).trusted
    assert not machine.set_by(MINUTE_MS).trusted, "set again: the hour begins anew"
    assert not machine.passes(HOUR_MS - 1).trusted
    assert machine.passes(1).trusted
    assert machine.passes(SECOND_MS).trusted


def test_a_core_whose_clock_differs_makes_doubt_and_a_correction_ends_it_without_another_pong() -> None:
    machine = Machine()
    machine.look()
    assert machine.pong(machine.wall_ms + 30_000) == Look(True)
    assert machine.pong(machine.wall_ms + 31_000) == Look(False, 0, "the core's clock differs by 31 s")
    assert machine.watch.offset_ms == -31_000
    assert machine.set_by(31_000) == Look(True, 31_000)
    assert machine.watch.offset_ms == 0


def test_a_pong_that_took_too_long_or_came_before_its_ping_says_nothing() -> None:
    watch = ClockWatch()
    watch.pong(NOW_MS, NOW_MS + 10_001, 0)
    watch.pong(NOW_MS, NOW_MS - 1, 0)
    assert watch.offset_ms is None and watch.look(NOW_MS, 0).trusted


def test_a_pong_counts_for_the_clock_that_it_was_measured_with() -> None:
    machine = Machine()
    machine.look()
    machine.watch.pong(machine.wall_ms, machine.wall_ms + 10, machine.wall_ms)
    assert not machine.set_by(-20_000).trusted


_MOVES = st.lists(
    st.tuples(
        st.integers(0, 2 * DAY_MS),
        st.one_of(st.just(0), st.integers(-3000, 3000), st.integers(-2 * YEAR_MS, 2 * YEAR_MS)),
    ),
    max_size=40,
)


@given(_MOVES, st.integers(NOW_MS - DAY_MS, NOW_MS + DAY_MS))
def test_without_a_core_time_that_is_believed_never_goes_back_and_no_step_is_missed(
    moves: list[tuple[int, int]], last_kept_ms: int
) -> None:
    machine, told_ms, set_ms, believed_ms = Machine(last_kept_ms=last_kept_ms), 0, 0, last_kept_ms
    machine.look()
    for pause_ms, step_ms in moves:
        machine.monotonic_ms += pause_ms
        machine.wall_ms = max(0, machine.wall_ms + pause_ms)
        step_ms = max(step_ms, -machine.wall_ms)
        set_ms += step_ms
        look = machine.set_by(step_ms)
        told_ms += look.step_ms
        assert abs(set_ms - told_ms) <= 2000
        if look.trusted:
            assert machine.wall_ms >= max(EARLIEST_MS, believed_ms - 2000)
            believed_ms = max(believed_ms, machine.wall_ms)
