"""Reports of presence sensors made one sensor at a time, with whole division: the other implementation in tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controllers.replay import Kind, Row
from sim.traffic import Users
from slic.scenario.layout import Street
from slic.scenario.model import Sensors

Ints = NDArray[np.int64]
HOUR_MS = 3_600_000


def crossing_by_division(users: Users, site_mm: int, points_mm: Ints) -> Ints:
    way_mm = (points_mm[:, None] - site_mm) * users.direction[None, :]
    speed = users.speed_mm_s[None, :]
    return users.t_ms[None, :] + (2000 * way_mm + speed) // (2 * speed)


@dataclass(frozen=True, slots=True)
class Seen:
    enter: Ints
    leave: Ints
    speed: Ints
    direction: Ints

    def pick(self, which: Ints) -> Seen:
        return Seen(self.enter[which], self.leave[which], self.speed[which], self.direction[which])


def rows_by_sensor(
    street: Street,
    users: Users,
    sensors: Sensors,
    night: tuple[int, int],
    wanted: tuple[int, int],
    dice: np.random.Generator,
) -> list[Row]:
    if not street.sensors or wanted[0] >= wanted[1]:
        return []
    place = np.array([sensor.position_mm for sensor in street.sensors], np.int64)
    range_mm = round(sensors.range_m * 1000)
    low, high = (crossing_by_division(users, street.length_mm // 2, place + way) for way in (-range_mm, range_mm))
    enter, leave = np.minimum(low, high), np.maximum(low, high)
    seen = dice.random(enter.shape) < sensors.detection_probability
    speed = users.speed_mm_s * sensors.gives_speed
    direction = users.direction * sensors.gives_direction
    reports = []
    for index, sensor in enumerate(street.sensors):
        number = int(dice.poisson(sensors.false_triggers_per_h * (night[1] - night[0]) / HOUR_MS))
        false_ms = dice.integers(night[0], night[1], number, np.int64)
        mine = Seen(enter[index], leave[index], speed, direction).pick(np.flatnonzero(seen[index]))
        mine = _with_faults(_join(mine, _anonymous(false_ms, false_ms)), sensor.id, sensors, night[0])
        touching = (mine.leave >= wanted[0]) & (mine.enter < wanted[1])
        reports.append(_reports(mine.pick(np.flatnonzero(touching)), index))
    return _in_order(np.concatenate(reports, axis=1), round(sensors.latency_s * 1000), *night)


def _anonymous(enter: Ints, leave: Ints) -> Seen:
    nothing = np.zeros(len(enter), np.int64)
    return Seen(enter, leave, nothing, nothing)


def _join(one: Seen, other: Seen) -> Seen:
    both = Seen(
        np.concatenate([one.enter, other.enter]),
        np.concatenate([one.leave, other.leave]),
        np.concatenate([one.speed, other.speed]),
        np.concatenate([one.direction, other.direction]),
    )
    return both.pick(np.argsort(both.enter, kind="stable"))


def _with_faults(seen: Seen, sensor: str, sensors: Sensors, start_ms: int) -> Seen:
    if sensors.retrigger_s > 0:
        seen = _blind_after_fall(seen, round(sensors.retrigger_s * 1000))
    for fault in (fault for fault in sensors.stuck if fault.sensor == sensor):
        since_ms = start_ms + round(fault.from_h * HOUR_MS)
        until_ms = since_ms + round(fault.for_h * HOUR_MS)
        seen = _cut(seen, since_ms, until_ms)
        if fault.state == "present":
            seen = _join(seen, _anonymous(np.array([since_ms]), np.array([until_ms])))
    return seen


def _blind_after_fall(seen: Seen, blind_ms: int) -> Seen:
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
    clipped = Seen(enter, seen.leave, seen.speed, seen.direction).pick(np.flatnonzero(kept))
    return clipped.pick(np.argsort(clipped.enter, kind="stable"))


def _cut(seen: Seen, since_ms: int, until_ms: int) -> Seen:
    head = seen.pick(np.flatnonzero(seen.enter < since_ms))
    tail = seen.pick(np.flatnonzero(seen.leave > until_ms))
    return _join(
        Seen(head.enter, np.minimum(head.leave, since_ms - 1), head.speed, head.direction),
        Seen(np.maximum(tail.enter, until_ms + 1), tail.leave, tail.speed, tail.direction),
    )


def _reports(seen: Seen, index: int) -> Ints:
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


def _in_order(reports: Ints, latency_ms: int, start_ms: int, end_ms: int) -> list[Row]:
    reports[0] += latency_ms
    reports = reports[:, (reports[0] >= start_ms) & (reports[0] < end_ms)]
    order = np.argsort((reports[0] - start_ms) * len(Kind) + reports[1], kind="stable")
    return list(zip(*reports[:, order].tolist(), strict=True))
