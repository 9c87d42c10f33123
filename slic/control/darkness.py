"""Darkness of a place, computed in long stretches and kept, because one NumPy call costs as much as a year."""

from __future__ import annotations

from bisect import bisect_left

from slic.control.place import Place
from slic.control.sun import DAY_MS, Interval, whole_nights

_STRETCH_DAYS = 256
_MARGIN_DAYS = 4
_REACH_MS = 2 * DAY_MS


class Darkness:
    """Dark intervals of one place, for any sun elevation."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stretches: dict[tuple[float, int], tuple[list[Interval], list[int]]] = {}
        self._latest_key = (0, 0.0)
        self._latest: list[Interval] = []

    def around(self, t_ms: int, elevation_deg: float) -> list[Interval]:
        """Dark intervals [UTC ms] that touch the two days before and after a moment.

        They are whole; only a darkness of weeks is cut, more than two days away.
        """
        if self._latest_key == (t_ms, elevation_deg):
            return self._latest
        number = t_ms // (_STRETCH_DAYS * DAY_MS)
        key = (elevation_deg, number)
        if key not in self._stretches:
            self._stretches[key] = self._stretch(number, elevation_deg)
        nights, ends = self._stretches[key]
        first = last = bisect_left(ends, t_ms - _REACH_MS)
        while last < len(nights) and nights[last][0] <= t_ms + _REACH_MS:
            last += 1
        self._latest_key, self._latest = (t_ms, elevation_deg), nights[first:last]
        return self._latest

    def _stretch(self, number: int, elevation_deg: float) -> tuple[list[Interval], list[int]]:
        start_ms = (number * _STRETCH_DAYS - _MARGIN_DAYS) * DAY_MS
        end_ms = ((number + 1) * _STRETCH_DAYS + _MARGIN_DAYS) * DAY_MS
        nights = whole_nights(self._place, start_ms, end_ms, elevation_deg)
        return nights, [end for _, end in nights]
