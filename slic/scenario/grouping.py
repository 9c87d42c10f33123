"""Which lamps of an inventory make up a street: those that the file names so, fitted chains, or made-up rows.

Lamps that stand on no known street, because the file does not name one or because what it calls a street fills an
area as a town does, are loose. With ``lamps.streets: fitted`` loose lamps are grouped by ``slic.site.corridors``; those
that fit no street, and all loose lamps otherwise, are laid out in made-up rows, as ``unnamed row 1``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slic.errors import InputError
from slic.scenario.model import LampInventory
from slic.site.corridors import FEWEST, fit_streets
from slic.site.geometry import Indices, Metres, along_street, fills_an_area, local_metres
from slic.site.inventory import InventoryLamp

_UNNAMED = "unnamed"
_ROW_LAMPS = 100
_ROW_SPACING_MM = 30_000
"""Of made-up rows: a usual spacing, and so few lamps that a cyclist passes a row in ten minutes."""


@dataclass(frozen=True, slots=True)
class PlacedLamps:
    """Lamps of one street with their places along it [mm]; ``origin`` is ``""`` for the lamps without a name."""

    name: str
    lamps: list[InventoryLamp]
    along_mm: Indices
    kind: str
    origin: str


def placed_lamps(lamps: LampInventory, found: Sequence[InventoryLamp]) -> Iterator[PlacedLamps]:
    """All lamps by street, in order of the streets' names in the file.

    Raises InputError where streets are to be fitted to lamps that stand too close together to be told apart.
    """
    named: dict[str, list[InventoryLamp]] = defaultdict(list)
    for lamp in found:
        named[lamps.street or lamp.street].append(lamp)
    for name in sorted(named, key=lambda name: name or _UNNAMED):
        if not _is_loose(name, named[name]):
            yield PlacedLamps(name, named[name], along_street(*_metres(named[name])), "named", name)
        elif lamps.streets == "fitted":
            yield from _fitted(lamps, name, named[name])
        else:
            yield from _rows(name, named[name])


def grouping_warnings(lamps: LampInventory, placed: Sequence[PlacedLamps]) -> list[str]:
    """What of the streets is guessed or made up, with counts."""
    streets, members = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for street in placed:
        streets[street.kind, street.origin] += 1
        members[street.kind, street.origin] += len(street.lamps)
    at_one = [street for street in placed if street.kind == "named" and _at_one_place(street)]
    told = {"fitted": _fitted_warning, "row": _row_warning}
    return _one_place_warning(lamps, at_one) + [
        told[kind](lamps, origin, members[kind, origin], number)
        for (kind, origin), number in streets.items()
        if kind in told
    ]


def _at_one_place(street: PlacedLamps) -> bool:
    return len(street.lamps) >= FEWEST and not street.along_mm.any()


def _one_place_warning(lamps: LampInventory, streets: Sequence[PlacedLamps]) -> list[str]:
    if not streets:
        return []
    count = sum(len(street.lamps) for street in streets)
    return [
        f"{lamps.file}: {count} lamps on {len(streets)} streets, as {streets[0].name!r}, have one position for their "
        "whole street, as of an address; presence and road users there reach all of them at once"
    ]


def _is_loose(name: str, found: list[InventoryLamp]) -> bool:
    """Whether lamps of the same street name, maybe none, stand on no street that we know the way of."""
    return not name or fills_an_area(*_metres(found))


def _fitted(lamps: LampInventory, name: str, found: list[InventoryLamp]) -> Iterator[PlacedLamps]:
    x_m, y_m = _metres(found)
    try:
        streets = fit_streets(x_m, y_m)
    except ValueError as error:
        allowed = "lamps at their own places, or streets: named"
        problem = f"cannot be grouped into streets: {error}"
        raise InputError(problem, file=lamps.file, field="lamps.streets", value="fitted", allowed=allowed) from None
    for number, members in enumerate(streets, 1):
        along_mm = along_street(x_m[members], y_m[members])
        title = f"{name or 'fitted'} street {number}"
        yield PlacedLamps(title, [found[at] for at in members], along_mm, "fitted", name)
    in_street = {int(at) for members in streets for at in members}
    yield from _rows(name, [lamp for at, lamp in enumerate(found) if at not in in_street])


def _rows(name: str, found: list[InventoryLamp]) -> Iterator[PlacedLamps]:
    for number, first in enumerate(range(0, len(found), _ROW_LAMPS), 1):
        row = found[first : first + _ROW_LAMPS]
        along_mm = np.arange(len(row)) * _ROW_SPACING_MM
        yield PlacedLamps(f"{name or _UNNAMED} row {number}", row, along_mm, "row", name)


def _fitted_warning(lamps: LampInventory, name: str, count: int, streets: int) -> str:
    which = f"lamps of {name!r}" if name else "lamps without a street"
    return (
        f"{lamps.file}: {count} {which} were grouped into {streets} streets by their places alone; which lamps belong "
        "together and how the street runs is assumed"
    )


def _row_warning(lamps: LampInventory, name: str, count: int, _rows: int) -> str:
    which = f"lamps of {name!r} fill an area and so" if name else "lamps without a street"
    if lamps.streets == "fitted":
        which = f"lamps that make up no street of {FEWEST} or more"
    remedy = "give each lamp its street" if name else "map a column to street, or name the one street in lamps.street"
    if lamps.streets != "fitted":
        remedy += ", or group lamps by their places with lamps.streets: fitted"
    return (
        f"{lamps.file}: {count} {which} are laid out in made-up rows of {_ROW_LAMPS}, {_ROW_SPACING_MM // 1000} m "
        f"apart; that does for programs by time, but presence, road users and entrances need streets: {remedy}"
    )


def _metres(found: list[InventoryLamp]) -> tuple[Metres, Metres]:
    latitude = np.array([lamp.latitude for lamp in found])
    longitude = np.array([lamp.longitude for lamp in found])
    return local_metres(latitude, longitude)
