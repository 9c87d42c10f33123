"""What a night of a setup is, whatever the street: its span, its dark, who can come, and when sensors matter.

Kept for as long as the setup, since every street and replicate of a night needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

from sim.counts import dark_slots
from sim.faults import silenced
from sim.heap import keep_freed_memory
from sim.setup import Setup, dark_spans
from sim.traffic import Flow
from sim.traffic_source import counts_in, flow_in
from slic.control.civil import night_span
from slic.control.planner import Planner
from slic.scenario.model import Sensors

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A night. All times in UTC ms.

    dark : spans without sun; flow : expected road users of a mean street
    missing : slots in the dark that have no count
    sensors : as they are in the scenario, silent while faults have them lost
    wanted : from the first to the last moment at which a detection can matter to any regime, holds included
    """

    start_ms: int
    end_ms: int
    dark: list[Span]
    flow: Flow
    missing: int
    sensors: Sensors
    wanted: Span


_kept: WeakKeyDictionary[Setup, dict[date, Frame]] = WeakKeyDictionary()


def frame(setup: Setup, night: date) -> Frame:
    """The frame of a night."""
    if setup not in _kept:
        keep_freed_memory()
        _kept[setup] = {}
    frames = _kept[setup]
    if night not in frames:
        frames[night] = _frame(setup, night)
    return frames[night]


def _frame(setup: Setup, night: date) -> Frame:
    span = night_span(setup.place.timezone, night)
    dark = dark_spans(setup.default.night(night))
    counts = counts_in(setup.traffic)
    _, missing = dark_slots(counts, dark) if counts else (0, 0)
    return Frame(
        start_ms=span.start_ms,
        end_ms=span.end_ms,
        dark=dark,
        flow=flow_in(setup.traffic, span.start_ms, span.end_ms),
        missing=missing,
        sensors=silenced(setup.scenario.sensors, setup.scenario.faults),
        wanted=_wanted_detections(setup, night),
    )


def _wanted_detections(setup: Setup, night: date) -> Span:
    planners = [planner for groups in setup.regimes.values() for planner in groups.values()]
    spans = [span for span in (_presence_span(planner, night) for planner in planners) if span is not None]
    latency_ms = round(setup.scenario.sensors.latency_s * 1000)
    return (
        min((span[0] for span in spans), default=0) - latency_ms,
        max((span[1] for span in spans), default=-latency_ms - 1),
    )


def _presence_span(planner: Planner, night: date) -> Span | None:
    schedule = planner.night(night)
    program = planner.programs[schedule.program]
    if program.traffic_classes:
        return schedule.start_ms, schedule.end_ms
    acting = [(step.t_ms, end) for step, end in schedule.spans() if step.dynamics]
    if not acting:
        return None
    hold_ms = max(program.hold_ms(control) for control in program.dynamic_controls)
    return acting[0][0] - hold_ms, acting[-1][1]
