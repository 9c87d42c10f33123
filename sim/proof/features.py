"""What a case has in it, so that a proof can say what it tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from controllers.replay import Inputs, Kind
from sim.proof.case import Case
from sim.proof.outcome import Outcome
from sim.scene import inputs_for
from slic.control.program import ControlProgram
from slic.control.segment import Action

_OF_KIND = {Kind.OVERRIDE: "overrides", Kind.AMBIENT: "light readings", Kind.PROGRAM: "a lost program"}
_MORE_KINDS = {Kind.CLOCK: "a clock not trusted", Kind.LOST: "a lost sensor", Kind.MORE: "users in a crowd"}


def features(case: Case, found: Outcome) -> set[str]:
    """Names of what a case has, given what the controller did in it."""
    inputs = inputs_for(case.scene, case.regime)
    names = set(_of_inputs(inputs)) | set(_of_night(case, inputs)) | set(_of_programs(case))
    if found.actions is not None:
        names |= set(_of_actions(found.actions, {row[0] for row in inputs.rows}))
    return names


def _of_inputs(inputs: Inputs) -> Iterator[str]:
    for kind, name in (_OF_KIND | _MORE_KINDS).items():
        if any(row[1] == kind for row in inputs.rows):
            yield name
    moments = Counter(row[0] for row in inputs.rows)
    if any(number > 1 for number in moments.values()):
        yield "inputs at one millisecond"


def _of_night(case: Case, inputs: Inputs) -> Iterator[str]:
    scene, scenario = case.scene, case.scene.setup.scenario
    if scene.end_ms - scene.start_ms != 86_400_000:
        yield "a clock change"
    if not scene.dark or scene.dark[0] == (scene.start_ms, scene.end_ms):
        yield "polar day or night"
    if any(row[0] in (scene.start_ms, scene.end_ms - 1) and row[1] > Kind.AMBIENT for row in inputs.rows):
        yield "presence at the edge of the night"
    if scenario.network.command_loss and case.regime != scenario.baseline:
        yield "radio loss"
    if any(scene.dead):
        yield "dead lamps"
    for kind in {lamp.luminaire for lamp in scene.street.lamps} - {"plain"}:
        yield f"gear: {kind}"


def _of_programs(case: Case) -> Iterator[str]:
    for planner in case.scene.setup.regimes[case.regime].values():
        yield from _of_program(planner.programs[planner.night(case.scene.night).program])


def _of_program(program: ControlProgram) -> Iterator[str]:
    for period in program.active_periods:
        yield f"period: {period.kind}"
    if program.dynamic_controls:
        yield f"presence: {program.presence.style}"
    for name in ("fixed_time_controls", "astro_clock_controls", "learned_midnight", "traffic_classes"):
        if getattr(program, name):
            yield name.replace("_", " ")


def _of_actions(actions: list[Action], inputs_ms: set[int]) -> Iterator[str]:
    ends_ms: dict[int, int] = {}
    for action in actions:
        if action.t_ms < ends_ms.get(action.lamp, 0):
            yield "ramps interrupted"
        if action.cause == "hold time over":
            yield "holds that end"
            if action.t_ms in inputs_ms:
                yield "a hold that ends as an input comes"
        ends_ms[action.lamp] = action.t_ms + action.ramp_ms
