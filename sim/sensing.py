"""What presence sensors detect of the road users, with their faults; made once and seen by every regime.

A detection is a closed interval in which a sensor sees a user. A sensor is up while it sees anybody: it
reports the first user in range (on), each further one (more), and the last moment with anybody (off). An
interval without length, as at a point sensor or from a false trigger, is a pulse.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.counts import Integers
from sim.crossing import crossing_ms, interval_ms, near
from sim.detections import NOTHING, Detections, Flags, nobody
from sim.ordered import ABSENT, blocks, ordered
from sim.seen import Seen, joined, with_faults
from sim.sensor_view import Sensing, View, faulty_sensors, view_of
from sim.traffic import Users
from slic.scenario.layout import Street
from slic.scenario.model import Sensors

__all__ = ["Detections", "sense"]

_Flat = tuple[Integers, Integers, Integers, Integers]
"""Sensor, enter, leave and user of detections, sensor by sensor and in order of enter."""


def sense(asked: Sensing) -> Detections:
    """Detections of all sensors of a street in a night."""
    street, users, sensors, night, wanted, _ = asked
    if not street.sensors or wanted[0] >= wanted[1]:
        return nobody(night[1])
    view = view_of(asked)
    faulty = faulty_sensors(street, sensors)
    sound = np.arange(len(street.sensors))
    if faulty:
        sound = np.delete(sound, faulty)
    parts = [*_sound(view, sound), *(_faulty(view, k, street, sensors, night[0]) for k in faulty)]
    sensor, enter, leave, user = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    if faulty:
        order = sensor.argsort(kind="stable")
        sensor, enter, leave, user = sensor[order], enter[order], leave[order], user[order]
    pulses = view.range_mm == 0 and not faulty
    fall, first, long = _pulses(sensor, enter) if pulses else _episodes(sensor, enter, leave)
    speed, direction = _known(users, sensors)
    latency_ms = round(sensors.latency_s * 1000)
    if latency_ms:
        enter, fall = enter + latency_ms, fall + latency_ms
    return _cut(Detections(night[1], sensor, enter, fall, first, long, user, speed, direction), night[0])


def _known(users: Users, sensors: Sensors) -> tuple[Integers, Integers]:
    """What these sensors can tell of the speeds and directions of the users, and then of nobody in particular."""
    speed, direction = np.zeros((2, len(users) + 1), np.int64)
    if sensors.gives_speed:
        speed[:-1] = users.speed_mm_s
    if sensors.gives_direction:
        direction[:-1] = users.direction
    return speed, direction


def _interval(view: View, users: Users, sensors: Integers) -> tuple[Integers, Integers]:
    """Enter and leave [sensors x users]; one array if they are equal."""
    place = view.place_mm[sensors]
    if view.range_mm:
        return interval_ms(users, view.site_mm, place - view.range_mm, place + view.range_mm)
    at = crossing_ms(users, view.site_mm, place)
    return at, at


def _sound(view: View, sensors: Integers) -> list[_Flat]:
    """Detections of sensors without faults, in parts."""
    if not len(sensors):
        return []
    some = near(view.users, view.way_mm, *view.wanted)
    users = view.users.part(some).after(view.wanted[0])
    most = max(len(view.false_ms[k]) for k in sensors) if view.false_ms else 0
    parts = []
    for block in blocks(len(sensors), len(users) + most):
        seen = None if view.seen is None else view.seen[sensors[block], some]
        sensor, enter, leave, user = _in_order(view, users, seen, sensors[block], most)
        user += some.start
        if most:
            user[user >= some.stop] = len(view.users)
        pulses = leave is enter
        enter += view.wanted[0]
        parts.append((sensor, enter, enter if pulses else leave + view.wanted[0], user))
    return parts


def _in_order(view: View, users: Users, seen: Flags | None, sensors: Integers, most: int) -> _Flat:
    """Detections that touch the wanted span, timed from its start on; users after the last are false triggers.

    Enter and user are sorted as one number: with a million users, enter may range over a century.
    """
    span_ms = view.wanted[1] - view.wanted[0]
    enter, leave = _interval(view, users, sensors)
    if seen is not None:
        enter[~seen] = span_ms
    if most:
        enter, leave = _with_false(view, sensors, most, enter, leave)
    columns = enter.shape[1]
    bits = columns.bit_length()
    low_ms = min(0, int(enter.min())) if columns and view.range_mm else 0
    key = enter - low_ms
    key <<= bits
    key |= np.arange(columns)
    if view.range_mm:
        np.copyto(key, ABSENT, where=leave < 0)
    key, number = ordered(key, (span_ms - low_ms) << bits)
    user = key & ((1 << bits) - 1)
    key >>= bits
    if not view.range_mm:
        return sensors.repeat(number), key, key, user
    at = (np.arange(len(sensors)) * columns).repeat(number)
    at += user
    return sensors.repeat(number), key + low_ms, leave.ravel().take(at), user


def _with_false(
    view: View, sensors: Integers, most: int, enter: Integers, leave: Integers
) -> tuple[Integers, Integers]:
    """Enter and leave with false triggers as more columns; where a sensor has fewer, they lie after the span."""
    false_ms = np.full((len(sensors), most), view.wanted[1])
    for row, k in enumerate(sensors):
        false_ms[row, : len(view.false_ms[k])] = view.false_ms[k]
    false_ms -= view.wanted[0]
    return np.hstack((enter, false_ms)), np.hstack((leave, false_ms))


def _faulty(view: View, sensor: int, street: Street, sensors: Sensors, start_ms: int) -> _Flat:
    """Detections of a sensor that is blind after falls or stuck, one after the other."""
    enter, leave = _interval(view, view.users, np.array([sensor]))
    seen = Seen(enter[0], leave[0], np.arange(len(view.users)))
    if view.seen is not None:
        seen = seen.pick(np.flatnonzero(view.seen[sensor]))
    nobody_known = len(view.users)
    false_ms = view.false_ms[sensor] if view.false_ms else NOTHING
    stuck = [fault for fault in sensors.stuck if fault.sensor == street.sensors[sensor].id]
    found = joined(seen, Seen(false_ms, false_ms, np.full(len(false_ms), nobody_known)))
    found = with_faults(found, stuck, sensors.retrigger_s, start_ms, nobody_known)
    touching = (found.leave >= view.wanted[0]) & (found.enter < view.wanted[1])
    found = found.pick(np.flatnonzero(touching))
    return np.full(len(found.enter), sensor), found.enter, found.leave, found.user


def _pulses(sensor: Integers, enter: Integers) -> tuple[Integers, Flags, Flags]:
    """Fall, first and long of detections that have no length: those of one moment are an episode."""
    first = np.ones(len(enter), bool)
    np.not_equal(enter[1:], enter[:-1], out=first[1:])
    first[1:] |= sensor[1:] != sensor[:-1]
    return enter, first, np.zeros(len(enter), bool)


def _episodes(sensor: Integers, enter: Integers, leave: Integers) -> tuple[Integers, Flags, Flags]:
    """Fall, first and long of detections: an episode ends where all so far have left before the next one enters."""
    if not len(enter):
        return enter, np.zeros(0, bool), np.zeros(0, bool)
    # Sensors are moved so far apart in time that none reaches the next.
    apart = sensor * (int(leave.max()) - int(enter.min()) + 1)
    reach = np.maximum.accumulate(leave + apart)
    first = np.ones(len(enter), bool)
    np.greater((enter + apart)[1:], reach[:-1], out=first[1:])
    opens = np.flatnonzero(first)
    closes = np.append(opens[1:], len(enter)) - 1
    fall = reach[closes] - apart[closes]
    size = closes - opens + 1
    return fall.repeat(size), first, (fall > enter[opens]).repeat(size)


def _cut(found: Detections, start_ms: int) -> Detections:
    """What is reported in the night."""
    enter, fall, end_ms = found.enter_ms, found.fall_ms, found.end_ms
    if not len(enter) or (int(enter.min()) >= start_ms and int(enter.max()) < end_ms):
        return found
    inside = (enter >= start_ms) & (enter < end_ms)
    opens = np.flatnonzero(found.first)
    number = np.add.reduceat(inside.astype(np.int64), opens)
    lone = opens[(number == 0) & found.long[opens] & (fall[opens] >= start_ms) & (fall[opens] < end_ms)]
    return replace(found.pick(inside), lone_sensor=found.sensor[lone], lone_fall_ms=fall[lone])
