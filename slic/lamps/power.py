"""What a lamp draws: circuit power, light power and standby at each level, as whole milliwatts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from slic.errors import InputError
from slic.lamps.luminaire import LuminaireType

Table = NDArray[np.int64]
MAX_POWER_W = 5000.0


@dataclass(frozen=True, slots=True, eq=False)
class PowerTable:
    """Power of one kind of lamp at levels 0, 1, ... 1000 per mille; between them power is linear.

    power_mw : circuit power while lit [mW]; entry 0 is the limit just above off
    light_mw : the part of it that goes into the light source [mW], never above ``power_mw``
    standby_mw : circuit power at level 0 [mW]
    power_twice, light_twice : twice the integral of the table from level 0 to each level [mW per mille].
        Whole numbers; the energy along a ramp follows from them
    """

    power_mw: Table
    light_mw: Table
    standby_mw: int
    power_twice: Table = field(init=False)
    light_twice: Table = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "power_twice", _twice_integral(self.power_mw))
        object.__setattr__(self, "light_twice", _twice_integral(self.light_mw))


def power_table(luminaire: LuminaireType, power_w: float, drive: float = 1.0) -> PowerTable:
    """Table of a luminaire with circuit power ``power_w`` at full level and full drive.

    ``drive`` is the share of the full drive that constant light output needs now (:func:`drive_share`): at
    level L the driver works at L x drive. Each entry is rounded once, to the nearest milliwatt, halves up.
    Equal lamps share one table. Raises InputError if ``power_w`` is outside 0-5,000 W.
    """
    if not (isfinite(power_w) and 0 <= power_w <= MAX_POWER_W):
        raise InputError("is no lamp power", field="power_w", value=power_w, allowed="0 to 5000 W")
    if not 0 < drive <= 1:
        raise InputError("is no drive share", field="drive", value=drive, allowed="above 0, up to 1")
    points = tuple((p.level_pct, p.power_pct) for p in luminaire.power_curve)
    standby_w = luminaire.standby_w if luminaire.when_dark == "standby" else 0.0
    return _table(points, luminaire.lamp_power_pct, standby_w, power_w, drive)


def drive_share(luminaire: LuminaireType, burning_hours_h: float) -> float:
    """Share of full drive [0-1] that keeps the light constant after so many burning hours.

    Linear between the points of the curve; 1 beyond its last point, or where the luminaire has none.
    """
    points = luminaire.constant_light_output
    if not points or burning_hours_h > points[-1].hours_h:
        return 1.0
    return _linear([p.hours_h for p in points], [p.drive_pct for p in points], burning_hours_h) / 100


@lru_cache(maxsize=1024)
def _table(
    points: tuple[tuple[float, float], ...], lamp_pct: float, standby_w: float, power_w: float, drive: float
) -> PowerTable:
    levels_pct, powers_pct = zip(*points, strict=True)
    driven_pct = [pm * drive / 10 for pm in range(1001)]
    power = [_milliwatts(power_w * _linear(levels_pct, powers_pct, pct) / 100) for pct in driven_pct]
    light = [_milliwatts(power_w * lamp_pct * pct / 10_000) for pct in driven_pct]
    light = [min(pair) for pair in zip(light, power, strict=True)]
    return PowerTable(_frozen(power), _frozen(light), _milliwatts(standby_w))


def _linear(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    k = min(bisect_right(xs, x), len(xs) - 1)
    if k == 0:
        return ys[0]
    return ys[k - 1] + (ys[k] - ys[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1])


def _milliwatts(power_w: float) -> int:
    return int(power_w * 1000 + 0.5)


def _twice_integral(table_mw: Table) -> Table:
    return _frozen(np.concatenate(([0], np.cumsum(table_mw[1:] + table_mw[:-1]))))


def _frozen(values: Sequence[int] | Table) -> Table:
    array = np.array(values, dtype=np.int64)
    array.setflags(write=False)
    return array
