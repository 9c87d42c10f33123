"""Energy in the half-hours of a night: differences of one cumulative sum, also where an edge cuts a ramp."""

from __future__ import annotations

import numpy as np

from slic.energy.moves import Ints, Moves
from slic.energy.slots import millijoules, slot_edges
from slic.lamps.power import PowerTable


def half_hours_of(moves: Moves, until_uj: Ints, power_uj: Ints, table: PowerTable) -> Ints:
    """Energy [mJ] of each lamp (row) in each UTC half-hour of the night (column).

    power_uj : energy of each move [microjoules]; until_uj : that of all moves up to the end of each
    """
    edges_ms = slot_edges(*moves.night)
    at = moves.at(edges_ms[:-1]).ravel()
    t_ms = np.tile(edges_ms[:-1], len(moves.first))
    so_far_uj = until_uj[at] - _rest_uj(moves, at, t_ms, power_uj, table)
    rows = np.column_stack((so_far_uj.reshape(len(moves.first), -1), until_uj[moves.last]))
    return np.diff(millijoules(rows - rows[:, :1]), axis=1)


def _rest_uj(moves: Moves, at: Ints, t_ms: Ints, power_uj: Ints, table: PowerTable) -> Ints:
    """Energy [microjoules] of moves from moments in them on."""
    level_pm = moves.to_pm[at]
    rest_uj: Ints = np.where(level_pm > 0, table.power_mw[level_pm], table.standby_mw) * (moves.t2_ms[at] - t_ms)
    ramps = np.flatnonzero(moves.t1_ms[at] > t_ms)
    if len(ramps):
        cut = at[ramps]
        t0_ms, t1_ms, from_pm, to_pm = moves.ramps(cut)
        so_far_uj = ramp_so_far_uj(from_pm, to_pm, t1_ms - t0_ms, t_ms[ramps] - t0_ms, table)
        rest_uj[ramps] = power_uj[cut] - so_far_uj
    return rest_uj


def ramp_so_far_uj(from_pm: Ints, to_pm: Ints, dt_ms: Ints, inside_ms: Ints, table: PowerTable) -> Ints:
    """Energy of ramps from their start until ``inside_ms`` later [microjoules], rounded once, halves up.

    The level is then ``rest / dt`` above level ``k``, and the energy is ``whole + fraction / dt`` over ``2 climb``
    microjoules. Squares of times are divided by ``dt`` before they grow: for lamps up to 5 kW (5e6 mW) and ramps up
    to 25 h (9e7 ms) ``dt x whole`` stays below 9e7 x 1e10 = 9e17, ``left x rest`` below 9e7 x 9e7 = 8.1e15 and all
    else below 1e15, far from 2^63 = 9.2e18. Ramps have a length and their ends differ.
    """
    climb = to_pm - from_pm
    steps, rest = np.divmod(climb * inside_ms, dt_ms)
    k = from_pm + steps
    here = table.power_mw[k]
    rise = table.power_mw[np.minimum(k + 1, len(table.power_mw) - 1)] - here
    times, left = np.divmod(rise * rest, dt_ms)
    more, fraction = np.divmod(left * rest, dt_ms)
    whole = dt_ms * (table.power_twice[k] - table.power_twice[from_pm]) + (2 * here + times) * rest + more
    doubled = np.where(climb > 0, whole, -whole - (fraction > 0)) + abs(climb)
    halved: Ints = doubled // (2 * abs(climb))
    return halved
