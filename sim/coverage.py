"""Which nights of a run the count file knows wholly, told before anything is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from sim.counts import Counts, dark_slots
from sim.setup import Setup, dark_spans
from sim.traffic_source import counts_in
from slic.energy.results import CountCoverage
from slic.errors import InputError
from slic.scenario.model import CountFile, SteadyFlow
from slic.scenario.sumo_model import SumoDetectors, SumoInstant, SumoPositions

_MINUTE_MS = 60_000
_NAMED = 3
"""So many missing slots are named one by one."""


def count_coverage(setup: Setup) -> list[CountCoverage]:
    """Slots of the count file in the dark of each night, and how many have no count. All streets share the file.

    Raises InputError if no night has them all: then no figure of the run could honestly be given.
    """
    counts = counts_in(setup.traffic)
    nights = []
    for night in setup.nights:
        dark = dark_spans(setup.default.night(night))
        slots, missing = dark_slots(counts, dark) if counts else (0, 0)
        nights.append(CountCoverage(night.isoformat(), slots, missing))
    if all(night.missing for night in nights):
        raise _nothing_counted(setup, sum(night.missing for night in nights))
    return nights


def _nothing_counted(setup: Setup, missing: int) -> InputError:
    counts, source = counts_in(setup.traffic), setup.scenario.traffic.source
    assert counts is not None and source is not None and not isinstance(source, SteadyFlow)
    starts_ms = sorted(set(_missing_ms(setup, counts)))
    named = ", ".join(_as_written(t_ms, source) for t_ms in starts_ms[:_NAMED])
    more = f" and {missing - _NAMED} more slots" if missing > _NAMED else ""
    have = "has" if missing == 1 else "have"
    nights = "the only night" if len(setup.nights) == 1 else f"none of the {len(setup.nights)} nights"
    lacking = "lacks counts" if len(setup.nights) == 1 else "has all its counts"
    return InputError(
        f"{named}{more} {have} no count: {nights} of the run {lacking} in the dark, so no saving can be given",
        file=source.file,
        allowed="at least one night without missing counts"
        + (", or when_missing: same_hour_mean" if isinstance(source, CountFile) else ""),
    )


def _missing_ms(setup: Setup, counts: Counts) -> Iterator[int]:
    for night in setup.nights:
        for start_ms, end_ms in dark_spans(setup.default.night(night)):
            starts, forward, backward = counts.slots_between(start_ms, end_ms)
            yield from starts[np.isnan(forward + backward)].tolist()


def _as_written(start_ms: int, source: CountFile | SumoPositions | SumoDetectors | SumoInstant) -> str:
    """The time by which the file marks a slot, in the file's own time zone."""
    after_min = source.slot_min if isinstance(source, CountFile) and source.time_marks == "end" else 0
    marked_ms = start_ms + after_min * _MINUTE_MS
    there = datetime.fromtimestamp(marked_ms / 1000, UTC).astimezone(ZoneInfo(source.time_zone))
    other = there.replace(fold=1 - there.fold)
    twice = there.utcoffset() != other.utcoffset()
    pass_ = (" (second pass)" if there.fold else " (first pass)") if twice else ""
    return f"{there:%Y-%m-%d %H:%M}{' UTC' if source.time_zone == 'UTC' else ''}{pass_}"
