"""Ramps, and kinds of them that differ by nothing but their moment: what such ramps take or give is worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_LEVEL_BITS = 10
_SAMPLE = 256
_LEAST_SHARE = 32
"""A kind is looked for if at least one ramp of 32 in a sample is of it."""


class Ramps(NamedTuple):
    """Ramps of any lamps: start and end, level at the start and at the end."""

    t0_ms: Ints
    t1_ms: Ints
    from_pm: Ints
    to_pm: Ints


def at_or_above(ramps: Ramps, level_pm: int | Ints) -> tuple[Ints, Ints]:
    """Start and end [ms] of the part of each ramp that is at or above a level (one, or one of each);
    equal where there is none.

    A ramp crosses the level at the nearest millisecond, halves up. A part holds from its start to just
    before its end, as a level does.
    """
    t0, t1, a, b = ramps
    climb = np.where(a == b, 1, b - a)
    cross = t0 + (2 * (level_pm - a) * (t1 - t0) * np.sign(climb) + abs(climb)) // (2 * abs(climb))
    begin = np.where(a >= level_pm, t0, np.where(b >= level_pm, cross, t1))
    end = np.where(b >= level_pm, t1, np.where(a >= level_pm, cross, t1))
    return begin, end


@dataclass(frozen=True, slots=True, eq=False)
class RampKinds:
    """Kinds of ramps: each common one once, and each other ramp as a kind of its own.

    of_move : number of the kind of each ramp; dt_ms, from_pm, to_pm : length and levels of each kind
    """

    of_move: Ints
    dt_ms: Ints
    from_pm: Ints
    to_pm: Ints

    @property
    def ramps(self) -> Ramps:
        """One of each kind, all from moment 0 on."""
        return Ramps(np.zeros_like(self.dt_ms), self.dt_ms, self.from_pm, self.to_pm)


def ramp_kinds(dt_ms: Ints, from_pm: Ints, to_pm: Ints) -> RampKinds:
    """The kinds of ramps. A night of ms and two levels in per mille fit one number."""
    key = dt_ms << 2 * _LEVEL_BITS
    key |= from_pm << _LEVEL_BITS
    key |= to_pm
    sample = key[:: max(1, len(key) // _SAMPLE)]
    found, times = np.unique(sample, return_counts=True)
    common = found[times * _LEAST_SHARE >= len(sample)]
    small = np.zeros(len(key), np.uint8)
    for number, value in enumerate(common.tolist(), 1):
        small += (key == value).view(np.uint8) * np.uint8(number)
    rest = np.flatnonzero(small == 0)
    kind = small.astype(np.int64)
    kind -= 1
    kind[rest] = len(common) + np.arange(len(rest))
    of_kind = np.concatenate((common, key[rest]))
    levels = (1 << _LEVEL_BITS) - 1
    return RampKinds(kind, of_kind >> 2 * _LEVEL_BITS, of_kind >> _LEVEL_BITS & levels, of_kind & levels)
