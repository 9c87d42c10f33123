"""What presence sensors report of the road users, with their faults; made once and seen by every regime.

A detection is a closed interval in which a sensor sees a user. A sensor is up while it sees anybody: it
reports the first user in range (on), each further one (more), and the last moment with anybody (off). An
interval without length, as at a point sensor or from a false trigger, is a pulse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controllers.replay import Kind, Row
from sim.counts import Integers
from sim.passages import interval_ms
from sim.traffic import Users
from slic.scenario.layout import Sensor, Street
from slic.scenario.model import Sensors, StuckSensor

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """Detections of one sensor: start and end [ms], speed [mm/s] and direction of the user, 0 if not known."""

    enter: Integers
    leave: Integers
    speed: Integers
    direction: Integers

    def pick(self, which: Integers) -> _Seen:
        return _Seen(self.enter[which], self.leave[which], self.speed[which], self.direction[which])


def sense(
    street: Street,
    users: Users,
    sensors: Sensors,
    night: tuple[int, int],
    wanted: tuple[int, int],
    dice: np.random.Generator,
) -> list[Row]:
    """Reports of all sensors of a street in a night, ascending in time, enter before leave.

    night : start and end [UTC ms]; wanted : what touches this span is reported, the draws do not depend on it
    """
    if not street.sensors or wanted[0] >= wanted[1]:
        return []
    start_ms, end_ms = night
    place = np.array([sensor.position_mm for sensor in street.sensors], np.int64)
    range_mm = round(sensors.range_m * 1000)
    enter, leave = interval_ms(users, street.length_mm // 2, place - range_mm, place + range_mm)
    seen = dice.random(enter.shape) < sensors.detection_probability
    reports = []
    for index, sensor in enumerate(street.sensors):
        mine = _known(_Seen(enter[index], leave[index], users.speed_mm_s, users.direction), sensors)
        false_ms = _false_triggers(sensors.false_triggers_per_h, start_ms, end_ms, dice)
        mine = _join(mine.pick(np.flatnonzero(seen[index])), _anonymous(false_ms, false_ms))
        mine = _with_faults(mine, _faults_of(sensor, sensors.stuck), sensors.retrigger_s, start_ms)
        touching = (mine.leave >= wanted[0]) & (mine.enter < wanted[1])
        reports.append(_reports(mine.pick(np.flatnonzero(touching)), index))
    return _in_order(np.concatenate(reports, axis=1), round(sensors.latency_s * 1000), start_ms, end_ms)


def _known(seen: _Seen, sensors: Sensors) -> _Seen:
    """Only what these sensors can tell of a user."""
    speed = seen.speed if sensors.gives_speed else np.zeros_like(seen.speed)
    direction = seen.direction if sensors.gives_direction else np.zeros_like(seen.direction)
    return _Seen(seen.enter, seen.leave, speed, direction)


def _false_triggers(per_h: float, start_ms: int, end_ms: int, dice: np.random.Generator) -> Integers:
    number = int(dice.poisson(per_h * (end_ms - start_ms) / _HOUR_MS))
    return dice.integers(start_ms, end_ms, number, np.int64)


def _anonymous(enter: Integers, leave: Integers) -> _Seen:
    nothing = np.zeros(len(enter), np.int64)
    return _Seen(enter, leave, nothing, nothing)


def _join(one: _Seen, other: _Seen) -> _Seen:
    """Both, in order of start."""
    both = _Seen(
        np.concatenate([one.enter, other.enter]),
        np.concatenate([one.leave, other.leave]),
        np.concatenate([one.speed, other.speed]),
        np.concatenate([one.direction, other.direction]),
    )
    return both.pick(np.argsort(both.enter, kind="stable"))


def _faults_of(sensor: Sensor, stuck: Sequence[StuckSensor]) -> list[StuckSensor]:
    return [fault for fault in stuck if fault.sensor == sensor.id]


def _with_faults(seen: _Seen, stuck: Sequence[StuckSensor], retrigger_s: float, start_ms: int) -> _Seen:
    if retrigger_s > 0:
        seen = _blind_after_fall(seen, round(retrigger_s * 1000))
    for fault in stuck:
        since_ms = start_ms + round(fault.from_h * _HOUR_MS)
        until_ms = since_ms + round(fault.for_h * _HOUR_MS)
        seen = _cut(seen, since_ms, until_ms)
        if fault.state == "present":
            seen = _join(seen, _anonymous(np.array([since_ms]), np.array([until_ms])))
    return seen


def _blind_after_fall(seen: _Seen, blind_ms: int) -> _Seen:
    """After a fall the sensor sees nothing for a time; who is still there afterwards is seen then."""
    enter = seen.enter.copy()
    kept = np.zeros(len(enter), bool)
    up_until = sees_from = int(enter[0]) - 1 if len(enter) else 0
    for at, (start, end) in enumerate(zip(seen.enter.tolist(), seen.leave.tolist(), strict=True)):
        if start > up_until:
            start = max(start, sees_from)
        if end < start:
            continue
        kept[at] = True
        enter[at] = start
        up_until = max(up_until, end)
        sees_from = up_until + blind_ms
    clipped = _Seen(enter, seen.leave, seen.speed, seen.direction).pick(np.flatnonzero(kept))
    return clipped.pick(np.argsort(clipped.enter, kind="stable"))


def _cut(seen: _Seen, since_ms: int, until_ms: int) -> _Seen:
    """Leave out what lies in [since, until]; who outlasts it is seen again after it."""
    before = seen.enter < since_ms
    after = seen.leave > until_ms
    head = seen.pick(np.flatnonzero(before))
    tail = seen.pick(np.flatnonzero(after))
    return _join(
        _Seen(head.enter, np.minimum(head.leave, since_ms - 1), head.speed, head.direction),
        _Seen(np.maximum(tail.enter, until_ms + 1), tail.leave, tail.speed, tail.direction),
    )


def _reports(seen: _Seen, index: int) -> Integers:
    """Columns t_ms, kind, sensor, speed, direction, from detections in order of start."""
    if not len(seen.enter):
        return np.zeros((5, 0), np.int64)
    reach = np.maximum.accumulate(seen.leave)
    first = np.flatnonzero(np.concatenate([[True], seen.enter[1:] > reach[:-1]]))
    last = np.append(first[1:], len(reach)) - 1
    long = reach[last] > seen.enter[first]
    kind = np.where(np.repeat(long, last - first + 1), Kind.MORE, Kind.PULSE)
    kind[first[long]] = Kind.ON
    rises = np.stack([seen.enter, kind, np.full_like(kind, index), seen.speed, seen.direction])
    fall_ms = reach[last][long]
    nothing = np.zeros_like(fall_ms)
    falls = np.stack([fall_ms, nothing + Kind.OFF, nothing + index, nothing, nothing])
    return np.concatenate([rises, falls], axis=1)


def _in_order(reports: Integers, latency_ms: int, start_ms: int, end_ms: int) -> list[Row]:
    reports[0] += latency_ms
    reports = reports[:, (reports[0] >= start_ms) & (reports[0] < end_ms)]
    order = np.argsort((reports[0] - start_ms) * len(Kind) + reports[1], kind="stable")
    return list(zip(*reports[:, order].tolist(), strict=True))
