"""Runs the streets of a night under all regimes, each on its way, and adds them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from sim.account import AS_FOUND, Accounts
from sim.engine import EngineName, Way, ways
from sim.fast.night import FastNights, orders_of
from sim.levels import Levels, levels_of
from sim.night import Controlled, Deciders, changes_of, control, replayed, trace_of
from sim.scene import Scene, make_scene
from sim.setup import Setup, lit_spans
from slic.energy.moves import Ints
from slic.energy.results import Change, LampTrace, NightTally
from slic.lamps.gear import Breakpoint
from slic.lamps.level import FULL_PM


@dataclass(frozen=True, slots=True)
class Task:
    """Streets of one night and replicate to simulate, by index. With decisions and the trace of a lamp if asked for."""

    replicate: int
    night: date
    streets: tuple[int, ...]
    keep_changes: bool = False
    trace_lamp: str = ""


@dataclass(slots=True)
class NightResult:
    """Sums over the streets of a task per regime, and of the lamps before a retrofit; the rest as in RunResult.

    lamp_energy_mj : per regime the energy of each lamp, street after street; of replicate 0 only
    """

    task: Task
    tallies: list[NightTally]
    as_found: NightTally | None
    lamp_energy_mj: dict[str, Ints] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    traces: list[LampTrace] = field(default_factory=list)


class Runner:
    """The nights of a setup, on the ways that an engine takes.

    deciders : makes what decides, in the place of controllers in this process; then all goes by the SimPy street
    """

    def __init__(self, setup: Setup, engine: EngineName = "auto", deciders: Deciders | None = None) -> None:
        self._setup = setup
        self._deciders = deciders
        self.ways: Mapping[str, Way] = ways(setup, "event" if deciders else engine)
        self._accounts = Accounts(setup)
        self._fast = FastNights()

    def run(self, task: Task) -> NightResult:
        """Simulate the streets of a task under all regimes."""
        setup = self._setup
        scenes = [make_scene(setup, setup.streets[street], task.night, task.replicate) for street in task.streets]
        result = NightResult(task, [], self._as_found(scenes))
        crowds = self._accounts.crowds(scenes)
        for regime in setup.regimes:
            levels = self._levels(scenes, regime, result)
            tally, energy_mj = self._accounts.tally(scenes, regime, levels, crowds)
            result.tallies.append(tally)
            if task.replicate == 0:
                result.lamp_energy_mj[regime] = energy_mj
        return result

    def _levels(self, scenes: Sequence[Scene], regime: str, result: NightResult) -> Levels:
        """Levels of all lamps; decisions are only to be had from a controller."""
        task, way = result.task, self.ways[regime].how
        alone = any(orders_of(scene, regime) for scene in scenes)
        if way == "arrays" and not (task.keep_changes or task.trace_lamp or (alone and len(scenes) > 1)):
            levels = self._fast.levels(scenes, regime)
            if levels is not None:
                return levels
        found: list[Sequence[Breakpoint] | Ints] = []
        for scene in scenes:
            controlled = control(scene, regime, self._deciders) if way == "event" else replayed(scene, regime)
            found += controlled.levels
            _keep(result, scene, regime, controlled)
        return levels_of(found)

    def _as_found(self, scenes: Sequence[Scene]) -> NightTally | None:
        """The lamps before the retrofit, at full level from sunset to sunrise; None if there is no retrofit."""
        if self._setup.scenario.retrofit is None:
            return None
        lamps = sum(len(scene.street.like.lamps) for scene in scenes)
        levels = Levels(levels_of([_full_level(scenes[0])]).moves, np.zeros(lamps, np.int64))
        return self._accounts.tally(scenes, AS_FOUND, levels)[0]


def _keep(result: NightResult, scene: Scene, regime: str, controlled: Controlled) -> None:
    task = result.task
    if task.keep_changes:
        result.changes.setdefault(regime, []).extend(changes_of(scene, controlled.actions))
    if any(lamp.id == task.trace_lamp for lamp in scene.street.lamps):
        result.traces.append(trace_of(scene, regime, controlled, task.trace_lamp))


def _full_level(scene: Scene) -> list[Breakpoint]:
    points = [(scene.start_ms, 0)]
    for start_ms, end_ms in lit_spans(scene.setup.default.night(scene.night)):
        points += [(start_ms, 0), (start_ms, FULL_PM), (end_ms, FULL_PM), (end_ms, 0)]
    if points[-1][0] < scene.end_ms:
        points.append((scene.end_ms, 0))
    return points
