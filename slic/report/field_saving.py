"""Saving of a field: energy that meters counted against full level from sunset to sunrise, calculated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slic.control.place import Place
from slic.control.planner import DEFAULT_PROGRAM, astronomical_default
from slic.control.schedule import Mode, NightSchedule
from slic.report.field_nights import FieldNights
from slic.report.field_store import InventoryLamp, LampKey

BASELINE = DEFAULT_PROGRAM.name
LABEL = "measured energy against a calculated baseline"
MJ_PER_KWH = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Compared:
    """A night's lamps with readings over the whole of it and known watts: measured, and under the baseline [mJ]."""

    lamps: int
    measured_mj: int
    baseline_mj: int


def compare(field: FieldNights, place: Place | None) -> list[Compared] | None:
    """Each night's comparison, over the same lamps on both sides; None if the place is not known."""
    if place is None:
        return None
    planner = astronomical_default(place)
    watts = _watts(field.inventory)
    return [_compared(field, number, _lit_ms(planner.night(night)), watts) for number, night in enumerate(field.nights)]


def summary_of(nights: list[Compared] | None, lamp_nights: int) -> dict[str, object] | None:
    """The saving of all nights together, for the summary; None where nothing can be compared."""
    if nights is None or not sum(night.lamps for night in nights):
        return None
    compared = sum(night.lamps for night in nights)
    measured, baseline = sum(night.measured_mj for night in nights), sum(night.baseline_mj for night in nights)
    return {
        "label": LABEL,
        "baseline": BASELINE,
        "value": round(100 * (1 - measured / baseline), 3) if baseline else None,
        "measured_kwh": measured / MJ_PER_KWH,
        "baseline_kwh": baseline / MJ_PER_KWH,
        "lamp_nights": compared,
        "lamp_nights_left_out": lamp_nights - compared,
        "calibrated": False,
    }


def _watts(inventory: Mapping[LampKey, InventoryLamp]) -> dict[LampKey, int]:
    """Milliwatts of the lamps whose watts are known."""
    return {lamp: round(1000 * about.power_w) for lamp, about in inventory.items() if about.power_w is not None}


def _compared(field: FieldNights, night: int, lit_ms: int, watts_mw: Mapping[LampKey, int]) -> Compared:
    lamps = measured_mj = baseline_uj = 0
    for lamp, power_mw in watts_mw.items():
        found = field.energy.get((lamp, night))
        if found is None or found.energy_mj is None or found.covered_ms < field.length_ms(night):
            continue
        lamps += 1
        measured_mj += found.energy_mj
        baseline_uj += power_mw * lit_ms
    return Compared(lamps, measured_mj, (baseline_uj + 500) // 1000)


def _lit_ms(schedule: NightSchedule) -> int:
    """Time from sunset to sunrise within a night of the baseline."""
    return sum(end_ms - step.t_ms for step, end_ms in schedule.spans() if step.mode is Mode.ON)
