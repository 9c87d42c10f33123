"""Which nights a store tells of, and all that is known of them, lamp by lamp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from slic.control.civil import night_of, noon_ms, zone
from slic.errors import InputError
from slic.report.field_energy import FieldEnergy, LampNight
from slic.report.field_levels import SLOTS, FieldLevels, Level
from slic.report.field_store import DamagedDay, FieldEvent, FieldStore, InventoryLamp, LampKey

MOST_NIGHTS = 366
"""Nights of a report whose first night is not given: the last ones."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FieldNights:
    """What a store knows of some nights.

    edges_ms : beginnings of the nights and the end of the last [UTC ms]; timezone : IANA name
    inventory : lamps that the gateways list; lamps : these and all others with readings
    left_out : earlier nights of the store that are not in here; days_left_out : UTC days whose files are damaged
    """

    nights: tuple[date, ...]
    edges_ms: tuple[int, ...]
    timezone: str
    inventory: dict[LampKey, InventoryLamp]
    lamps: tuple[LampKey, ...]
    energy: dict[tuple[LampKey, int], LampNight]
    restarts: dict[LampKey, int]
    levels: dict[tuple[LampKey, int], Level]
    half_hours: tuple[Level, ...]
    raises: int | None
    events: tuple[FieldEvent, ...]
    left_out: bool
    days_left_out: tuple[date, ...]

    def length_ms(self, night: int) -> int:
        """Length of a night."""
        return self.edges_ms[night + 1] - self.edges_ms[night]


def read_nights(store: FieldStore, timezone: str, first: date | None = None, last: date | None = None) -> FieldNights:
    """Read nights of a store. first, last : default: all that have readings, the last 366 at most.

    A day whose file is damaged is passed over: nothing is known of it, and ``store.damaged`` says what is wrong.
    InputError if the time zone is unknown or there are no readings in these nights.
    """
    zone(timezone)
    while True:
        try:
            return _read(store, timezone, first, last)
        except DamagedDay as damaged:
            store.damaged[damaged.day] = damaged.problem


def _read(store: FieldStore, timezone: str, first: date | None, last: date | None) -> FieldNights:
    begin, end, left_out = _span(store, timezone, first, last)
    nights = tuple(begin + _ONE_DAY * number for number in range((end - begin).days + 1))
    edges = tuple(noon_ms(timezone, night) for night in (*nights, end + _ONE_DAY))
    energy = FieldEnergy(edges)
    levels = FieldLevels(edges, cache(lambda t_ms: _slot(t_ms, timezone)), _last_ms(store, edges))
    events: list[FieldEvent] = []
    for day in _days(store, nights):
        if day in store.damaged:
            levels.pass_over(_midnight_ms(day))
        energy.add_day(store.readings(day))
        levels.add_day(store.states(day))
        events += (event for event in store.events(day) if edges[0] <= event.t_ms < edges[-1])
    levels.finish()
    inventory = store.inventory()
    lamps = sorted({*inventory, *(lamp for lamp, _ in energy.nights)})
    return FieldNights(
        nights,
        edges,
        timezone,
        inventory,
        tuple(lamps),
        energy.nights,
        energy.restarts,
        levels.nights,
        tuple(levels.half_hours),
        levels.raises if levels.known else None,
        tuple(events),
        left_out,
        tuple(day for day in sorted(store.damaged) if day in _around(nights) or (last is None and day > end)),
    )


def _span(store: FieldStore, timezone: str, first: date | None, last: date | None) -> tuple[date, date, bool]:
    """First and last night, and whether earlier ones are left out."""
    earliest_ms, latest_ms = _first_ms(store), _latest_ms(store)
    if earliest_ms is None or latest_ms is None:
        damaged = f" that can be used; damaged: {', '.join(map(str, sorted(store.damaged)))}" if store.damaged else ""
        raise InputError(f"has no readings{damaged}", file=str(store.folder), allowed="a store with telemetry")
    end = last or night_of(timezone, max(latest_ms - 1, earliest_ms))
    earliest = night_of(timezone, earliest_ms)
    begin = first or max(earliest, end - _ONE_DAY * (MOST_NIGHTS - 1))
    if begin > end or end < earliest:
        raise InputError(
            "has no readings in these nights",
            file=str(store.folder),
            value=f"{begin} to {end}",
            allowed=f"from {earliest} on",
        )
    return begin, end, begin > earliest


def _first_ms(store: FieldStore) -> int | None:
    return next((t_ms for day in store.days if (t_ms := store.reading_span(day)[0]) is not None), None)


def _latest_ms(store: FieldStore) -> int | None:
    return next((t_ms for day in reversed(store.days) if (t_ms := store.reading_span(day)[1]) is not None), None)


def _last_ms(store: FieldStore, edges_ms: Sequence[int]) -> int:
    """Until when anything is known: the last reading, at most the end of the last night."""
    return min(edges_ms[-1], _latest_ms(store) or edges_ms[-1])


def _days(store: FieldStore, nights: Sequence[date]) -> list[date]:
    """Days of the store that tell of the nights, with the days around them, where counters were before and after."""
    around = _around(nights)
    return [day for day in store.days if day in around]


def _around(nights: Sequence[date]) -> set[date]:
    return {nights[0] + number * _ONE_DAY for number in range(-2, (nights[-1] - nights[0]).days + 4)}


def _midnight_ms(day: date) -> int:
    return round(datetime.combine(day, time(), UTC).timestamp() * 1000)


def _slot(t_ms: int, timezone: str) -> int:
    local = datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone(timezone))
    return (local.hour * 2 + local.minute // 30) % SLOTS
