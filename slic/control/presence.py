"""Who is present: sensors that are up or lost, and the lamps that they hold up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slic.control.deadlines import Deadlines
from slic.control.group import NEVER_MS, GroupState
from slic.control.lamp_state import LampState
from slic.control.link import Link, join
from slic.control.segment import Known, SegmentPlan


class Presence:
    """The presence sensors of a segment. It only keeps holds: the caller decides the lamps that are returned.

    links : per sensor, the lamps that it reaches; causes : per sensor, its name in a decision
    lost : sensors that cannot be trusted, which hold their lamps up
    """

    def __init__(self, plan: SegmentPlan, lamps: list[LampState], deadlines: Deadlines) -> None:
        self.links: list[tuple[Link, ...]] = [()] * len(plan.sensors)
        self.causes = [f"sensor {sensor.id}" for sensor in plan.sensors]
        self.lost: set[int] = set()
        self._plan = plan
        self._lamps = lamps
        self._deadlines = deadlines
        # lamps that an active sensor holds up, by lamp group
        self._raised: list[dict[str, list[LampState]] | None] = [None] * len(plan.sensors)

    def is_up(self, sensor: int) -> bool:
        """Whether a sensor holds lamps up, or counts as doing so because it is lost."""
        return self._raised[sensor] is not None

    def count(self, sensor: int) -> None:
        """Count a road user for the traffic class of the groups that a sensor reaches."""
        for link in self.links[sensor]:
            if link.group.chooser is not None:
                link.group.chooser.count()

    def counters(self, group: GroupState) -> int:
        """How many sensors count a group's traffic; 0 if one of them is lost."""
        sensors = [i for i, links in enumerate(self.links) if any(link.group is group for link in links)]
        return 0 if any(i in self.lost for i in sensors) else len(sensors)

    def rise(self, sensor: int, speed_mm_s: int = 0, direction: int = 0) -> list[LampState]:
        """A sensor rises, or sees another user while up; the lamps that it did not hold up before."""
        held = self._raised[sensor]
        if held is None:
            held = self._raised[sensor] = {}
        new: list[LampState] = []
        for link in self.links[sensor]:
            new += self._hold_up(held, link, speed_mm_s, direction)
        return new

    def fall(self, sensor: int, now_ms: int) -> None:
        """A sensor falls: the hold times of its lamps begin."""
        held = self._raised[sensor]
        self._raised[sensor] = None
        if held is None:
            return
        for link in self.links[sensor]:
            for lamp in held.get(link.group.name, ()):
                self._release(lamp, link, now_ms)

    def rewire(self, group: GroupState) -> None:
        """Join sensors and a group's lamps anew after another program took over; who is present stays present."""
        for lamp in self._lamps:
            if lamp.group is group:
                lamp.forget_presence()
        new = join(group, self._plan.sensors, self._plan.lamps, self._lamps)
        for i in range(len(self._plan.sensors)):
            others = tuple(link for link in self.links[i] if link.group is not group)
            self.links[i] = (*others, new[i]) if new else others
            self._rejoin(i, group)

    def take_over(self, before: Presence) -> Iterator[tuple[int, list[LampState]]]:
        """Sensors, by name, that were up or lost before become so here, one by one; each with its lamps to decide."""
        number = {sensor.id: i for i, sensor in enumerate(before._plan.sensors)}
        for i, sensor in enumerate(self._plan.sensors):
            was = number.get(sensor.id)
            if was is None or not before.is_up(was):
                continue
            if was in before.lost:
                self.lost.add(i)
            self._raised[i] = {}
            yield i, self.rise(i)

    def keep_raised(self, members: Sequence[LampState], known: Mapping[int, Known], now_ms: int) -> None:
        """Give a group's lamps that a sensor raised before the start a hold of the control that fits their level."""
        for lamp in members:
            before = known.get(lamp.index)
            if before is None or before.source != "sensor":
                continue
            k = lamp.control_of(before.level_pm)
            if k is not None:
                lamp.until_ms[k] = now_ms + lamp.group.effects[k].hold_ms
                self._deadlines.arm_hold(lamp, lamp.until_ms[k])

    def _hold_up(
        self, held: dict[str, list[LampState]], link: Link, speed_mm_s: int, direction: int
    ) -> Sequence[LampState]:
        already = held.get(link.group.name)
        if already is not None and link.targets is not None:
            return ()
        new: Sequence[LampState] = link.lamps(speed_mm_s, direction, self._lamps)
        if already is None:
            held[link.group.name] = list(new)
        else:
            new = [lamp for lamp in new if lamp not in already]
            already += new
        for lamp in new:
            if lamp.active is None:
                lamp.active = [0] * len(lamp.until_ms)
            for k, _ in link.controls:
                lamp.active[k] += 1
                lamp.until_ms[k] = NEVER_MS
        return new

    def _release(self, lamp: LampState, link: Link, now_ms: int) -> None:
        assert lamp.active is not None
        for k, hold_ms in link.controls:
            lamp.active[k] -= 1
            if lamp.active[k] == 0:
                lamp.until_ms[k] = now_ms + hold_ms
                self._deadlines.arm_hold(lamp, lamp.until_ms[k])

    def _rejoin(self, sensor: int, group: GroupState) -> None:
        held = self._raised[sensor]
        if held is not None:
            held.pop(group.name, None)
            for link in self.links[sensor]:
                if link.group is group:
                    self._hold_up(held, link, 0, 0)
