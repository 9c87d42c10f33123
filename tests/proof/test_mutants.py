"""The proof finds rules that are wrong on purpose: three in the fast engine, three in a controller's loop and gear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from controllers.replay import Row
from sim import sightings
from sim.fast import moves as fast_moves
from sim.fast import presence as fast_presence
from sim.fast import reach as fast_reach
from sim.fast.axis import Ints
from sim.fast.commands import Commands
from sim.proof.case import Case
from sim.proof.drivers import DRIVERS, Driver, arrays, controller_of, fake_clock
from sim.proof.fake_clock import FakeClock
from sim.proof.outcome import Outcome, outcome
from sim.proof.prove import Proof, prove
from sim.proof.wires import gears_of, levels_after
from sim.scene import inputs_for
from sim.sightings import Held, Sightings
from slic.lamps.gear import Gear
from tests.proof.test_equal import CASES, SEED


def found_by(drivers: dict[str, Driver]) -> Proof:
    """Case after case of those in CI, until one differs by its integers: a mutant that only fails proves nothing."""
    for seed in range(SEED, SEED + CASES):
        proof = prove(seed, 1, drivers=drivers)
        if proof.differing:
            assert "raises" not in proof.differences[0].what, proof.differences[0]
            return proof
    return proof


# ---- in the fast engine


def held_a_millisecond_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sightings.held

    def wrong(seen: Sequence[Sightings], hold_ms: int) -> Held:
        return real(seen, hold_ms + 1)

    monkeypatch.setattr(fast_presence, "held", wrong)
    monkeypatch.setattr(fast_reach, "held", wrong)


def tie_the_other_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold that ends at the very millisecond at which somebody else comes is over."""
    real = sightings.held

    def wrong(seen: Sequence[Sightings], hold_ms: int) -> Held:
        found = real(seen, max(hold_ms - 1, 0))
        end_ms = found.end_ms + np.int32(min(hold_ms, 1))
        end_ms[:-1] -= (found.sensor[1:] == found.sensor[:-1]) & (found.begin_ms[1:] == end_ms[:-1])
        return found._replace(end_ms=end_ms)

    monkeypatch.setattr(fast_presence, "held", wrong)
    monkeypatch.setattr(fast_reach, "held", wrong)


def forgotten_ramp(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ramp that interrupts another one is a step."""
    real = fast_moves.ramps_of

    def wrong(commands: Commands, minimum_pm: Ints, night_ms: int) -> Any:
        interrupts = np.zeros(len(commands.t_ms), bool)
        same = commands.pattern[1:] == commands.pattern[:-1]
        interrupts[1:] = same & (commands.t_ms[1:] < commands.t_ms[:-1] + commands.ramp_ms[:-1])
        return real(commands._replace(ramp_ms=np.where(interrupts, 0, commands.ramp_ms)), minimum_pm, night_ms)

    monkeypatch.setattr(fast_moves, "ramps_of", wrong)


@pytest.mark.parametrize("mutant", [held_a_millisecond_longer, tie_the_other_way_round, forgotten_ramp])
def test_a_wrong_rule_in_the_arrays_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    proof = found_by({"fake clock": fake_clock, "fast engine": arrays})
    assert proof.differing == 1
    assert proof.differences[0].driver == "fast engine"


# ---- in the loop around a controller, and in gear


class TimersFirst(FakeClock):
    """At one millisecond timers come before inputs."""

    def take(self, row: Row) -> None:
        self.ask(row[0])
        super().take(row)


class ForgetfulGear:
    """Gear that steps where a command interrupts a ramp."""

    def __init__(self, gear: Gear) -> None:
        self._gear = gear
        self._until_ms = 0

    def command(self, t_ms: int, level_pm: int, ramp_ms: int) -> None:
        self._gear.command(t_ms, level_pm, 0 if t_ms < self._until_ms else ramp_ms)
        self._until_ms = t_ms + ramp_ms

    def finish(self, end_ms: int) -> Any:
        return self._gear.finish(end_ms)


def long_hold(case: Case) -> Outcome:
    controller = controller_of(case)
    clock = FakeClock(controller, inputs_for(case.scene, case.regime))
    real = controller.start

    def start(t_ms: int) -> Any:
        actions = real(t_ms)
        for link in {id(link): link for links in controller._links for link in links}.values():
            link.controls = tuple((k, hold_ms + 1) for k, hold_ms in link.controls)
        return actions

    controller.start = start  # type: ignore[method-assign]
    return _ended(case, clock, gears_of(case))


def timers_first(case: Case) -> Outcome:
    return _ended(case, TimersFirst(controller_of(case), inputs_for(case.scene, case.regime)), gears_of(case))


def lost_ramp(case: Case) -> Outcome:
    clock = FakeClock(controller_of(case), inputs_for(case.scene, case.regime))
    return _ended(case, clock, [ForgetfulGear(gear) for gear in gears_of(case)])


def _ended(case: Case, clock: FakeClock, gears: Sequence[Any]) -> Outcome:
    actions = clock.run(case.scene.start_ms, case.scene.end_ms)
    return outcome(levels_after(case, actions, gears), actions)


@pytest.mark.parametrize("mutant", [long_hold, timers_first, lost_ramp])
def test_a_wrong_loop_or_gear_is_found(mutant: Driver) -> None:
    proof = found_by({"SimPy street": DRIVERS["SimPy street"], "mutant": mutant})
    assert proof.differing == 1
    assert proof.differences[0].driver == "mutant"


def test_a_difference_says_how_to_run_it_again() -> None:
    proof = found_by({"SimPy street": DRIVERS["SimPy street"], "mutant": lost_ramp})
    said = str(proof.differences[0])
    assert f"slic prove --seed {proof.differences[0].seed} --cases 1" in said
    assert "lamp street-" in said and "breakpoint" in said and "'name': '" in said
