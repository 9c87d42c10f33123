"""Energy and coverage of lamps by night, from counters that were read now and then.

What a counter rose by between two readings was used between them. Two readings further apart than usual leave a gap:
the rise over it is known and kept, but not when it was used, so it is spread evenly and marked. Where a counter
began anew, nothing is known of the time between: that is a gap too, and never zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median_low
from typing import NamedTuple

from slic.report.field_store import LampKey, Reading

GAP_FACTOR = 1.5
"""Two readings further apart than so many usual pauses leave a gap."""

_ENOUGH = 8
"""Pauses of a segment on a day from which its usual pause is learned anew."""


class Rise(NamedTuple):
    """What the counters of a lamp rose by from ``start_ms`` to ``end_ms``; None where a counter is not known."""

    lamp: LampKey
    start_ms: int
    end_ms: int
    energy_mj: int | None
    on_ms: int | None
    gap: bool


@dataclass(slots=True)
class LampNight:
    """What is known of a lamp's night.

    energy_mj : used, ``spread_mj`` of it over gaps; None if no reading says anything about this night
    known_ms : of the night, between two readings of one counter; covered_ms : of that, without gaps
    lit_ms : on, within ``known_ms``; None if not known
    """

    energy_mj: int | None = None
    spread_mj: int = 0
    known_ms: int = 0
    covered_ms: int = 0
    lit_ms: int | None = None


class LampMeter:
    """One lamp's readings in the order of time, to rises of its counters."""

    def __init__(self, lamp: LampKey) -> None:
        self.lamp = lamp
        self.restarts = 0
        self._last: Reading | None = None
        self._earlier_boots: set[str] = set()

    def pause_ms(self, reading: Reading) -> int | None:
        """Time since the reading before, None for the first."""
        return None if self._last is None else reading.t_ms - self._last.t_ms

    def add(self, reading: Reading, usual_ms: int | None) -> Rise | None:
        """The rise that a reading shows, if it shows one. usual_ms : pause between readings, None if not known."""
        last = self._last
        if reading.counter_mj is None or self._is_late(reading):
            return None
        if last is not None and reading.t_ms <= last.t_ms and reading.boot == last.boot:
            return None  # the next one shows the whole rise
        self._last = reading
        if last is None or last.counter_mj is None:
            return None
        if reading.boot != last.boot or reading.counter_mj < last.counter_mj:
            self.restarts += 1
            self._earlier_boots.add(last.boot)
            return None
        if reading.t_ms <= last.t_ms:
            return None
        gap = usual_ms is None or reading.t_ms - last.t_ms > GAP_FACTOR * usual_ms
        on_ms = _rise(last.on_ms, reading.on_ms)
        return Rise(self.lamp, last.t_ms, reading.t_ms, reading.counter_mj - last.counter_mj, on_ms, gap)

    def _is_late(self, reading: Reading) -> bool:
        """Whether a reading is older than the last one, as its named boot tells: it came twice, or out of order."""
        last = self._last
        if last is None or not reading.boot:
            return False
        if reading.boot in self._earlier_boots - {last.boot}:
            return True
        return reading.boot == last.boot and (reading.counter_mj or 0) < (last.counter_mj or 0)


class FieldEnergy:
    """Adds up rises by lamp and night.

    edges_ms : beginnings of the nights, one after the other, and the end of the last [UTC ms]
    """

    def __init__(self, edges_ms: Sequence[int]) -> None:
        self._edges = edges_ms
        self._meters: dict[LampKey, LampMeter] = {}
        self._usual_ms: dict[str, int] = {}
        self.nights: dict[tuple[LampKey, int], LampNight] = {}

    @property
    def restarts(self) -> dict[LampKey, int]:
        """How often the counter of a lamp began anew."""
        return {lamp: meter.restarts for lamp, meter in self._meters.items() if meter.restarts}

    def add_day(self, readings: Iterable[tuple[LampKey, Reading]]) -> None:
        """Take the readings of one day, lamp after lamp; days must come in their order."""
        for segment, rows in groupby(readings, lambda row: row[0].segment):
            by_lamp = [(lamp, [r for _, r in group]) for lamp, group in groupby(rows, lambda row: row[0])]
            usual_ms = self._learn(segment, by_lamp)
            for lamp, ordered in by_lamp:
                self._add_lamp(lamp, ordered, usual_ms)

    def _add_lamp(self, lamp: LampKey, readings: Iterable[Reading], usual_ms: int | None) -> None:
        meter = self._meters.setdefault(lamp, LampMeter(lamp))
        for reading in readings:
            rise = meter.add(reading, usual_ms)
            if rise is not None:
                self._spread(rise)

    def _learn(self, segment: str, by_lamp: Sequence[tuple[LampKey, Sequence[Reading]]]) -> int | None:
        """The usual pause between readings of a segment: the middle one of the day, if there are enough of them."""
        pauses = [pause for lamp, readings in by_lamp for pause in self._pauses(lamp, readings) if pause > 0]
        if pauses and (len(pauses) >= _ENOUGH or segment not in self._usual_ms):
            self._usual_ms[segment] = median_low(pauses)
        return self._usual_ms.get(segment)

    def _pauses(self, lamp: LampKey, readings: Sequence[Reading]) -> Iterator[int]:
        meter = self._meters.get(lamp)
        first = meter.pause_ms(readings[0]) if meter else None
        if first is not None:
            yield first
        for before, after in pairwise(readings):
            yield after.t_ms - before.t_ms

    def _spread(self, rise: Rise) -> None:
        """Give each night its share of a rise, by time; the shares add up to it."""
        edges = self._edges
        index = max(bisect_right(edges, rise.start_ms) - 1, 0)
        while index < len(edges) - 1 and edges[index] < rise.end_ms:
            begin_ms, end_ms = max(edges[index], rise.start_ms), min(edges[index + 1], rise.end_ms)
            if end_ms > begin_ms:
                night = self.nights.setdefault((rise.lamp, index), LampNight())
                _add(night, rise, begin_ms - rise.start_ms, end_ms - rise.start_ms)
            index += 1


def _add(night: LampNight, rise: Rise, from_ms: int, to_ms: int) -> None:
    """Add the part of a rise from one moment after its start to another."""
    if rise.energy_mj is not None:
        energy_mj = _share(rise, rise.energy_mj, from_ms, to_ms)
        night.energy_mj = (night.energy_mj or 0) + energy_mj
        night.spread_mj += energy_mj if rise.gap else 0
    if rise.on_ms is not None:
        night.lit_ms = (night.lit_ms or 0) + _share(rise, rise.on_ms, from_ms, to_ms)
    night.known_ms += to_ms - from_ms
    night.covered_ms += 0 if rise.gap else to_ms - from_ms


def _share(rise: Rise, total: int, from_ms: int, to_ms: int) -> int:
    whole_ms = rise.end_ms - rise.start_ms
    if to_ms - from_ms == whole_ms:
        return total
    return total * to_ms // whole_ms - total * from_ms // whole_ms


def _rise(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None or after < before else after - before
