"""The street beside its two ceilings: bare SimPy callbacks, and the controller alone in a bare loop.

Run ``python -m benchmarks.street`` (or with the largest number of lamps as argument). The three take turns street by
street and CPU time is counted, so that a busy machine slows them alike. Event counts and energies are asserted,
times are not.
"""

from __future__ import annotations

import argparse
import gc
import json
import tracemalloc
from dataclasses import dataclass
from time import process_time_ns
from typing import Any

from simpy import Environment
from simpy.events import Event

from benchmarks.fixtures import (
    FULL_RULES,
    GHENT,
    LAMPS_PER_STREET,
    LED,
    NIGHT,
    POWER_W,
    PRESENCE,
    passing_users,
    segment,
)
from controllers.replay import Inputs, handlers
from sim.street import Street
from slic.control.controller import SegmentController
from slic.control.planner import planner_for
from slic.control.segment import SegmentPlan
from slic.energy.ledger import lamp_energies
from slic.lamps.gear import Gear, gear_for
from slic.lamps.power import PowerTable, power_table

Span = tuple[int, int]
SIZES = (100, 1_000, 10_000, 100_000)
EXACT = {
    100: (8_002, 41_235_189_382),
    1_000: (80_020, 412_362_527_768),
    10_000: (800_200, 4_129_757_257_416),
    100_000: (8_002_000, 41_279_570_773_732),
}
"""Lamps -> controller events (inputs and deadlines) and energy [mJ] of the night. Change them only with a reason."""

GOALS = {
    "street_over_bare_simpy": "at least 0.4",
    "controller_ns_per_event": "at most 2000",
    "bytes_per_lamp": "at most 1000",
    "lamp_nights_100k_over_1k": "at least 0.8",
}


@dataclass
class Times:
    """Sums over the streets of one size: nanoseconds, events and energy."""

    lamps: int
    events: int = 0
    energy_mj: int = 0
    bare_ns: int = 0
    controller_ns: int = 0
    street_ns: int = 0
    energy_ns: int = 0

    def figures(self) -> dict[str, float]:
        """What is reported for this size."""
        return {
            "lamps": self.lamps,
            "events": self.events,
            "energy_mj": self.energy_mj,
            "bare_simpy_events_per_s": round(self.events * 1e9 / self.bare_ns),
            "controller_ns_per_event": round(self.controller_ns / self.events),
            "street_events_per_s": round(self.events * 1e9 / self.street_ns),
            "street_over_bare_simpy": round(self.bare_ns / self.street_ns, 3),
            "lamp_nights_per_s": round(self.lamps * 1e9 / (self.street_ns + self.energy_ns)),
        }


def measure(lamps: int) -> Times:
    """Run one night of as many streets as ``lamps`` needs, one environment per street."""
    times = Times(lamps)
    plan = segment(PRESENCE)
    schedule = planner_for(PRESENCE, GHENT).night(NIGHT)
    table = power_table(LED, POWER_W)
    span = (schedule.start_ms, schedule.end_ms)
    for street in range(lamps // LAMPS_PER_STREET):
        inputs = passing_users(street, *span)
        events = _run_controller(times, plan, inputs, span)
        times.events += events
        _run_bare_simpy(times, events)
        gears = _run_street(times, plan, inputs, span)
        _run_energy(times, gears, span[1], table)
    return times


def _run_controller(times: Times, plan: SegmentPlan, inputs: Inputs, span: Span) -> int:
    controller = SegmentController(plan)
    began = process_time_ns()
    events = feed(controller, inputs, *span)
    times.controller_ns += process_time_ns() - began
    return events


def _run_bare_simpy(times: Times, events: int) -> None:
    began = process_time_ns()
    bare_simpy(events)
    times.bare_ns += process_time_ns() - began


def _run_street(times: Times, plan: SegmentPlan, inputs: Inputs, span: Span) -> list[Gear]:
    gears = [gear_for(LED, span[0], 0) for _ in range(LAMPS_PER_STREET)]
    street = Street(SegmentController(plan), gears, inputs)
    began = process_time_ns()
    street.run(*span)
    times.street_ns += process_time_ns() - began
    return gears


def _run_energy(times: Times, gears: list[Gear], end_ms: int, table: PowerTable) -> None:
    began = process_time_ns()
    energies = lamp_energies([gear.finish(end_ms) for gear in gears], table)
    times.energy_ns += process_time_ns() - began
    times.energy_mj += sum(energy.energy_mj for energy in energies)


def feed(controller: SegmentController, inputs: Inputs, start_ms: int, end_ms: int) -> int:
    """The controller in a bare loop over sorted inputs, asked at each deadline; inputs and deadlines answered."""
    controller.start(start_ms)
    call = handlers(controller, inputs)
    deadlines = 0
    for t_ms, kind, index, speed_mm_s, direction in inputs.rows:
        while (deadline_ms := controller.next_deadline_ms) < t_ms:
            controller.due(deadline_ms)
            deadlines += 1
        call[kind](t_ms, index, speed_mm_s, direction)
    while (deadline_ms := controller.next_deadline_ms) < end_ms:
        controller.due(deadline_ms)
        deadlines += 1
    return len(inputs.rows) + deadlines


def bare_simpy(events: int) -> int:
    """As many SimPy timeouts with a callback that only sets the next one, one timer pending per lamp."""
    env = Environment(0)
    left = events - LAMPS_PER_STREET

    def again(event: Event) -> None:
        nonlocal left
        if left > 0:
            left -= 1
            wait(event.value)

    def wait(delay_ms: Any) -> None:
        env.timeout(delay_ms, delay_ms).callbacks.append(again)

    for lamp in range(LAMPS_PER_STREET):
        wait(60_000 + 7 * lamp)
    env.run()
    return left


def bytes_per_lamp() -> int:
    """Memory of a controller per lamp with the full rule set, all sensors having seen somebody; schedule apart."""
    planner = planner_for(FULL_RULES, GHENT)
    schedule = planner.night(NIGHT)
    inputs = passing_users(0, schedule.start_ms, schedule.end_ms)
    plan = segment(FULL_RULES, planner)
    _filled(plan, inputs, schedule.start_ms)
    gc.collect()
    tracemalloc.start()
    controller = _filled(plan, inputs, schedule.start_ms)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert controller.next_deadline_ms > 0
    return round(size / LAMPS_PER_STREET)


def _filled(plan: SegmentPlan, inputs: Inputs, start_ms: int) -> SegmentController:
    controller = SegmentController(plan)
    controller.start(start_ms)
    call = handlers(controller, inputs)
    for t_ms, kind, index, speed_mm_s, direction in inputs.rows:
        call[kind](t_ms, index, speed_mm_s, direction)
    return controller


def check_exact(times: Times) -> None:
    """Stop if the events or the energy are not what is recorded above."""
    found = (times.events, times.energy_mj)
    if found != EXACT[times.lamps]:
        raise SystemExit(f"{times.lamps} lamps: events and energy are {found}, recorded are {EXACT[times.lamps]}")


def main() -> None:
    """Measure all sizes up to the one given (default: all) and print figures and goals as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.street", description=__doc__)
    parser.add_argument("lamps", type=int, nargs="?", default=SIZES[-1], help="largest number of lamps")
    largest = parser.parse_args().lamps
    measure(SIZES[0])  # warm up
    sizes = []
    for lamps in [size for size in SIZES if size <= largest]:
        times = measure(lamps)
        check_exact(times)
        sizes.append(times.figures())
        print(json.dumps(sizes[-1]), flush=True)
    by_lamps = {figures["lamps"]: figures["lamp_nights_per_s"] for figures in sizes}
    report = {"bytes_per_lamp": bytes_per_lamp(), "goals": GOALS}
    if 100_000 in by_lamps:
        report["lamp_nights_100k_over_1k"] = round(by_lamps[100_000] / by_lamps[1_000], 3)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
