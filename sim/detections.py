"""What presence sensors of a street detect in a night, as flat arrays, and as the reports that controllers get."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from controllers.replay import Kind, Row
from sim.counts import Integers

Flags = NDArray[np.bool_]
NOTHING: Integers = np.zeros(0, np.int64)
NONE: Flags = np.zeros(0, bool)


@dataclass(frozen=True, slots=True)
class Detections:
    """Detections, one array entry each: sensor by sensor, in order of enter. Times are those of the reports [UTC ms].

    An episode is a stretch in which a sensor sees somebody all the time. Detections that are reported before the
    night or at its end or later are left out, so an episode may lack its first ones.

    end_ms : of the night; sensor : index in the street; enter_ms : the user is seen first
    fall_ms : last moment of the episode, which may lie after the end of the night
    first : it opens its episode; long : the episode has a length, else it is a pulse
    user : the road user, an index into known_speed and known_direction, 0 there if not known
    lone_sensor, lone_fall_ms : sensors that report a fall in the night, of an episode without detections in it
    """

    end_ms: int
    sensor: Integers
    enter_ms: Integers
    fall_ms: Integers
    first: Flags
    long: Flags
    user: Integers
    known_speed: Integers
    known_direction: Integers
    lone_sensor: Integers = field(default_factory=lambda: NOTHING)
    lone_fall_ms: Integers = field(default_factory=lambda: NOTHING)

    def __len__(self) -> int:
        return len(self.enter_ms)

    @property
    def speed_mm_s(self) -> Integers:
        """Of the user of each detection, 0 if not known."""
        return self.known_speed.take(self.user)

    @property
    def direction(self) -> Integers:
        """Of the user of each detection: +1 up the street, -1 down, 0 if not known."""
        return self.known_direction.take(self.user)

    def pick(self, which: Integers | Flags) -> Detections:
        """Some of them, without lone falls."""
        return Detections(
            self.end_ms,
            self.sensor[which],
            self.enter_ms[which],
            self.fall_ms[which],
            self.first[which],
            self.long[which],
            self.user[which],
            self.known_speed,
            self.known_direction,
        )

    def rows(self) -> list[Row]:
        """The reports: on for the first user of an episode, more for each further one, off at its end; or pulses.

        In order of time, then kind, then sensor.
        """
        if not len(self) and not len(self.lone_sensor):
            return []
        kind = np.where(self.long, np.where(self.first, Kind.ON, Kind.MORE), Kind.PULSE)
        opens = self.first.copy()
        opens[:1] = True
        opens[1:] |= self.sensor[1:] != self.sensor[:-1]
        falls = np.flatnonzero(opens & self.long & (self.fall_ms < self.end_ms))
        off = np.full(len(self.lone_sensor) + len(falls), Kind.OFF)
        nothing = np.zeros_like(off)
        t_ms = np.concatenate((self.enter_ms, self.lone_fall_ms, self.fall_ms[falls]))
        kind = np.concatenate((kind, off))
        sensor = np.concatenate((self.sensor, self.lone_sensor, self.sensor[falls]))
        speed = np.concatenate((self.speed_mm_s, nothing))
        direction = np.concatenate((self.direction, nothing))
        order = np.lexsort((sensor, kind, t_ms))
        columns = (t_ms, kind, sensor, speed, direction)
        return list(zip(*(column[order].tolist() for column in columns), strict=True))


def nobody(end_ms: int) -> Detections:
    """No detections."""
    return Detections(end_ms, NOTHING, NOTHING, NOTHING, NONE, NONE, NOTHING, NOTHING, NOTHING)
