from __future__ import annotations

from datetime import date

import pytest

from slic.control.place import Place
from slic.control.sun import dark_intervals, sun_events

TROMSO = Place(69.65, 18.96, "Europe/Oslo")
LONDON = Place(51.5074, -0.1278, "Europe/London")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
JAN_1_2023_MS = 1_672_531_200_000
JUN_15_2023_MS = 1_686_787_200_000
DEC_15_2023_MS = 1_702_598_400_000


def test_no_event_is_a_value() -> None:
    midsummer, midwinter = (sun_events(TROMSO, day, 1)[0] for day in (date(2023, 6, 21), date(2023, 12, 21)))
    assert (midsummer.sunrise_ms, midsummer.sunset_ms) == (None, None)
    assert (midwinter.sunrise_ms, midwinter.sunset_ms) == (None, None)


def test_polar_night_is_one_interval_and_midnight_sun_is_none() -> None:
    winter_day = (DEC_15_2023_MS, DEC_15_2023_MS + DAY_MS)
    assert dark_intervals(TROMSO, *winter_day) == [winter_day]
    assert dark_intervals(TROMSO, JUN_15_2023_MS, JUN_15_2023_MS + DAY_MS) == []


def test_the_pole_has_one_night_a_year() -> None:
    pole = Place(90, 0, "UTC")
    nights = dark_intervals(pole, JAN_1_2023_MS, JAN_1_2023_MS + 365 * DAY_MS)
    assert len(nights) == 2
    dawn, dusk = nights[0][1], nights[1][0]
    # The sun passes -0.8333 degrees about two days before the March and after the September equinox.
    assert 76 < (dawn - JAN_1_2023_MS) / DAY_MS < 79
    assert 266 < (dusk - JAN_1_2023_MS) / DAY_MS < 269


def test_polar_summer_and_winter_last_as_long_as_the_almanac_says() -> None:
    """Tromso: midnight sun about 18 May to 26 July, polar night about 27 November to 15 January."""
    events = sun_events(TROMSO, date(2023, 1, 1), 365)
    without = [day.date for day in events if day.sunrise_ms is None and day.sunset_ms is None]
    summer = [day for day in without if 3 < day.month < 10]
    assert abs(summer[0].toordinal() - date(2023, 5, 18).toordinal()) <= 1
    assert abs(summer[-1].toordinal() - date(2023, 7, 26).toordinal()) <= 1
    winter = [day for day in without if day.month < 4]
    assert abs(winter[-1].toordinal() - date(2023, 1, 15).toordinal()) <= 1


def test_solar_days_follow_the_civil_date_where_the_clock_is_far_from_the_sun() -> None:
    """Kiritimati keeps UTC+14 at 157 degrees west: its evening of 10 March is 04:36 UTC of the same date."""
    day = sun_events(Place(1.87, -157.43, "Pacific/Kiritimati"), date(2023, 3, 10), 1)[0]
    assert day.sunset_ms is not None and day.sunrise_ms is not None
    noon_ms = 1_678_399_200_000  # 2023-03-09T22:00Z, noon of 10 March there
    assert abs(day.sunset_ms - (noon_ms + 6.6 * HOUR_MS)) < 0.3 * HOUR_MS
    assert 11.9 < (day.sunset_ms - day.sunrise_ms) / HOUR_MS < 12.3


def test_offsets_move_and_merge_nights() -> None:
    start, end = JUN_15_2023_MS + DAY_MS // 2, JUN_15_2023_MS + 5 * DAY_MS // 2
    plain = dark_intervals(LONDON, start, end)
    assert len(plain) == 2
    moved = dark_intervals(LONDON, start, end, sunset_offset_ms=HOUR_MS, sunrise_offset_ms=-HOUR_MS)
    assert moved == [(a + HOUR_MS, b - HOUR_MS) for a, b in plain]
    wide = dark_intervals(LONDON, start, end, sunset_offset_ms=-9 * HOUR_MS, sunrise_offset_ms=9 * HOUR_MS)
    assert wide == [(start, end)]
    assert dark_intervals(LONDON, start, end, sunset_offset_ms=6 * HOUR_MS, sunrise_offset_ms=-6 * HOUR_MS) == []


@pytest.mark.parametrize("latitude", [0.0, 40.0, 59.9])
def test_a_year_is_half_dark_but_for_disc_and_refraction(latitude: float) -> None:
    nights = dark_intervals(Place(latitude, 0, "UTC"), JAN_1_2023_MS, JAN_1_2023_MS + 365 * DAY_MS)
    share = sum(end - start for start, end in nights) / (365 * DAY_MS)
    assert 0.48 < share < 0.4955
