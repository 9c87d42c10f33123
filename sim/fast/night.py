"""The levels of all lamps of some streets in one night under one regime, without an event loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from controllers.timeline import Change, timelines
from sim.fast.axis import Ints
from sim.fast.commands import MAX_CHANNELS, Commands, commands, rule_table
from sim.fast.moves import moves_of_commands
from sim.fast.presence import held_up
from sim.fast.reach import LampClass, StreetReach, phantom, street_reach
from sim.levels import Levels
from sim.night import radio_for, segment_plan
from sim.scene import Scene, inputs_without_presence, is_baseline, programs_of, reports_every_user
from slic.control.segment import Override
from slic.scenario.layout import Street


class _Kind(NamedTuple):
    """Lamps with one timeline, and the channel of each of their dynamic controls."""

    lamps: LampClass
    channel_of: tuple[int, ...]


def orders_of(scene: Scene, regime: str) -> list[Override]:
    """The overrides of a night that reach a regime: the baseline has no control system."""
    return [] if is_baseline(scene, regime) else scene.orders


class FastNights:
    """Works out nights of the streets of a setup, and keeps what is the same every night."""

    def __init__(self) -> None:
        self._reaches: dict[tuple[Street, str, tuple[str, ...], bool], StreetReach] = {}
        self._groups: dict[Street, list[str]] = {}
        self._night: date | None = None
        self._changes: dict[tuple[str, LampClass], list[Change]] = {}

    def levels(self, scenes: Sequence[Scene], regime: str) -> Levels | None:
        """Levels of all lamps of some streets in one night.

        None where the arrays cannot tell who came first, or where controls have too many hold times.
        A street with overrides comes alone.
        """
        start_ms, night_ms = scenes[0].start_ms, scenes[0].end_ms - scenes[0].start_ms
        reaches = [self._reach(scene, regime) for scene in scenes]
        if any(len(reach.row) > MAX_CHANNELS for reach in reaches):
            return None
        kinds: dict[_Kind, int] = {}
        kind = [_kinds_of(reach, kinds) for reach in reaches]
        table = rule_table(
            self._timelines(scenes[0], regime, [kind.lamps for kind in kinds]),
            [kind.channel_of for kind in kinds],
            start_ms,
        )
        rows_before = _before([reach.lamps for reach in reaches])
        given = commands(
            np.concatenate(kind),
            _rows(reaches, rows_before),
            table,
            held_up(scenes, reaches, rows_before),
            apart=any(reach.apart for reach in reaches),
        )
        if given is None:
            return None
        given = _delayed(given, radio_for(scenes[0], regime).latency_ms)
        minimum_pm = np.concatenate([reach.minimum_pm for reach in reaches])
        patterns_before = _before([len(reach.kind) for reach in reaches])
        pattern = np.concatenate([r.pattern + at for r, at in zip(reaches, patterns_before, strict=True)])
        dead = np.array([lamp for scene in scenes for lamp in scene.dead], bool)
        given, minimum_pm, pattern = _with_dead(given, minimum_pm, pattern, dead)
        return Levels(moves_of_commands(given, minimum_pm, night_ms, start_ms), pattern)

    def _reach(self, scene: Scene, regime: str) -> StreetReach:
        street, planners = scene.street, scene.setup.regimes[regime]
        used = {name: planners[name] for name in self._groups_of(street.like)}
        programs = {name: planner.programs[planner.night(scene.night).program] for name, planner in used.items()}
        orders = [order.lamps or range(len(street.lamps)) for order in orders_of(scene, regime)]
        every_user = reports_every_user(programs_of(scene, regime))
        by_name = any(control.sensors for program in programs.values() for control in program.dynamic_controls)
        key = (street if by_name else street.like, regime, tuple(p.name for p in programs.values()), every_user)
        if orders or key not in self._reaches:
            plan = segment_plan(scene.setup, key[0], planners)
            reach = street_reach(plan, programs, orders, every_user=every_user)
            if orders:
                return reach
            self._reaches[key] = reach
        return self._reaches[key]

    def _groups_of(self, street: Street) -> list[str]:
        if street not in self._groups:
            self._groups[street] = list(dict.fromkeys(lamp.group for lamp in street.lamps))
        return self._groups[street]

    def _timelines(self, scene: Scene, regime: str, classes: Sequence[LampClass]) -> list[list[Change]]:
        """The timeline of each class. Those of lamps without overrides are the same in all streets of a night."""
        if orders_of(scene, regime):
            return _run_core(scene, regime, classes)
        if self._night != scene.night:
            self._night, self._changes = scene.night, {}
        new = [kind for kind in dict.fromkeys(classes) if (regime, kind) not in self._changes]
        if new:
            found = zip(new, _run_core(scene, regime, new), strict=True)
            self._changes |= {(regime, kind): changes for kind, changes in found}
        return [self._changes[regime, kind] for kind in classes]


def _run_core(scene: Scene, regime: str, classes: Sequence[LampClass]) -> list[list[Change]]:
    """Timelines of classes of lamps by the controller, with one lamp for each and no sensors."""
    planners = scene.setup.regimes[regime]
    plan = replace(
        segment_plan(scene.setup, scene.street.like, planners),
        lamps=tuple(phantom(kind) for kind in classes),
        sensors=(),
        groups={kind.group: planners[kind.group] for kind in classes},
    )
    inputs = inputs_without_presence(scene, regime)
    named = [
        replace(order, lamps=tuple(i for i, kind in enumerate(classes) if number in kind.orders))
        for number, order in enumerate(inputs.overrides)
    ]
    return timelines(plan, replace(inputs, overrides=named), scene.start_ms, scene.end_ms)


def _kinds_of(reach: StreetReach, kinds: dict[_Kind, int]) -> Ints:
    """The kind of each pattern of a street, by its number among all kinds; new ones are added."""
    of_class = [kinds.setdefault(_Kind(lamps, reach.channel_of(lamps)), len(kinds)) for lamps in reach.classes]
    return np.array(of_class, np.int64)[reach.kind]


def _before(sizes: Iterable[int]) -> Ints:
    ends = np.cumsum(list(sizes))
    return np.concatenate(([0], ends[:-1]))


def _rows(reaches: Sequence[StreetReach], rows_before: Ints) -> list[Ints]:
    """Per channel number, the row of each pattern among those of all streets."""
    width = max(len(reach.row) for reach in reaches)
    return [
        np.concatenate([_row(reach, number, int(at)) for reach, at in zip(reaches, rows_before, strict=True)])
        for number in range(width)
    ]


def _row(reach: StreetReach, number: int, at: int) -> Ints:
    if number >= len(reach.row):
        return np.full(len(reach.kind), -1)
    return np.where(reach.row[number] < 0, -1, reach.row[number] + at)


def _delayed(given: Commands, latency_ms: int) -> Commands:
    """All but the first levels of the night go over the radio."""
    if not latency_ms:
        return given
    first = np.concatenate(([True], given.pattern[1:] != given.pattern[:-1]))
    return given._replace(t_ms=given.t_ms + np.where(first, 0, latency_ms).astype(np.int32))


def _with_dead(given: Commands, minimum_pm: Ints, pattern: Ints, dead: Ints) -> tuple[Commands, Ints, Ints]:
    """Dead lamps have a pattern of their own: off all night."""
    if not dead.any():
        return given, minimum_pm, pattern
    dark = len(minimum_pm)
    off = np.zeros(1, np.int32)
    given = Commands(
        np.append(given.pattern, dark),
        np.append(given.t_ms, off),
        np.append(given.level_pm, off),
        np.append(given.ramp_ms, off),
    )
    return given, np.append(minimum_pm, 0), np.where(dead, dark, pattern)
