"""A street under control, on a SimPy clock in integer milliseconds: the real controller, radio and gear.

One environment runs one street for one night. Nothing ticks: one pending event stands for the next inputs and
one for the controller's next deadline, at a lower priority, so that at the same millisecond inputs come
first. What the radio sends again comes last, when all decisions of that millisecond are known. A deadline that
moved earlier gets a second event, and the first one finds itself out of date: nothing is cancelled.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from struct import pack
from typing import Protocol

from simpy import Environment
from simpy.events import Event, EventPriority

from controllers.replay import Handler, Inputs, Row, handlers
from slic.control.controller import SegmentController
from slic.control.segment import Action
from slic.lamps.gear import Gear

_INPUTS = EventPriority(1)
_DEADLINE = EventPriority(2)
_RESEND = EventPriority(3)
_FAR_MS = 1 << 62
Callback = Callable[[Event], None]
_END: Row = (_FAR_MS, 0, 0, 0, 0)


class Decider(Protocol):
    """What decides the levels of a street: :class:`SegmentController`, or one that is reached over a broker."""

    @property
    def next_deadline_ms(self) -> int:
        """When to call :meth:`due` at the latest [UTC ms]."""

    def start(self, t_ms: int) -> list[Action]:
        """Begin at ``t_ms``: the first levels of all lamps."""

    def due(self, t_ms: int) -> list[Action]:
        """What was decided until ``t_ms`` and not given yet."""


@dataclass(frozen=True, slots=True)
class Radio:
    """The way of a command to its lamp.

    loss : probability that a sending is lost; latency_ms : until the lamp has it
    resend_ms : a lost command is sent again after so long, until it arrives or a newer one takes its place; 0: never
    key : makes the losses. They depend on lamp and moment alone, so all regimes meet the same ones
    """

    loss: float = 0.0
    latency_ms: int = 0
    resend_ms: int = 0
    key: bytes = b""

    def loses(self, lamp: int, t_ms: int) -> bool:
        """Whether what is sent to a lamp (by index) at a moment is lost."""
        if not self.loss:
            return False
        digest = blake2b(pack("<qq", lamp, t_ms), digest_size=8, key=self.key).digest()
        return int.from_bytes(digest, "little") < self.loss * 2**64


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
    """The driver of one street-night; :meth:`run` may be called once.

    The inputs go to a SegmentController here; any other decider has them already, and only its decisions are done.
    """

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
        "_newest",
        "_next",
        "_radio",
        "_rows",
        "_schedule",
    )

    def __init__(self, controller: Decider, gears: Sequence[Gear], inputs: Inputs, radio: Radio | None = None) -> None:
        self._controller = controller
        self._gears = gears
        self._rows: Iterator[Row] = iter(())
        self._feed: tuple[Handler, ...] = ()
        if isinstance(controller, SegmentController):
            self._rows, self._feed = iter(inputs.rows), handlers(controller, inputs)
        self._radio = radio or Radio()
        self._next = _END
        self._actions: list[Action] = []
        self._newest: dict[int, Action] = {}

    def run(self, start_ms: int, end_ms: int) -> list[Action]:
        """Run from ``start_ms`` until before ``end_ms`` [UTC ms]; the controller's actions, in order."""
        self._env = env = Environment(start_ms)
        self._end_ms = self._armed_ms = end_ms
        self._schedule = env.schedule
        self._input_calls: list[Callback] = [self._take_inputs]
        self._deadline_calls: list[Callback] = [self._take_deadline]
        self._begin(self._controller.start(start_ms))
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

    def _begin(self, actions: list[Action]) -> None:
        """The first levels: what the lamps have held since before the night, so no radio is in between."""
        self._actions += actions
        for action in actions:
            self._gears[action.lamp].command(action.t_ms, action.level_pm, 0)

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
        # Not the deadline itself: a clock that was set can leave one in the past.
        now_ms = int(self._env.now)
        if now_ms < self._armed_ms:
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
        if self._radio.loss:
            for action in actions:
                self._newest[action.lamp] = action
                self._send(action, action.t_ms)
            return
        gears, latency_ms = self._gears, self._radio.latency_ms
        for action in actions:
            gears[action.lamp].command(action.t_ms + latency_ms, action.level_pm, action.ramp_ms)

    def _send(self, action: Action, t_ms: int) -> None:
        radio = self._radio
        if not radio.loses(action.lamp, t_ms):
            self._gears[action.lamp].command(t_ms + radio.latency_ms, action.level_pm, action.ramp_ms)
        elif radio.resend_ms:
            event = _happening(self._env)
            event.callbacks = [lambda _: self._send_again(action)]
            self._env.schedule(event, _RESEND, max(0, t_ms + radio.resend_ms - int(self._env.now)))

    def _send_again(self, action: Action) -> None:
        if self._newest[action.lamp] is action:
            self._send(action, int(self._env.now))
