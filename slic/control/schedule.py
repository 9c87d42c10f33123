"""A control program compiled for one night: when the lamp is off, on, or left to the photocell, and at what level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import NamedTuple


class Mode(IntEnum):
    """What an active period says about a moment."""

    OFF = 0
    ON = 1
    CELL = 2
    """The photocell decides; while its signal is stale ``Step.dark_by_clock`` does."""


class Step(NamedTuple):
    """A part of the night in which nothing changes but sensors and commands.

    t_ms : start, UTC ms; it lasts until the next step or the end of the night
    mode : see :class:`Mode`
    dark_by_clock : what the astronomical clock says (dark or not), for stale photocells
    level_pm, entrance_level_pm : program level while lit, for ordinary and for entrance lamps
    rule : the control that set the level, in words ("fixed time 23:00")
    dynamics : indices of the dynamic controls whose window holds, in list order
    cell : index of the active period whose on/off lux rule the photocell, or -1
    """

    t_ms: int
    mode: Mode
    dark_by_clock: bool
    level_pm: int
    entrance_level_pm: int
    rule: str
    dynamics: tuple[int, ...] = ()
    cell: int = -1


@dataclass(frozen=True, slots=True)
class NightSchedule:
    """One night, noon to noon civil time: ``steps`` ascend strictly and the first starts at ``start_ms``."""

    program: str
    night: date
    start_ms: int
    end_ms: int
    steps: tuple[Step, ...]

    def spans(self) -> list[tuple[Step, int]]:
        """Each step with its end [UTC ms]."""
        ends = [step.t_ms for step in self.steps[1:]] + [self.end_ms]
        return list(zip(self.steps, ends, strict=True))
