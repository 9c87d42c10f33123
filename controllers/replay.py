"""The bare loop around a segment's controller: inputs in, actions out, no heap of events and no clock.

It is how a recorded night is run again, and the ceiling that every richer driver is measured against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from slic.control.controller import SegmentController
from slic.control.segment import Action, Override

Row = tuple[int, int, int, int, int]
"""An input: t_ms, kind, index (of sensor, lux reading or override; 0 lost and 1 there), speed_mm_s, direction."""

Handler = Callable[[int, int, int, int], list[Action]]


class Kind(IntEnum):
    """Kinds of input, in the order in which they count at the same millisecond: enter before leave.

    ON : a sensor rises; MORE : it sees another user while it is up; PULSE : it rises and falls at once
    LOST, BACK : a presence sensor is lost or reports again; PROGRAM : of all lamp groups, lost or given back
    CLOCK : no longer trusted, or again. It is last: what is due at that moment is done by the clock as it was
    """

    OVERRIDE = 0
    AMBIENT = 1
    ON = 2
    MORE = 3
    PULSE = 4
    OFF = 5
    LOST = 6
    BACK = 7
    PROGRAM = 8
    CLOCK = 9


@dataclass(frozen=True, slots=True)
class Inputs:
    """All inputs of a segment for a stretch of time. ``rows`` ascend in time, then kind."""

    rows: Sequence[Row] = ()
    lux: Sequence[float] = ()
    overrides: Sequence[Override] = ()


def handlers(controller: SegmentController, inputs: Inputs) -> tuple[Handler, ...]:
    """The controller's methods by :class:`Kind`, each called with (t_ms, index, speed_mm_s, direction)."""
    lux, overrides, presence = inputs.lux, inputs.overrides, controller.presence

    def seen(t_ms: int, index: int, speed_mm_s: int, direction: int) -> list[Action]:
        return presence(t_ms, index, True, speed_mm_s, direction)

    return (
        lambda t_ms, index, _speed, _direction: controller.override(t_ms, overrides[index]),
        lambda t_ms, index, _speed, _direction: controller.ambient(t_ms, lux[index]),
        seen,
        seen,
        controller.pulse,
        lambda t_ms, index, _speed, _direction: presence(t_ms, index, False),
        lambda t_ms, index, _speed, _direction: controller.sensor_lost(t_ms, index),
        lambda t_ms, index, _speed, _direction: controller.sensor_back(t_ms, index),
        lambda t_ms, there, _speed, _direction: _programs(controller, t_ms, bool(there)),
        # due first: clock_set takes the time since the last input for a step of the clock
        lambda t_ms, there, _speed, _direction: controller.due(t_ms) + controller.clock_set(t_ms, bool(there)),
    )


def _programs(controller: SegmentController, t_ms: int, there: bool) -> list[Action]:
    """All lamp groups lose their programs, or get those of the plan back."""
    actions: list[Action] = []
    for group, planner in controller.plan.groups.items():
        actions += controller.new_program(t_ms, group, planner if there else None)
    return actions


def replay(controller: SegmentController, inputs: Inputs, start_ms: int, end_ms: int) -> list[Action]:
    """All actions from ``start_ms`` until before ``end_ms``. Inputs run the timers that lie before them."""
    actions = controller.start(start_ms)
    feed = handlers(controller, inputs)
    for t_ms, kind, index, speed_mm_s, direction in inputs.rows:
        if t_ms >= end_ms:
            break
        actions += feed[kind](t_ms, index, speed_mm_s, direction)
    while (deadline_ms := controller.next_deadline_ms) < end_ms:
        actions += controller.due(deadline_ms)
    return actions
