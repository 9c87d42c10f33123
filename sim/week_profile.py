"""Counts of one place as the profile of another: the mean civil week of the file becomes each week at the site."""

from __future__ import annotations

import math

import numpy as np

from sim.counts import Counts, mean_week, week_bins
from slic.errors import InputError
from slic.scenario.model import CountFile


def mean_weeks(counts: Counts, source: CountFile, site_zone: str, start_ms: int, end_ms: int) -> Counts:
    """The file's mean week in the civil time of its place, repeated in the site's civil time from start to end.

    Slots of the week that the file never counted stay missing. ``source.mean_week_in`` is the zone of the file's place.
    Raises InputError for slots that do not fill an hour: only those fall alike in every zone.
    """
    if 60 % source.slot_min:
        allowed = "a part of an hour, for mean_week_in"
        raise InputError("is no part of an hour", field="slot_min", value=source.slot_min, allowed=allowed)
    forward, backward = mean_week(counts, source.mean_week_in)
    first_ms = start_ms // counts.slot_ms * counts.slot_ms
    size = math.ceil((end_ms - first_ms) / counts.slot_ms)
    bins = week_bins(first_ms, counts.slot_ms, size, site_zone)
    note = f"{source.file}: the mean week of the file stands for every week of the run"
    missing = int(np.isnan(forward + backward).sum())
    gaps = (f"{source.file}: {missing} slots of the week were never counted",) if missing else ()
    return Counts(first_ms, counts.slot_ms, forward[bins], backward[bins], (*counts.warnings, note, *gaps))
