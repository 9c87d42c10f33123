from __future__ import annotations

from datetime import date, datetime

import pytest

from slic.control.civil import clock_fault, night_of, night_span, noon_ms, utc_ms
from slic.errors import InputError

LONDON = "Europe/London"


def test_a_time_that_happens_twice_means_its_first_pass() -> None:
    assert clock_fault(datetime(2023, 10, 29, 1, 30), LONDON) == "twice"
    assert utc_ms(datetime(2023, 10, 29, 1, 30), LONDON) == 1_698_539_400_000  # 00:30 UTC, still summer time


def test_a_time_that_never_happens_means_the_jump() -> None:
    assert clock_fault(datetime(2023, 3, 26, 1, 30), LONDON) == "never"
    for minute in (0, 1, 30, 59):
        assert utc_ms(datetime(2023, 3, 26, 1, minute), LONDON) == 1_679_792_400_000  # 01:00 UTC


def test_half_hour_jump_of_lord_howe() -> None:
    """1 October 2023: 02:00 becomes 02:30 at 15:30 UTC of 30 September."""
    assert utc_ms(datetime(2023, 10, 1, 2, 10), "Australia/Lord_Howe") == 1_696_087_800_000


@pytest.mark.parametrize(
    ("night", "hours"), [(date(2023, 3, 25), 23), (date(2023, 10, 28), 25), (date(2023, 6, 1), 24)]
)
def test_nights_have_23_24_or_25_hours(night: date, hours: int) -> None:
    span = night_span(LONDON, night)
    assert span.end_ms - span.start_ms == hours * 3_600_000
    assert span.steady == (hours == 24)


def test_clock_times_of_a_clock_change_night() -> None:
    spring = night_span(LONDON, date(2023, 3, 25))
    assert spring.at(17 * 60) == 1_679_803_200_000  # 05:00 summer time is 04:00 UTC
    assert spring.fault(13 * 60 + 30) == "never"  # 01:30
    assert spring.fault(10 * 60) == ""


def test_a_date_that_a_zone_skipped_has_half_a_night() -> None:
    """Samoa had no 30 December 2011; the nights around it still join without a gap."""
    ends = [night_span("Pacific/Apia", date(2011, 12, day)) for day in (28, 29, 30, 31)]
    assert [one.end_ms for one in ends[:-1]] == [one.start_ms for one in ends[1:]]
    assert all(one.start_ms < one.end_ms for one in ends)


def test_night_of_a_moment_changes_at_noon() -> None:
    noon = noon_ms(LONDON, date(2023, 7, 1))
    assert night_of(LONDON, noon) == date(2023, 7, 1)
    assert night_of(LONDON, noon - 1) == date(2023, 6, 30)


def test_unknown_zone() -> None:
    with pytest.raises(InputError, match="Europe/Atlantis"):
        noon_ms("Europe/Atlantis", date(2023, 1, 1))
