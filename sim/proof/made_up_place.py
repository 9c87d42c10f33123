"""Made-up places, nights, calendars and light: clock changes, polar days and nights, lux around the thresholds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from sim.ambient import Weather
from sim.proof.source import Source, chance
from slic.control.civil import night_span

_MINUTE_MS = 60_000
PLACES: list[tuple[float, float, str, list[str]]] = [
    (51.05, 3.71, "Europe/Brussels", ["2022-11-14", "2022-03-26", "2022-10-29", "2022-06-21"]),
    (38.9, -77.03, "America/New_York", ["2022-03-12", "2022-11-05", "2024-02-29"]),
    (69.65, 18.96, "Europe/Oslo", ["2022-12-21", "2022-06-21", "2022-05-17", "2022-10-29"]),
    (-31.55, 159.08, "Australia/Lord_Howe", ["2022-04-02", "2022-10-01"]),
    (-36.85, 174.76, "Pacific/Auckland", ["2022-04-02", "2022-09-24", "2022-12-31"]),
    (-0.18, -78.47, "America/Guayaquil", ["2022-03-20"]),
    (-89.9, 0, "UTC", ["2022-03-21", "2022-07-01"]),
]
"""Latitude, longitude, time zone, and nights: winter and summer, clock changes, the sun at its edges."""
LUX = [0.0, 10.0, 34.9, 35.0, 36.0, 70.0, 71.0, 999.0, 3000.0, float("nan")]


def made_up_place(source: Source) -> tuple[dict[str, Any], date]:
    """The values of a site, and a night there."""
    latitude, longitude, timezone, nights = source.pick(PLACES)
    night = date.fromisoformat(source.pick(nights)) + timedelta(days=source.pick([0, 0, 1, -1]))
    return {"latitude": latitude, "longitude": longitude, "timezone": timezone}, night


def made_up_calendar(source: Source, programs: list[str]) -> dict[str, Any]:
    """A calendar of some of the programs."""
    rule = {"program": source.pick(programs), "weekdays": source.pick([["sat", "sun"], [], ["mon"]])}
    return {"name": "calendar", "rules": [rule], "default": source.pick(programs)}


def made_up_weather(source: Source, timezone: str, night: date) -> Weather | None:
    """Light minute by minute, in stretches around the thresholds of photocells; None for the clear sky."""
    if not chance(source, 40):
        return None
    span = night_span(timezone, night)
    t_ms = np.arange(span.start_ms, span.end_ms, _MINUTE_MS, dtype=np.int64)
    lux = np.zeros(len(t_ms))
    at = source.pick([300, 240, 0, 600, 900])
    for _ in range(source.integer(1, 12)):
        lux[at:] = source.pick(LUX)
        at += source.pick([5, 1, 2, 20, 31, 60])
    lux[at:] = source.pick([0.0, 3000.0, float("nan")])
    return Weather(t_ms, lux, yearly=False)
