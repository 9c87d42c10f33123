"""Which lamps a presence sensor raises: its cluster, the lamps ahead of the road user, or the nearest one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable

from slic.control.program import PresenceReach
from slic.control.segment import LampPlan, SensorPlan


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

    def between(self, street: str, from_mm: int, to_mm: int) -> tuple[int, ...]:
        """The lamps from one position on a street to another, both included."""
        positions_mm = self.positions_mm.get(street, [])
        lamps = self.along.get(street, ())
        return lamps[bisect_left(positions_mm, from_mm) : bisect_right(positions_mm, to_mm)]

    def nearest(self, street: str, position_mm: int) -> tuple[int, ...]:
        """The lamp nearest to a position on a street, the lower one of two; empty if the street has none."""
        positions_mm = self.positions_mm.get(street, [])
        after = bisect_left(positions_mm, position_mm)
        around = [i for i in (after - 1, after) if 0 <= i < len(positions_mm)]
        if not around:
            return ()
        return (self.along[street][min(around, key=lambda i: abs(positions_mm[i] - position_mm))],)


class Reach:
    """The lamps that one sensor raises.

    ``fixed`` holds their indices where they do not depend on the road user; for train style it is None and
    :meth:`lamps` gives them by speed and direction.
    """

    __slots__ = ("_index", "_position_mm", "_rule", "_street", "fixed")

    def __init__(self, rule: PresenceReach, sensor: SensorPlan, index: LampIndex) -> None:
        self.fixed: tuple[int, ...] | None = None
        if rule.style == "cluster":
            self.fixed = index.clusters.get(sensor.cluster, ())
        elif rule.style == "own":
            self.fixed = index.nearest(sensor.street, sensor.position_mm)
        self._rule = rule
        self._index = index
        self._street = sensor.street
        self._position_mm = sensor.position_mm

    def lamps(self, speed_mm_s: int, direction: int) -> tuple[int, ...]:
        """Lamps raised for a road user; speed 0 and direction 0 (up +1, down -1) mean not known."""
        if self.fixed is not None:
            return self.fixed
        rule = self._rule
        speed_m_s = speed_mm_s / 1000 or rule.assumed_speed_m_s
        ahead_mm = round((rule.ahead_m + rule.lead_s * speed_m_s) * 1000)
        behind_mm = round(rule.behind_m * 1000)
        up_mm = ahead_mm if direction >= 0 else behind_mm
        down_mm = ahead_mm if direction <= 0 else behind_mm
        return self._index.between(self._street, self._position_mm - down_mm, self._position_mm + up_mm)
