"""Where the sun stands, when it crosses a height, and when it is dark. Plain NumPy, no clock.

The position is the low-accuracy solar theory of J. Meeus, *Astronomical Algorithms* (2nd ed., chapters 12, 22, 25
and 40): mean longitude and anomaly with the equation of centre, nutation by its largest term, sidereal time, and
the sun's horizontal parallax. No refraction: -0.8333 degrees of true elevation is the usual sunrise and sunset.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from slic.control.civil import noon_ms
from slic.control.place import Place

SUNSET_ELEVATION_DEG = -0.8333
"""True elevation of the sun's centre at sunset: half a disc of 16' below 34' of refraction."""

DAY_MS = 86_400_000
_J2000_MS = 946_728_000_000
_PARALLAX_DEG = 8.794 / 3600
_SETTLED_MS = 2000  # the error after a Newton step is about the square of the step
_NEWTON_STEPS = 4
_BISECTIONS = 40

Array = npt.NDArray[np.float64]
Interval = tuple[int, int]


class SunDay(NamedTuple):
    """Sunrise and sunset of the solar day around the clock noon of ``date``, UTC ms; None where there is none."""

    date: date
    sunrise_ms: int | None
    sunset_ms: int | None


def elevation_deg(t_ms: npt.ArrayLike, latitude: float, longitude: float) -> Array:
    """True elevation of the sun's centre [degrees], without refraction, at UTC moments [ms].

    latitude : degrees north; longitude : degrees east. Within 0.02 degrees of SPA between 1950 and 2050.
    """
    moments = np.asarray(t_ms, dtype=np.float64)
    return cast(Array, np.degrees(np.arcsin(np.clip(_sine_height(moments, latitude, longitude)[0], -1, 1))))


def sun_events(place: Place, first_date: date, days: int, elevation_deg: float = SUNSET_ELEVATION_DEG) -> list[SunDay]:
    """Sunrise and sunset [UTC ms] of ``days`` solar days from ``first_date`` on.

    A day on which the sun does not cross ``elevation_deg`` has None. Within 5 s of SPA up to 64 degrees of latitude.
    """
    ends = _half_day_ends(place, float(noon_ms(place.timezone, first_date)), days)
    moments, half_days, to_dark = _crossings(ends, place, elevation_deg)
    found = np.full((2, days), np.nan)
    found[to_dark.astype(int), half_days // 2] = np.rint(moments)
    ordinal = first_date.toordinal()
    return [
        SunDay(date.fromordinal(ordinal + day), _moment(rise), _moment(fall))
        for day, (rise, fall) in enumerate(zip(found[0].tolist(), found[1].tolist(), strict=True))
    ]


def dark_intervals(
    place: Place,
    start_ms: int,
    end_ms: int,
    elevation_deg: float = SUNSET_ELEVATION_DEG,
    sunset_offset_ms: int = 0,
    sunrise_offset_ms: int = 0,
) -> list[Interval]:
    """Parts of [start_ms, end_ms] from sunset to sunrise, each with its signed offset, merged and ascending.

    Where the sun stays below ``elevation_deg`` all the time the whole span is one interval; where it stays above
    there is none. Nights that an offset turns inside out are left out.
    """
    reach = max(abs(sunset_offset_ms), abs(sunrise_offset_ms)) + 1
    nights = whole_nights(place, start_ms - reach, end_ms + reach, elevation_deg)
    moved = [(start + sunset_offset_ms, end + sunrise_offset_ms) for start, end in nights]
    clipped = [(max(start, start_ms), min(end, end_ms)) for start, end in moved if start < end]
    return _merged([(start, end) for start, end in clipped if start < end])


def whole_nights(place: Place, start_ms: int, end_ms: int, elevation_deg: float) -> list[Interval]:
    """Dark intervals that touch [start_ms, end_ms], unclipped by it.

    A darkness that begins before the span by more than two days begins there, and likewise at the end.
    """
    days = (end_ms - start_ms) // DAY_MS + 6
    ends = _half_day_ends(place, float(start_ms - 2 * DAY_MS), days)
    moments, _, to_dark = _crossings(ends, place, elevation_deg)
    edges: list[int] = np.rint(moments).astype(np.int64).tolist()
    dark_first = not to_dark[0] if edges else _dark_at(ends[0], place, elevation_deg)
    if dark_first:
        edges.insert(0, int(ends[0]))
    if len(edges) % 2:
        edges.append(int(ends[-1]))
    nights = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in nights if end >= start_ms and start <= end_ms]


def _merged(intervals: list[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _moment(t_ms: float) -> int | None:
    return None if np.isnan(t_ms) else int(t_ms)


def _sky(t_ms: Array) -> tuple[Array, Array, Array]:
    """Sine of the declination, and right ascension and Greenwich sidereal time [radians]."""
    days = (t_ms - _J2000_MS) / DAY_MS
    century = days / 36525
    anomaly = np.radians(357.52911 + century * (35999.05029 - 0.0001537 * century))
    node = np.radians(125.04 - 1934.136 * century)
    nutation_deg = -0.00478 * np.sin(node)
    centre_deg = (
        (1.914602 - century * (0.004817 + 0.000014 * century)) * np.sin(anomaly)
        + (0.019993 - 0.000101 * century) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    mean_deg = 280.46646 + century * (36000.76983 + 0.0003032 * century)
    longitude = np.radians(mean_deg + centre_deg - 0.00569 + nutation_deg)
    obliquity = np.radians(23.4392911 - 0.0130042 * century + 0.00256 * np.cos(node))
    sine, cosine = np.sin(longitude), np.cos(obliquity)
    ascension = np.arctan2(cosine * sine, np.cos(longitude))
    sidereal = np.radians(280.46061837 + 360.98564736629 * days + nutation_deg * cosine)
    return np.sin(obliquity) * sine, ascension, sidereal


def _sine_height(t_ms: Array, latitude: float, longitude: float) -> tuple[Array, Array]:
    """Sine of the elevation, and its change per ms (of the earth's turn alone)."""
    sine_declination, ascension, sidereal = _sky(t_ms)
    hour_angle = sidereal + np.radians(longitude) - ascension
    phi = np.radians(latitude)
    swing = np.cos(phi) * np.sqrt(1 - sine_declination**2)
    sine = np.sin(phi) * sine_declination + swing * np.cos(hour_angle)
    seen = sine - np.radians(_PARALLAX_DEG) * (1 - sine**2)
    return seen, -swing * np.sin(hour_angle) * (2 * np.pi / DAY_MS)


def _half_day_ends(place: Place, noon_guess_ms: float, days: int) -> Array:
    """Midnight, noon, midnight ... of ``days`` solar days; the first noon is the mean noon nearest to the guess."""
    mean_noon_ms = (0.5 - place.longitude / 360) * DAY_MS
    first_ms = mean_noon_ms + round((noon_guess_ms - mean_noon_ms) / DAY_MS) * DAY_MS - DAY_MS / 2
    mean = np.arange(2 * days + 1, dtype=np.float64) * (DAY_MS / 2) + first_ms
    late = (_hour_angle_deg(mean, place) - np.where(np.arange(len(mean)) % 2, 0, 180) + 180) % 360 - 180
    return mean - late / 360 * DAY_MS


def _hour_angle_deg(t_ms: Array, place: Place) -> Array:
    _, ascension, sidereal = _sky(t_ms)
    return (np.degrees(sidereal - ascension) + place.longitude + 180) % 360 - 180


def _dark_at(t_ms: float, place: Place, height_deg: float) -> bool:
    sine, _ = _sine_height(np.asarray([t_ms]), place.latitude, place.longitude)
    return bool(sine[0] < np.sin(np.radians(height_deg)))


def _crossings(
    ends: Array, place: Place, height_deg: float
) -> tuple[Array, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Moments at which the sun crosses a height, the half day of each, and whether it becomes dark.

    Between noon and midnight the height changes one way, so each half day has one crossing or none. The sine of
    the height is nearly a cosine of time there, which gives the first guess.
    """
    target = np.sin(np.radians(height_deg))
    sine = _sine_height(ends, place.latitude, place.longitude)[0]
    dark = sine < target
    half_days = np.flatnonzero(dark[1:] != dark[:-1])
    low, high = ends[half_days], ends[half_days + 1]
    turn = np.arccos((2 * target - sine[half_days] - sine[half_days + 1]) / (sine[half_days] - sine[half_days + 1]))
    guess = low + (high - low) * turn / np.pi
    moments, last_step = _newton(guess, low, high, place, target)
    missed = last_step > _SETTLED_MS
    if missed.any():
        moments[missed] = _bisect(low[missed], high[missed], place, target)
    return moments, half_days, dark[half_days + 1]


def _newton(moments: Array, low: Array, high: Array, place: Place, target: float) -> tuple[Array, Array]:
    """Moments and the size of the last step [ms], which says how well they are known."""
    step = np.full_like(moments, np.inf)
    for _ in range(_NEWTON_STEPS):
        sine, slope = _sine_height(moments, place.latitude, place.longitude)
        wanted = moments - (sine - target) / np.where(slope == 0, np.inf, slope)
        moments, step = np.clip(wanted, low, high), np.abs(wanted - moments)
        if (step < _SETTLED_MS).all():
            break
    return moments, step


def _bisect(low: Array, high: Array, place: Place, target: float) -> Array:
    dark_first = _sine_height(low, place.latitude, place.longitude)[0] < target
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        still = (_sine_height(middle, place.latitude, place.longitude)[0] < target) == dark_first
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    return high
