"""The sun against pvlib's SPA over a year, from the equator to the pole."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from slic.control.place import Place
from slic.control.sun import dark_intervals, elevation_deg, sun_events

pd = pytest.importorskip("pandas")
solarposition = pytest.importorskip("pvlib.solarposition")

YEAR_START_MS = 1_672_531_200_000
DAY_MS = 86_400_000


def spa_elevation(t_ms: np.ndarray, latitude: float, longitude: float) -> np.ndarray:
    times = pd.DatetimeIndex(pd.to_datetime(t_ms, unit="ms", utc=True))
    return np.asarray(solarposition.spa_python(times, latitude, longitude)["elevation"])


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(0, 0), (51.5074, -0.1278), (-33.9, 151.2), (69.65, 18.96), (-90, 0)]
)
def test_elevation_over_a_year(latitude: float, longitude: float) -> None:
    t_ms = np.arange(YEAR_START_MS, YEAR_START_MS + 365 * DAY_MS, 1_234_567)
    difference = elevation_deg(t_ms, latitude, longitude) - spa_elevation(t_ms, latitude, longitude)
    assert np.abs(difference).max() < 0.02


@pytest.mark.parametrize(
    ("latitude", "longitude", "timezone"),
    [
        (0, -78.5, "America/Guayaquil"),
        (51.5074, -0.1278, "Europe/London"),
        (-33.9, 151.2, "Australia/Sydney"),
        (64, 26, "Europe/Helsinki"),
        (-64, -60, "UTC"),
    ],
)
def test_events_lie_on_the_crossings_of_spa(latitude: float, longitude: float, timezone: str) -> None:
    """Five seconds before and after each event SPA has the sun on different sides of -0.8333 degrees."""
    days = sun_events(Place(latitude, longitude, timezone), date(2023, 1, 1), 365)
    rises = np.array([day.sunrise_ms for day in days], dtype=float)
    falls = np.array([day.sunset_ms for day in days], dtype=float)
    assert len(rises) == len(falls) == 365 and not np.isnan(rises).any() and not np.isnan(falls).any()
    for events, sign in ((rises, 1), (falls, -1)):
        before, after = (spa_elevation(events + shift, latitude, longitude) + 0.8333 for shift in (-5000, 5000))
        assert (before * sign < 0).all()
        assert (after * sign > 0).all()


@pytest.mark.parametrize("latitude", [66.0, 69.65, 80.0, -78.0, 90.0])
def test_darkness_at_high_latitudes_agrees_with_spa(latitude: float) -> None:
    """Apart from moments at which the sun grazes the limit, every ten minutes of the year are dark or not as in SPA."""
    place = Place(latitude, 18.96, "UTC")
    end_ms = YEAR_START_MS + 365 * DAY_MS
    t_ms = np.arange(YEAR_START_MS, end_ms, 600_000)
    ours = np.zeros(len(t_ms), dtype=bool)
    for start, end in dark_intervals(place, YEAR_START_MS, end_ms):
        ours |= (t_ms >= start) & (t_ms <= end)
    height = spa_elevation(t_ms, latitude, 18.96) + 0.8333
    clear = np.abs(height) > 0.012
    assert clear.mean() > 0.95
    assert (ours == (height < 0))[clear].all()


def test_london_sunset_of_a_published_almanac() -> None:
    """HM Nautical Almanac Office gives London, 21 June 2023: sunrise 04:43, sunset 21:21 (summer time)."""
    day = sun_events(Place(51.5074, -0.1278, "Europe/London"), date(2023, 6, 21), 1)[0]
    assert day.sunrise_ms is not None and day.sunset_ms is not None
    rise, fall = (datetime.fromtimestamp(t / 1000, UTC) for t in (day.sunrise_ms, day.sunset_ms))
    assert abs((rise - datetime(2023, 6, 21, 3, 43, 0, tzinfo=UTC)).total_seconds()) < 60
    assert abs((fall - datetime(2023, 6, 21, 20, 21, 30, tzinfo=UTC)).total_seconds()) < 60
