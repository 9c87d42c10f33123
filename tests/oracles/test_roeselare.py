"""The cycle path along the Mandel in Roeselare, between its published bounds.

Published inputs (Schreder, Smart Light Concepts): 23 luminaires of 14 W; sunset to 23:00 and 05:00 to sunrise 20 %
until someone passes; between 23:00 and 05:00 only the luminaires at the path's entrances stay at 20 %, all others are
off. Light alone, that is 1,318 kWh a year if always at full level and 135 kWh if nobody ever passes.

The 1,318 kWh mean 4,093 hours of burning, those of a sun about 3 degrees below the horizon at 50.94 N: 4,280 hours, the
time from sunset to sunrise, would make 1,378 kWh. Two entrance luminaires, one at either end, make the 135 kWh:
(4,093 - 2,190) h x 23 x 2.8 W + 2,190 h x 2 x 2.8 W = 134.8 kWh.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import pytest

from slic.control.calendar import Calendar
from slic.control.place import Place
from slic.control.planner import Planner
from slic.control.program import Astronomical, ControlProgram, FixedTimeControl
from slic.control.schedule import Mode, NightSchedule
from slic.energy.ledger import lamp_energy, total_energy
from slic.energy.slots import constant_load_mj
from slic.lamps.gear import Gear
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import PowerTable, power_table

MANDEL = Place(50.94, 3.12, "Europe/Brussels")
KWH_MJ = 3_600_000_000
LAMPS, ENTRANCES, POWER_W = 23, 2, 14
NIGHTS = [date(2021, 1, 1) + timedelta(days=k) for k in range(365)]

CIVIL_DUSK = [Astronomical(sun_elevation_deg=-3)]
SUNSET = [Astronomical()]
QUIET = [
    FixedTimeControl(at="23:00", level_pct=0, entrance_level_pct=20),
    FixedTimeControl(at="05:00", level_pct=20),
]


@cache
def light_only() -> PowerTable:
    curve = [{"level_pct": 0, "power_pct": 0}, {"level_pct": 100, "power_pct": 100}]
    return power_table(LuminaireType.model_validate({"name": "teceo", "power_curve": curve}), POWER_W)


def breakpoints(night: NightSchedule, entrance: bool) -> list[tuple[int, int]]:
    gear = Gear(night.start_ms)
    for step in night.steps:
        level_pm = step.entrance_level_pm if entrance else step.level_pm
        gear.command(step.t_ms, level_pm if step.mode == Mode.ON else 0, 0)
    return gear.finish(night.end_ms)


def year_kwh(program: ControlProgram) -> float:
    planner = Planner({program.name: program}, Calendar(name="always", default=program.name), MANDEL)
    total_mj = 0
    for day in NIGHTS:
        night = planner.night(day)
        ordinary, entrance = (lamp_energy(breakpoints(night, at_end), light_only()) for at_end in (False, True))
        total_mj += total_energy([ordinary * (LAMPS - ENTRANCES), entrance * ENTRANCES]).energy_mj
    return total_mj / KWH_MJ


def full_night(active: list[Astronomical]) -> ControlProgram:
    return ControlProgram(name="full-night", active_periods=active)


def nobody(active: list[Astronomical]) -> ControlProgram:
    return ControlProgram(name="idle", active_periods=active, idle_level_pct=20, fixed_time_controls=QUIET)


def test_always_on() -> None:
    assert year_kwh(full_night(CIVIL_DUSK)) == pytest.approx(1318, rel=0.005)


def test_nobody_passes() -> None:
    assert year_kwh(nobody(CIVIL_DUSK)) == pytest.approx(135, abs=0.7)


def test_from_sunset_to_sunrise_both_bounds_are_higher() -> None:
    """4,280 hours, as at London's latitude: 4.6 % more light, and 12 kWh more at 20 %."""
    assert year_kwh(full_night(SUNSET)) == pytest.approx(1378, rel=0.005)
    assert year_kwh(nobody(SUNSET)) == pytest.approx(147, abs=1)


def test_standby_is_as_large_as_the_light() -> None:
    """23 drivers that draw 0.5 W all year: 0.10 MWh, beside 0.135 MWh of light."""
    year_ms = 8_760 * 3_600_000
    standby_kwh = LAMPS * sum(constant_load_mj(0.5, 0, year_ms)) / KWH_MJ
    assert standby_kwh == pytest.approx(100.74)
