"""Made-up streets: a few lamps of several kinds at uneven places, two of them maybe at one, in one or two groups."""

from __future__ import annotations

from typing import Any

from sim.proof.source import Source, chance
from slic.scenario.layout import Lamp, Sensor, Street

GROUPS = ["all", "other"]
_CURVE = [{"level_pct": 0, "power_pct": 5}, {"level_pct": 50, "power_pct": 41}, {"level_pct": 100, "power_pct": 100}]
LUMINAIRES: dict[str, dict[str, Any]] = {
    "plain": {"power_curve": _CURVE},
    "minimum": {"power_curve": _CURVE, "minimum_level_pct": 10, "standby_w": 0.4},
    "dali": {"power_curve": _CURVE, "dimming_curve": "dali", "minimum_level_pct": 1, "lamp_power_pct": 88},
    "switched": {"power_curve": _CURVE, "minimum_level_pct": 100, "when_dark": "relay_off", "technology": "HPS"},
    "clo": {
        "power_curve": _CURVE,
        "standby_w": 0.3,
        "constant_light_output": [{"hours_h": 0, "drive_pct": 80}, {"hours_h": 50_000, "drive_pct": 100}],
    },
}
SPACINGS_MM = [30_000, 15_000, 45_000, 0, 17_300, 60_000]


def made_up_street(source: Source, name: str = "street") -> Street:
    """One to eight lamps; a sensor on every one, two or three of them, or on none."""
    count = source.integer(1, 8)
    kinds = ["plain", *(source.pick(list(LUMINAIRES)) for _ in range(2))]
    places = [15_000]
    for _ in range(count - 1):
        places.append(places[-1] + source.pick(SPACINGS_MM))
    groups = GROUPS if chance(source, 25) else GROUPS[:1]
    size, entrances = source.integer(1, 4), source.integer(0, 1)
    lamps = tuple(
        _lamp(source, name, i, places[i], groups, kinds, size, i in (0, count - 1) and entrances) for i in range(count)
    )
    every = source.pick([1, 1, 2, 3, 0])
    on = lamps[::every] if every else ()
    sensors = tuple(Sensor(f"sensor-{lamp.id}", lamp.cluster, lamp.position_mm) for lamp in on)
    return Street(name, lamps, sensors, places[-1] + 15_000)


def _lamp(
    source: Source,
    street: str,
    index: int,
    at_mm: int,
    groups: list[str],
    kinds: list[str],
    size: int,
    entrance: bool | int,
) -> Lamp:
    kind, power_w = source.pick(kinds), source.pick([28.0, 13.7])
    return Lamp(
        id=f"{street}-{index + 1:03d}",
        street=street,
        group=source.pick(groups),
        cluster=f"{street}/{index // size + 1}",
        position_mm=at_mm,
        entrance=bool(entrance),
        luminaire=kind,
        power_w=power_w,
        as_found_w=power_w,
        as_found_luminaire=kind,
        count=source.pick([1, 1, 1, 3]),
    )
