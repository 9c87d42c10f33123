"""A made-up run of 34 lamps of 28 W: not simulated, but with plausible figures and a fixed seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from slic.energy.results import SLOT_MS, Change, CountCoverage, LampTrace, NightTally, RunResult
from slic.scenario.model import Scenario

LAMPS = 34
POWER_W = 28
STANDBY_W = 0.3
NODE_W = 0.4
DUSK_SLOT = 8
"""16:00 UTC to 06:30 UTC: 29 slots of a night that starts at 12:00 UTC (noon UTC for simplicity)."""
DARK_SLOTS = 29

REGIMES: dict[str, tuple[float, float, float]] = {
    "full-night": (1.0, 1.0, 1.0),
    "part-night": (1.0, 0.0, 0.61),
    "d60": (1.0, 0.4, 0.72),
    "defensive": (1.0, 0.75, 0.80),
    "half-level-00-05": (1.0, 0.5, 0.78),
    "presence-cluster": (0.2, 0.2, 0.987),
    "presence-train": (0.2, 0.2, 0.964),
}
PRESENCE = ("presence-cluster", "presence-train")


def scenario(regimes: list[str] | None = None, **changes: Any) -> Scenario:
    """Seven programs on a path near Ghent."""
    names = list(REGIMES) if regimes is None else regimes
    values: dict[str, Any] = {
        "name": "ghent-coupure",
        "title": "Cycle path along the Coupure, Ghent",
        "description": "34 luminaires of 28 W on a cycle path, with the cyclists that were counted in 2022.",
        "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "Europe/Brussels"},
        "lamps": {
            "kind": "row",
            "count": LAMPS,
            "spacing_m": 30,
            "luminaire": "led-path",
            "power_w": POWER_W,
        },
        "luminaires": {"led-path": _luminaire()},
        "node_power_w": NODE_W,
        "traffic": {"source": {"kind": "steady", "forward_per_h": 20, "backward_per_h": 20}},
        "programs": {name: _program(name) for name in names},
        "baseline": "full-night",
        "service": {
            "required": [{"at": "12:00", "level_pct": 80}, {"at": "23:00", "level_pct": 60}],
            "source": "half a class lower after 23:00, a choice of this scenario",
        },
        "run": {"start": "2022-11-14", "nights": 7, "replicates": 3, "seed": 7},
        "attribution": ["Mobiliteitsbedrijf Gent, fietstelpaal Coupure Links 2022, Modellicentie Gratis Hergebruik."],
        "assumptions": ["The path is straight and every cyclist rides all of it."],
    }
    return Scenario.model_validate({**values, **changes})


def _luminaire() -> dict[str, Any]:
    return {
        "name": "led-path",
        "power_curve": [
            {"level_pct": 0, "power_pct": 5},
            {"level_pct": 50, "power_pct": 52.5},
            {"level_pct": 100, "power_pct": 100},
        ],
        "lamp_power_pct": 90,
        "standby_w": STANDBY_W,
    }


def _program(name: str) -> dict[str, Any]:
    idle, late, _ = REGIMES[name]
    program: dict[str, Any] = {"name": name, "idle_level_pct": 100 * idle}
    if name in PRESENCE:
        program["dynamic_controls"] = [{"name": "presence"}]
        program["presence"] = {"style": name.removeprefix("presence-")}
    elif late != idle:
        program["fixed_time_controls"] = [
            {"at": "00:00", "level_pct": 100 * late},
            {"at": "05:00", "level_pct": 100},
        ]
    return program


def result(
    regimes: list[str] | None = None,
    nights: int = 7,
    replicates: int = 3,
    incomplete: tuple[int, ...] = (),
    users: bool = True,
    first: date = date(2022, 11, 14),
    retrofit: bool = False,
) -> RunResult:
    """A run of the given regimes; ``incomplete`` are numbers of nights with missing counts."""
    names = list(REGIMES) if regimes is None else regimes
    dates = [first + timedelta(days=i) for i in range(nights)]
    rng = np.random.default_rng(2022)
    busy = rng.normal(1, 0.15, (replicates, nights))
    tallies = [
        _tally(name, replicate, day, float(busy[replicate, i]), i not in incomplete, users)
        for name in names
        for replicate in range(replicates)
        for i, day in enumerate(dates)
    ]
    traces = [_trace(name, dates[0], rng if users else None) for name in names]
    as_found = [t for t in tallies if t.regime == names[0] and t.replicate == 0] if retrofit else []
    return RunResult(
        regimes=names,
        nights=[day.isoformat() for day in dates],
        lamps=LAMPS,
        tallies=tallies,
        lamp_energy_mj={name: _lamp_energies(tallies, name) for name in names},
        changes={trace.regime: trace.changes for trace in traces},
        traces=traces,
        coverage=[CountCoverage(d.isoformat(), 174, 12 if i in incomplete else 0) for i, d in enumerate(dates)],
        passes_per_lamp_hour=39.2 if users else 0.0,
        warnings=["2022-11-20: 12 of 174 count slots have no value"] if incomplete else [],
        as_found=[_as_found(t) for t in as_found],
    )


def _as_found(led: NightTally) -> NightTally:
    lit = LAMPS * DARK_SLOTS * 1800 * 90 * 1000
    return NightTally(
        "as-found",
        0,
        "street",
        led.night,
        led.start_ms,
        led.end_ms,
        LAMPS,
        lit * 8 // 10,
        lit - lit * 8 // 10,
    )


def level_at(regime: str, slot: int, busy: float) -> float:
    """Mean level [0-1] in a half hour of the night."""
    idle, late, _ = REGIMES[regime]
    if regime in PRESENCE:
        crowd = max(0.0, 0.92 - abs(slot - 11) * 0.045) if slot < 30 else 0.25 + (slot - 30) * 0.09
        wide = 1.0 if regime == "presence-cluster" else 0.8
        return min(1.0, idle + (1 - idle) * min(1.0, max(0.02, crowd) * busy * wide))
    return late if 22 <= slot < 32 else idle


def _tally(regime: str, replicate: int, day: date, busy: float, complete: bool, users: bool) -> NightTally:
    start_ms = _noon(day)
    tally = NightTally(regime, replicate, "street", day.isoformat(), start_ms, start_ms + 48 * SLOT_MS, LAMPS)
    sensing = round(LAMPS * NODE_W * 1800 * 1000)
    long = 2 * round(4 * np.cos(2 * np.pi * (day.timetuple().tm_yday + 10) / 365))
    for slot in range(48):
        lit = DUSK_SLOT - long // 2 <= slot < DUSK_SLOT + DARK_SLOTS + long // 2 - 4
        level = level_at(regime, slot, busy if users else 0.0) if lit else 0.0
        _add_slot(tally, level, sensing)
    if users:
        _add_users(tally, busy, REGIMES[regime][2])
    tally.level_changes = round(LAMPS * 14.5 * (22.4 * busy if regime in PRESENCE and users else 0.2))
    tally.complete = complete
    return tally


def _add_slot(tally: NightTally, level: float, sensing_mj: int) -> None:
    slot_ms = LAMPS * SLOT_MS
    power_w = POWER_W * (0.05 + 0.95 * level) if level > 0 else 0.0
    lit_mj = round(power_w * slot_ms)
    light_mj = round(lit_mj * 0.88)
    standby_mj = 0 if level > 0 else round(STANDBY_W * slot_ms)
    tally.light_mj += light_mj
    tally.loss_mj += lit_mj - light_mj
    tally.standby_mj += standby_mj
    tally.sensing_mj += sensing_mj
    tally.lit_ms += slot_ms if level > 0 else 0
    tally.level_pm_ms += round(1000 * level) * slot_ms
    tally.high_ms += round(slot_ms * max(0.0, (level - 0.2) / 0.8)) if level > 0 else 0
    tally.half_hours_mj.append(lit_mj + standby_mj + sensing_mj)


def _add_users(tally: NightTally, busy: float, served: float) -> None:
    tally.users = round(560 * busy)
    tally.passages = tally.users * LAMPS
    tally.user_ms = tally.passages * 6000
    tally.served_ms = round(tally.user_ms * served)
    tally.wanted_pm_ms = tally.user_ms * 600
    tally.given_pm_ms = round(tally.wanted_pm_ms * (1 + served) / 2)
    tally.late = round(tally.passages * (1 - served) * 0.7) if served < 1 else 0
    tally.missed = round(tally.passages * (1 - served) * 0.3) if served < 1 else 0
    tally.triggers = tally.passages if tally.regime in PRESENCE else 0


def _trace(regime: str, day: date, rng: np.random.Generator | None) -> LampTrace:
    start = _noon(day)
    dusk, dawn = start + DUSK_SLOT * SLOT_MS, start + (DUSK_SLOT + DARK_SLOTS) * SLOT_MS
    changes = [_change(dusk, 200 if regime in PRESENCE else 1000, "program", "idle level", "", dawn)]
    if regime in PRESENCE and rng is not None:
        changes += _presence_changes(dusk, dawn, rng)
    elif REGIMES[regime][1] != REGIMES[regime][0]:
        low = round(1000 * REGIMES[regime][1])
        changes.append(_change(start + 22 * SLOT_MS, low, "program", "fixed time 00:00", "", start + 32 * SLOT_MS))
        changes.append(_change(start + 32 * SLOT_MS, 1000, "program", "fixed time 05:00", "", dawn))
    changes.append(_change(dawn, 0, "program", "outside the active period", "", start + 48 * SLOT_MS))
    return LampTrace(
        regime, "street-17", day.isoformat(), start, start + 48 * SLOT_MS, changes, _levels(start, changes)
    )


def _presence_changes(dusk: int, dawn: int, rng: np.random.Generator) -> list[Change]:
    changes: list[Change] = []
    t_ms = dusk + 40_000
    while t_ms < dawn - 400_000:
        high = int(rng.exponential(150_000)) + 60_000
        cause = f"presence at street-{int(rng.integers(13, 19))}"
        changes.append(_change(t_ms, 1000, "sensor", "dynamic control presence (Max 100 %)", cause, t_ms + 60_000))
        changes.append(_change(t_ms + high, 200, "program", "idle level", "hold of 60 s ended", dawn))
        late = (t_ms - dusk) / (dawn - dusk)
        t_ms += high + int(rng.exponential(120_000 + 1_600_000 * max(0.0, late - 0.2)))
    return [change for change in changes if change.t_ms < dawn]


def _change(t_ms: int, level_pm: int, source: str, rule: str, cause: str, until_ms: int) -> Change:
    return Change(t_ms, "street-17", level_pm, 0, source, rule, cause, until_ms)


def _levels(start: int, changes: list[Change]) -> list[tuple[int, int]]:
    points = [(start, 0)]
    for change in changes:
        points += [(change.t_ms, points[-1][1]), (change.t_ms, change.level_pm)]
    return [*points, (start + 48 * SLOT_MS, points[-1][1])]


def _lamp_energies(tallies: list[NightTally], regime: str) -> dict[str, int]:
    total = sum(t.energy_mj for t in tallies if t.regime == regime and t.replicate == 0)
    return {f"street-{i}": total // LAMPS + (i - 17) * 1000 for i in range(1, LAMPS + 1)}


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
