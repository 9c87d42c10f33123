"""The ledger's other implementation: ramps cut by a half-hour one by one, in plain integers that never overflow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slic.energy.ledger import LampEnergy
from slic.energy.moves import Breakpoints, Ints
from slic.energy.slots import millijoules, slot_edges
from slic.lamps.power import PowerTable
from tests.energy.pieces import Pieces, pieces_of


def energies(lamps: Sequence[Breakpoints], table: PowerTable, high_pm: int = 1000) -> list[LampEnergy]:
    """Energy of each of some lamps that share a power table and a night."""
    pieces = pieces_of(lamps)
    dt_ms = pieces.t1_ms - pieces.t0_ms
    lit = (pieces.from_pm > 0) | (pieces.to_pm > 0)
    lit_uj = np.where(lit, _energy_uj(pieces, table.power_mw, table.power_twice), 0)
    light_uj = np.where(lit, _energy_uj(pieces, table.light_mw, table.light_twice), 0)
    power_uj = np.where(lit, lit_uj, dt_ms * table.standby_mw)
    begin_ms, end_ms = pieces.at_or_above(high_pm)
    columns = (
        *_parts_mj(pieces, light_uj, lit_uj, power_uj),
        pieces.sum_by_lamp(np.where(lit, dt_ms, 0)),
        (pieces.sum_by_lamp(dt_ms * (pieces.from_pm + pieces.to_pm)) + 1) // 2,
        pieces.sum_by_lamp(end_ms - begin_ms),
        _held_levels_left(pieces, dt_ms),
    )
    half_hours = np.diff(millijoules(_cumulative_uj(pieces, power_uj, table)), axis=1)
    return [_row(*row) for row in zip(half_hours.tolist(), *(c.tolist() for c in columns), strict=True)]


def _row(half_hours_mj: list[int], *numbers: int) -> LampEnergy:
    light, loss, standby, lit, level, high, changes = numbers
    return LampEnergy(light, loss, standby, lit, level, high, changes, tuple(half_hours_mj))


def _energy_uj(pieces: Pieces, table_mw: Ints, twice: Ints) -> Ints:
    """Energy of each piece as if lit [microjoules]; that of a ramp is rounded once, halves up."""
    a, b, dt_ms = pieces.from_pm, pieces.to_pm, pieces.t1_ms - pieces.t0_ms
    span = np.where(pieces.flat, 1, 2 * abs(b - a))
    ramp = (2 * dt_ms * abs(twice[b] - twice[a]) + span) // (2 * span)
    return np.where(pieces.flat, dt_ms * table_mw[a], ramp)


def _parts_mj(pieces: Pieces, light_uj: Ints, lit_uj: Ints, power_uj: Ints) -> tuple[Ints, Ints, Ints]:
    """Light, loss and standby of each lamp [mJ], as differences of rounded cumulative sums."""
    light, lit, power = (millijoules(pieces.sum_by_lamp(uj)) for uj in (light_uj, lit_uj, power_uj))
    return light, lit - light, power - lit


def _held_levels_left(pieces: Pieces, dt_ms: Ints) -> Ints:
    """How often each lamp left a level that it was holding: holds that a ramp or step follows."""
    hold = pieces.flat & (dt_ms > 0)
    left = np.zeros(len(hold), dtype=np.int64)
    left[:-1] = hold[:-1] & ~pieces.flat[1:] & (pieces.lamp[1:] == pieces.lamp[:-1])
    return pieces.sum_by_lamp(left)


def _cumulative_uj(pieces: Pieces, power_uj: Ints, table: PowerTable) -> Ints:
    """Energy [microjoules] of each lamp (row) from the start to each slot edge (column)."""
    start_ms, lamps = pieces.start_ms, len(pieces.first)
    elapsed_ms = slot_edges(start_ms, pieces.end_ms) - start_ms
    night_ms = int(elapsed_ms[-1])
    before = np.cumsum(power_uj) - power_uj
    starts = pieces.lamp * (night_ms + 1) + pieces.t0_ms - start_ms
    edges = (np.arange(lamps)[:, None] * (night_ms + 1) + elapsed_ms[:-1]).ravel()
    at = np.searchsorted(starts, edges, side="right") - 1
    inside_ms = edges - starts[at]
    level_pm = pieces.from_pm[at]
    partial = np.where(level_pm > 0, table.power_mw[level_pm], table.standby_mw) * inside_ms
    for k in np.flatnonzero(~pieces.flat[at] & (inside_ms > 0)):
        a, b = int(pieces.from_pm[at[k]]), int(pieces.to_pm[at[k]])
        dt_ms = int(pieces.t1_ms[at[k]] - pieces.t0_ms[at[k]])
        partial[k] = ramp_so_far_uj(a, b, dt_ms, int(inside_ms[k]), table)
    so_far = (before[at] + partial).reshape(lamps, -1) - before[pieces.first][:, None]
    return np.column_stack((so_far, pieces.sum_by_lamp(power_uj)))


def ramp_so_far_uj(a: int, b: int, dt_ms: int, inside_ms: int, table: PowerTable) -> int:
    """Energy of a ramp from its start until ``inside_ms`` later [microjoules], rounded once, halves up.

    The level is then ``rest / dt`` above level ``k``. Plain integers, because the squares outgrow 64 bits.
    """
    climb = b - a
    steps, rest = divmod(climb * inside_ms, dt_ms)
    k = a + steps
    here, whole = int(table.power_mw[k]), int(table.power_twice[k] - table.power_twice[a])
    rise = int(table.power_mw[k + 1]) - here if rest else 0
    numerator = dt_ms * dt_ms * whole + 2 * here * rest * dt_ms + rise * rest * rest
    denominator = 2 * climb * dt_ms
    return (2 * numerator + denominator) // (2 * denominator)
