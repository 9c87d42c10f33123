"""What the controller remembers of a lamp, and how sensors are joined to lamps."""

from __future__ import annotations

from collections.abc import Sequence

from slic.control.group import NEVER_MS, GroupState
from slic.control.reach import LampIndex, Reach, Train
from slic.control.segment import Action, LampPlan, Override, SensorPlan

UNKNOWN_PM = -1
"""Target of a lamp that was not told anything yet."""


class LampState:
    """What the controller remembers of a lamp.

    until_ms[k] : end of the hold of dynamic control k, NEVER_MS while a sensor is active
    active[k] : how many sensors are; None until one was, since point sensors never are
    winner : dynamic control that set the level, or -1; armed_ms : its deadline in the heap, or NEVER_MS
    """

    __slots__ = (
        "active", "armed_ms", "entrance", "group", "index", "last", "minimum_pm", "order", "target_pm", "until_ms",
        "winner",
    )  # fmt: skip

    def __init__(self, index: int, group: GroupState, entrance: bool, minimum_pm: int) -> None:
        self.index = index
        self.group = group
        self.entrance = entrance
        self.minimum_pm = minimum_pm
        self.target_pm = UNKNOWN_PM
        self.order: Override | None = None
        self.winner = -1
        self.armed_ms = NEVER_MS
        self.until_ms: list[int] = []
        self.active: list[int] | None = None
        self.last: Action | None = None

    def forget_presence(self) -> None:
        """Start without holds, for a program with other dynamic controls."""
        self.until_ms = [0] * len(self.group.effects)
        self.active = None
        self.winner = -1


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
