"""SUMO's positions (FCD output): who crosses the middle of the street, when, how fast and which way.

A crossing is interpolated between the two samples around it, and the speed is the mean speed between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, hypot
from pathlib import Path

from sim.recorded import Recorded, recorded
from sim.sumo_xml import Element, check_known, sumo_elements, zero_ms
from slic.errors import InputError
from slic.scenario.sumo_model import Axis, SumoPositions

_PLACE = ("x", "y", "angle", "speed")
_KINDS = {"all": ("person", "vehicle"), "persons": ("person",), "vehicles": ("vehicle",)}
_SLOWEST_MM_S = 200
"""A user who waits at the middle between two samples is not taken to walk the whole street at less than this."""
_GAIN_M_S2 = 2.0
"""Between two samples nobody's mean speed is above the higher of both by more than this times their distance in time:
   even a start at 4 m/s2 and an equal stop between them give but half of it."""


@dataclass(frozen=True, slots=True)
class _Sample:
    step: int
    t_s: float
    along_m: float
    speed_m_s: float


@dataclass(slots=True)
class _Crossings:
    """Reads samples in time order; ``rows`` are the crossings: t [ms of SUMO], speed [mm/s], direction."""

    middle_m: float
    last: dict[tuple[str, str], _Sample] = field(default_factory=dict)
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    jumps: int = 0

    def see(self, user: tuple[str, str], now: _Sample) -> None:
        """A sample of a user on the street."""
        before = self.last.get(user)
        self.last[user] = now
        if before is None or (before.along_m < self.middle_m) == (now.along_m < self.middle_m):
            return
        if now.step != before.step + 1 or _is_jump(before, now):
            self.jumps += 1
            return
        way_m, for_s = now.along_m - before.along_m, now.t_s - before.t_s
        t_s = before.t_s + (self.middle_m - before.along_m) / way_m * for_s
        speed_mm_s = max(_SLOWEST_MM_S, round(abs(way_m) / for_s * 1000))
        self.rows.append((floor(t_s * 1000 + 0.5), speed_mm_s, 1 if way_m > 0 else -1))


def _is_jump(before: _Sample, now: _Sample) -> bool:
    """Whether the way between two samples is more than could be driven, as when SUMO teleports a vehicle."""
    for_s = now.t_s - before.t_s
    mean_m_s = max(before.speed_m_s, now.speed_m_s) + _GAIN_M_S2 * for_s
    return abs(now.along_m - before.along_m) > mean_m_s * for_s + 1


def read_positions(path: Path, source: SumoPositions) -> Recorded:
    """The users of a street from an FCD file; InputError with file and line for what is wrong with it."""
    zero, line = zero_ms(source), _Line(source.axis)
    clock = _Steps(path.name)
    crossings = _Crossings(line.length_m / 2)
    street = _OnStreet(set(source.edges), _KINDS[source.who])
    for element in sumo_elements(path, "fcd-export"):
        if element.name == "timestep":
            clock.take(element)
            street.vehicle = ()
        elif element.name in _KINDS["all"] and street.takes(element):
            along_m = line.along_m(element.number("x"), element.number("y"))
            sample = _Sample(clock.step, clock.t_s, along_m, element.number("speed"))
            crossings.see((element.name, element.text("id")), sample)
    first_ms, end_ms = clock.span_ms()
    check_known(source.edges, street.found - {""}, "edge or lane with anybody on it", path.name)
    rows = [(zero + t_ms, speed, way) for t_ms, speed, way in crossings.rows]
    return recorded(
        rows, zero + first_ms, zero + end_ms, path.name, _warnings(path.name, crossings.jumps, len(street.riders))
    )


@dataclass(slots=True)
class _OnStreet:
    """Who of the file's users is on the street on his own. SUMO writes people in a vehicle after it, at its place."""

    wanted: set[str]
    kinds: tuple[str, ...]
    found: set[str] = field(default_factory=set)
    riders: set[str] = field(default_factory=set)
    vehicle: tuple[str | None, ...] = ()

    def takes(self, element: Element) -> bool:
        """Whether a person or vehicle is a user of the street."""
        lane = element.values.get("lane", "")
        edge = element.values.get("edge") or lane.rpartition("_")[0]
        if element.name in self.kinds:
            self.found |= {edge, lane}
        if edge not in self.wanted and lane not in self.wanted:
            return False
        place = tuple(map(element.values.get, _PLACE))
        if element.name == "vehicle":
            self.vehicle = place
        elif place == self.vehicle:
            self.riders.add(element.text("id"))
            return False
        return element.name in self.kinds


def _warnings(file: str, jumps: int, riders: int) -> tuple[str, ...]:
    notes = []
    if jumps:
        why = "SUMO teleported them, or they passed on edges that are not listed"
        notes.append(
            f"{file}: {jumps} users came from one side of the middle to the other unseen and were left out: {why}"
        )
    if riders:
        notes.append(f"{file}: {riders} people were in vehicles and are no road users of their own")
    return tuple(notes)


class _Line:
    def __init__(self, axis: Axis) -> None:
        (self._x, self._y), (to_x, to_y) = axis.from_xy, axis.to_xy
        self._way = to_x - self._x, to_y - self._y
        self.length_m = hypot(*self._way)
        if self.length_m < 1:
            allowed = "two points in metres; write the file without --fcd-output.geo"
            value = [list(axis.from_xy), list(axis.to_xy)]
            raise InputError("is shorter than 1 m", field="traffic.source.axis", value=value, allowed=allowed)

    def along_m(self, x: float, y: float) -> float:
        """Way along the axis [m] from its beginning."""
        return ((x - self._x) * self._way[0] + (y - self._y) * self._way[1]) / self.length_m


class _Steps:
    """The file's time steps, which must be evenly far apart: a hole in them is not an empty street."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.step = -1
        self.first_s = self.t_s = self.length_s = 0.0

    def take(self, element: Element) -> None:
        """The next time step."""
        t_s = element.number("time")
        self.step += 1
        if self.step == 0:
            self.first_s = t_s
        elif self.step == 1:
            self.length_s = t_s - self.first_s
        if self.step and (self.length_s <= 0 or abs(t_s - self.t_s - self.length_s) > 0.01 * self.length_s):
            allowed = f"a step of {self.length_s:g} s, as before" if self.length_s > 0 else "a later time"
            problem = f"follows {self.t_s:g}: steps are missing or doubled"
            raise InputError(problem, file=self._file, line=element.line, field="time", value=t_s, allowed=allowed)
        self.t_s = t_s

    def span_ms(self) -> tuple[int, int]:
        """What the steps cover [ms of SUMO]; InputError if there are fewer than two."""
        if self.step < 1:
            raise InputError("has no two time steps", file=self._file, allowed="FCD output of a whole simulation")
        return round(self.first_s * 1000), round((self.t_s + self.length_s) * 1000)
