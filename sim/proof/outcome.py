"""What one way of running a case gives, in the form in which all ways are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.levels import Levels, levels_of
from slic.control.segment import Action
from slic.energy.moves import Breakpoints, Ints, Moves


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


def points_of(moves: Moves) -> list[Ints]:
    """Breakpoints of each lamp from its moves: the starts of ramps, steps and holds, and the end."""
    changes = moves.from_pm != moves.to_pm
    holds = moves.t2_ms > moves.t1_ms
    goes_on = np.append(False, holds[:-1]) & ~changes
    goes_on[moves.first] = False
    wanted = np.stack((changes, holds & ~goes_on, np.zeros_like(holds)), axis=1)
    wanted[moves.last, 2] = True
    t_ms = np.stack((moves.t0_ms, moves.t1_ms, moves.t2_ms), axis=1)[wanted]
    level_pm = np.stack((moves.from_pm, moves.to_pm, moves.to_pm), axis=1)[wanted]
    stops = np.cumsum(np.add.reduceat(wanted.sum(axis=1), moves.first))
    return np.split(np.stack((t_ms, level_pm), axis=1), stops[:-1])
