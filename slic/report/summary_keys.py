"""The keys of ``summary.json`` and ``provenance.json``: a run of another version is refused by the one it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from slic.errors import InputError
from slic.report.provenance import Provenance

SUMMARY_KEYS = (
    *("schema", "label", "scenario", "title", "description", "seed", "engine", "ways"),
    *("nights", "first_night", "last_night", "lamps", "replicates", "baseline", "timezone", "passes_per_lamp_hour"),
    *("standby_w", "node_power_w", "sensor_power_w", "programs", "headline", "headline_presence"),
    *("required_level", "late_after_s", "required_level_source", "data_quality"),
    *("warnings", "attribution", "limits"),
)
QUALITY_KEYS = ("nights_counted", "nights_excluded", "count_slots", "count_slots_missing")
PROGRAM_KEYS = (
    *("name", "title", "idle_level_pct", "hold_s", "reacts_to_presence"),
    *("energy_kwh", "light_kwh", "loss_kwh", "standby_kwh", "sensing_kwh"),
    *("lit_h", "full_level_equivalent_h", "high_share_pct", "saving_pct", "service", "passes_per_lamp_hour"),
)
SAVING_KEYS = ("value", "low", "high", "confidence", "significant", "exact_for_these_nights")
SERVICE_KEYS = (
    *("user_hours", "served_pct", "light_given_pct", "late_events_pct", "missed_events_pct"),
    "level_changes_per_lamp_hour",
)
RETROFIT_KEYS = ("title", "source", "as_found_kwh", "led_kwh", "saving_pct", "controls")
COMBINED_KEYS = (
    *("program", "saving_pct", "combined_pct", "combined_low_pct", "combined_high_pct"),
    "exact_for_these_nights",
)


def check_summary(summary: dict[str, Any], file: str) -> None:
    """InputError that names the first key a summary lacks."""
    _check(summary, SUMMARY_KEYS, file)
    _check(summary["data_quality"], QUALITY_KEYS, file, "data_quality.")
    for index, program in enumerate(summary["programs"]):
        at = f"programs.{index}."
        _check(program, PROGRAM_KEYS, file, at)
        _check(program["service"], SERVICE_KEYS, file, f"{at}service.")
        if program["saving_pct"] is not None:
            _check(program["saving_pct"], SAVING_KEYS, file, f"{at}saving_pct.")
    if "retrofit" in summary:
        _check(summary["retrofit"], RETROFIT_KEYS, file, "retrofit.")
        for index, control in enumerate(summary["retrofit"]["controls"]):
            _check(control, COMBINED_KEYS, file, f"retrofit.controls.{index}.")


def check_provenance(provenance: dict[str, Any], file: str) -> None:
    """InputError that names the first key a provenance lacks."""
    _check(provenance, [field.name for field in fields(Provenance)], file)


def _check(found: object, keys: Sequence[str], file: str, at: str = "") -> None:
    missing = next((key for key in keys if not isinstance(found, dict) or key not in found), None)
    if missing is not None:
        raise InputError(
            "is missing: the run was written by another version of SLIC",
            file=file,
            field=at + missing,
            allowed="a run of this version; simulate it again",
        )
