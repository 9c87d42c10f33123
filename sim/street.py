"""A street under control, on a SimPy clock in integer milliseconds: the real controller, radio and gear.

One environment runs one street for one night. Nothing ticks: one pending event stands for the next inputs and
one for the controller's next deadline, at a lower priority, so that at the same millisecond inputs come
first. A deadline that moved earlier gets a second event, and the first one finds itself out of date: nothing
is cancelled.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from simpy import Environment
from simpy.events import Event, EventPriority

from controllers.replay import Inputs, Row, handlers
from slic.control.controller import SegmentController
from slic.control.segment import Action
from slic.lamps.gear import Gear

_INPUTS = EventPriority(1)
_DEADLINE = EventPriority(2)
_FAR_MS = 1 << 62
Callback = Callable[[Event], None]
_END: Row = (_FAR_MS, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Radio:
    """The way of a command to its lamp.

    loss : probability that a command is lost for good; latency_ms : until the lamp has it
    """

    loss: float = 0.0
    latency_ms: int = 0
    dice: np.random.Generator | None = None


def _happening(env: Environment) -> Event:
    """An event that has its value, so that it can be scheduled with a priority, and again once it has happened."""
    event = Event(env)
    event._ok = True
    event._value = None
    return event


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No cyclic garbage collection meanwhile.

    A night makes hundreds of thousands of tuples of numbers and no cycles that matter; walking them again and again
    took a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Street:
    """The driver of one street-night; :meth:`run` may be called once."""

    __slots__ = (
        "_actions",
        "_armed_ms",
        "_controller",
        "_deadline_calls",
        "_end_ms",
        "_env",
        "_feed",
        "_gears",
        "_input_calls",
        "_next",
        "_radio",
        "_rows",
        "_schedule",
    )

    def __init__(
        self, controller: SegmentController, gears: Sequence[Gear], inputs: Inputs, radio: Radio | None = None
    ) -> None:
        self._controller = controller
        self._gears = gears
        self._rows = iter(inputs.rows)
        self._feed = handlers(controller, inputs)
        self._radio = radio or Radio()
        self._next = _END
        self._actions: list[Action] = []

    def run(self, start_ms: int, end_ms: int) -> list[Action]:
        """Run from ``start_ms`` until before ``end_ms`` [UTC ms]; the controller's actions, in order."""
        self._env = env = Environment(start_ms)
        self._end_ms = self._armed_ms = end_ms
        self._schedule = env.schedule
        self._input_calls: list[Callback] = [self._take_inputs]
        self._deadline_calls: list[Callback] = [self._take_deadline]
        self._apply(self._controller.start(start_ms))
        self._next = next(self._rows, _END)
        if self._next[0] < end_ms:
            event = _happening(env)
            event.callbacks = self._input_calls
            env.schedule(event, _INPUTS, self._next[0] - start_ms)
        if (deadline_ms := self._controller.next_deadline_ms) < end_ms:
            self._arm_deadline(_happening(env), deadline_ms, start_ms)
        with _collector_paused():
            env.run(until=end_ms)
        return self._actions

    def _take_inputs(self, event: Event) -> None:
        t_ms, kind, index, speed_mm_s, direction = self._next
        now_ms = t_ms
        while t_ms == now_ms:
            actions = self._feed[kind](t_ms, index, speed_mm_s, direction)
            if actions:
                self._apply(actions)
            t_ms, kind, index, speed_mm_s, direction = self._next = next(self._rows, _END)
        if t_ms < self._end_ms:
            event.callbacks = self._input_calls
            self._schedule(event, _INPUTS, t_ms - now_ms)
        if (deadline_ms := self._controller.next_deadline_ms) < self._armed_ms:
            self._arm_deadline(_happening(self._env), deadline_ms, now_ms)

    def _take_deadline(self, event: Event) -> None:
        now_ms = self._armed_ms
        if self._env.now < now_ms:
            return
        self._armed_ms = self._end_ms
        actions = self._controller.due(now_ms)
        if actions:
            self._apply(actions)
        if (deadline_ms := self._controller.next_deadline_ms) < self._end_ms:
            self._arm_deadline(event, deadline_ms, now_ms)

    def _arm_deadline(self, event: Event, deadline_ms: int, now_ms: int) -> None:
        """Have ``event``, which is not pending, happen at the controller's deadline."""
        self._armed_ms = deadline_ms
        event.callbacks = self._deadline_calls
        self._schedule(event, _DEADLINE, deadline_ms - now_ms if deadline_ms > now_ms else 0)

    def _apply(self, actions: list[Action]) -> None:
        self._actions += actions
        gears, radio = self._gears, self._radio
        loss, latency_ms = radio.loss, radio.latency_ms
        for action in actions:
            if loss and radio.dice is not None and radio.dice.random() < loss:
                continue
            gears[action.lamp].command(action.t_ms + latency_ms, action.level_pm, action.ramp_ms)
