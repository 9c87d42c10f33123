"""Road users of one street and one night.

Arrivals in a slot are Poisson with the counted number as their mean, uniform inside the slot: the count is
read as the flow of that slot, not as the exact number to be repeated, so replicates differ as such five
minutes would. Users are counted in the middle of the street and keep their speed. Thinning keeps each user by
a draw of its own, so the users of thinner traffic are a part of those of denser traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim.counts import Counts, Floats, Integers
from slic.scenario.model import RoadUser, SteadyFlow, Traffic

STEADY_SLOT_MS = 3_600_000
_DRAWS_OF_SPEED = 100


@dataclass(frozen=True, slots=True)
class Users:
    """Road users, one array entry each, in order of ``t_ms``.

    t_ms : when they pass the middle of the street; speed_mm_s : above 0; direction : +1 up the street, -1
    down
    """

    t_ms: Integers
    speed_mm_s: Integers
    direction: Integers

    def __len__(self) -> int:
        return len(self.t_ms)

    def part(self, which: slice) -> Users:
        """Some of them."""
        return Users(self.t_ms[which], self.speed_mm_s[which], self.direction[which])

    def after(self, t_ms: int) -> Users:
        """They, with times counted from a moment on."""
        return Users(self.t_ms - t_ms, self.speed_mm_s, self.direction)


def joined(crowds: Sequence[Users]) -> Users:
    """All of them, one crowd after the other."""
    if len(crowds) == 1:
        return crowds[0]
    parts = zip(*((users.t_ms, users.speed_mm_s, users.direction) for users in crowds), strict=True)
    return Users(*map(np.concatenate, parts))


@dataclass(frozen=True, slots=True)
class Flow:
    """Expected users per slot that overlaps the night, in both directions; none where it is not known."""

    starts_ms: Integers
    slot_ms: int
    forward: Floats
    backward: Floats

    @property
    def nobody(self) -> bool:
        """Whether no user can come."""
        return not (self.forward.any() or self.backward.any())


NOBODY = Users(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def flow_of(source: Counts | SteadyFlow | None, start_ms: int, end_ms: int) -> Flow:
    """The flow between two moments from counts, a steady flow, or nobody."""
    if isinstance(source, Counts):
        starts, forward, backward = source.slots_between(start_ms, end_ms)
        return Flow(starts, source.slot_ms, np.nan_to_num(forward, nan=0.0), np.nan_to_num(backward, nan=0.0))
    steady = source or SteadyFlow()
    hours = -((start_ms - end_ms) // STEADY_SLOT_MS)
    starts = start_ms + STEADY_SLOT_MS * np.arange(hours, dtype=np.int64)
    ones = np.ones(hours)
    return Flow(starts, STEADY_SLOT_MS, ones * steady.forward_per_h, ones * steady.backward_per_h)


def make_users(flow: Flow, traffic: Traffic, start_ms: int, end_ms: int, dice: np.random.Generator) -> Users:
    """Draw the users that pass the middle of the street in [start, end). Slots without a count have none."""
    forward = _arrivals(flow, flow.forward, dice)
    backward = _arrivals(flow, flow.backward, dice)
    t_ms = np.concatenate((forward, backward))
    kept = dice.random(len(t_ms))
    speed = _speeds(traffic.users, len(t_ms), dice)
    order = t_ms.argsort(kind="stable")
    if traffic.thin < 1:
        order = order[kept[order] < traffic.thin]
    t_ms = t_ms[order]
    if len(t_ms) and not start_ms <= t_ms[0] <= t_ms[-1] < end_ms:
        first, last = t_ms.searchsorted((start_ms, end_ms))
        t_ms, order = t_ms[first:last], order[first:last]
    return Users(t_ms, speed[order], np.where(order < len(forward), 1, -1))


def _arrivals(flow: Flow, expected: Floats, dice: np.random.Generator) -> Integers:
    number = dice.poisson(expected)
    starts = flow.starts_ms.repeat(number)
    starts += (dice.random(len(starts)) * flow.slot_ms).astype(np.int64)
    return starts


def _speeds(kinds: Sequence[RoadUser], size: int, dice: np.random.Generator) -> Integers:
    """Speeds [mm/s], rounded once. Kinds are drawn by share; normal speeds, cut to the limits of their kind."""
    draw, normal = dice.random(size), dice.standard_normal(size)
    table = _table(tuple((k.share, k.mean_m_s, k.sd_m_s, k.min_m_s, k.max_m_s) for k in kinds))
    which = table.below.searchsorted(draw, side="right")
    speed, low, high = table.sd_m_s[which], table.min_m_s[which], table.max_m_s[which]
    speed *= normal
    speed += table.mean_m_s[which]
    outside = np.flatnonzero((speed < low) | (speed > high))
    for index, kind in enumerate(kinds if len(outside) else ()):
        _draw_again(kind, speed, outside[which[outside] == index], dice)
    np.maximum(speed, low, out=speed)
    np.minimum(speed, high, out=speed)
    speed *= 1000
    np.rint(speed, out=speed)
    return np.maximum(speed, 1, out=speed).astype(np.int64)


class _Table(NamedTuple):
    """Kinds of road users in columns. below : the shares of all that come before the second, third and further kinds"""

    below: Floats
    mean_m_s: Floats
    sd_m_s: Floats
    min_m_s: Floats
    max_m_s: Floats


@lru_cache(maxsize=100)
def _table(kinds: Sequence[tuple[float, ...]]) -> _Table:
    """The table of kinds, given as share, mean, deviation, lowest and highest speed; shares are relative."""
    share, *speeds = np.array(kinds).T.copy()
    return _Table(np.cumsum(share)[:-1] / share.sum(), *speeds)


def _draw_again(kind: RoadUser, speed: Floats, outside: Integers, dice: np.random.Generator) -> None:
    """Draw those outside the kind's limits again and again; some may stay outside."""
    for _ in range(_DRAWS_OF_SPEED if kind.sd_m_s > 0 else 0):
        if not len(outside):
            return
        again = kind.mean_m_s + kind.sd_m_s * dice.standard_normal(len(outside))
        speed[outside] = again
        outside = outside[(again < kind.min_m_s) | (again > kind.max_m_s)]
