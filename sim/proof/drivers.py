"""The ways to run a case. Each gives an outcome, or the reason why it cannot run the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sim.engine import ways
from sim.fast.night import FastNights, orders_of
from sim.night import control, replayed, segment_plan
from sim.proof.case import Case
from sim.proof.fake_clock import FakeClock
from sim.proof.outcome import Outcome, outcome, outcome_of_arrays
from sim.proof.wires import gears_of, levels_after
from sim.scene import inputs_for
from slic.control.controller import SegmentController

_NOT_KNOWN = "two sensors reported a lamp at one millisecond, or too many hold times"

Driver = Callable[[Case], Outcome | str]
"""A string names what the driver cannot represent; the case then counts as not run by it."""


def fake_clock(case: Case) -> Outcome:
    """The controller alone, input by input, with gear commanded by hand."""
    clock = FakeClock(controller_of(case), inputs_for(case.scene, case.regime))
    actions = clock.run(case.scene.start_ms, case.scene.end_ms)
    return outcome(levels_after(case, actions, gears_of(case)), actions)


def street(case: Case) -> Outcome:
    """The SimPy street."""
    controlled = control(case.scene, case.regime)
    return outcome(controlled.levels, controlled.actions)


def replay_loop(case: Case) -> Outcome | str:
    """The replay loop, with its own gear."""
    way = ways(case.scene.setup)[case.regime]
    if way.how == "event":
        return way.why
    controlled = replayed(case.scene, case.regime)
    return outcome(controlled.levels, controlled.actions)


def arrays(case: Case) -> Outcome | str:
    """The fast engine."""
    way = ways(case.scene.setup)[case.regime]
    if way.how != "arrays":
        return way.why
    levels = FastNights().levels([case.scene], case.regime)
    return _NOT_KNOWN if levels is None else outcome_of_arrays(levels)


def arrays_of_streets(case: Case) -> Outcome | str:
    """The fast engine, with another street on either side."""
    way = ways(case.scene.setup)[case.regime]
    if way.how != "arrays":
        return way.why
    if orders_of(case.scene, case.regime) or orders_of(case.beside, case.regime):
        return "overrides, so that the street comes alone"
    levels = FastNights().levels([case.beside, case.scene, case.beside], case.regime)
    if levels is None:
        return _NOT_KNOWN
    before = len(case.beside.street.lamps)
    return outcome_of_arrays(replace(levels, pattern=levels.pattern[before:-before]))


DRIVERS: Mapping[str, Driver] = {
    "fake clock": fake_clock,
    "SimPy street": street,
    "replay loop": replay_loop,
    "fast engine, several streets": arrays_of_streets,
    "fast engine": arrays,
}
"""The first one is what the others are compared with."""


def controller_of(case: Case) -> SegmentController:
    """A controller for the street and regime of a case."""
    setup = case.scene.setup
    return SegmentController(segment_plan(setup, case.scene.street, setup.regimes[case.regime]))
