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
from dataclasses import dataclass, fields
from functools import reduce
from operator import add

import numpy as np

from slic.energy.half_hours import half_hours_of
from slic.energy.moves import Breakpoints, Ints, Moves, moves_of
from slic.energy.ramps import RampKinds, at_or_above
from slic.energy.slots import millijoules
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


@dataclass(frozen=True, slots=True, eq=False)
class EnergyColumns:
    """Energy and level of many lamps over one night, an array per quantity (see :class:`LampEnergy`).

    half_hours_mj : lamps x half-hours
    """

    light_mj: Ints
    loss_mj: Ints
    standby_mj: Ints
    lit_ms: Ints
    level_pm_ms: Ints
    high_ms: Ints
    level_changes: Ints
    half_hours_mj: Ints

    def rows(self) -> list[LampEnergy]:
        """Lamp by lamp."""
        numbers = (getattr(self, column.name).tolist() for column in fields(self)[:-1])
        slots = (tuple(row) for row in self.half_hours_mj.tolist())
        return [LampEnergy(*row) for row in zip(*numbers, slots, strict=True)]


def lamp_energies(lamps: Sequence[Breakpoints], table: PowerTable, high_pm: int = 1000) -> list[LampEnergy]:
    """Energy of each of some lamps that share a power table and a night.

    The night is that of the breakpoints; ``high_pm`` is the level [per mille] whose time is ``high_ms``.
    Raises ValueError for breakpoints that go back in time, leave 0-1000 or differ in their night.
    """
    return energy_columns(moves_of(lamps), table, high_pm).rows()


def energy_columns(moves: Moves, table: PowerTable, high_pm: int = 1000) -> EnergyColumns:
    """Energy of all lamps of ``moves``, which share the power table; ``high_pm`` as in :func:`lamp_energies`."""
    (start_ms, end_ms), kinds, hold_ms = moves.night, moves.kinds, moves.t2_ms - moves.t1_ms
    power_uj = _ramps_and_holds(kinds, hold_ms, *_energy_uj(kinds, table.power_mw, table.standby_mw, table.power_twice))
    light_uj = _ramps_and_holds(kinds, hold_ms, *_energy_uj(kinds, table.light_mw, 0, table.light_twice))
    doubled_pm_ms = _ramps_and_holds(kinds, hold_ms, kinds.dt_ms * (kinds.from_pm + kinds.to_pm), 2 * kinds.to_pm)
    # Both times share a number, each has 32 bits of it.
    both_ms = moves.sum_by_lamp(_ramps_and_holds(kinds, hold_ms, *_dark_and_high_ms(kinds, high_pm)))
    dark_ms, high_ms = both_ms & 0xFFFF_FFFF, both_ms >> 32
    until_uj = np.cumsum(power_uj)
    all_uj = np.diff(until_uj[moves.last], prepend=0)
    lit = millijoules(all_uj - dark_ms * table.standby_mw)
    light = millijoules(moves.sum_by_lamp(light_uj))
    return EnergyColumns(
        light_mj=light,
        loss_mj=lit - light,
        standby_mj=millijoules(all_uj) - lit,
        lit_ms=end_ms - start_ms - dark_ms,
        level_pm_ms=(moves.sum_by_lamp(doubled_pm_ms) + 1) // 2,
        high_ms=high_ms,
        level_changes=_held_levels_left(moves, hold_ms),
        half_hours_mj=half_hours_of(moves, until_uj, power_uj, table),
    )


def total_energy(energies: Iterable[LampEnergy]) -> LampEnergy:
    """All lamps together; at least one."""
    return reduce(add, energies)


def _ramps_and_holds(kinds: RampKinds, hold_ms: Ints, ramp: Ints, per_ms: Ints) -> Ints:
    """A quantity of each move, from that of each kind of ramp and what each ms of the hold after it adds."""
    total = per_ms[kinds.of_move]
    total *= hold_ms
    total += ramp[kinds.of_move]
    return total


def _energy_uj(kinds: RampKinds, table_mw: Ints, zero_mw: int, twice: Ints) -> tuple[Ints, Ints]:
    """Energy of each kind of ramp [microjoules], rounded once, halves up, and of each ms of the hold after it.

    The power of a held level is the table's, but that of level 0 is not the limit just above it.
    """
    doubled = abs(twice[kinds.to_pm] - twice[kinds.from_pm]) * kinds.dt_ms
    span = np.maximum(abs(kinds.to_pm - kinds.from_pm), 1)
    return (doubled + span) // (2 * span), np.where(kinds.to_pm > 0, table_mw[kinds.to_pm], zero_mw)


def _dark_and_high_ms(kinds: RampKinds, high_pm: int) -> tuple[Ints, Ints]:
    """Time of each kind of ramp [ms], and of each ms after it, at level 0 and 2^32 times at or above a level."""
    begin_ms, end_ms = at_or_above(kinds.ramps, high_pm)
    of_hold = (kinds.to_pm == 0) + ((kinds.to_pm >= high_pm).astype(np.int64) << 32)
    return (end_ms - begin_ms) << 32, of_hold


def _held_levels_left(moves: Moves, hold_ms: Ints) -> Ints:
    """How often each lamp left a level that it was holding: holds that a ramp or step follows."""
    left = hold_ms > 0
    left[:-1] &= moves.from_pm[1:] != moves.to_pm[1:]
    left[moves.last] = False
    return moves.sum_by_lamp(left.astype(np.int64))
