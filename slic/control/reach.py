"""Which lamps a presence sensor raises: its cluster, the lamps ahead of the road user, or the nearest one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from slic.control.program import PresenceReach
from slic.control.segment import LampPlan, SensorPlan

Ints = NDArray[np.int64]


class LampIndex:
    """Lamps of a group by cluster, and by position along each street; made once and shared by all sensors."""

    def __init__(self, lamps: Iterable[tuple[int, LampPlan]]) -> None:
        clusters: defaultdict[str, list[int]] = defaultdict(list)
        streets: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, lamp in lamps:
            clusters[lamp.cluster].append(index)
            streets[lamp.street].append((lamp.position_mm, index))
        self.clusters = {name: tuple(members) for name, members in clusters.items()}
        self.positions_mm: dict[str, list[int]] = {}
        self.along: dict[str, tuple[int, ...]] = {}
        for name, places in streets.items():
            places.sort()
            self.positions_mm[name] = [position for position, _ in places]
            self.along[name] = tuple(index for _, index in places)

    def nearest(self, street: str, position_mm: int) -> tuple[int, ...]:
        """The lamp nearest to a position on a street, the lower one of two; empty if the street has none."""
        positions_mm = self.positions_mm.get(street, [])
        after = bisect_left(positions_mm, position_mm)
        around = [i for i in (after - 1, after) if 0 <= i < len(positions_mm)]
        if not around:
            return ()
        return (self.along[street][min(around, key=lambda i: abs(positions_mm[i] - position_mm))],)


class Train:
    """The lamps around and ahead of a road user, in integers; shared by all sensors of a group."""

    __slots__ = ("_ahead_mm", "_assumed_mm_s", "_behind_mm", "_lead_ms")

    def __init__(self, rule: PresenceReach) -> None:
        self._behind_mm = round(rule.behind_m * 1000)
        self._ahead_mm = round(rule.ahead_m * 1000)
        self._lead_ms = round(rule.lead_s * 1000)
        self._assumed_mm_s = round(rule.assumed_speed_m_s * 1000)

    def span_mm(self, position_mm: int, speed_mm_s: int, direction: int) -> tuple[int, int]:
        """From where to where lamps rise; speed 0 and direction 0 (up +1, down -1) mean not known."""
        ahead_mm = self._ahead_mm + self._lead_ms * (speed_mm_s or self._assumed_mm_s) // 1000
        up_mm = ahead_mm if direction >= 0 else self._behind_mm
        down_mm = ahead_mm if direction <= 0 else self._behind_mm
        return position_mm - down_mm, position_mm + up_mm

    def spans_mm(self, position_mm: int, speed_mm_s: Ints, direction: Ints) -> tuple[Ints, Ints]:
        """:meth:`span_mm` for many road users at once."""
        speed = np.where(speed_mm_s == 0, self._assumed_mm_s, speed_mm_s)
        ahead_mm = self._ahead_mm + self._lead_ms * speed // 1000
        up_mm = np.where(direction >= 0, ahead_mm, self._behind_mm)
        down_mm = np.where(direction <= 0, ahead_mm, self._behind_mm)
        return position_mm - down_mm, position_mm + up_mm


class Reach:
    """The lamps that one sensor raises: always the same (``fixed``, indices), or by :meth:`lamps` in train style."""

    __slots__ = ("_along", "_position_mm", "_positions_mm", "_train", "fixed")

    def __init__(self, rule: PresenceReach, train: Train, sensor: SensorPlan, index: LampIndex) -> None:
        self.fixed: tuple[int, ...] | None = None
        if rule.style == "cluster":
            self.fixed = index.clusters.get(sensor.cluster, ())
        elif rule.style == "own":
            self.fixed = index.nearest(sensor.street, sensor.position_mm)
        self._train = train
        self._position_mm = sensor.position_mm
        self._positions_mm = index.positions_mm.get(sensor.street, [])
        self._along = index.along.get(sensor.street, ())

    def lamps(self, speed_mm_s: int, direction: int) -> tuple[int, ...]:
        """Indices of the lamps raised for a road user in train style; arguments as in :meth:`Train.span_mm`."""
        from_mm, to_mm = self._train.span_mm(self._position_mm, speed_mm_s, direction)
        return self._along[bisect_left(self._positions_mm, from_mm) : bisect_right(self._positions_mm, to_mm)]

    def ranges(self, speed_mm_s: Ints, direction: Ints) -> tuple[Ints, Ints]:
        """:meth:`lamps` for many road users at once: from which to before which place in :attr:`along`."""
        from_mm, to_mm = self._train.spans_mm(self._position_mm, speed_mm_s, direction)
        first = np.searchsorted(self._positions_mm, from_mm, side="left")
        return first, np.searchsorted(self._positions_mm, to_mm, side="right")

    @property
    def along(self) -> tuple[int, ...]:
        """Indices of the lamps along the sensor's street, in order of position."""
        return self._along
