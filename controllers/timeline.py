"""What rules lamps in the course of a night but for presence, found by running the controller itself without sensors.

So schedules, calendars, photocells, stale light and overrides mean in arrays what they mean everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from controllers.replay import Inputs, handlers
from slic.control.controller import SegmentController
from slic.control.lamp_state import LampState, Rule
from slic.control.segment import Action, SegmentPlan


class Phase(IntEnum):
    """Order within a millisecond: inputs of light and orders, presence that begins, then ends of holds and timers."""

    INPUT = 0
    PRESENCE = 1
    TIMER = 2
    START = 3
    """Of the millisecond before the night: what holds when it begins."""


class Change(NamedTuple):
    """From ``phase`` of ``t_ms`` on a lamp is ruled by ``rule``. Several may follow each other in one phase."""

    t_ms: int
    phase: Phase
    rule: Rule


def timelines(plan: SegmentPlan, inputs: Inputs, start_ms: int, end_ms: int) -> list[list[Change]]:
    """The changes of each lamp of the plan in [start, end), the first one at the start.

    plan : without sensors; inputs : light readings and orders, for its lamps
    """
    recorder = _Recorder(plan)
    recorder.start(start_ms)
    feed = handlers(recorder, inputs)
    for t_ms, kind, index, speed_mm_s, direction in inputs.rows:
        if t_ms >= end_ms:
            break
        recorder.run_timers(t_ms)
        recorder.phase = Phase.INPUT
        feed[kind](t_ms, index, speed_mm_s, direction)
    recorder.run_timers(end_ms)
    return recorder.changes


class _Recorder(SegmentController):
    """A controller that writes down every decision, whether it changes the level or not."""

    def __init__(self, plan: SegmentPlan) -> None:
        super().__init__(plan)
        self.phase = Phase.START
        self.changes: list[list[Change]] = [[] for _ in plan.lamps]

    def run_timers(self, until_ms: int) -> None:
        """Do all that is due before a moment."""
        self.phase = Phase.TIMER
        while (deadline_ms := self.next_deadline_ms) < until_ms:
            self.due(deadline_ms)

    def _decide(self, lamps: Iterable[LampState], cause: str, actions: list[Action]) -> None:
        members = list(lamps)
        super()._decide(members, cause, actions)
        t_ms = self.now_ms - (self.phase is Phase.START)
        for lamp in members:
            known, rule = self.changes[lamp.index], lamp.rule()
            if not known or known[-1].rule != rule:
                known.append(Change(t_ms, self.phase, rule))
