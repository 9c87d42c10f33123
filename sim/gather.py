"""Adds street-nights up to a run as they come, so that the memory needed does not grow with the town."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from sim.runner import NightResult
from sim.setup import Setup
from slic.energy.results import Change, LampTrace, NightTally

_KEYS = {"regime", "replicate", "street", "night", "start_ms", "end_ms", "complete", "half_hours_mj"}
_ADDED = tuple(f.name for f in fields(NightTally) if f.name not in _KEYS)

_Night = tuple[int, str]


class Sums:
    """What a run has so far. Whole numbers, so the order in which results come does not matter."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._before = np.cumsum([0, *(len(street.like.lamps) for street in setup.streets)])
        self._tallies: dict[_Night, list[NightTally]] = {}
        self._as_found: dict[_Night, list[NightTally]] = {}
        self._lamp_mj = {regime: np.zeros(self._before[-1], np.int64) for regime in setup.regimes}
        self._told: list[NightResult] = []

    def add(self, result: NightResult) -> None:
        """Take the result of a task."""
        task = result.task
        night = (task.replicate, task.night.isoformat())
        _add_all(self._tallies, night, result.tallies)
        if result.as_found is not None:
            _add_all(self._as_found, night, [result.as_found])
        lamps = np.concatenate([np.arange(*self._before[[street, street + 1]]) for street in task.streets])
        for regime, energy_mj in result.lamp_energy_mj.items():
            self._lamp_mj[regime][lamps] += energy_mj
        if result.changes or result.traces:
            self._told.append(result)

    @property
    def tallies(self) -> list[NightTally]:
        """Per replicate, night and regime, all streets together."""
        return [tally for night in sorted(self._tallies) for tally in self._tallies[night]]

    @property
    def as_found(self) -> list[NightTally]:
        """Of the lamps before a retrofit, per replicate and night; empty if there is none."""
        return [tally for night in sorted(self._as_found) for tally in self._as_found[night]]

    def lamp_energies(self) -> dict[str, dict[str, int]]:
        """Per regime the energy of each lamp in all nights of replicate 0 [mJ]."""
        names = [lamp.id for street in self._setup.streets for lamp in street.lamps]
        return {regime: dict(zip(names, mj.tolist(), strict=True)) for regime, mj in self._lamp_mj.items()}

    def changes(self) -> dict[str, list[Change]]:
        """Per regime the decisions that were kept, street after street."""
        told = sorted(self._told, key=lambda result: result.task.streets)
        return {
            regime: [c for result in told for c in result.changes.get(regime, ())] for regime in self._setup.regimes
        }

    def traces(self) -> list[LampTrace]:
        """Of the lamp that was followed."""
        return [trace for result in self._told for trace in result.traces]


def _add_all(sums: dict[_Night, list[NightTally]], night: _Night, tallies: list[NightTally]) -> None:
    if night not in sums:
        sums[night] = tallies
        return
    for total, tally in zip(sums[night], tallies, strict=True):
        for name in _ADDED:
            setattr(total, name, getattr(total, name) + getattr(tally, name))
        total.street = ""
        total.complete = total.complete and tally.complete
        total.half_hours_mj = [a + b for a, b in zip(total.half_hours_mj, tally.half_hours_mj, strict=True)]
