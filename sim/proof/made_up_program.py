"""Made-up control programs: every rule now and then, with times and holds on a coarse grid, so that moments meet."""

from __future__ import annotations

from typing import Any

from sim.proof.source import Source, chance, several
from slic.control.program import ControlProgram

LEVELS_PCT = [100, 0, 20, 5, 10, 33.3, 50, 77, 99.9]
CLOCKS = ["12:00", "17:00", "18:00", "18:30", "22:00", "23:00", "00:00", "02:00", "02:30", "03:00", "06:00", "11:59"]
HOLDS_S = [0, 10, 60, 1, 5, 30, 120, 600, 0.25, 86_400]
RAMPS_S = [0, 1, 5, 10, 60, 0.001, 0.7, 30, 3600]
OFFSETS_MIN = [0, -30, 30, 7.5, 120, -90]
LUX = [(35, 70), (10, 10), (70, 35), (1, 1000)]
ELEVATIONS_DEG = [-0.8333, -6, 3]
OPERATIONS = ["Max", "Set", "Min", "Add", "Sub", "Mul"]


def made_up_program(source: Source, name: str, sensors: list[str]) -> ControlProgram:
    """A program that a street with these sensors can run."""
    return ControlProgram.model_validate(
        {
            "name": name,
            "clock": source.pick(["civil", "civil", "civil", "utc"]),
            "active_periods": several(source, 1, 2, _period),
            "idle_level_pct": source.pick(LEVELS_PCT),
            "entrance_idle_level_pct": source.pick([None, *LEVELS_PCT]),
            "fixed_time_controls": _fixed(source),
            "astro_clock_controls": several(source, 0, 2, _astro) if chance(source, 40) else [],
            "learned_midnight": _learned(source) if chance(source, 15) else None,
            "traffic_classes": _classes(source) if chance(source, 5) else None,
            "presence": _reach(source),
            "dynamic_controls": several(source, 0, 9 if chance(source, 3) else 3, lambda s: _dynamic(s, sensors)),
            "hold_s": source.pick(HOLDS_S),
            "ramp_up_s": source.pick(RAMPS_S),
            "ramp_down_s": source.pick(RAMPS_S),
            "minimum_burn_s": source.pick([0, 0, 0, 600, 7200]),
        }
    )


def _period(source: Source) -> dict[str, Any]:
    kind = source.pick(["absolute", "absolute", "astronomical", "photocell", "astronomical_photocell"])
    if kind == "absolute":
        start, end = source.pick([("12:00", "12:00"), ("17:00", "06:00"), ("18:30", "23:00"), ("02:30", "03:00")])
        return {"kind": kind, "start": start, "end": end}
    if kind == "astronomical":
        return {
            "kind": kind,
            "sunset_offset_min": source.pick(OFFSETS_MIN),
            "sunrise_offset_min": source.pick(OFFSETS_MIN),
            "sun_elevation_deg": source.pick(ELEVATIONS_DEG),
        }
    on_lux, off_lux = source.pick(LUX)
    return {"kind": kind, "on_lux": on_lux, "off_lux": off_lux}


def _fixed(source: Source) -> list[dict[str, Any]]:
    def control(source: Source) -> dict[str, Any]:
        return {
            "at": source.pick(CLOCKS),
            "level_pct": source.pick(LEVELS_PCT),
            "entrance_level_pct": source.pick([None, *LEVELS_PCT]),
        }

    found = several(source, 0, 4, control)
    return list({row["at"]: row for row in found}.values())


def _astro(source: Source) -> dict[str, Any]:
    return {
        "event": source.pick(["sunset", "sunrise"]),
        "offset_min": source.pick(OFFSETS_MIN),
        "operation": source.pick(OPERATIONS),
        "level_pct": source.pick(LEVELS_PCT),
    }


def _learned(source: Source) -> dict[str, Any]:
    def step(source: Source) -> dict[str, Any]:
        return {"offset_min": source.pick([-120, 0, 60, 240.5]), "level_pct": source.pick(LEVELS_PCT)}

    return {
        "nights_to_learn": source.integer(1, 3),
        "site_offset_min": source.pick([0, 30]),
        "steps": list({row["offset_min"]: row for row in several(source, 1, 3, step)}.values()),
    }


def _classes(source: Source) -> dict[str, Any]:
    low, high = {"name": "low", "up_to_per_h": 20, "level_pct": 30}, {"name": "high", "level_pct": 90}
    return {"window_s": 600, "step_s": source.pick([600, 300]), "classes": [low, high]}


def _reach(source: Source) -> dict[str, Any]:
    return {
        "style": source.pick(["own", "cluster", "train"]),
        "behind_m": source.pick([15, 0, 30]),
        "ahead_m": source.pick([30, 0, 60]),
        "lead_s": source.pick([3, 0, 10]),
        "assumed_speed_m_s": source.pick([5, 1.5]),
    }


def _dynamic(source: Source, sensors: list[str]) -> dict[str, Any]:
    windows = [None, None, ("23:00", "06:00"), ("12:00", "18:00"), ("02:00", "03:00"), ("18:30", "18:30")]
    window = source.pick(windows)
    return {
        "name": f"presence {source.integer(1, 9)}",
        "operation": source.pick(OPERATIONS),
        "level_pct": source.pick(LEVELS_PCT),
        "hold_s": source.pick([None, *HOLDS_S]),
        "window": window and {"start": window[0], "end": window[1]},
        "sensors": several(source, 1, 2, lambda s: s.pick(sensors)) if sensors and chance(source, 25) else [],
    }
