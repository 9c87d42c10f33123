"""Counts of road users per time slot: a missing count is missing, never zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_WEEK_MIN = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Counts:
    """Expected road users per slot on a regular grid in UTC.

    start_ms : start of slot 0; slot_ms : length of a slot
    forward, backward : users per slot, NaN where there is no count
    """

    start_ms: int
    slot_ms: int
    forward: Floats
    backward: Floats
    warnings: tuple[str, ...] = ()

    @property
    def end_ms(self) -> int:
        """End of the last slot."""
        return self.start_ms + self.slot_ms * len(self.forward)

    def slots_between(self, start_ms: int, end_ms: int) -> tuple[Integers, Floats, Floats]:
        """Starts and both counts of the slots that overlap [start, end); NaN outside the file too."""
        first = (start_ms - self.start_ms) // self.slot_ms
        last = -((self.start_ms - end_ms) // self.slot_ms)
        index = np.arange(first, last)
        if first >= 0 and last <= len(self.forward):
            return self.start_ms + index * self.slot_ms, self.forward[first:last], self.backward[first:last]
        inside = (index >= 0) & (index < len(self.forward))
        at = np.where(inside, index, 0)
        return (
            self.start_ms + index * self.slot_ms,
            np.where(inside, self.forward[at], np.nan),
            np.where(inside, self.backward[at], np.nan),
        )


def mean_day(counts: Counts) -> float:
    """Mean users per day, both directions, over the slots in which both were counted; NaN if there are none."""
    both = counts.forward + counts.backward
    both = both[~np.isnan(both)]
    return float(both.mean()) * _DAY_MS / counts.slot_ms if len(both) else math.nan


def mean_week(counts: Counts, timezone: str) -> tuple[Floats, Floats]:
    """Mean users per slot of the week, Monday 00:00 civil time first; NaN where no such slot was counted."""
    bins = week_bins(counts.start_ms, counts.slot_ms, len(counts.forward), timezone)
    size = _WEEK_MIN * _MINUTE_MS // counts.slot_ms
    return _bin_mean(counts.forward, bins, size), _bin_mean(counts.backward, bins, size)


def _bin_mean(values: Floats, bins: Integers, size: int) -> Floats:
    known = ~np.isnan(values)
    number = np.bincount(bins[known], minlength=size)
    total = np.bincount(bins[known], weights=values[known], minlength=size)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def week_bins(start_ms: int, slot_ms: int, size: int, timezone: str) -> Integers:
    """Slot of the civil week, Monday 00:00 first, for each slot of a grid. Offsets are looked up once an hour."""
    t_ms = start_ms + slot_ms * np.arange(size, dtype=np.int64)
    hours, which = np.unique(t_ms // 3_600_000, return_inverse=True)
    zone = ZoneInfo(timezone)
    offsets = [_offset_ms(int(hour) * 3600, zone) for hour in hours]
    civil_ms = t_ms + np.array(offsets, np.int64)[which]
    monday_ms = 4 * _DAY_MS  # 1970-01-05 was a Monday
    return np.asarray((civil_ms - monday_ms) % (_WEEK_MIN * _MINUTE_MS) // slot_ms, np.int64)


def _offset_ms(utc_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(utc_s, zone).utcoffset() or timedelta()
    return round(offset.total_seconds() * 1000)


def fill_missing(counts: Counts, timezone: str, file: str) -> Counts:
    """Missing slots become the mean of the same slot of the week."""
    bins = week_bins(counts.start_ms, counts.slot_ms, len(counts.forward), timezone)
    week = mean_week(counts, timezone)
    forward = np.where(np.isnan(counts.forward), week[0][bins], counts.forward)
    backward = np.where(np.isnan(counts.backward), week[1][bins], counts.backward)
    filled = int(np.isnan(counts.forward + counts.backward).sum() - np.isnan(forward + backward).sum())
    note = f"{file}: {filled} missing slots were filled with the mean of that slot of the week"
    warnings = (*counts.warnings, note) if filled else counts.warnings
    return Counts(counts.start_ms, counts.slot_ms, forward, backward, warnings)


def dark_slots(counts: Counts, dark: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Number of slots that overlap the dark spans [UTC ms], and how many of them have no count."""
    found = [counts.slots_between(start_ms, end_ms) for start_ms, end_ms in dark]
    missing = [starts[np.isnan(forward + backward)] for starts, forward, backward in found]
    return _different([starts for starts, _, _ in found]), _different(missing)


def _different(moments: Sequence[Integers]) -> int:
    """How many different moments there are; a span repeats none."""
    return len(np.unique(np.concatenate(moments))) if len(moments) > 1 else sum(map(len, moments))
