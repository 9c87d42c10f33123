"""The load curve of an average night: mean power by half hour of local time."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from slic.report.charts.lines import Series, line_chart
from slic.report.run import Run
from slic.report.words import number

SLOTS = 48
_NOON_SLOT = 24


def load_chart(run: Run) -> str:
    """Mean power of all lamps over the counted nights, one line per program, the baseline as an area."""
    curves = mean_power_kw(run)
    first, last = _lit_span(curves)
    peak = max(max(curve) for curve in curves.values())
    unit, factor = ("kW", 1.0) if peak >= 2 else ("W", 1000.0)
    names = [run.summary["baseline"], *(name for name in curves if name != run.summary["baseline"])]
    notes = {p["name"]: _mean_words(run, p["energy_kwh"], unit, factor) for p in run.summary["programs"]}
    series = [
        Series(name, [power_kw * factor for power_kw in curves[name][first:last]], index, notes[name])
        for index, name in enumerate(names)
    ]
    ticks = [(slot - first, _clock(slot)) for slot in range(first, last + 1) if slot % 4 == 0]
    return line_chart("Mean power over an average night", unit, ticks, series, steps=True)


def mean_power_kw(run: Run) -> dict[str, list[float]]:
    """Program -> mean power [kW] in each half hour of local time, from noon on, over the counted nights.

    On the nights of a clock change the repeated hour counts twice and the skipped one not at all.
    """
    zone = ZoneInfo(run.summary["timezone"])
    sums: dict[str, list[float]] = {p["name"]: [0.0] * SLOTS for p in run.summary["programs"]}
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * SLOTS)
    slots: dict[int, int] = {}
    for row in run.tables["half_hours"]:
        if row["complete"]:
            t_ms, name = int(str(row["start_utc"])), str(row["program"])
            slot = slots[t_ms] if t_ms in slots else slots.setdefault(t_ms, _slot(t_ms, zone))
            sums[name][slot] += 2 * float(str(row["energy_kwh"]))
            counts[name][slot] += 1
    return {name: [s / n if n else 0.0 for s, n in zip(sums[name], counts[name], strict=True)] for name in sums}


def _slot(t_ms: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone)
    return (local.hour * 2 + local.minute // 30 - _NOON_SLOT) % SLOTS


def _lit_span(curves: dict[str, list[float]]) -> tuple[int, int]:
    """First and last half hour worth drawing: where the lamps of some program are lit, and one more at both ends.

    Lit is what draws more than the program's least power by a twentieth of the peak, so that standby by day is not.
    """
    least_kw = max(max(curve) for curve in curves.values()) / 20
    lit = [slot for slot in range(SLOTS) if any(curve[slot] > min(curve) + least_kw for curve in curves.values())]
    return (max(lit[0] - 1, 0), min(lit[-1] + 2, SLOTS)) if lit else (0, SLOTS)


def _clock(slot: int) -> str:
    return f"{(slot + _NOON_SLOT) % SLOTS // 2:02d}:00"


def _mean_words(run: Run, energy_kwh: float, unit: str, factor: float) -> str:
    """Mean power over the whole day, so that 24 hours of it are the energy of a night as the tables have it."""
    mean = energy_kwh / run.summary["data_quality"]["nights_counted"] / 24 * factor
    return f"mean over 24 h: {number(mean, 0 if unit == 'W' else 1)} {unit}"
