"""The report of a store of field records: summary and tables, made from readings, states and events alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from slic.control.place import Place
from slic.errors import InputError
from slic.report.csv_file import Row
from slic.report.field_faults import fault_rows
from slic.report.field_nights import FieldNights, read_nights
from slic.report.field_saving import MJ_PER_KWH, Compared, compare, summary_of
from slic.report.field_store import FieldStore, LampKey, place_of

SCHEMA = 1
LABEL = "measured by the lamps' own meters, not calibrated"
SERVICE = "No road users are counted in the field, so it is not known what light people got."


@dataclass(frozen=True, slots=True)
class FieldReport:
    """summary : content of ``summary.json``; tables : rows by table name; field : what they were made from."""

    summary: dict[str, Any]
    tables: Mapping[str, list[Row]]
    field: FieldNights


def field_report(
    folder: Path,
    timezone: str | None = None,
    position: tuple[float, float] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> FieldReport:
    """Report on the nights of a store.

    timezone, position (degrees north, east) : default: those of the inventory, else its gateways' position
    first, last : nights, default: all
    InputError for a folder that is no store, an unknown time zone, or nights without readings.
    """
    store = FieldStore(folder)
    if not store.days:
        raise InputError("has no readings", file=str(folder), allowed="a store with telemetry")
    timezone = timezone or store.timezone()
    if timezone is None:
        raise InputError(
            "is missing: a night runs from noon to noon of local time", field="--timezone", allowed="as Europe/Brussels"
        )
    field = read_nights(store, timezone, first, last)
    position = position or place_of(list(field.inventory.values())) or store.place()
    compared = compare(field, None if position is None else Place(*position, timezone))
    faults = fault_rows(field.events)
    tables = {
        "nights": _night_rows(field, compared),
        "lamps": _lamp_rows(field, faults),
        "coverage": _coverage_rows(field),
        "events": faults,
    }
    return FieldReport(_summary(store, field, compared, tables, position is not None), tables, field)


def _summary(
    store: FieldStore,
    field: FieldNights,
    compared: list[Compared] | None,
    tables: Mapping[str, list[Row]],
    place_known: bool,
) -> dict[str, Any]:
    saving = summary_of(compared, len(field.lamps) * len(field.nights))
    missing = [_name(lamp) for lamp in field.inventory if not _nights_of(field, lamp)]
    unlisted = [_name(lamp) for lamp in field.lamps if lamp not in field.inventory]
    return {
        "schema": SCHEMA,
        "kind": "field",
        "label": LABEL,
        "site": store.site,
        "timezone": field.timezone,
        "first_night": str(field.nights[0]),
        "last_night": str(field.nights[-1]),
        "nights": len(field.nights),
        "lamps": len(field.lamps),
        "inventory_known": bool(field.inventory),
        "lamps_without_readings": missing,
        "lamps_not_in_inventory": unlisted if field.inventory else [],
        **_totals(field, range(len(field.nights)), field.lamps),
        "saving_pct": saving,
        "no_saving_because": None if saving else _why_no_saving(field, place_known),
        "service": {"served_pct": None, "note": SERVICE, "presence_raises": field.raises},
        "events": len(tables["events"]),
        "events_open": sum(row["ended_utc"] is None for row in tables["events"]),
        "counter_restarts": sum(field.restarts.values()),
        "rejected_messages": store.rejected(),
        "days_left_out": [str(day) for day in field.days_left_out],
        "warnings": [*_damaged(store, field), *_warnings(field, missing, unlisted)],
    }


def _damaged(store: FieldStore, field: FieldNights) -> list[str]:
    """A warning for each day whose file is damaged."""
    return [
        f"{day}.sqlite {store.damaged[day]}: this UTC day is left out. Its time is not covered, and its faults are not"
        " known."
        for day in field.days_left_out
    ]


def _totals(field: FieldNights, nights: Iterable[int], lamps: Iterable[LampKey]) -> dict[str, Any]:
    """Coverage, energy, hours on and level of lamps over some nights; the last two are means over what is known."""
    energy_mj = spread_mj = covered_ms = all_ms = lit_ms = lit_known = twice = known_ms = 0
    some = False
    for lamp in lamps:
        for night in nights:
            all_ms += field.length_ms(night)
            found, level = field.energy.get((lamp, night)), field.levels.get((lamp, night))
            if found is not None:
                some = some or found.energy_mj is not None
                energy_mj, spread_mj = energy_mj + (found.energy_mj or 0), spread_mj + found.spread_mj
                covered_ms += found.covered_ms
                if found.lit_ms is not None and found.known_ms == field.length_ms(night):
                    lit_ms, lit_known = lit_ms + found.lit_ms, lit_known + 1
            if level is not None:
                twice, known_ms = twice + level.twice_pm_ms, known_ms + level.known_ms
    return {
        "coverage_pct": round(100 * covered_ms / all_ms, 3) if all_ms else None,
        "energy_kwh": energy_mj / MJ_PER_KWH if some else None,
        "spread_kwh": spread_mj / MJ_PER_KWH if some else None,
        "lit_h": lit_ms / lit_known / 3_600_000 if lit_known else None,
        "mean_level_pct": twice / known_ms / 20 if known_ms else None,
    }


def _night_rows(field: FieldNights, compared: list[Compared] | None) -> list[Row]:
    rows = []
    for number, night in enumerate(field.nights):
        found = [field.energy[lamp, number] for lamp in field.lamps if (lamp, number) in field.energy]
        both = compared[number] if compared else None
        rows.append(
            {
                "night": str(night),
                "lamps": len(field.lamps),
                "lamps_with_readings": len(found),
                "lamps_whole": sum(one.covered_ms == field.length_ms(number) for one in found),
                **_totals(field, [number], field.lamps),
                "compared_lamps": both.lamps if both else 0,
                "compared_kwh": both.measured_mj / MJ_PER_KWH if both and both.lamps else None,
                "baseline_kwh": both.baseline_mj / MJ_PER_KWH if both and both.lamps else None,
            }
        )
    return rows


def _lamp_rows(field: FieldNights, events: Iterable[Row]) -> list[Row]:
    rows = []
    faults = Counter(LampKey(str(row["segment"]), str(row["node"])) for row in events)
    for lamp in field.lamps:
        about = field.inventory.get(lamp)
        rows.append(
            {
                **lamp._asdict(),
                "group": about.group if about else "",
                "street": about.street if about else "",
                "in_inventory": about is not None,
                "power_w": about.power_w if about else None,
                "nights_with_readings": len(_nights_of(field, lamp)),
                **_totals(field, range(len(field.nights)), [lamp]),
                "counter_restarts": field.restarts.get(lamp, 0),
                "faults": faults[lamp],
            }
        )
    return rows


def _coverage_rows(field: FieldNights) -> list[Row]:
    return [
        {"night": str(night), **lamp._asdict(), **_totals(field, [number], [lamp])}
        for lamp in field.lamps
        for number, night in enumerate(field.nights)
    ]


def _nights_of(field: FieldNights, lamp: LampKey) -> list[int]:
    return [night for night in range(len(field.nights)) if (lamp, night) in field.energy]


def _why_no_saving(field: FieldNights, place_known: bool) -> str:
    if not place_known:
        return "the position of the lamps is not known, and so neither is sunset"
    if all(lamp.power_w is None for lamp in field.inventory.values()):
        return "the inventory has no watts"
    return "no lamp with known watts has readings over a whole night"


def _warnings(field: FieldNights, missing: list[str], unlisted: list[str]) -> list[str]:
    said = []
    if not field.inventory:
        said.append("No inventory was received: a lamp that never spoke is not known to be missing.")
    if missing:
        said.append(f"{len(missing)} of {len(field.inventory)} lamps of the inventory have no readings.")
    if field.inventory and unlisted:
        said.append(f"{len(unlisted)} lamps have readings and are not in the inventory.")
    if field.left_out:
        said.append("Earlier nights of the store are left out.")
    return said


def _name(lamp: LampKey) -> str:
    return f"{lamp.segment}/{lamp.lamp}"
