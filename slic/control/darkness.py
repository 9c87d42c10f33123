"""Darkness of a place, computed in long stretches and kept, because one NumPy call costs as much as a year."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

from slic.control.place import Place
from slic.control.sun import DAY_MS, Interval, whole_nights

_STRETCH_DAYS = 128
_MARGIN_DAYS = 5


class Darkness:
    """Dark intervals of one place, for any sun elevation."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stretches: dict[tuple[float, int], tuple[list[Interval], list[int]]] = {}

    def between(self, start_ms: int, end_ms: int, elevation_deg: float) -> list[Interval]:
        """Dark intervals [UTC ms] that touch a span of up to four days, not cut by it.

        Only a darkness of weeks is cut, more than a day away from the span.
        """
        number = (start_ms + end_ms) // (2 * _STRETCH_DAYS * DAY_MS)
        key = (elevation_deg, number)
        if key not in self._stretches:
            self._stretches[key] = dark_stretch(self._place, number, elevation_deg)
        nights, ends = self._stretches[key]
        first = last = bisect_left(ends, start_ms)
        while last < len(nights) and nights[last][0] <= end_ms:
            last += 1
        return nights[first:last]


@lru_cache(maxsize=64)
def dark_stretch(place: Place, number: int, elevation_deg: float) -> tuple[list[Interval], list[int]]:
    """Dark intervals of a place in one stretch, and their ends; the same for all programs and variants there."""
    start_ms = (number * _STRETCH_DAYS - _MARGIN_DAYS) * DAY_MS
    end_ms = ((number + 1) * _STRETCH_DAYS + _MARGIN_DAYS) * DAY_MS
    nights = whole_nights(place, start_ms, end_ms, elevation_deg)
    return nights, [end for _, end in nights]
