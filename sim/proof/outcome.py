"""What one way of running a case gives, in the form in which all ways are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.levels import Levels, levels_of
from slic.control.segment import Action
from slic.energy.pieces import Breakpoints, Ints, Pieces


@dataclass(frozen=True, slots=True)
class Outcome:
    """levels : of all lamps; points : breakpoints of each [n x (t_ms, level_pm)]; actions : all commands, if known."""

    levels: Levels
    points: list[Ints]
    actions: list[Action] | None = None


def outcome(levels: Sequence[Breakpoints], actions: list[Action]) -> Outcome:
    """What gears ended with, and what they were commanded."""
    points = [np.array(points, np.int64).reshape(-1, 2) for points in levels]
    return Outcome(levels_of(points), points, actions)


def outcome_of_arrays(levels: Levels) -> Outcome:
    """What the fast engine gives: levels, but no commands with their reasons."""
    return Outcome(levels, points_of(levels.of(levels.pattern)))


def points_of(pieces: Pieces) -> list[Ints]:
    """Breakpoints of each lamp from its straight pieces: the start of each, and the end of the last."""
    ends = np.append(pieces.first[1:], len(pieces.lamp))
    found = []
    for first, end in zip(pieces.first.tolist(), ends.tolist(), strict=True):
        t_ms = np.append(pieces.t0_ms[first:end], pieces.t1_ms[end - 1])
        level_pm = np.append(pieces.from_pm[first:end], pieces.to_pm[end - 1])
        found.append(np.stack((t_ms, level_pm), axis=1))
    return found
