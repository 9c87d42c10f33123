"""How sensors are joined to lamps."""

from __future__ import annotations

from collections.abc import Sequence

from slic.control.group import GroupState
from slic.control.lamp_state import LampState
from slic.control.reach import LampIndex, Reach, Train
from slic.control.segment import LampPlan, SensorPlan


class Link:
    """The lamps of one group that a sensor reaches, and the (control, hold) pairs that it drives there."""

    __slots__ = ("controls", "group", "reach", "targets")

    def __init__(
        self,
        group: GroupState,
        controls: tuple[tuple[int, int], ...],
        reach: Reach,
        targets: tuple[LampState, ...] | None,
    ) -> None:
        self.group = group
        self.controls = controls
        self.targets = targets
        self.reach = reach if targets is None else None

    def lamps(self, speed_mm_s: int, direction: int, lamps: list[LampState]) -> tuple[LampState, ...]:
        """The lamps to raise for a road user, out of all ``lamps`` of the segment."""
        if self.targets is not None:
            return self.targets
        assert self.reach is not None
        return tuple([lamps[i] for i in self.reach.lamps(speed_mm_s, direction)])


def join(
    group: GroupState, sensors: Sequence[SensorPlan], plans: Sequence[LampPlan], lamps: list[LampState]
) -> list[Link]:
    """One link per sensor to the lamps of a group, for its present program; empty if no sensor matters to it."""
    if group.program is None or not (group.effects or group.chooser):
        return []
    index = LampIndex((i, plans[i]) for i, lamp in enumerate(lamps) if lamp.group is group)
    every = tuple((k, effect.hold_ms) for k, effect in enumerate(group.effects))
    train = Train(group.program.presence)
    limited = any(effect.sensors for effect in group.effects)
    shared: dict[tuple[int, ...] | None, tuple[LampState, ...] | None] = {None: None}
    links = []
    for sensor in sensors:
        controls = tuple(c for c in every if group.effects[c[0]].acts_for(sensor.id)) if limited else every
        reach = Reach(group.program.presence, train, sensor, index)
        if reach.fixed not in shared:
            shared[reach.fixed] = tuple([lamps[j] for j in reach.fixed or ()])
        links.append(Link(group, controls, reach, shared[reach.fixed]))
    return links
