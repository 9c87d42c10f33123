"""Levels of the lamps of some streets over a night, whichever engine found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slic.energy.moves import Breakpoints, Ints, Moves, moves_of


@dataclass(frozen=True, slots=True)
class Levels:
    """What the lamps of some streets did in a night.

    moves : of patterns of lamps that always had the same level; pattern : of each lamp, street after street
    """

    moves: Moves
    pattern: Ints

    def of(self, patterns: Ints) -> Moves:
        """The moves of some patterns, as lamps in that order."""
        found = self.moves
        if len(patterns) == len(found.first) and np.array_equal(patterns, np.arange(len(patterns))):
            return found
        counts = np.diff(np.append(found.first, len(found.lamp)))[patterns]
        first = np.cumsum(counts) - counts
        lamp = np.repeat(np.arange(len(patterns)), counts)
        at = np.arange(len(lamp)) + (found.first[patterns] - first)[lamp]
        return Moves(lamp, found.t0_ms[at], found.t1_ms[at], found.t2_ms[at], found.from_pm[at], found.to_pm[at], first)


def levels_of(lamps: Sequence[Breakpoints]) -> Levels:
    """The levels of lamps, each a pattern of its own."""
    return Levels(moves_of(lamps), np.arange(len(lamps)))
