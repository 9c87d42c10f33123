"""Columns of the tables of a field report."""

from __future__ import annotations

from slic.report.columns import Column


def _columns(table: str, *columns: tuple[str, str, str, str, int]) -> tuple[Column, ...]:
    return tuple(
        Column(table, name, kind, unit, meaning, decimals)  # type: ignore[arg-type]
        for name, kind, unit, meaning, decimals in columns
    )


_NIGHT = ("night", "text", "", "date of the evening; a night runs from noon to noon", 0)
_SEGMENT = ("segment", "text", "", "gateway's segment", 0)
_LAMP = ("lamp", "text", "", "lamp id within the segment", 0)
_COVERAGE = ("coverage_pct", "number", "%", "share of the time with readings at their usual pauses", 3)
_ENERGY = ("energy_kwh", "number", "kWh", "used, as far as counters tell; empty: nothing is known", 6)
_SPREAD = ("spread_kwh", "number", "kWh", "part of it that was used at an unknown time within a gap of readings", 6)
_LIT = ("lit_h", "number", "h", "hours on per lamp and night, mean of those between two readings over all of it", 4)
_LEVEL = ("mean_level_pct", "number", "%", "mean level over the known time, by the lamps' states", 2)

COLUMNS: tuple[Column, ...] = (
    *_columns(
        "nights",
        _NIGHT,
        ("lamps", "integer", "1", "lamps of the inventory, and others with readings", 0),
        ("lamps_with_readings", "integer", "1", "lamps of which anything is known in this night", 0),
        ("lamps_whole", "integer", "1", "lamps with readings at their usual pauses over the whole night", 0),
        _COVERAGE,
        _ENERGY,
        _SPREAD,
        _LIT,
        _LEVEL,
        ("compared_lamps", "integer", "1", "lamps compared with the baseline: whole, and with known watts", 0),
        ("compared_kwh", "number", "kWh", "energy of the compared lamps", 6),
        ("baseline_kwh", "number", "kWh", "calculated energy of the same lamps under the baseline", 6),
    ),
    *_columns(
        "lamps",
        _SEGMENT,
        _LAMP,
        ("group", "text", "", "lamp group of the inventory", 0),
        ("street", "text", "", "street of the inventory", 0),
        ("in_inventory", "flag", "true/false", "false: readings came, but the inventory does not have this lamp", 0),
        ("power_w", "number", "W", "circuit watts at full level, by the inventory; empty: not known", 2),
        ("nights_with_readings", "integer", "1", "nights of which anything is known", 0),
        _COVERAGE,
        _ENERGY,
        _SPREAD,
        _LIT,
        _LEVEL,
        ("counter_restarts", "integer", "1", "times the counter began anew; the energy around that is not known", 0),
        ("faults", "integer", "1", "faults and conditions that began or were told in these nights", 0),
    ),
    *_columns(
        "coverage",
        _NIGHT,
        _SEGMENT,
        _LAMP,
        _COVERAGE,
        _ENERGY,
        _SPREAD,
        _LIT,
        _LEVEL,
    ),
    *_columns(
        "events",
        _SEGMENT,
        ("node", "text", "", "lamp or sensor; _ is the gateway", 0),
        ("code", "text", "", "what it is", 0),
        ("first_seen_utc", "time", "UTC", "when it was first seen", 0),
        ("ended_utc", "time", "UTC", "when it was over; empty: it was not told to be over", 0),
        ("count", "integer", "1", "how often it was seen", 0),
        ("detail", "text", "", "in words", 0),
    ),
)
"""The data dictionary of a field report."""

TABLES: tuple[str, ...] = tuple(dict.fromkeys(column.table for column in COLUMNS))
