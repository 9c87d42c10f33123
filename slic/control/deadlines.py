"""When a controller must act again: ends of holds, and timers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappush

from slic.control.group import NEVER_MS, GroupState
from slic.control.lamp_state import LampState
from slic.control.photocell import LuxFilter
from slic.control.segment import Override

ORDERS, LIGHT = 0, 1
"""Timers of the segment: an override begins or ends, a light reading may be stale."""

STEP, CLASS, BURN = 0, 1, 2
"""Timers of a lamp group: the next step of its night, of its traffic count, the end of a minimum burn."""


class Deadlines:
    """A heap of deadlines. None is ever cancelled: one that no longer counts is outdated when it comes.

    heap : (t_ms, lamp index, or below 0 a timer), the earliest first, so that timers of a moment come before holds;
        never empty
    light_armed : whether a timer waits for the light reading
    """

    __slots__ = ("_groups", "heap", "light_armed")

    def __init__(self, groups: Sequence[GroupState]) -> None:
        self.heap: list[tuple[int, int]] = [(NEVER_MS, 0)]
        self.light_armed = False
        self._groups = groups

    def arm_light(self, lux: LuxFilter) -> None:
        """Come back when the light reading may be stale, if there is one."""
        if lux.stale_at_ms is not None and not self.light_armed:
            self.light_armed = True
            self._arm(LIGHT, lux.stale_at_ms)

    def arm_order(self, order: Override, now_ms: int) -> None:
        """Come back when an override begins and ends."""
        self._arm(ORDERS, max(order.start_ms, now_ms))
        self._arm(ORDERS, order.expiry_ms)

    def arm_step(self, group: GroupState) -> None:
        """Come back at the end of a group's present step."""
        if group.until_ms < NEVER_MS:
            self._arm_group(group, STEP, group.until_ms)

    def arm_class(self, group: GroupState, now_ms: int) -> None:
        """Come back for the next step of a group's traffic count, if it counts."""
        if group.chooser is not None:
            group.class_step_ms = now_ms + group.chooser.step_ms
            self._arm_group(group, CLASS, group.class_step_ms)

    def arm_burn(self, group: GroupState, t_ms: int) -> None:
        """Come back when a group's minimum burn may end."""
        self._arm_group(group, BURN, t_ms)

    def group_timer(self, timer: int) -> tuple[GroupState, int]:
        """The group of a timer that came, and which of its timers it is."""
        number, kind = divmod(timer - 2, 3)
        return self._groups[number], kind

    def arm_hold(self, lamp: LampState, until_ms: int) -> None:
        """Come back for a lamp when a hold of it ends, unless its deadline is earlier."""
        if until_ms < lamp.armed_ms:
            lamp.armed_ms = until_ms
            heappush(self.heap, (until_ms, lamp.index))

    def arm_next_hold(self, lamp: LampState, now_ms: int) -> None:
        """A lamp's deadline came: come back at the end of its next hold, if there is one."""
        next_ms = NEVER_MS
        for until_ms in lamp.until_ms:
            if now_ms < until_ms < next_ms:
                next_ms = until_ms
        lamp.armed_ms = next_ms
        if next_ms < NEVER_MS:
            heappush(self.heap, (next_ms, lamp.index))

    def shift(self, lamps: Iterable[LampState], delta_ms: int) -> None:
        """Move the lamps' holds with a clock that was set and forget the timers, which are to be armed anew."""
        holds = []
        for lamp in lamps:
            lamp.until_ms = [u if u in (0, NEVER_MS) else u + delta_ms for u in lamp.until_ms]
            if lamp.armed_ms < NEVER_MS:
                lamp.armed_ms += delta_ms
                holds.append((lamp.armed_ms, lamp.index))
        self.heap[:] = [*holds, (NEVER_MS, 0)]
        heapify(self.heap)
        self.light_armed = False

    def _arm_group(self, group: GroupState, kind: int, t_ms: int) -> None:
        self._arm(2 + 3 * self._groups.index(group) + kind, t_ms)

    def _arm(self, timer: int, t_ms: int) -> None:
        heappush(self.heap, (t_ms, -1 - timer))
