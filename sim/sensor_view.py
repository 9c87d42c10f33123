"""What the sensors of a street have before them in one night, and what chance does to it; faults come after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from sim.counts import Integers
from sim.detections import Flags
from sim.traffic import Users
from slic.scenario.layout import Street
from slic.scenario.model import Sensors

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class View:
    """What the sensors of a street look at.

    place_mm : of each sensor; site_mm : where the users' ``t_ms`` holds; way_mm : nobody farther from there is seen
    seen : which users each sensor sees [sensors x users], None if all
    false_ms : moments of the false triggers of each sensor, or nothing if there are none
    wanted : what touches this span is kept
    """

    users: Users
    site_mm: int
    place_mm: Integers
    way_mm: int
    range_mm: int
    seen: Flags | None
    false_ms: Sequence[Integers]
    wanted: tuple[int, int]


class Sensing(NamedTuple):
    """What it takes to know what the sensors of a street see in a night.

    users : in order of ``t_ms``; night : start and end [UTC ms]
    wanted : what touches this span is reported, the draws do not depend on it
    dice : makes the stream of random numbers; called only if something is left to chance
    """

    street: Street
    users: Users
    sensors: Sensors
    night: tuple[int, int]
    wanted: tuple[int, int]
    dice: Callable[[], np.random.Generator]


def view_of(asked: Sensing) -> View:
    """The view of a street with sensors."""
    street, users, sensors, night, wanted, dice = asked
    place, farthest_mm = _places(street)
    range_mm = round(sensors.range_m * 1000)
    seen, false_ms = None, list[Integers]()
    chance, false_per_h = sensors.detection_probability, sensors.false_triggers_per_h
    if chance < 1 or false_per_h > 0:
        drawn = dice()
        seen = drawn.random((len(place), len(users))) < chance
        if false_per_h > 0:
            false_ms = [_false_triggers(false_per_h, *night, drawn) for _ in place]
    return View(
        users=users,
        site_mm=street.length_mm // 2,
        place_mm=place,
        way_mm=farthest_mm + range_mm,
        range_mm=range_mm,
        seen=seen,
        false_ms=false_ms,
        wanted=wanted,
    )


_kept: WeakKeyDictionary[Street, tuple[Integers, int]] = WeakKeyDictionary()


def _places(street: Street) -> tuple[Integers, int]:
    """Where the sensors of a street are, and how far from its middle one is at most."""
    if street not in _kept:
        place = np.array([sensor.position_mm for sensor in street.sensors], np.int64)
        _kept[street] = place, int(np.abs(place - street.length_mm // 2).max())
    return _kept[street]


def _false_triggers(per_h: float, start_ms: int, end_ms: int, dice: np.random.Generator) -> Integers:
    number = int(dice.poisson(per_h * (end_ms - start_ms) / _HOUR_MS))
    return dice.integers(start_ms, end_ms, number, np.int64)


def faulty_sensors(street: Street, sensors: Sensors) -> list[int]:
    """Sensors, by index, that are blind after their falls, or stuck."""
    if sensors.retrigger_s > 0:
        return list(range(len(street.sensors)))
    stuck = {fault.sensor for fault in sensors.stuck}
    return [k for k, sensor in enumerate(street.sensors) if sensor.id in stuck] if stuck else []
