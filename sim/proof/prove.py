"""Tries case after case, until so many are done or so much time is over, and counts what was tried."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count, islice

from sim.proof.case import case_of
from sim.proof.compare import Difference, Verdict, compare
from sim.proof.drivers import DRIVERS, Driver
from sim.proof.features import features
from sim.proof.outcome import Outcome


@dataclass(slots=True)
class Proof:
    """What was tried.

    cases : number; differences : at most the first ten of them are kept; differing : how many cases had one
    features : in how many cases each was; ran : how many cases each driver ran; left_out : driver -> why not -> cases
    elapsed_s : wall time
    """

    cases: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)
    features: Counter[str] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, Counter[str]] = field(default_factory=dict)
    elapsed_s: float = 0.0

    @property
    def cases_per_s(self) -> float:
        """Speed so far."""
        return self.cases / max(self.elapsed_s, 1e-9)


KEPT_DIFFERENCES = 10


def prove(
    seed: int,
    cases: int | None = None,
    minutes: float | None = None,
    progress: Callable[[Proof], None] | None = None,
    drivers: Mapping[str, Driver] = DRIVERS,
) -> Proof:
    """Try the cases of ``seed``, ``seed`` + 1, ... until ``cases`` are done or ``minutes`` are over.

    With neither it never ends. progress : called after each case
    """
    proof, began_s = Proof(), time.monotonic()
    for number in islice(count(seed), cases):
        _add(proof, number, drivers)
        proof.elapsed_s = time.monotonic() - began_s
        if progress is not None:
            progress(proof)
        if minutes is not None and proof.elapsed_s >= 60 * minutes:
            break
    return proof


def _add(proof: Proof, seed: int, drivers: Mapping[str, Driver]) -> None:
    case = case_of(seed)
    verdict = compare(case, drivers)
    proof.cases += 1
    first = next(iter(verdict.outcomes.values()), None)
    if isinstance(first, Outcome):
        proof.features.update(features(case, first))
    _count_drivers(proof, verdict)
    if verdict.difference is not None:
        proof.differing += 1
        proof.differences += [verdict.difference][: KEPT_DIFFERENCES - len(proof.differences)]


def _count_drivers(proof: Proof, verdict: Verdict) -> None:
    for name, found in verdict.outcomes.items():
        if isinstance(found, str):
            proof.left_out.setdefault(name, Counter()).update([_kind_of_reason(found)])
        else:
            proof.ran[name] += 1


def _kind_of_reason(reason: str) -> str:
    """The first reason, without the name of the program that has it."""
    return reason.split(", ")[0].split(" of ")[0]
