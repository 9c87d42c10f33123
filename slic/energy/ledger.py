"""Energy of a lamp's night: the one function from breakpoints and a power table to whole millijoules.

Level runs straight along a ramp and power runs straight between the table's levels, so the energy of a ramp
is exact: duration x (F(b) - F(a)) / (b - a), where F is the integral of the table over level. Milliwatts
times milliseconds are microjoules. The energy of a ramp is rounded once to a whole microjoule, sums are
exact, and totals are rounded once to a millijoule. Half-hours and parts are differences of one cumulative
sum, so that they add up.

Every number stays below 2^63 for lamps up to 5 kW and nights up to 25 h.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from slic.energy.pieces import Breakpoints, Ints, Pieces, at_or_above, pieces_of
from slic.energy.slots import millijoules, slot_edges
from slic.lamps.power import PowerTable


@dataclass(frozen=True, slots=True)
class LampEnergy:
    """Energy and level of one lamp over one night; those of several lamps or of equal lamps can be added.

    light_mj, loss_mj : while lit, into the light source, and lost in driver or ballast [mJ]
    standby_mj : at level 0 [mJ]
    lit_ms : time above level 0; level_pm_ms : integral of level [per mille ms]
    high_ms : time at or above the level asked for; level_changes : times a held level was left
    half_hours_mj : all of the energy per UTC half-hour, from the one that holds the start of the night on
    """

    light_mj: int
    loss_mj: int
    standby_mj: int
    lit_ms: int
    level_pm_ms: int
    high_ms: int
    level_changes: int
    half_hours_mj: tuple[int, ...]

    @property
    def energy_mj(self) -> int:
        """All energy of the night [mJ]; equal to the sum of the half-hours."""
        return self.light_mj + self.loss_mj + self.standby_mj

    def __add__(self, other: LampEnergy) -> LampEnergy:
        """Both lamps together. Raises ValueError if their nights have different half-hours."""
        slots = zip(self.half_hours_mj, other.half_hours_mj, strict=True)
        return LampEnergy(
            self.light_mj + other.light_mj,
            self.loss_mj + other.loss_mj,
            self.standby_mj + other.standby_mj,
            self.lit_ms + other.lit_ms,
            self.level_pm_ms + other.level_pm_ms,
            self.high_ms + other.high_ms,
            self.level_changes + other.level_changes,
            tuple(mine + theirs for mine, theirs in slots),
        )

    def __mul__(self, count: int) -> LampEnergy:
        """``count`` equal lamps together."""
        return LampEnergy(
            self.light_mj * count,
            self.loss_mj * count,
            self.standby_mj * count,
            self.lit_ms * count,
            self.level_pm_ms * count,
            self.high_ms * count,
            self.level_changes * count,
            tuple(slot * count for slot in self.half_hours_mj),
        )


def lamp_energy(points: Breakpoints, table: PowerTable, high_pm: int = 1000) -> LampEnergy:
    """Energy of one lamp from its breakpoints (see :func:`lamp_energies`)."""
    return lamp_energies([points], table, high_pm)[0]


def lamp_energies(lamps: Sequence[Breakpoints], table: PowerTable, high_pm: int = 1000) -> list[LampEnergy]:
    """Energy of each of some lamps that share a power table and a night.

    The night is that of the breakpoints; ``high_pm`` is the level [per mille] whose time is ``high_ms``.
    Raises ValueError for breakpoints that go back in time, leave 0-1000 or differ in their night.
    """
    pieces = pieces_of(lamps)
    dt_ms = pieces.t1_ms - pieces.t0_ms
    lit = (pieces.from_pm > 0) | (pieces.to_pm > 0)
    lit_uj = np.where(lit, _energy_uj(pieces, table.power_mw, table.power_twice), 0)
    light_uj = np.where(lit, _energy_uj(pieces, table.light_mw, table.light_twice), 0)
    power_uj = np.where(lit, lit_uj, dt_ms * table.standby_mw)
    begin_ms, end_ms = at_or_above(pieces, high_pm)
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


def total_energy(energies: Iterable[LampEnergy]) -> LampEnergy:
    """All lamps together; at least one."""
    return reduce(add, energies)


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
        partial[k] = _ramp_so_far_uj(pieces, int(at[k]), int(inside_ms[k]), table)
    so_far = (before[at] + partial).reshape(lamps, -1) - before[pieces.first][:, None]
    return np.column_stack((so_far, pieces.sum_by_lamp(power_uj)))


def _ramp_so_far_uj(pieces: Pieces, piece: int, inside_ms: int, table: PowerTable) -> int:
    """Energy of a ramp from its start until ``inside_ms`` later [microjoules], rounded once, halves up.

    The level is then ``rest / dt`` above level ``k``. Plain integers, because the squares outgrow 64 bits.
    """
    a, climb = int(pieces.from_pm[piece]), int(pieces.to_pm[piece] - pieces.from_pm[piece])
    dt_ms = int(pieces.t1_ms[piece] - pieces.t0_ms[piece])
    steps, rest = divmod(climb * inside_ms, dt_ms)
    k = a + steps
    here, whole = int(table.power_mw[k]), int(table.power_twice[k] - table.power_twice[a])
    rise = int(table.power_mw[k + 1]) - here if rest else 0
    numerator = dt_ms * dt_ms * whole + 2 * here * rest * dt_ms + rise * rest * rest
    denominator = 2 * climb * dt_ms
    return (2 * numerator + denominator) // (2 * denominator)
