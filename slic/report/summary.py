"""``summary.json``: the figures of a run under stable names.

All totals are over the counted nights (those with complete counts) and are means over the replicates.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from slic.energy.results import NightTally, RunResult
from slic.energy.saving import exact_saving, paired_saving, stacked_saving
from slic.report.chance import left_to_chance
from slic.report.headline import headline_program, presence_program
from slic.report.regimes import hold_s, idle_level_pct, reacts_to_presence, standby_w, title_of
from slic.report.sums import MJ_PER_KWH, MS_PER_H, Nights, add_streets, share_pct, total
from slic.report.words import ranged_savings
from slic.scenario.model import Scenario

Summary = dict[str, Any]
"""Plain data as it stands in ``summary.json``; the keys are described in docs/results.md."""

SCHEMA = 1
LABEL = "simulated estimate"
LIMITS = (
    "A range covers the chance between nights and in what is drawn at random (traffic, sensors, radio, dead lamps). "
    "It does not cover other seasons or wrong assumptions: hold time, watts, dimming curve, detectors that miss people."
)
LIMITS_WITHOUT_RANGE = (
    "The figures hold for these nights. They do not cover other nights, other seasons or wrong assumptions: hold time, "
    "watts, dimming curve, detectors that miss people."
)


def build_summary(scenario: Scenario, result: RunResult, nights: Nights) -> Summary:
    """All figures of a run as plain data."""
    programs = [_program(scenario, result, nights, regime) for regime in result.regimes]
    summary: Summary = {
        "schema": SCHEMA,
        "label": LABEL,
        "scenario": scenario.name,
        "title": scenario.title or scenario.name,
        "description": scenario.description,
        "seed": scenario.run.seed,
        **_engine(result),
        "nights": len(result.nights),
        "first_night": result.nights[0],
        "last_night": result.nights[-1],
        "lamps": result.lamps,
        "replicates": len(nights.replicates),
        "baseline": scenario.baseline,
        "timezone": scenario.site.timezone,
        "passes_per_lamp_hour": round(result.passes_per_lamp_hour, 4),
        **_watts(scenario),
        "programs": programs,
        "headline": headline_program(programs),
        "headline_presence": presence_program(programs),
        "required_level": [control.model_dump() for control in scenario.service.required],
        "late_after_s": scenario.service.late_after_s,
        "required_level_source": scenario.service.source,
        "data_quality": _data_quality(result, nights),
        "warnings": list(result.warnings),
        "attribution": list(scenario.attribution),
        "limits": LIMITS if any(ranged_savings(programs)) else LIMITS_WITHOUT_RANGE,
    }
    if any(tally.energy_mj for tally in result.as_found if tally.night in nights.counted):
        summary["retrofit"] = _retrofit(scenario, result, nights, programs)
    return summary


def _engine(result: RunResult) -> Summary:
    """``engine`` : event, or fast where any regime was run without it; ``ways`` : how each regime was run, and why."""
    fast = any(not way.startswith("event") for way in result.ways.values())
    return {"engine": "fast" if fast else "event", "ways": dict(result.ways)}


def _program(scenario: Scenario, result: RunResult, nights: Nights, regime: str) -> Summary:
    tallies = nights.of(regime)
    reacts = reacts_to_presence(scenario, regime)
    high_pct = share_pct(total(tallies, "high_ms"), total(tallies, "lit_ms")) if reacts else None
    return {
        "name": regime,
        "title": title_of(scenario, regime),
        "idle_level_pct": idle_level_pct(scenario, regime),
        "hold_s": hold_s(scenario, regime),
        "reacts_to_presence": reacts,
        **energies_kwh(tallies, len(nights.replicates)),
        **_hours(tallies, result.lamps, len(nights.replicates)),
        "high_share_pct": high_pct,
        "saving_pct": None if regime == scenario.baseline else _saving(scenario, nights, regime),
        "service": service(tallies, len(nights.replicates)),
        "passes_per_lamp_hour": round(result.passes_per_lamp_hour, 4),
    }


def energies_kwh(tallies: list[NightTally], replicates: int) -> dict[str, float]:
    """Energy and its parts [kWh], mean over the replicates."""
    parts = ("energy", "light", "loss", "standby", "sensing")
    return {f"{part}_kwh": round(total(tallies, f"{part}_mj") / replicates / MJ_PER_KWH, 6) for part in parts}


def _hours(tallies: list[NightTally], lamps: int, replicates: int) -> Summary:
    per_lamp = lamps * replicates * MS_PER_H
    return {
        "lit_h": round(total(tallies, "lit_ms") / per_lamp, 6),
        "full_level_equivalent_h": round(total(tallies, "level_pm_ms") / 1000 / per_lamp, 6),
    }


def _saving(scenario: Scenario, nights: Nights, regime: str) -> Summary:
    base, program = (np.array(nights.energies_mj(name)) for name in (scenario.baseline, regime))
    confidence = scenario.run.confidence
    if left_to_chance(scenario, scenario.baseline) or left_to_chance(scenario, regime):
        saving = paired_saving(base, program, confidence, scenario.run.seed)
    else:
        saving = exact_saving(base, program, confidence)
    return {
        "value": _rounded(saving.value),
        "low": _rounded(saving.low),
        "high": _rounded(saving.high),
        "confidence": confidence,
        "significant": saving.significant,
        "exact_for_these_nights": saving.exact,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def service(tallies: list[NightTally], replicates: int) -> Summary:
    """The light that people got. Shares are None without road users, never 0 or 100 %.

    ``light_given_pct`` is also None where the required level is 0 at all their times.
    """
    passages = total(tallies, "passages")
    user_ms, lit_ms = total(tallies, "user_ms"), total(tallies, "lit_ms")
    changes = total(tallies, "level_changes")
    return {
        "user_hours": round(user_ms / replicates / MS_PER_H, 6),
        "served_pct": share_pct(total(tallies, "served_ms"), user_ms),
        "light_given_pct": share_pct(total(tallies, "given_pm_ms"), total(tallies, "wanted_pm_ms")),
        "late_events_pct": share_pct(total(tallies, "late"), passages),
        "missed_events_pct": share_pct(total(tallies, "missed"), passages),
        "level_changes_per_lamp_hour": None if lit_ms == 0 else round(changes * MS_PER_H / lit_ms, 6),
    }


def _watts(scenario: Scenario) -> Summary:
    return {
        "standby_w": standby_w(scenario),
        "node_power_w": scenario.node_power_w,
        "sensor_power_w": scenario.sensors.power_w,
    }


def _data_quality(result: RunResult, nights: Nights) -> Summary:
    counted = set(nights.counted)
    return {
        "nights_counted": len(nights.counted),
        "nights_excluded": [night for night in result.nights if night not in counted],
        "count_slots": sum(night.slots for night in result.coverage),
        "count_slots_missing": sum(night.missing for night in result.coverage),
    }


def _retrofit(scenario: Scenario, result: RunResult, nights: Nights, programs: list[Summary]) -> Summary:
    """LED first, controls second: the second saving acts on what the first one left.

    The LED part is arithmetic of watts and hours, so only the control saving has a range.
    """
    counted = set(nights.counted)
    tallies = [tally for tally in add_streets(result.as_found).values() if tally.night in counted]
    as_found = energies_kwh(tallies, len({tally.replicate for tally in tallies}))["energy_kwh"]
    led = next(p["energy_kwh"] for p in programs if p["name"] == scenario.baseline)
    led_saving = 100 * (1 - led / as_found)
    return {
        "title": scenario.retrofit.title if scenario.retrofit else "",
        "source": scenario.retrofit.source if scenario.retrofit else "",
        "as_found_kwh": as_found,
        "led_kwh": led,
        "saving_pct": round(led_saving, 3),
        "controls": [combined(p, led_saving) for p in programs if p["saving_pct"] is not None],
    }


def combined(program: Summary, led_saving: float) -> Summary:
    """Saving of new lamps and a program together [%], with the range that follows from the program's own."""
    saving = program["saving_pct"]
    value, low, high = (
        None if saving[end] is None else round(stacked_saving(led_saving, saving[end]), 3)
        for end in ("value", "low", "high")
    )
    return {
        "program": program["name"],
        "saving_pct": saving["value"],
        "combined_pct": value,
        "combined_low_pct": low,
        "combined_high_pct": high,
        "exact_for_these_nights": saving["exact_for_these_nights"],
    }
