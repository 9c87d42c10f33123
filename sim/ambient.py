"""Ambient light of a night: horizontal illuminance from the sun's elevation, or from a weather file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from sim.counts import Floats, Integers
from slic.control.place import Place
from slic.control.sun import elevation_deg
from slic.errors import InputError
from slic.files import csv_rows, read_text
from slic.scenario.model import SunAmbient, WeatherAmbient

BAND_LUX = (1.0, 1000.0)
"""Photocells switch between these; outside readings only show that the sensor lives."""

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_CLEAR_SKY = (  # lowest elevation [degrees], and log10 lux as a cubic in elevation / 90 degrees
    (-18.0, (13.84, 262.72, 1447.42, 2797.93)),
    (-12.0, (2.70, 12.17, -431.69, -1899.83)),
    (-5.0, (2.88, 21.81, -258.11, -858.36)),
    (-0.8, (2.88, 22.26, -207.64, 1034.30)),
    (5.0, (3.05, 13.28, -45.98, 64.33)),
    (20.0, (3.74, 3.97, -4.07, 1.47)),
)
_SURE_ELEVATION_DEG = 3.0
_SKY_SHARE = (0.02, 1.5)


def clear_sky_lux(elevation: Floats) -> Floats:
    """Horizontal illuminance [lx] of sun and clear sky at true elevations [degrees].

    Polynomials of P. M. Janiczek and J. A. DeYoung, US Naval Observatory Circular 171 (1987), as in P. K.
    Seidelmann (ed.), Explanatory Supplement to the Astronomical Almanac (1992). Below -18 degrees the sun
    adds nothing more: the value there holds.
    """
    height = np.clip(elevation, -18.0, 90.0)
    log_lux = np.empty_like(height)
    for lowest, cubic in _CLEAR_SKY:
        part = height >= lowest
        log_lux[part] = np.polynomial.polynomial.polyval(height[part] / 90, cubic)
    return np.asarray(10**log_lux, np.float64)


@dataclass(frozen=True, slots=True)
class Weather:
    """What a weather file says of the sky.

    t_ms : ascending; ms after 1 January 00:00 of the file's clock (``yearly``), or UTC ms
    values : for a file of typical hours the share of a clear sky, for a file of minutes illuminance [lx]
    """

    t_ms: Integers
    values: Floats
    yearly: bool
    utc_offset_ms: int = 0


def read_weather(path: Path, ambient: WeatherAmbient, place: Place) -> Weather:
    """Read a weather file. Raises InputError with file, line, column and value."""
    rows = _rows(path, ambient)
    if ambient.layout == "utc-minute":
        return _minutes(rows, ambient, path.name)
    return _typical_year(rows, ambient, place, path.name)


def night_lux(ambient: SunAmbient | WeatherAmbient, weather: Weather | None, place: Place, t_ms: Integers) -> Floats:
    """Illuminance [lx] at UTC moments [ms]; NaN where a weather file says nothing."""
    clear = clear_sky_lux(elevation_deg(t_ms, place.latitude, place.longitude))
    if weather is None:
        return clear
    if weather.yearly:
        return clear * np.interp(_time_of_year(t_ms, weather.utc_offset_ms), weather.t_ms, weather.values)
    at = np.clip(np.searchsorted(weather.t_ms, t_ms, side="right") - 1, 0, len(weather.t_ms) - 1)
    known = (weather.t_ms[at] <= t_ms) & (t_ms - weather.t_ms[at] < _MINUTE_MS)
    return np.where(known, weather.values[at], np.nan)


def readings(
    ambient: SunAmbient | WeatherAmbient,
    weather: Weather | None,
    place: Place,
    start_ms: int,
    end_ms: int,
    stale_after_s: float,
) -> tuple[list[int], list[float]]:
    """Moments and values of the readings that the controller gets in [start, end).

    Every ``report_s`` where a photocell may switch, elsewhere often enough that the sensor does not seem
    dead; the first one at the start. A missing value is not sent.
    """
    step_ms = max(1, round(ambient.report_s * 1000))
    t_ms = np.arange(start_ms, end_ms, step_ms, dtype=np.int64)
    lux = night_lux(ambient, weather, place, t_ms)
    each = max(1, round(stale_after_s * 500) // step_ms)
    near = (lux >= BAND_LUX[0]) & (lux <= BAND_LUX[1])
    wanted = near | (np.arange(len(t_ms)) % each == 0)
    wanted[1:] |= near[:-1]
    wanted[:-1] |= near[1:]
    wanted &= ~np.isnan(lux)
    return t_ms[wanted].tolist(), lux[wanted].tolist()


def _rows(path: Path, ambient: WeatherAmbient) -> list[tuple[int, dict[str, str]]]:
    lines = csv_rows(read_text(path), path.name)
    _, header = next(lines, (1, []))
    needed = ["time_utc"] if ambient.layout == "utc-minute" else ["month", "day", "hour_ending"]
    for column in [*needed, ambient.lux_column]:
        if column not in header:
            found = ", ".join(header) or "an empty file"
            raise InputError("is not a column", file=path.name, line=1, field="column", value=column, allowed=found)
    rows = []
    for line, cells in lines:
        if cells and len(cells) != len(header):
            raise InputError(
                "has too few or too many cells", file=path.name, line=line, field="row", allowed=f"{len(header)} cells"
            )
        if cells:
            rows.append((line, dict(zip(header, cells, strict=True))))
    if not rows:
        raise InputError("has no rows", file=path.name, allowed="at least one row below the header")
    return rows


def _lux(row: dict[str, str], ambient: WeatherAmbient, file: str, line: int) -> float:
    """Illuminance of a cell; instruments read a little below zero at night, which is zero."""
    text = row[ambient.lux_column].strip()
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -100 <= value < 200_000:
        raise InputError(
            "is no light reading",
            file=file,
            line=line,
            field=ambient.lux_column,
            value=text,
            allowed="a number, or an empty cell",
        )
    return max(0.0, value) * ambient.lux_per_unit


def _minutes(rows: list[tuple[int, dict[str, str]]], ambient: WeatherAmbient, file: str) -> Weather:
    t_ms, lux = [], []
    for line, row in rows:
        try:
            moment = datetime.fromisoformat(row["time_utc"].strip())
        except ValueError:
            raise InputError(
                "is not a time",
                file=file,
                line=line,
                field="time_utc",
                value=row["time_utc"],
                allowed="ISO 8601 in UTC",
            ) from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        t_ms.append(round(moment.timestamp() * 1000))
        lux.append(_lux(row, ambient, file, line))
        if len(t_ms) > 1 and t_ms[-1] <= t_ms[-2]:
            raise InputError("does not ascend", file=file, line=line, field="time_utc", value=row["time_utc"])
    return Weather(np.array(t_ms, np.int64), np.array(lux), yearly=False)


def _typical_year(rows: list[tuple[int, dict[str, str]]], ambient: WeatherAmbient, place: Place, file: str) -> Weather:
    """Share of the clear sky at the middle of each hour in which the sun stands high enough to tell.

    Hours are joined along the sun's elevation: the share changes slowly, and the clear sky carries the dusk.
    The share is kept between 0.02 and 1.5; the hours around night take the nearest share of the day.
    """
    ends_ms = np.array([_hour_ending_ms(row, file, line) for line, row in rows], np.int64)
    lux = np.array([_lux(row, ambient, file, line) for line, row in rows])
    order = np.argsort(ends_ms, kind="stable")
    ends_ms, lux = ends_ms[order], lux[order]
    offset_ms = round(ambient.utc_offset_h * _HOUR_MS)
    inside = ends_ms[:, None] + np.arange(-57.5, 0, 5)[None, :] * _MINUTE_MS
    height = elevation_deg(inside - offset_ms + _epoch_ms(), place.latitude, place.longitude)
    sure = (height.min(axis=1) > _SURE_ELEVATION_DEG) & ~np.isnan(lux)
    if not sure.any():
        raise InputError("has no hours of daylight", file=file, field=ambient.lux_column, allowed="a year of hours")
    share = np.clip(lux[sure] / clear_sky_lux(height[sure]).mean(axis=1), *_SKY_SHARE)
    return Weather(ends_ms[sure] - _HOUR_MS // 2, share, yearly=True, utc_offset_ms=offset_ms)


def _hour_ending_ms(row: dict[str, str], file: str, line: int) -> int:
    try:
        moment = datetime(2023, int(row["month"]), int(row["day"]), tzinfo=UTC)
        hour = int(row["hour_ending"])
    except ValueError:
        hour = 0
    if not 1 <= hour <= 24:
        raise InputError(
            "is not an hour of a year",
            file=file,
            line=line,
            field="month, day, hour_ending",
            value=f"{row['month']}, {row['day']}, {row['hour_ending']}",
            allowed="1-12, day of that month, 1-24",
        )
    return round((moment + timedelta(hours=hour)).timestamp() * 1000) - _epoch_ms()


def _epoch_ms() -> int:
    """1 January of the year that stands for the typical one."""
    return round(datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1000)


def _time_of_year(t_ms: Integers, offset_ms: int) -> Integers:
    """ms after 1 January 00:00 of the file's clock; 29 February counts as the 28th."""
    result = []
    for moment_ms in t_ms.tolist():
        moment = datetime.fromtimestamp((moment_ms + offset_ms) / 1000, UTC)
        if (moment.month, moment.day) == (2, 29):
            moment -= timedelta(days=1)
        result.append(round(moment.replace(year=2023).timestamp() * 1000) - _epoch_ms())
    return np.array(result, np.int64)
