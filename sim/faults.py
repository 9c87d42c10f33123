"""What the controller loses in a night by the scenario's faults: clock, program, presence sensors, light readings.

A fault begins and ends at the same hours after the start of every night. Faults of a kind that touch are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from controllers.replay import Kind, Row
from sim.setup import HOUR_MS, joined
from slic.scenario.layout import Street
from slic.scenario.model import Fault, Sensors, StuckSensor

Span = tuple[int, int]


def fault_spans(
    faults: Sequence[Fault], kind: Literal["clock", "program", "light_sensor"], start_ms: int
) -> list[Span]:
    """From when until when [UTC ms] a kind of fault holds in the night that starts at ``start_ms``, ascending."""
    return _spans([fault for fault in faults if fault.kind == kind], start_ms)


def fault_rows(faults: Sequence[Fault], street: Street, start_ms: int) -> list[Row]:
    """Inputs that tell the controller of a street what is lost and what is back."""
    rows: list[Row] = []
    for since_ms, until_ms in fault_spans(faults, "clock", start_ms):
        rows += [(since_ms, Kind.CLOCK, 0, 0, 0), (until_ms, Kind.CLOCK, 1, 0, 0)]
    for since_ms, until_ms in fault_spans(faults, "program", start_ms):
        rows += [(since_ms, Kind.PROGRAM, 0, 0, 0), (until_ms, Kind.PROGRAM, 1, 0, 0)]
    for index, sensor in enumerate(street.sensors):
        lost = [fault for fault in faults if fault.kind == "presence_sensor" and fault.sensor == sensor.id]
        for since_ms, until_ms in _spans(lost, start_ms):
            rows += [(since_ms, Kind.LOST, index, 0, 0), (until_ms, Kind.BACK, index, 0, 0)]
    return rows


def silenced(sensors: Sensors, faults: Sequence[Fault]) -> Sensors:
    """The presence sensors, where those that are lost report nothing meanwhile."""
    lost = [
        StuckSensor(sensor=fault.sensor, state="absent", from_h=fault.from_h, for_h=fault.for_h)
        for fault in faults
        if fault.kind == "presence_sensor"
    ]
    return sensors.model_copy(update={"stuck": [*sensors.stuck, *lost]})


def takes_orders(faults: Sequence[Fault], start_ms: int, t_ms: int) -> bool:
    """Whether the clock is trusted, so that an override is taken; at its moment an order comes before a fault."""
    return not any(since_ms < t_ms <= until_ms for since_ms, until_ms in fault_spans(faults, "clock", start_ms))


def _spans(faults: Sequence[Fault], start_ms: int) -> list[Span]:
    hours = sorted((fault.from_h, fault.from_h + fault.for_h) for fault in faults)
    return joined([(start_ms + round(since * HOUR_MS), start_ms + round(until * HOUR_MS)) for since, until in hours])
