"""Road users of one street and one night.

Arrivals in a slot are Poisson with the counted number as their mean, uniform inside the slot: the count is
read as the flow of that slot, not as the exact number to be repeated, so replicates differ as such five
minutes would. Users are counted in the middle of the street and keep their speed. Thinning keeps each user by
a draw of its own, so the users of thinner traffic are a part of those of denser traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.counts import Counts, Floats, Integers
from slic.scenario.model import RoadUser, SteadyFlow, Traffic

STEADY_SLOT_MS = 3_600_000
_DRAWS_OF_SPEED = 100


@dataclass(frozen=True, slots=True)
class Users:
    """Road users, one array entry each.

    t_ms : when they pass the middle of the street; speed_mm_s : above 0; direction : +1 up the street, -1
    down
    """

    t_ms: Integers
    speed_mm_s: Integers
    direction: Integers

    def __len__(self) -> int:
        return len(self.t_ms)


@dataclass(frozen=True, slots=True)
class Flow:
    """Expected users per slot that overlaps the night, in both directions; NaN where it is not known."""

    starts_ms: Integers
    slot_ms: int
    forward: Floats
    backward: Floats


def flow_of(source: Counts | SteadyFlow | None, start_ms: int, end_ms: int) -> Flow:
    """The flow between two moments from counts, a steady flow, or nobody."""
    if isinstance(source, Counts):
        starts, forward, backward = source.slots_between(start_ms, end_ms)
        return Flow(starts, source.slot_ms, forward, backward)
    steady = source or SteadyFlow()
    hours = -((start_ms - end_ms) // STEADY_SLOT_MS)
    starts = start_ms + STEADY_SLOT_MS * np.arange(hours, dtype=np.int64)
    ones = np.ones(hours)
    return Flow(starts, STEADY_SLOT_MS, ones * steady.forward_per_h, ones * steady.backward_per_h)


def make_users(flow: Flow, traffic: Traffic, start_ms: int, end_ms: int, dice: np.random.Generator) -> Users:
    """Draw the users that pass the middle of the street in [start, end). Slots without a count have none."""
    forward = _arrivals(flow, flow.forward, dice)
    backward = _arrivals(flow, flow.backward, dice)
    t_ms = np.concatenate([forward, backward])
    direction = np.repeat(np.array([1, -1], np.int64), [len(forward), len(backward)])
    kept = dice.random(len(t_ms)) < traffic.thin
    speed = _speeds(traffic.users, len(t_ms), dice)
    kept &= (t_ms >= start_ms) & (t_ms < end_ms)
    order = np.argsort(t_ms[kept], kind="stable")
    return Users(t_ms[kept][order], speed[kept][order], direction[kept][order])


def _arrivals(flow: Flow, expected: Floats, dice: np.random.Generator) -> Integers:
    number = dice.poisson(np.nan_to_num(expected, nan=0.0))
    starts = np.repeat(flow.starts_ms, number)
    return np.asarray(starts + np.floor(dice.random(len(starts)) * flow.slot_ms), np.int64)


def _speeds(kinds: Sequence[RoadUser], size: int, dice: np.random.Generator) -> Integers:
    """Speeds [mm/s], rounded once. Kinds are drawn by share; shares are relative."""
    shares = np.array([kind.share for kind in kinds])
    which = np.searchsorted(np.cumsum(shares)[:-1] / shares.sum(), dice.random(size), side="right")
    normal = dice.standard_normal(size)
    speed = np.empty(size)
    for index, kind in enumerate(kinds):
        mine = which == index
        speed[mine] = _cut_normal(kind, normal[mine], dice)
    return np.maximum(1, np.rint(speed * 1000)).astype(np.int64)


def _cut_normal(kind: RoadUser, normal: Floats, dice: np.random.Generator) -> Floats:
    """Normal speeds, drawn again while outside the kind's limits; what is still outside goes to the limit."""
    speed = kind.mean_m_s + kind.sd_m_s * normal
    for _ in range(_DRAWS_OF_SPEED if kind.sd_m_s > 0 else 0):
        outside: NDArray[np.bool_] = (speed < kind.min_m_s) | (speed > kind.max_m_s)
        if not outside.any():
            break
        speed[outside] = kind.mean_m_s + kind.sd_m_s * dice.standard_normal(int(outside.sum()))
    return np.clip(speed, kind.min_m_s, kind.max_m_s)
