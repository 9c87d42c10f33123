"""How many streets are worked out at once on arrays: enough to make good use of them, and few enough for the cache."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sim.frame import frame
from sim.setup import Setup

_MOST_LAMPS = 1024
_MOST_VISITS = 131_072
"""Lamps times road users: arrays of so many numbers are worked on faster than larger or much smaller ones."""


def lamps_at_once(setup: Setup, night: date) -> int:
    """The lamps of a block of streets, a power of two: fewer where more road users are expected in the dark."""
    this = frame(setup, night)
    flow, users = this.flow, 0.0
    for start_ms, expected in zip(flow.starts_ms.tolist(), (flow.forward + flow.backward).tolist(), strict=True):
        dark_ms = sum(max(0, min(b, start_ms + flow.slot_ms) - max(a, start_ms)) for a, b in this.dark)
        users += expected * setup.scenario.traffic.thin * dark_ms / flow.slot_ms
    lamps = _MOST_LAMPS
    while lamps > 1 and lamps * users > _MOST_VISITS:
        lamps //= 2
    return lamps


def blocks_of_streets(setup: Setup, streets: Sequence[int], most_lamps: int) -> list[tuple[int, ...]]:
    """Streets that follow each other, in blocks of at most so many lamps, or of one street."""
    blocks: list[tuple[int, ...]] = []
    room = 0
    for street in streets:
        size = len(setup.streets[street].like.lamps)
        if blocks and size <= room:
            blocks[-1] += (street,)
        else:
            blocks.append((street,))
            room = most_lamps
        room -= size
    return blocks
