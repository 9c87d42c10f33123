"""Savings with their range: paired runs of baseline and program, bootstrapped over nights and replicates."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slic.energy.moves import Ints
from slic.energy.student import t_quantile

DRAWS = 4000
FEWEST_NIGHTS = 3
"""With fewer counted nights no range is given: chance between nights cannot be judged from one or two."""
_BLOCK = 1_000_000
"""Numbers drawn at a time, so that memory does not grow with nights and replicates."""


@dataclass(frozen=True, slots=True)
class Saving:
    """Energy saved against a baseline, in per cent of the baseline's energy.

    value : None if the baseline used no energy
    low, high : range at ``confidence``; None where no range can be given (fewer than three nights)
    significant : False where the saving is not distinguishable from zero: the range holds 0, or the value is
        below twice its standard error (the customary rule of IPMVP); None where no range can be given
    exact : True where nothing was left to chance: low and high are then the value, and it is exact for the
        nights that were run (other nights have other savings)
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    significant: bool | None
    exact: bool = False


def paired_saving(base_mj: ArrayLike, program_mj: ArrayLike, confidence: float, seed: int) -> Saving:
    """Saving of a program against a baseline that ran with the same users, nights and sensor draws.

    base_mj, program_mj : energy [replicates, nights], whole mJ, same shape
    confidence : share of the bootstrap distribution inside the range [0-1]

    The value is 100 x (1 - sum of program / sum of base). The range starts from 4,000 draws of nights, and of
    replicates within each night drawn, base and program always together. Drawing again from n nights spreads less
    than n nights do, so the ends of the range are moved away from the value by t / z x sqrt(n / (n - 1)), with
    Student's t for n - 1 degrees of freedom and the normal z (the corrections of the expanded percentile interval
    of T. Hesterberg, What Teachers Should Know About the Bootstrap, 2015). No end is above 100 %.
    Raises ValueError for empty, unequal or negative input.
    """
    base, program = _pair(base_mj, program_mj, confidence)
    if base.sum() == 0:
        return Saving(None, None, None, confidence, None)
    value = _saving_pct(int(base.sum()), int(program.sum()))
    nights = base.shape[1]
    if nights < FEWEST_NIGHTS:
        return Saving(value, None, None, confidence, None)
    drawn = _bootstrap_pct(base, program, np.random.default_rng(seed))
    low, high = _widened(value, drawn, nights, confidence)
    error = float(drawn.std(ddof=1)) * sqrt(nights / (nights - 1))
    return Saving(value, low, high, confidence, not low <= 0 <= high and abs(value) >= 2 * error)


def exact_saving(base_mj: ArrayLike, program_mj: ArrayLike, confidence: float) -> Saving:
    """Saving where nothing is left to chance (arguments as in :func:`paired_saving`): its range has no width."""
    base, program = _pair(base_mj, program_mj, confidence)
    if base.sum() == 0:
        return Saving(None, None, None, confidence, None)
    value = _saving_pct(int(base.sum()), int(program.sum()))
    return Saving(value, value, value, confidence, value != 0, exact=True)


def stacked_saving(first_pct: float, second_pct: float) -> float:
    """Saving [per cent] of two measures in turn: the second saves its share of what the first left over."""
    return 100 - (100 - first_pct) * (100 - second_pct) / 100


def _pair(base_mj: ArrayLike, program_mj: ArrayLike, confidence: float) -> tuple[Ints, Ints]:
    base, program = _checked(base_mj), _checked(program_mj)
    if base.shape != program.shape:
        raise ValueError(f"base {base.shape} and program {program.shape} differ in replicates or nights")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is outside 0-1")
    return base, program


def _checked(energy_mj: ArrayLike) -> Ints:
    array = np.asarray(energy_mj, dtype=np.int64)
    if array.ndim != 2 or array.size == 0 or array.min() < 0:
        raise ValueError("energies must be a table [replicates, nights] of millijoules, none negative")
    return array


def _saving_pct(base_mj: int, program_mj: int) -> float:
    return 100 * (base_mj - program_mj) / base_mj


def _widened(value: float, drawn: NDArray[np.float64], nights: int, confidence: float) -> tuple[float, float]:
    """Ends of the range: the percentiles of the draws, moved away from the value for the few nights there are."""
    upper = 0.5 + confidence / 2
    factor = t_quantile(upper, nights - 1) / NormalDist().inv_cdf(upper) * sqrt(nights / (nights - 1))
    low, high = (float(np.quantile(drawn, share)) for share in (1 - upper, upper))
    return value - factor * max(0.0, value - low), min(100.0, value + factor * max(0.0, high - value))


def _bootstrap_pct(base: Ints, program: Ints, rng: np.random.Generator) -> NDArray[np.float64]:
    """Savings of the draws; a draw of nights in which the baseline used nothing has none and is left out."""
    replicates, nights = base.shape
    block = max(1, _BLOCK // base.size)
    savings = []
    for done in range(0, DRAWS, block):
        draws = min(block, DRAWS - done)
        night = rng.integers(nights, size=(draws, 1, nights))
        replicate = rng.integers(replicates, size=(draws, replicates, nights))
        base_sum, program_sum = (energy[replicate, night].sum(axis=(1, 2)) for energy in (base, program))
        some = base_sum > 0
        savings.append(100 * (base_sum - program_sum)[some] / base_sum[some])
    return np.concatenate(savings)
