"""Sums of night tallies: over streets, nights and replicates. Nights with missing counts are left out of all totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from slic.energy.results import NightTally, RunResult
from slic.errors import InputError

MJ_PER_KWH = 3_600_000_000
MS_PER_H = 3_600_000

_KEYS = {"regime", "replicate", "street", "night", "start_ms", "end_ms", "complete", "half_hours_mj"}
_ADDED = tuple(f.name for f in fields(NightTally) if f.name not in _KEYS)


@dataclass(frozen=True, slots=True)
class Nights:
    """Tallies of a run with the streets added up.

    by_night : (regime, replicate, night) -> tally of all streets together
    counted : the nights with complete counts, in order; replicates : their numbers, in order
    """

    by_night: dict[tuple[str, int, str], NightTally]
    counted: list[str]
    replicates: list[int]

    def of(self, regime: str, nights: Iterable[str] | None = None) -> list[NightTally]:
        """Tallies of one regime over the given (default: counted) nights and all replicates, replicate by replicate."""
        chosen = self.counted if nights is None else list(nights)
        return [self.by_night[regime, replicate, night] for replicate in self.replicates for night in chosen]

    def energies_mj(self, regime: str) -> list[list[int]]:
        """Energy [mJ] of one regime per replicate (rows) and counted night (columns)."""
        return [
            [self.by_night[regime, replicate, night].energy_mj for night in self.counted]
            for replicate in self.replicates
        ]


def nights_of(result: RunResult) -> Nights:
    """Add up the streets of a run.

    InputError if no night has complete counts: there is then no figure that could honestly be given.
    """
    by_night = add_streets(result.tallies)
    incomplete = {tally.night for tally in by_night.values() if not tally.complete}
    counted = [night for night in result.nights if night not in incomplete]
    if not counted:
        raise InputError(
            "night has complete counts: no saving can be given",
            field="traffic.source",
            value=0,
            allowed="at least one night without missing counts, or when_missing: same_hour_mean",
        )
    return Nights(by_night, counted, sorted({tally.replicate for tally in result.tallies}))


def add_streets(tallies: Iterable[NightTally]) -> dict[tuple[str, int, str], NightTally]:
    """One tally per regime, replicate and night: the sum over its streets, complete only if all of them are."""
    sums: dict[tuple[str, int, str], NightTally] = {}
    for tally in tallies:
        key = (tally.regime, tally.replicate, tally.night)
        if key not in sums:
            sums[key] = NightTally(
                tally.regime, tally.replicate, "", tally.night, tally.start_ms, tally.end_ms, lamps=0
            )
        _add(sums[key], tally)
    return sums


def _add(total: NightTally, tally: NightTally) -> None:
    for name in _ADDED:
        setattr(total, name, getattr(total, name) + getattr(tally, name))
    total.complete = total.complete and tally.complete
    total.half_hours_mj = _added_slots(total.half_hours_mj, tally.half_hours_mj)


def _added_slots(one: Sequence[int], other: Sequence[int]) -> list[int]:
    length = max(len(one), len(other))
    padded = ([*values, *[0] * (length - len(values))] for values in (one, other))
    return [a + b for a, b in zip(*padded, strict=True)]


def total(tallies: Iterable[NightTally], name: str) -> int:
    """Sum of one integer of the tallies."""
    return sum(int(getattr(tally, name)) for tally in tallies)


def share_pct(part: int, whole: int) -> float | None:
    """``part`` as per cent of ``whole`` with three decimals; None of nothing, never 0 or 100."""
    return None if whole == 0 else round(100 * part / whole, 3)
