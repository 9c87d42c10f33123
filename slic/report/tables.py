"""The tables of a run: tidy rows under the columns of the data dictionary, in a stable order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slic.energy.results import SLOT_MS, Change, NightTally, RunResult
from slic.report.assumptions import assumption_rows
from slic.report.csv_file import Row
from slic.report.summary import Summary, energies_kwh
from slic.report.sums import MJ_PER_KWH, MS_PER_H, Nights, share_pct, total
from slic.scenario.model import Scenario

Tables = dict[str, list[Row]]


def build_tables(scenario: Scenario, result: RunResult, nights: Nights, summary: Summary) -> Tables:
    """All tables by name. Numbers are rounded as they are written, so that a table read back is the same."""
    return {
        "programs": [_program_row(program, summary["baseline"]) for program in summary["programs"]],
        "service": [_service_row(program, nights) for program in summary["programs"]],
        "nights": _night_rows(result, nights),
        "half_hours": _half_hour_rows(result, nights),
        "months": _month_rows(result, nights),
        "lamps": _lamp_rows(result, summary["baseline"]),
        "decisions": _decision_rows(result),
        "trace": _trace_rows(result),
        "data_quality": _data_quality_rows(result, nights),
        "assumptions": assumption_rows(scenario),
    }


def _program_row(program: Summary, baseline: str) -> Row:
    saving: dict[str, Any] = program["saving_pct"] or {}
    taken = (
        "light_kwh",
        "loss_kwh",
        "standby_kwh",
        "sensing_kwh",
        "lit_h",
        "full_level_equivalent_h",
        "high_share_pct",
    )
    return {
        "program": program["name"],
        "baseline": program["name"] == baseline,
        "energy_kwh": program["energy_kwh"],
        **{name: program[name] for name in taken},
        "saving_pct": saving.get("value"),
        "saving_low_pct": saving.get("low"),
        "saving_high_pct": saving.get("high"),
        "confidence": saving.get("confidence"),
        "significant": saving.get("significant"),
        "exact_for_these_nights": saving.get("exact_for_these_nights"),
    }


def _service_row(program: Summary, nights: Nights) -> Row:
    tallies, replicates = nights.of(program["name"]), len(nights.replicates)
    return {
        "program": program["name"],
        **program["service"],
        "served_hours": round(total(tallies, "served_ms") / replicates / MS_PER_H, 6),
        "passages": round(total(tallies, "passages") / replicates, 3),
        "triggers": round(total(tallies, "triggers") / replicates, 3),
    }


def _night_rows(result: RunResult, nights: Nights) -> list[Row]:
    return [_night_row(tally) for regime in result.regimes for tally in nights.of(regime, result.nights)]


def _night_row(tally: NightTally) -> Row:
    return {
        "program": tally.regime,
        "replicate": tally.replicate,
        "night": tally.night,
        "complete": tally.complete,
        **energies_kwh([tally], 1),
        "lit_lamp_h": round(tally.lit_ms / MS_PER_H, 6),
        "level_lamp_h": round(tally.level_pm_ms / 1000 / MS_PER_H, 6),
        "users": tally.users,
        "passages": tally.passages,
        "user_hours": round(tally.user_ms / MS_PER_H, 6),
        "served_hours": round(tally.served_ms / MS_PER_H, 6),
        "late_events": tally.late,
        "missed_events": tally.missed,
        "given_full_h": round(tally.given_pm_ms / 1000 / MS_PER_H, 6),
        "wanted_full_h": round(tally.wanted_pm_ms / 1000 / MS_PER_H, 6),
        "level_changes": tally.level_changes,
        "triggers": tally.triggers,
    }


def _half_hour_rows(result: RunResult, nights: Nights) -> list[Row]:
    rows: list[Row] = []
    for regime in result.regimes:
        for night in result.nights:
            tallies = [nights.by_night[regime, replicate, night] for replicate in nights.replicates]
            rows += _slots(tallies)
    return rows


def _slots(tallies: list[NightTally]) -> list[Row]:
    first = tallies[0]
    first_slot_ms = first.start_ms // SLOT_MS * SLOT_MS
    slots = zip(*(tally.half_hours_mj for tally in tallies), strict=True)
    return [
        {
            "program": first.regime,
            "night": first.night,
            "complete": all(tally.complete for tally in tallies),
            "start_utc": first_slot_ms + slot * SLOT_MS,
            "energy_kwh": round(sum(energies) / len(tallies) / MJ_PER_KWH, 9),
        }
        for slot, energies in enumerate(slots)
    ]


def _month_rows(result: RunResult, nights: Nights) -> list[Row]:
    months = list(dict.fromkeys(night[:7] for night in nights.counted))
    rows: list[Row] = []
    for regime in result.regimes:
        for month in months:
            chosen = [night for night in nights.counted if night.startswith(month)]
            energies = energies_kwh(nights.of(regime, chosen), len(nights.replicates))
            rows.append({"program": regime, "month": month, "nights": len(chosen), **energies})
    return rows


def _lamp_rows(result: RunResult, baseline: str) -> list[Row]:
    base, places = result.lamp_energy_mj.get(baseline, {}), result.lamp_places
    return [
        {
            "program": regime,
            "lamp": lamp,
            "street": places[lamp][0] if lamp in places else "",
            "at_m": places[lamp][1] / 1000 if lamp in places else None,
            "energy_kwh": round(energy_mj / MJ_PER_KWH, 6),
            "saving_pct": None if regime == baseline else share_pct(base.get(lamp, 0) - energy_mj, base.get(lamp, 0)),
        }
        for regime in result.regimes
        for lamp, energy_mj in result.lamp_energy_mj.get(regime, {}).items()
    ]


def _decision_rows(result: RunResult) -> list[Row]:
    return [_decision_row(regime, *decision) for regime in result.regimes for decision in _decisions(result, regime)]


def _decisions(result: RunResult, regime: str) -> list[tuple[Change, int | None]]:
    """Changes of the first night, and those of the traced lamp where its night is another one, with their ends."""
    traced = [trace.changes for trace in result.traces if trace.regime == regime]
    nights = [result.changes.get(regime, []), *traced]
    return list(dict.fromkeys(decision for night in nights for decision in _with_ends(night)))


def _with_ends(night: Sequence[Change]) -> list[tuple[Change, int | None]]:
    """Each change with the moment of its lamp's next one [UTC ms], None for the last."""
    following: dict[str, int] = {}
    decisions = []
    for change in reversed(night):
        decisions.append((change, following.get(change.lamp)))
        following[change.lamp] = change.t_ms
    return decisions[::-1]


def _decision_row(regime: str, change: Change, ended_ms: int | None) -> Row:
    return {
        "program": regime,
        "at_utc": change.t_ms,
        "lamp": change.lamp,
        "level_pct": change.level_pm / 10,
        "ramp_s": change.ramp_ms / 1000,
        "source": change.source,
        "rule": change.rule,
        "cause": change.cause,
        "until_utc": ended_ms,
    }


def _trace_rows(result: RunResult) -> list[Row]:
    return [
        {
            "program": trace.regime,
            "lamp": trace.lamp,
            "night": trace.night,
            "at_utc": t_ms,
            "level_pct": level_pm / 10,
        }
        for trace in result.traces
        for t_ms, level_pm in trace.level
    ]


def _data_quality_rows(result: RunResult, nights: Nights) -> list[Row]:
    coverage = {night.night: night for night in result.coverage}
    counted = set(nights.counted)
    return [
        {
            "night": night,
            "slots": coverage[night].slots if night in coverage else None,
            "missing": coverage[night].missing if night in coverage else None,
            "counted": night in counted,
        }
        for night in result.nights
    ]
