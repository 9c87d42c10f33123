"""Energy in the half-hours of a night: differences of one cumulative sum, also where an edge cuts a ramp."""

from __future__ import annotations

import numpy as np

from slic.energy.pieces import Ints, Pieces
from slic.energy.slots import millijoules, slot_edges
from slic.lamps.power import PowerTable


def half_hours_of(pieces: Pieces, until_uj: Ints, power_uj: Ints, table: PowerTable) -> Ints:
    """Energy [mJ] of each lamp (row) in each UTC half-hour of the night (column).

    power_uj : energy of each piece [microjoules]; until_uj : that of all pieces up to the end of each
    """
    edges_ms = slot_edges(pieces.start_ms, pieces.end_ms)
    at = _pieces_at(pieces, edges_ms[:-1])
    inside_ms = np.tile(edges_ms[:-1], len(pieces.first)) - pieces.t0_ms[at]
    so_far_uj = until_uj[at] - power_uj[at] + _first_part_uj(pieces, at, inside_ms, table)
    rows = np.column_stack((so_far_uj.reshape(len(pieces.first), -1), until_uj[pieces.last]))
    return np.diff(millijoules(rows - rows[:, :1]), axis=1)


def _pieces_at(pieces: Pieces, t_ms: Ints) -> Ints:
    """For each lamp, the last piece that starts at or before each moment of the night."""
    axis_ms = pieces.end_ms - pieces.start_ms + 1
    starts = np.multiply(pieces.lamp, axis_ms, dtype=np.int64)
    starts += pieces.t0_ms
    wanted = np.arange(len(pieces.first))[:, None] * axis_ms + t_ms
    return np.searchsorted(starts, wanted.ravel(), side="right") - 1


def _first_part_uj(pieces: Pieces, at: Ints, inside_ms: Ints, table: PowerTable) -> Ints:
    """Energy [microjoules] of the first ``inside_ms`` of pieces."""
    level_pm = pieces.from_pm[at]
    part_uj = np.where(level_pm > 0, table.power_mw[level_pm], table.standby_mw) * inside_ms
    ramps = np.flatnonzero((level_pm != pieces.to_pm[at]) & (inside_ms > 0))
    if len(ramps):
        cut = at[ramps]
        dt_ms = pieces.t1_ms[cut] - pieces.t0_ms[cut]
        part_uj[ramps] = ramp_so_far_uj(pieces.from_pm[cut], pieces.to_pm[cut], dt_ms, inside_ms[ramps], table)
    return part_uj


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
