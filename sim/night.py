"""One street-night: every regime on the same scene, and what it adds up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from controllers.replay import Inputs, Kind
from sim.dice import Purpose
from sim.scene import Scene, inputs_for, is_baseline, make_scene, reads_presence, required_steps
from sim.setup import Setup, lit_spans
from sim.street import Decider, Radio, Street
from slic.control.controller import SegmentController
from slic.control.planner import Planner
from slic.control.program import ControlProgram
from slic.control.segment import Action, LampPlan, SegmentPlan, SensorPlan
from slic.energy.ledger import LampEnergy, lamp_energies, total_energy
from slic.energy.results import Change, LampTrace, NightTally
from slic.energy.service import LampService, lamp_service
from slic.energy.slots import constant_load_mj
from slic.lamps.dali import ARC_OF_LEVEL_PM, LEVEL_PM_OF_ARC
from slic.lamps.gear import Breakpoint, gear_for
from slic.lamps.level import FULL_PM, pm_from_pct
from slic.lamps.power import PowerTable, drive_share, power_table
from slic.scenario.layout import Lamp
from slic.scenario.layout import Street as Layout

_DETECTIONS = (Kind.ON, Kind.MORE, Kind.PULSE)
NOBODY = LampService(0, 0, 0, 0, 0)

Deciders = Callable[[Scene, str, Inputs], Decider]
"""Makes what decides a regime on a scene, in the place of a controller in this process."""


@dataclass(frozen=True, slots=True)
class Task:
    """A street-night to simulate. ``street`` is an index; changes and the trace of a lamp are kept if asked for."""

    replicate: int
    night: date
    street: int
    keep_changes: bool = False
    trace_lamp: str = ""


@dataclass(slots=True)
class NightResult:
    """Tallies per regime in order, with the lamps before a retrofit apart; the rest as in RunResult."""

    task: Task
    tallies: list[NightTally]
    as_found: NightTally | None
    lamp_energy_mj: dict[str, dict[str, int]] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    traces: list[LampTrace] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Controlled:
    """What a regime did on a scene: its inputs, all actions, and each lamp's actual level."""

    inputs: Inputs
    actions: list[Action]
    levels: list[list[Breakpoint]]


def run_night(setup: Setup, task: Task, deciders: Deciders | None = None) -> NightResult:
    """Simulate one street-night under all regimes."""
    scene = make_scene(setup, setup.streets[task.street], task.night, task.replicate)
    result = NightResult(task, [], _as_found(scene))
    for regime, planners in setup.regimes.items():
        controlled = control(scene, regime, deciders)
        energies = _energies(scene, planners, controlled.levels)
        result.tallies.append(_tally(scene, regime, planners, controlled, energies))
        if task.replicate == 0:
            lamps = zip(scene.street.lamps, energies, strict=True)
            result.lamp_energy_mj[regime] = {lamp.id: energy.energy_mj * lamp.count for lamp, energy in lamps}
        if task.keep_changes:
            result.changes[regime] = changes_of(scene, controlled.actions)
        if task.trace_lamp:
            result.traces.append(_trace(scene, regime, controlled, task.trace_lamp))
    return result


def control(scene: Scene, regime: str, deciders: Deciders | None = None) -> Controlled:
    """Run a regime on a scene, on the SimPy street."""
    setup, layout = scene.setup, scene.street
    luminaires = setup.scenario.luminaires
    gears = [
        gear_for(luminaires[lamp.luminaire], scene.start_ms, 0, dead=dead)
        for lamp, dead in zip(layout.lamps, scene.dead, strict=True)
    ]
    inputs = inputs_for(scene, regime)
    decider = (deciders or _in_process)(scene, regime, inputs)
    street = Street(decider, gears, inputs, radio_for(scene, regime))
    actions = street.run(scene.start_ms, scene.end_ms)
    return Controlled(inputs, actions, [gear.finish(scene.end_ms) for gear in gears])


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


def _trace(scene: Scene, regime: str, controlled: Controlled, lamp_id: str) -> LampTrace:
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


def _energies(
    scene: Scene, planners: Mapping[str, Planner], levels: Sequence[Sequence[Breakpoint]]
) -> list[LampEnergy]:
    """Energy of each lamp; lamps with the same power table and presence level are worked out together."""
    alike: dict[tuple[str, float, str], list[int]] = defaultdict(list)
    for index, lamp in enumerate(scene.street.lamps):
        alike[lamp.luminaire, lamp.power_w, lamp.group].append(index)
    energies: dict[int, LampEnergy] = {}
    for (luminaire, power_w, group), members in alike.items():
        planner = planners[group]
        high_pm = presence_level_pm(planner.programs[planner.night(scene.night).program])
        table = _table(scene, luminaire, power_w)
        found = lamp_energies([levels[index] for index in members], table, high_pm)
        energies.update(zip(members, found, strict=True))
    return [energies[index] for index in range(len(levels))]


def _table(scene: Scene, luminaire: str, power_w: float) -> PowerTable:
    kind = scene.setup.scenario.luminaires[luminaire]
    burned_h = scene.setup.scenario.burning_hours_h + scene.setup.burned_h[scene.night]
    return power_table(kind, power_w, drive_share(kind, burned_h))


def presence_level_pm(program: ControlProgram) -> int:
    """The highest level to which presence raises a lamp, or full level [per mille]."""
    raised = [pm_from_pct(c.level_pct) for c in program.dynamic_controls if c.operation in ("Set", "Max")]
    return max(raised, default=FULL_PM)


def _tally(
    scene: Scene,
    regime: str,
    planners: Mapping[str, Planner],
    controlled: Controlled,
    energies: Sequence[LampEnergy],
) -> NightTally:
    scenario, lamps = scene.setup.scenario, scene.street.lamps
    total = total_energy(energy * lamp.count for lamp, energy in zip(lamps, energies, strict=True))
    programs = [program for planner in planners.values() for program in planner.programs.values()]
    sensors = len(scene.street.sensors) if any(reads_presence(program) for program in programs) else 0
    nodes = 0 if regime == scenario.baseline else sum(lamp.count for lamp in lamps)
    sensing_w = scenario.node_power_w * nodes + scenario.sensors.power_w * sensors
    sensing_mj = constant_load_mj(sensing_w, scene.start_ms, scene.end_ms)
    tally = _energy_tally(scene, regime, lamps, total, sensing_mj)
    tally.triggers = sum(row[1] in _DETECTIONS for row in controlled.inputs.rows)
    _add_service(tally, scene, controlled.levels)
    return tally


def _energy_tally(
    scene: Scene, regime: str, lamps: Sequence[Lamp], total: LampEnergy, sensing_mj: Sequence[int]
) -> NightTally:
    return NightTally(
        regime=regime,
        replicate=scene.replicate,
        street=scene.street.name,
        night=scene.night.isoformat(),
        start_ms=scene.start_ms,
        end_ms=scene.end_ms,
        lamps=sum(lamp.count for lamp in lamps),
        light_mj=total.light_mj,
        loss_mj=total.loss_mj,
        standby_mj=total.standby_mj,
        sensing_mj=sum(sensing_mj),
        lit_ms=total.lit_ms,
        level_pm_ms=total.level_pm_ms,
        high_ms=total.high_ms,
        level_changes=total.level_changes,
        complete=scene.missing == 0,
        half_hours_mj=[a + b for a, b in zip(total.half_hours_mj, sensing_mj, strict=True)],
    )


def _add_service(tally: NightTally, scene: Scene, levels: Sequence[Sequence[Breakpoint]]) -> None:
    exact = required_steps(scene)
    # DALI gear holds the arc level nearest to a command, so that is what a required level means for it
    on_dali = [(t_ms, LEVEL_PM_OF_ARC[ARC_OF_LEVEL_PM[level_pm]]) for t_ms, level_pm in exact]
    luminaires = scene.setup.scenario.luminaires
    late_ms = round(scene.setup.scenario.service.late_after_s * 1000)
    tally.users = sum(int(((scene.users.t_ms >= a) & (scene.users.t_ms < b)).sum()) for a, b in scene.dark)
    for lamp, level, (enter, leave) in zip(scene.street.lamps, levels, scene.passages, strict=True):
        required = on_dali if luminaires[lamp.luminaire].dimming_curve == "dali" else exact
        service = lamp_service(level, enter, leave, required, late_ms) if len(enter) else NOBODY
        tally.passages += lamp.count * service.passages
        tally.user_ms += lamp.count * service.user_ms
        tally.served_ms += lamp.count * service.served_ms
        tally.late += lamp.count * service.late
        tally.missed += lamp.count * service.missed
        tally.given_pm_ms += lamp.count * service.given_pm_ms
        tally.wanted_pm_ms += lamp.count * service.wanted_pm_ms


def _as_found(scene: Scene) -> NightTally | None:
    """The lamps before the retrofit, at full level from sunset to sunrise; None if the scenario has no retrofit."""
    if scene.setup.scenario.retrofit is None:
        return None
    level = _full_level(scene)
    lamps = scene.street.lamps
    energies = []
    for lamp in lamps:
        table = _table(scene, lamp.as_found_luminaire, lamp.as_found_w)
        energies.append(lamp_energies([level], table)[0] * lamp.count)
    nothing = constant_load_mj(0, scene.start_ms, scene.end_ms)
    return _energy_tally(scene, "as-found", lamps, total_energy(energies), nothing)


def _full_level(scene: Scene) -> list[Breakpoint]:
    points = [(scene.start_ms, 0)]
    for start_ms, end_ms in lit_spans(scene.setup.default.night(scene.night)):
        points += [(start_ms, 0), (start_ms, FULL_PM), (end_ms, FULL_PM), (end_ms, 0)]
    if points[-1][0] < scene.end_ms:
        points.append((scene.end_ms, 0))
    return points
