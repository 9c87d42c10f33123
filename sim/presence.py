"""What presence sensors see of the road users, for all at once and without asking whom: sightings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.counts import Floats
from sim.crossing import Times, lines_of, near, times_at
from sim.ordered import blocks, together
from sim.sensing import sense
from sim.sensor_view import Sensing, View, faulty_sensors, view_of
from sim.sightings import AFTER, BEFORE, Sightings, nothing_seen, sightings_of
from sim.traffic import Users, joined

_COLUMNS = 2048
"""So many road users are worked on at a time: those of a few quiet streets, or of one that is busy."""


class _Span(NamedTuple):
    """What is reported in a night [ms], by moments whose reports come so long after the start of the night.

    since, until : what enters before until and leaves from since on is seen; zero_ms : moment 0 [UTC ms]
    """

    zero_ms: int
    since: int
    until: int
    night_ms: int


class _Crowd(NamedTuple):
    """What the sensors of a street look at, and the users who come near.

    first, stop : columns of the street: something that is before all, users, false triggers, something after all
    """

    view: View
    some: slice
    users: Users
    first: int
    stop: int


def presence(asked: Sequence[Sensing]) -> list[Sightings]:
    """Sightings of all sensors of some streets in a night: those of their detections, for less.

    asked : of streets that are laid out alike; but for users and dice all of it is the same
    """
    street, _, sensors, night, wanted, _ = asked[0]
    if not street.sensors or wanted[0] >= wanted[1]:
        return [nothing_seen(len(street.sensors)) for _ in asked]
    if faulty_sensors(street, sensors):
        return [sightings_of(sense(one), night, len(street.sensors)) for one in asked]
    night_ms, zero_ms = night[1] - night[0], night[0] - round(sensors.latency_s * 1000)
    span = _Span(zero_ms, max(wanted[0] - zero_ms, 0), min(wanted[1] - zero_ms, night_ms), night_ms)
    found: list[Sightings] = []
    for some in together([len(one[1]) for one in asked], _COLUMNS):
        crowds = _crowds([view_of(one) for one in asked[some]], span)
        parts = _parts(crowds, span)
        found += [Sightings(mine, _pulses(crowd)) for crowd, mine in zip(crowds, parts, strict=True)]
    return found


def _crowds(views: Sequence[View], span: _Span) -> list[_Crowd]:
    crowds, first = [], 0
    for view in views:
        some = near(view.users, view.way_mm, span.zero_ms + span.since, span.zero_ms + span.until)
        stop = first + some.stop - some.start + max(map(len, view.false_ms), default=0) + 2
        crowds.append(_Crowd(view, some, view.users.part(some), first, stop))
        first = stop
    return crowds


def _pulses(crowd: _Crowd) -> bool:
    """Whether somebody may be seen for no time: who is seen for a millisecond or longer is so after rounding too."""
    speed_mm_s = int(crowd.users.speed_mm_s.max(initial=0))
    return 2000 * crowd.view.range_mm < speed_mm_s or any(map(len, crowd.view.false_ms))


def _parts(crowds: Sequence[_Crowd], span: _Span) -> list[list[Times]]:
    """Sorted starts and ends of what sensors see, some sensors after the other, of each crowd."""
    view = crowds[0].view
    slope, moments = _lines(crowds, span.zero_ms)
    after = np.array([crowd.stop for crowd in crowds]) - 1
    parts: list[list[Times]] = [[] for _ in crowds]
    for block in blocks(len(view.place_mm), len(slope)):
        times = times_at(view.place_mm[block] - view.site_mm, slope, moments, span.night_ms)
        np.copyto(times, BEFORE, where=(times[0] >= span.until) | (times[-1] < span.since))
        times[:, :, after] = AFTER
        early = bool((times[0] == -1).any())
        for crowd, found in zip(crowds, parts, strict=True):
            mine = times[:, :, crowd.first : crowd.stop]
            _add_chance(mine, crowd, block, span)
            mine.sort(axis=2)
            if early:
                _leave_out_first(mine)
            found.append(mine)
    return parts


def _lines(crowds: Sequence[_Crowd], zero_ms: int) -> tuple[Floats, Floats]:
    """Slopes, and moments of entering and leaving a sensor's range, or of both [2 or 1 x columns].

    What is no user is before all.
    """
    users = joined([crowd.users for crowd in crowds])
    mine = np.concatenate([np.arange(crowd.first + 1, crowd.first + 1 + len(crowd.users)) for crowd in crowds])
    range_mm, lines = crowds[0].view.range_mm, lines_of(users, zero_ms)
    slope, moments = np.zeros(crowds[-1].stop), np.zeros((2 if range_mm else 1, crowds[-1].stop))
    slope[mine], moments[:, mine] = lines
    if range_mm:
        ahead_ms = np.abs(slope) * range_mm
        moments[0] -= ahead_ms
        moments[1] += ahead_ms
    return slope, moments


def _add_chance(times: Times, crowd: _Crowd, block: slice, span: _Span) -> None:
    """Take out who is not seen by chance, and put false triggers in."""
    view, users = crowd.view, len(crowd.users)
    if view.seen is not None:
        times[:, :, 1 : users + 1][:, ~view.seen[block, crowd.some]] = BEFORE
    for row, false_ms in enumerate(view.false_ms[block]):
        at = false_ms - span.zero_ms
        at = at[(at >= span.since) & (at < span.until)]
        times[:, row, users + 1 : users + 1 + len(at)] = at


def _leave_out_first(times: Times) -> None:
    """Leave out the episode that begins before the night, at -1, of each sensor that has one."""
    rows = (times[0] == -1).any(axis=1)
    some = times[:, rows]
    some[0][some[0] == -1] = BEFORE
    gap = some[1, :, :-1] < some[0, :, 1:]
    some[:, :, :-1][:, np.arange(gap.shape[1]) <= gap.argmax(axis=1)[:, None]] = BEFORE
    times[:, rows] = some
