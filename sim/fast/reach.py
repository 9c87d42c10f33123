"""Which lamps of a street are alike, and which of them a sensor holds up, under the programs of one night.

Made once for a street and the programs of its lamp groups, and read every night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.detections import Detections
from sim.fast.axis import NOTHING, Ints, Small, spread
from sim.fast.holds import NOBODY, Runs, runs
from sim.scene import Scene
from sim.sightings import held
from slic.control.group import Effect
from slic.control.program import ControlProgram
from slic.control.reach import LampIndex, Reach, Train
from slic.control.segment import LampPlan, SegmentPlan, SensorPlan


class LampClass(NamedTuple):
    """Lamps that the same rules hold for, whoever is present; orders : indices of the overrides that name them."""

    group: str
    entrance: bool
    minimum_level_pm: int
    orders: tuple[int, ...]


class Channel(NamedTuple):
    """A hold time, and the sensors that give it (by index; None: all)."""

    hold_ms: int
    sensors: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class StreetReach:
    """Patterns of a street: lamps of one class that are always held up together.

    lamps : how many; classes : of the lamps; kind : class of each pattern; pattern : of each lamp
    channels : per group; row : per channel number, the row of each pattern, -1 where nothing is held in it
    """

    lamps: int
    classes: tuple[LampClass, ...]
    kind: Ints
    pattern: Ints
    minimum_pm: Ints
    row: tuple[Ints, ...]
    groups: tuple[_GroupReach, ...]

    @property
    def apart(self) -> bool:
        """Whether different controls of a group have different sensors."""
        return any(len({channel.sensors for channel in group.channels}) > 1 for group in self.groups)

    @property
    def by_sensor(self) -> bool:
        """Whether it takes no more than what each sensor sees, whoever it is, to hold lamps up."""
        return bool(self.groups) and not self.groups[0].every_user

    def runs(self, number: int, scene: Scene) -> Runs:
        """When rows are held up in a channel."""
        groups = [group for group in self.groups if number < len(group.channels)]
        parts = [group.intervals(group.channels[number], scene) for group in groups]
        return runs(*map(np.concatenate, zip(*parts, strict=True))).of_some_time() if parts else NOBODY

    def hold_of_each(self, number: int) -> int | None:
        """The hold of a channel, if all sensors give it, each to a row of its own, in order, whoever it sees."""
        if len(self.groups) != 1 or not self.groups[0].row_by_row or number >= len(self.groups[0].channels):
            return None
        channel = self.groups[0].channels[number]
        return channel.hold_ms if channel.sensors is None else None

    def channel_of(self, kind: LampClass) -> tuple[int, ...]:
        """The channel number of each dynamic control of a class."""
        return next((group.channel_of for group in self.groups if group.name == kind.group), ())


def street_reach(
    plan: SegmentPlan, programs: Mapping[str, ControlProgram], orders: Sequence[Sequence[int]], *, every_user: bool
) -> StreetReach:
    """The patterns of a street.

    orders : for each override the lamps that it names (all of them: every index)
    every_user : sensors that are up report further users too
    """
    acting = {name: program for name, program in programs.items() if program.dynamic_controls}
    groups = tuple(_group_reach(name, program, plan, every_user) for name, program in acting.items())
    by_name = {group.name: group for group in groups}
    named = [tuple(k for k, lamps in enumerate(orders) if i in lamps) for i in range(len(plan.lamps))]
    classes: dict[LampClass, int] = {}
    patterns: dict[tuple[int, int], int] = {}
    pattern = []
    for i, lamp in enumerate(plan.lamps):
        kind = LampClass(lamp.group, lamp.entrance, lamp.minimum_level_pm, named[i])
        row = by_name[lamp.group].row_of_lamp.get(i, -1) if lamp.group in by_name else -1
        key = (classes.setdefault(kind, len(classes)), row)
        pattern.append(patterns.setdefault(key, len(patterns)))
    found = list(classes)
    kinds = [kind for kind, _ in patterns]
    width = max((len(group.channels) for group in groups), default=0)
    return StreetReach(
        lamps=len(plan.lamps),
        classes=tuple(found),
        kind=np.array(kinds, np.int64),
        pattern=np.array(pattern, np.int64),
        minimum_pm=np.array([found[kind].minimum_level_pm for kind in kinds], np.int64),
        row=tuple(
            np.array([row if _has(by_name, found[kind], number) else -1 for kind, row in patterns], np.int64)
            for number in range(width)
        ),
        groups=groups,
    )


def _has(groups: Mapping[str, _GroupReach], kind: LampClass, number: int) -> bool:
    return kind.group in groups and number < len(groups[kind.group].channels)


@dataclass(frozen=True, slots=True)
class _GroupReach:
    """What the sensors of a street hold up in one lamp group.

    channel_of : channel of each dynamic control; row_of_lamp : the row that a lamp is held up in, by lamp index; it is
        called by the first lamp of it
    row_of_sensor : the row of each sensor, -1 for none; in train style each lamp is a row and this is empty
    every_user : sensors that are up report further users too
    row_by_row : each sensor has a row of its own, in order, and it does not matter whom it sees
    """

    name: str
    channels: tuple[Channel, ...]
    channel_of: tuple[int, ...]
    row_of_lamp: Mapping[int, int]
    row_of_sensor: Ints
    trains: tuple[Reach, ...]
    every_user: bool
    row_by_row: bool

    def intervals(self, channel: Channel, scene: Scene) -> tuple[Ints, Small, Small]:
        """Row, start and end of what holds lamps up in a channel [ms since the start of the night]."""
        row, begin_ms, end_ms = self._by_user(channel, scene) if self.every_user else self._by_sensor(channel, scene)
        end_ms = np.minimum(end_ms, scene.end_ms - scene.start_ms)
        if row.min(initial=0) < 0:
            row, begin_ms, end_ms = row[row >= 0], begin_ms[row >= 0], end_ms[row >= 0]
        return row, begin_ms, end_ms

    def _by_sensor(self, channel: Channel, scene: Scene) -> tuple[Ints, Small, Small]:
        found = held([scene.sightings], channel.hold_ms)
        row = self.row_of_sensor
        if channel.sensors is not None:
            row = np.where(np.isin(np.arange(len(row)), list(channel.sensors)), row, -1)
        return row.take(found.sensor), found.begin_ms, found.end_ms

    def _by_user(self, channel: Channel, scene: Scene) -> tuple[Ints, Ints, Ints]:
        found = scene.detections
        if channel.sensors is not None:
            found = found.pick(np.isin(found.sensor, list(channel.sensors)))
        begin_ms = found.enter_ms - scene.start_ms
        end_ms = found.fall_ms + (channel.hold_ms - scene.start_ms)
        if not self.trains:
            return self.row_of_sensor[found.sensor], begin_ms, end_ms
        row, which = self._trains(found)
        return row, begin_ms[which], end_ms[which]

    def _trains(self, found: Detections) -> tuple[Ints, Ints]:
        """Lamp and detection of everything that detections hold up in train style."""
        speed_mm_s, direction = found.speed_mm_s, found.direction
        edges = np.searchsorted(found.sensor, np.arange(len(self.trains) + 1)).tolist()
        mine = [slice(begin, end) for begin, end in pairwise(edges)]
        ranges = [reach.ranges(speed_mm_s[k], direction[k]) for reach, k in zip(self.trains, mine, strict=True)]
        first, last = map(np.concatenate, zip(*ranges, strict=True))
        count = np.maximum(last - first, 0)
        along = np.array(self.trains[0].along, np.int64)  # all sensors stand on one street
        return along[spread(first, count)], np.arange(len(found)).repeat(count)


def _group_reach(name: str, program: ControlProgram, plan: SegmentPlan, every_user: bool) -> _GroupReach:
    members = [(i, lamp) for i, lamp in enumerate(plan.lamps) if lamp.group == name]
    index, train = LampIndex(members), Train(program.presence)
    reaches = [Reach(program.presence, train, sensor, index) for sensor in plan.sensors]
    channels, channel_of = _channels(program, plan.sensors)
    if program.presence.style == "train":
        rows = {i: i for i, _ in members}
        return _GroupReach(name, channels, channel_of, rows, NOTHING, tuple(reaches), every_user, False)
    fixed = [reach.fixed or () for reach in reaches]
    row_of_lamp = {lamp: lamps[0] for lamps in fixed for lamp in lamps}
    row_of_sensor = np.array([lamps[0] if lamps else -1 for lamps in fixed], np.int64)
    row_by_row = not every_user and bool((np.diff(row_of_sensor, prepend=-1) > 0).all())
    return _GroupReach(name, channels, channel_of, row_of_lamp, row_of_sensor, (), every_user, row_by_row)


def _channels(program: ControlProgram, sensors: Sequence[SensorPlan]) -> tuple[tuple[Channel, ...], tuple[int, ...]]:
    effects = [Effect(program, k) for k in range(len(program.dynamic_controls))]
    found: dict[Channel, int] = {}
    channel_of = []
    for effect in effects:
        acting = frozenset(i for i, sensor in enumerate(sensors) if effect.acts_for(sensor.id))
        channel = Channel(effect.hold_ms, None if len(acting) == len(sensors) else acting)
        channel_of.append(found.setdefault(channel, len(found)))
    return tuple(found), tuple(channel_of)


def phantom(kind: LampClass) -> LampPlan:
    """A lamp that stands for all of a class."""
    return LampPlan("", kind.group, entrance=kind.entrance, minimum_level_pm=kind.minimum_level_pm)
