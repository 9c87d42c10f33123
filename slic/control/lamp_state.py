"""What the controller remembers of a lamp, and the decision about its level."""

from __future__ import annotations

from typing import NamedTuple

from slic.control.group import NEVER_MS, GroupState
from slic.control.segment import Action, Override, Source

_new_tuple = tuple.__new__

UNKNOWN_PM = -1
"""Target of a lamp that was not told anything yet."""


class Rule(NamedTuple):
    """What decides a lamp's level, presence left open: :meth:`LampState.weigh` for all answers that sensors may give.

    level_pm : without presence
    raised : dynamic controls that may act, the first one that a sensor holds wins: (index, level)
    ramp_up_ms, ramp_down_ms : of the command to a higher and to a lower level
    """

    level_pm: int
    raised: tuple[tuple[int, int], ...]
    ramp_up_ms: int
    ramp_down_ms: int


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

    def control_of(self, level_pm: int) -> int | None:
        """The first dynamic control that may act now and raises the lamp to this level."""
        for k, _, raised_pm, raised_entrance_pm in self.group.raised:
            if max(raised_entrance_pm if self.entrance else raised_pm, self.minimum_pm) == level_pm:
                return k
        return None

    def weigh(self, alive_ms: int) -> tuple[int, Source, str, int, int]:
        """What applies now, highest first: level, source, rule, end, and the dynamic control or -1.

        alive_ms : holds that end at or before it are over
        """
        order = self.order
        if order is not None:
            rule = f"{order.kind} by {order.issuer}: {order.reason}"
            return order.level_pm, order.kind, rule, order.expiry_ms, -1
        group = self.group
        for k, name, raised_pm, raised_entrance_pm in group.raised:
            until_ms = self.until_ms[k]
            if until_ms > alive_ms:
                if until_ms > group.until_ms:
                    until_ms = group.until_ms
                return raised_entrance_pm if self.entrance else raised_pm, "sensor", name, until_ms, k
        level_pm = group.entrance_pm if self.entrance else group.level_pm
        return level_pm, group.source, group.rule, group.until_ms, -1

    def rule(self) -> Rule:
        """What :meth:`decide` goes by now, for the engine that works on arrays."""
        if self.order is not None:
            return Rule(self._lifted(self.order.level_pm), (), self.order.ramp_ms, self.order.ramp_ms)
        group = self.group
        raised = tuple(
            [(k, self._lifted(entrance if self.entrance else level)) for k, _, level, entrance in group.raised]
        )
        level_pm = group.entrance_pm if self.entrance else group.level_pm
        return Rule(self._lifted(level_pm), raised, group.ramp_up_ms, group.ramp_down_ms)

    def _lifted(self, level_pm: int) -> int:
        return self.minimum_pm if 0 < level_pm < self.minimum_pm else level_pm

    def decide(self, now_ms: int, alive_ms: int, cause: str, actions: list[Action]) -> None:
        """Command the lamp if its level is another now; ``alive_ms`` as in :meth:`weigh`."""
        level_pm, source, rule, until_ms, self.winner = self.weigh(alive_ms)
        if 0 < level_pm < self.minimum_pm:
            level_pm = self.minimum_pm
        before_pm = self.target_pm
        last = self.last
        group = self.group
        if level_pm == before_pm:
            if last is None or last.source != source:
                ramp_ms = last.ramp_ms if last else 0
                self.last = Action(
                    now_ms, self.index, level_pm, ramp_ms, source, rule, cause, until_ms, group.program_name
                )
            return
        self.target_pm = level_pm
        if before_pm == UNKNOWN_PM:
            ramp_ms = 0
        elif self.order is not None:
            ramp_ms = self.order.ramp_ms
        else:
            ramp_ms = group.ramp_up_ms if level_pm > before_pm else group.ramp_down_ms
        # tuple.__new__ skips the keyword handling of Action(...), a third of the time of a command
        action = _new_tuple(
            Action, (now_ms, self.index, level_pm, ramp_ms, source, rule, cause, until_ms, group.program_name)
        )
        self.last = action
        actions.append(action)
