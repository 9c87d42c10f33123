"""One street-night under a regime by the controller itself: on the SimPy street, or in the bare loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from controllers.replay import Inputs, replay
from sim.dice import Purpose
from sim.scene import Scene, inputs_for, is_baseline
from sim.setup import Setup
from sim.street import Decider, Radio, Street
from slic.control.controller import SegmentController
from slic.control.planner import Planner
from slic.control.segment import Action, LampPlan, SegmentPlan, SensorPlan
from slic.energy.results import Change, LampTrace
from slic.lamps.gear import Breakpoint, Gear, gear_for
from slic.lamps.level import pm_from_pct
from slic.scenario.layout import Street as Layout

Deciders = Callable[[Scene, str, Inputs], Decider]
"""Makes what decides a regime on a scene, in the place of a controller in this process."""


@dataclass(frozen=True, slots=True)
class Controlled:
    """What a regime did on a scene: its inputs, all actions, and each lamp's actual level."""

    inputs: Inputs
    actions: list[Action]
    levels: list[list[Breakpoint]]


def control(scene: Scene, regime: str, deciders: Deciders | None = None) -> Controlled:
    """Run a regime on a scene, on the SimPy street."""
    gears = _gears(scene)
    inputs = inputs_for(scene, regime)
    decider = (deciders or _in_process)(scene, regime, inputs)
    street = Street(decider, gears, inputs, radio_for(scene, regime))
    actions = street.run(scene.start_ms, scene.end_ms)
    return Controlled(inputs, actions, [gear.finish(scene.end_ms) for gear in gears])


def replayed(scene: Scene, regime: str) -> Controlled:
    """Run a regime on a scene by the bare loop around the controller. Its radio loses nothing."""
    gears = _gears(scene)
    inputs = inputs_for(scene, regime)
    actions = replay(_in_process(scene, regime, inputs), inputs, scene.start_ms, scene.end_ms)
    latency_ms = radio_for(scene, regime).latency_ms
    for action in actions[: len(gears)]:
        gears[action.lamp].command(action.t_ms, action.level_pm, 0)
    for action in actions[len(gears) :]:
        gears[action.lamp].command(action.t_ms + latency_ms, action.level_pm, action.ramp_ms)
    return Controlled(inputs, actions, [gear.finish(scene.end_ms) for gear in gears])


def _gears(scene: Scene) -> list[Gear]:
    luminaires = scene.setup.scenario.luminaires
    return [
        gear_for(luminaires[lamp.luminaire], scene.start_ms, 0, dead=dead)
        for lamp, dead in zip(scene.street.lamps, scene.dead, strict=True)
    ]


def _in_process(scene: Scene, regime: str, _inputs: Inputs) -> SegmentController:
    return SegmentController(segment_plan(scene.setup, scene.street, scene.setup.regimes[regime]))


def radio_for(scene: Scene, regime: str) -> Radio:
    """The radio of a regime; the baseline switches its lamps without one."""
    network = scene.setup.scenario.network
    if is_baseline(scene, regime):
        return Radio()
    return Radio(
        network.command_loss,
        round(network.latency_s * 1000),
        round(network.resend_s * 1000),
        scene.dice(Purpose.RADIO).bytes(16),
    )


def segment_plan(setup: Setup, layout: Layout, planners: Mapping[str, Planner]) -> SegmentPlan:
    """The controller's plan for a street: one gateway with all lamps and sensors of it."""
    luminaires = setup.scenario.luminaires
    ambient = setup.scenario.ambient_sensor
    return SegmentPlan(
        name=layout.name,
        place=setup.place,
        lamps=tuple(
            LampPlan(
                id=lamp.id,
                group=lamp.group,
                cluster=lamp.cluster,
                street=layout.name,
                position_mm=lamp.position_mm,
                entrance=lamp.entrance,
                minimum_level_pm=pm_from_pct(luminaires[lamp.luminaire].minimum_level_pct),
            )
            for lamp in layout.lamps
        ),
        sensors=tuple(SensorPlan(s.id, s.cluster, layout.name, s.position_mm) for s in layout.sensors),
        groups={group: planners[group] for group in dict.fromkeys(lamp.group for lamp in layout.lamps)},
        safe_level_pm=pm_from_pct(setup.scenario.safe_level_pct),
        smoothing_s=ambient.smoothing_s,
        stale_after_s=ambient.stale_after_s,
    )


def changes_of(scene: Scene, actions: Sequence[Action]) -> list[Change]:
    """Commands with their reasons, as results keep them."""
    lamps = scene.street.lamps
    return [
        Change(a.t_ms, lamps[a.lamp].id, a.level_pm, a.ramp_ms, a.source, a.rule, a.cause, a.until_ms) for a in actions
    ]


def trace_of(scene: Scene, regime: str, controlled: Controlled, lamp_id: str) -> LampTrace:
    """A lamp's night, with the decisions behind it."""
    index = next(i for i, lamp in enumerate(scene.street.lamps) if lamp.id == lamp_id)
    mine = [action for action in controlled.actions if action.lamp == index]
    return LampTrace(
        regime=regime,
        lamp=lamp_id,
        night=scene.night.isoformat(),
        start_ms=scene.start_ms,
        end_ms=scene.end_ms,
        changes=changes_of(scene, mine),
        level=controlled.levels[index],
    )
