"""The controller on a fake clock: a plain loop that gives it each input and asks it at each of its deadlines."""

from __future__ import annotations

from controllers.replay import Inputs, Kind, Row
from slic.control.controller import SegmentController
from slic.control.segment import Action


class FakeClock:
    """Runs a controller through a night. ``meetings`` counts moments at which an input met a deadline."""

    def __init__(self, controller: SegmentController, inputs: Inputs) -> None:
        self.controller = controller
        self.inputs = inputs
        self.actions: list[Action] = []
        self.meetings = 0

    def run(self, start_ms: int, end_ms: int) -> list[Action]:
        """All actions from ``start_ms`` until before ``end_ms`` [UTC ms]."""
        self.actions += self.controller.start(start_ms)
        rows = [row for row in self.inputs.rows if row[0] < end_ms]
        for place, row in enumerate(rows):
            self.wait_until(row[0])
            self.take(row)
            if place + 1 == len(rows) or rows[place + 1][0] > row[0]:
                self.ask(row[0])
        self.wait_until(end_ms)
        return self.actions

    def wait_until(self, t_ms: int) -> None:
        """Ask at each deadline before a moment."""
        while (deadline_ms := self.controller.next_deadline_ms) < t_ms:
            self.actions += self.controller.due(deadline_ms)

    def ask(self, t_ms: int) -> None:
        """After the inputs of a moment: do what is due at it."""
        if self.controller.next_deadline_ms <= t_ms:
            self.meetings += 1
            self.actions += self.controller.due(t_ms)

    def take(self, row: Row) -> None:
        """Give the controller an input."""
        t_ms, kind, index, speed_mm_s, direction = row
        control = self.controller
        match Kind(kind):
            case Kind.OVERRIDE:
                self.actions += control.override(t_ms, self.inputs.overrides[index])
            case Kind.AMBIENT:
                self.actions += control.ambient(t_ms, self.inputs.lux[index])
            case Kind.ON | Kind.MORE:
                self.actions += control.presence(t_ms, index, True, speed_mm_s, direction)
            case Kind.PULSE:
                self.actions += control.pulse(t_ms, index, speed_mm_s, direction)
            case Kind.OFF:
                self.actions += control.presence(t_ms, index, False)
            case Kind.LOST:
                self.actions += control.sensor_lost(t_ms, index)
            case Kind.BACK:
                self.actions += control.sensor_back(t_ms, index)
            case Kind.PROGRAM:
                for group, planner in control.plan.groups.items():
                    self.actions += control.new_program(t_ms, group, planner if index else None)
            case Kind.CLOCK:
                self.actions += control.due(t_ms) + control.clock_set(t_ms, bool(index))
