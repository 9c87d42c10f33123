"""When presence holds lamps up, for the lamps of many streets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.fast.axis import Ints
from sim.fast.holds import Runs
from sim.fast.reach import StreetReach
from sim.scene import Scene, see_together
from sim.sightings import held


def held_up(scenes: Sequence[Scene], reaches: Sequence[StreetReach], rows_before: Ints) -> list[Runs]:
    """Per channel number, the runs in the rows of all streets. rows_before : how many come before those of each."""
    see_together([scene for scene, reach in zip(scenes, reaches, strict=True) if reach.by_sensor])
    runs = []
    for number in range(max(len(reach.row) for reach in reaches)):
        holds_ms = {reach.hold_of_each(number) for reach in reaches}
        hold_ms = holds_ms.pop()
        if holds_ms or hold_ms is None:
            runs.append(_united(scenes, reaches, rows_before, number))
        else:
            runs.append(_each(scenes, reaches, rows_before, hold_ms))
    return runs


def _each(scenes: Sequence[Scene], reaches: Sequence[StreetReach], rows_before: Ints, hold_ms: int) -> Runs:
    """Where each sensor holds up a row of its own, for the same time: what sensors hold are the runs."""
    found = held([scene.sightings for scene in scenes], hold_ms)
    row = np.concatenate([reach.groups[0].row_of_sensor + at for reach, at in zip(reaches, rows_before, strict=True)])
    end_ms = np.minimum(found.end_ms, scenes[0].end_ms - scenes[0].start_ms).astype(np.int64)
    runs = Runs(row.take(found.sensor), found.begin_ms.astype(np.int64), end_ms)
    return runs if hold_ms else runs.of_some_time()


def _united(scenes: Sequence[Scene], reaches: Sequence[StreetReach], rows_before: Ints, number: int) -> Runs:
    """Street by street."""
    parts = [reach.runs(number, scene) for scene, reach in zip(scenes, reaches, strict=True)]
    row, begin_ms, end_ms = map(np.concatenate, zip(*parts, strict=True))
    return Runs(row + rows_before.repeat([len(part.row) for part in parts]), begin_ms, end_ms)
