"""When presence sensors see anybody at all: what the arrays need where nobody asks who it was.

It takes no pairing to know from when until when a sensor is up: the starts and the ends of all that it sees are sorted
each for themselves, and there is a gap after the k-th end exactly where it lies before the start that is next.
:class:`sim.detections.Detections` tells who was seen, to all that ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.counts import Integers
from sim.crossing import Times
from sim.detections import Detections
from sim.ordered import BLOCK, together

BEFORE = -(1 << 30)
"""The first of each sensor starts and ends then, and so does what does not count; there is a gap after it."""
AFTER = 1 << 30
"""The last of each sensor starts and ends then."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """Starts and ends of what each sensor sees, each sorted for themselves, without what is not reported in the night.

    Somebody who is first seen before the night is not reported, nor is anybody seen with him without a gap. Times are
    those of reports, since the start of the night.

    parts : sensors, some after the other [starts and ends x sensors x seen]; starts alone where they are the ends too
    pulses : whether somebody may be seen for no time
    """

    parts: Sequence[Times]
    pulses: bool

    @property
    def reports(self) -> int:
        """How often sensors report that they see somebody: once while they are up, and each that is seen for no time.

        Sensors that report further users too say more: see :class:`sim.detections.Detections`.
        """
        if self.pulses:
            return sum(_reports(part) for part in self.parts)
        gaps = [int(np.count_nonzero(part[-1, :, :-1] < part[0, :, 1:])) for part in self.parts]
        return sum(gaps) - sum(len(part[0]) for part in self.parts)


class Held(NamedTuple):
    """Stretches in which sensors hold, sensor by sensor and in order.

    sensor : number among all; begin_ms, end_ms : since the start of the night
    """

    sensor: Times
    begin_ms: Times
    end_ms: Times


def held(sightings: Iterable[Sightings], hold_ms: int) -> Held:
    """From when until when the sensors of some streets hold that do so for a time after each sighting."""
    parts = [part for street in sightings for part in street.parts]
    found, sensors = [], 0
    for some in together([part[0].size for part in parts], BLOCK):
        held_up = _held(parts[some], hold_ms)
        found.append(held_up._replace(sensor=held_up.sensor + np.int32(sensors)))
        sensors += sum(len(part[0]) for part in parts[some])
    return found[0] if len(found) == 1 else Held(*map(np.concatenate, zip(*found, strict=True)))


def _held(parts: Sequence[Times], hold_ms: int) -> Held:
    _, begin, end = _stretches(parts, hold_ms)
    there = begin < AFTER
    sensor = np.cumsum(~there, dtype=np.int32)[there]
    return Held(sensor, begin[there], end[there] + np.int32(hold_ms))


def _stretches(parts: Sequence[Times], hold_ms: int) -> tuple[Integers, Times, Times]:
    """The gaps, and the stretch after each but the very last; that after the last of each sensor begins at AFTER."""
    starts, ends = _flat(parts, 0), _flat(parts, -1)
    gap = np.flatnonzero(ends[:-1] + np.int32(hold_ms) < starts[1:])
    return gap, starts[1:].take(gap)[:-1], ends.take(gap)[1:]


def _reports(part: Times) -> int:
    """A stretch without length is reported as often as somebody is seen in it."""
    gap, begin, end = _stretches([part], 0)
    seen = np.where(begin == end, np.diff(gap), 1)
    return int(seen[begin < AFTER].sum())


def _flat(parts: Sequence[Times], which: int) -> Times:
    return parts[0][which].ravel() if len(parts) == 1 else np.concatenate([part[which].ravel() for part in parts])


def nothing_seen(sensors: int) -> Sightings:
    """No sightings of so many sensors."""
    return Sightings([np.tile(np.array([BEFORE, AFTER], np.int32), (1, sensors, 1))], pulses=False)


def sightings_of(found: Detections, night: tuple[int, int], sensors: int) -> Sightings:
    """The sightings of the detections of so many sensors. night : start and end [UTC ms]"""
    found = found.pick(found.first | ~found.long)
    number = np.bincount(found.sensor, minlength=sensors)
    column = np.arange(len(found)) - (np.cumsum(number) - number).repeat(number)
    times = np.full((2, sensors, int(number.max(initial=0)) + 2), BEFORE, np.int32)
    times[:, :, -1] = AFTER
    times[0, found.sensor, column] = found.enter_ms - night[0]
    times[1, found.sensor, column] = np.minimum(found.fall_ms, night[1]) - night[0]
    times.sort(axis=2)
    return Sightings([times], pulses=True)
