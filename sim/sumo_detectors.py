"""SUMO's induction loops: counts per interval (E1), and single passings (instant detectors)."""

from __future__ import annotations

from math import floor
from pathlib import Path

import numpy as np

from sim.count_file import MOST_PER_H
from sim.counts import Counts, Floats
from sim.recorded import Recorded, recorded
from sim.sumo_xml import Element, check_known, sumo_elements, zero_ms
from slic.errors import InputError
from slic.scenario.sumo_model import SumoDetectors, SumoInstant

_HOUR_MS = 3_600_000


def read_e1(path: Path, source: SumoDetectors) -> Counts:
    """Counts per interval and direction, NaN where a detector has no interval; InputError with file and line."""
    grid = _Grid(path.name, {*source.forward, *source.backward})
    for element in sumo_elements(path, "detector"):
        if element.name == "interval":
            grid.take(element)
    check_known([*source.forward, *source.backward], grid.seen, "detector", path.name)
    start_ms, size = grid.extent()
    forward, backward = (grid.total(names, start_ms, size) for names in (source.forward, source.backward))
    return Counts(zero_ms(source) + start_ms, grid.slot_ms, forward, backward, grid.warnings())


class _Grid:
    """Intervals of detectors, all of one length but for a last one that the end of the simulation cut short."""

    def __init__(self, file: str, wanted: set[str]) -> None:
        self._file, self._wanted = file, wanted
        self.seen: set[str] = set()
        self.slot_ms = 0
        self._counts: dict[tuple[str, int], float] = {}
        self._short: set[int] = set()

    def take(self, element: Element) -> None:
        """One interval of one detector."""
        name = element.text("id")
        self.seen.add(name)
        if name not in self._wanted:
            return
        begin_ms, end_ms = (round(element.number(key) * 1000) for key in ("begin", "end"))
        self.slot_ms = self.slot_ms or end_ms - begin_ms
        if 0 < end_ms - begin_ms < self.slot_ms:
            self._short.add(begin_ms)
            return
        if end_ms - begin_ms != self.slot_ms or self.slot_ms <= 0 or (name, begin_ms) in self._counts:
            raise self._refusal(element, "is out of step", "begin", f"each {self.slot_ms / 1000:g} s once, ascending")
        self._counts[name, begin_ms] = self._count(element)

    def _count(self, element: Element) -> float:
        count, most = element.number("nVehContrib"), MOST_PER_H * self.slot_ms / _HOUR_MS
        if not 0 <= count <= most:
            raise self._refusal(element, "is not a count", "nVehContrib", f"0 to {most:,.0f} an interval")
        return count

    def _refusal(self, element: Element, problem: str, key: str, allowed: str) -> InputError:
        value = element.values[key]
        return InputError(problem, file=self._file, line=element.line, field=key, value=value, allowed=allowed)

    def extent(self) -> tuple[int, int]:
        """Begin of the first interval [ms of SUMO] and number of slots."""
        begins = [begin_ms for _, begin_ms in self._counts]
        if not begins:
            raise InputError("has no whole interval", file=self._file, allowed="E1 output of a whole simulation")
        start_ms = min(begins)
        if any((begin_ms - start_ms) % self.slot_ms for begin_ms in begins):
            raise InputError("has intervals out of step", file=self._file, allowed=f"every {self.slot_ms / 1000:g} s")
        return start_ms, (max(begins) - start_ms) // self.slot_ms + 1

    def total(self, names: list[str], start_ms: int, size: int) -> Floats:
        """Sum of detectors in each slot, NaN where one of them has no interval."""
        total = np.zeros(size)
        for name in names:
            counts = [self._counts.get((name, start_ms + slot * self.slot_ms), np.nan) for slot in range(size)]
            total += np.array(counts)
        return total

    def warnings(self) -> tuple[str, ...]:
        """What was left out, in words."""
        if not self._short:
            return ()
        note = f"{self._file}: {len(self._short)} intervals shorter than {self.slot_ms / 1000:g} s were left out"
        return (note,)


def read_instant(path: Path, source: SumoInstant) -> Recorded:
    """The users of a street from an instant detector file: each time one enters a loop in the street's middle."""
    zero = zero_ms(source)
    if source.end_s <= source.begin_s:
        allowed = f"above begin_s, {source.begin_s:g}"
        raise InputError("is upside down", field="traffic.source.end_s", value=source.end_s, allowed=allowed)
    ways = dict.fromkeys(source.backward, -1) | dict.fromkeys(source.forward, 1)
    seen: set[str] = set()
    rows = []
    for element in sumo_elements(path, "instantE1"):
        name = element.values.get("id", "")
        seen.add(name)
        if element.name == "instantOut" and name in ways and element.text("state") == "enter":
            t_s, speed_mm_s = _passing(element, source)
            rows.append((zero + floor(t_s * 1000 + 0.5), speed_mm_s, ways[name]))
    check_known(list(ways), seen - {""}, "detector that anybody passed", path.name)
    return recorded(rows, zero + round(source.begin_s * 1000), zero + round(source.end_s * 1000), path.name)


def _passing(element: Element, source: SumoInstant) -> tuple[float, int]:
    t_s, speed_m_s = element.number("time"), element.number("speed")
    if not source.begin_s <= t_s < source.end_s:
        allowed = f"begin_s to end_s, {source.begin_s:g} to {source.end_s:g} s"
        file, line = element.file, element.line
        raise InputError("is outside the time watched", file=file, line=line, field="time", value=t_s, allowed=allowed)
    return t_s, max(200, round(speed_m_s * 1000))
