"""Lays a scenario's lamps and sensors out along streets.

Lamps of an inventory that stand on no known street, because it does not name one or because what it calls a street
fills an area as a town does, are laid out in made-up rows, as ``unnamed row 1``.
Lamps of a row are called ``street-001`` and so on, those of an inventory as in their file; a sensor is called
``sensor-`` and the id of its pole; a cluster ``street/1`` and so on, with ``cluster_size`` lamps that follow
each other along the street.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from slic.errors import InputError
from slic.lamps.circuit import CircuitWatts
from slic.scenario.layout import Lamp, Sensor, Street
from slic.scenario.loaded import LoadedScenario, resolve_file
from slic.scenario.model import LampGroups, LampInventory, LampRow, Scenario
from slic.site.geometry import Indices, Metres, along_street, fills_an_area, local_metres
from slic.site.inventory import Inventory, InventoryFormat, InventoryLamp, read_inventory

_LONE_SPACING_MM = 30_000
"""Taken where a street has one lamp, or all at one place, and so no spacing of its own."""
_UNNAMED = "unnamed"
_ROW_LAMPS = 100
_ROW_SPACING_MM = 30_000
"""Of made-up rows: a usual spacing, and so few lamps that a cyclist passes a row in ten minutes."""


def build_streets(loaded: LoadedScenario) -> list[Street]:
    """Streets of a scenario, in order of their names; InputError for a faulty inventory."""
    lamps = loaded.scenario.lamps
    if isinstance(lamps, LampRow):
        return [_row_street(loaded.scenario, lamps)]
    if isinstance(lamps, LampGroups):
        return [_group_street(group.group, group.count, group.luminaire, group.power_w) for group in lamps.groups]
    powers = _Powers(loaded, lamps)
    return [
        _inventory_street(loaded.scenario, lamps, title, found, along_mm, powers)
        for name, members in _by_street(lamps, _inventory(loaded, lamps)).items()
        for title, found, along_mm in _placed(name, members)
    ]


def layout_warnings(loaded: LoadedScenario) -> list[str]:
    """What was filled in or left out while reading the inventory and laying it out, with counts."""
    lamps = loaded.scenario.lamps
    if not isinstance(lamps, LampInventory):
        return []
    inventory = _inventory(loaded, lamps)
    named = _by_street(lamps, inventory).items()
    in_rows = [_row_warning(lamps, name, len(found)) for name, found in named if _is_loose(name, found)]
    return [*inventory.warnings, *in_rows]


def _by_street(lamps: LampInventory, inventory: Inventory) -> dict[str, list[InventoryLamp]]:
    """Lamps in file order by street, in order of their names; the name of no street is empty."""
    named: dict[str, list[InventoryLamp]] = defaultdict(list)
    for lamp in inventory.lamps:
        named[lamps.street or lamp.street].append(lamp)
    return {name: named[name] for name in sorted(named, key=lambda name: name or _UNNAMED)}


def _is_loose(name: str, found: list[InventoryLamp]) -> bool:
    """Whether lamps of the same street name, maybe none, stand on no street that we know the way of."""
    return not name or fills_an_area(*_metres(found))


def _placed(name: str, found: list[InventoryLamp]) -> Iterator[tuple[str, list[InventoryLamp], Indices]]:
    """Streets by name with their lamps and the lamps' places [mm]: the street itself, or made-up rows of it."""
    if not _is_loose(name, found):
        yield name, found, along_street(*_metres(found))
        return
    for number, first in enumerate(range(0, len(found), _ROW_LAMPS), 1):
        row = found[first : first + _ROW_LAMPS]
        yield f"{name or _UNNAMED} row {number}", row, np.arange(len(row)) * _ROW_SPACING_MM


def _row_warning(lamps: LampInventory, name: str, count: int) -> str:
    which = f"lamps of {name!r} fill an area and so" if name else "lamps without a street"
    remedy = "give each lamp its street" if name else "map a column to street, or name the one street in lamps.street"
    return (
        f"{lamps.file}: {count} {which} are laid out in made-up rows of {_ROW_LAMPS}, {_ROW_SPACING_MM // 1000} m "
        f"apart; that does for programs by time, but presence, road users and entrances need streets: {remedy}"
    )


def _metres(found: list[InventoryLamp]) -> tuple[Metres, Metres]:
    latitude = np.array([lamp.latitude for lamp in found])
    longitude = np.array([lamp.longitude for lamp in found])
    return local_metres(latitude, longitude)


def _inventory(loaded: LoadedScenario, lamps: LampInventory) -> Inventory:
    form = InventoryFormat(
        columns=lamps.columns,
        where=lamps.where,
        encoding=lamps.encoding,
        separator=lamps.separator,
        decimal_comma=lamps.decimal_comma,
        default_lamp_w=lamps.default_power_w,
    )
    return read_inventory(resolve_file(loaded, lamps.file), lamps.file, form)


def _row_street(scenario: Scenario, row: LampRow) -> Street:
    spacing_mm = row.spacing_m * 1000
    lamps = [
        Lamp(
            id=f"{row.street}-{index + 1:03d}",
            street=row.street,
            group=row.group,
            cluster=_cluster(row.street, index, row.cluster_size),
            position_mm=round((index + 0.5) * spacing_mm),
            entrance=_is_entrance(index, row.count, row.entrances),
            luminaire=row.luminaire,
            power_w=row.power_w,
            as_found_w=row.power_w,
            as_found_luminaire=row.luminaire,
        )
        for index in range(row.count)
    ]
    return _street(scenario, row.street, lamps, round(row.count * spacing_mm))


def _group_street(group: str, count: int, luminaire: str, power_w: float) -> Street:
    position_mm = _LONE_SPACING_MM // 2
    lamp = Lamp(group, group, group, group, position_mm, False, luminaire, power_w, power_w, luminaire, count)
    return Street(group, (lamp,), (), _LONE_SPACING_MM)


def _inventory_street(
    scenario: Scenario,
    lamps: LampInventory,
    name: str,
    found: list[InventoryLamp],
    along_mm: Indices,
    powers: _Powers,
) -> Street:
    order = sorted(range(len(found)), key=lambda i: (int(along_mm[i]), found[i].id))
    margin_mm = _median_spacing_mm([int(along_mm[i]) for i in order]) // 2
    laid = []
    for index, place in enumerate(order):
        lamp = found[place]
        as_found_w, as_found_luminaire = powers.as_found(lamp)
        power_w, luminaire = powers.now(lamp)
        laid.append(
            Lamp(
                id=lamp.id,
                street=name,
                group=lamp.group or lamps.group,
                cluster=_cluster(name, index, lamps.cluster_size),
                position_mm=int(along_mm[place]) + margin_mm,
                entrance=_is_entrance(index, len(order), lamps.entrances),
                luminaire=luminaire,
                power_w=power_w,
                as_found_w=as_found_w,
                as_found_luminaire=as_found_luminaire,
                latitude=lamp.latitude,
                longitude=lamp.longitude,
            )
        )
    return _street(scenario, name, laid, laid[-1].position_mm + margin_mm)


def _street(scenario: Scenario, name: str, lamps: list[Lamp], length_mm: int) -> Street:
    every = scenario.sensors.every
    poles = lamps[::every] if every else []
    sensors = tuple(Sensor(f"sensor-{pole.id}", pole.cluster, pole.position_mm) for pole in poles)
    return Street(name, tuple(lamps), sensors, length_mm)


def _cluster(street: str, index: int, size: int) -> str:
    return f"{street}/{index // size + 1}"


def _is_entrance(index: int, count: int, entrances: int) -> bool:
    return index < entrances or index >= count - entrances


def _median_spacing_mm(positions_mm: Sequence[int]) -> int:
    gaps = np.diff(np.array(positions_mm))
    spacing_mm = int(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 0
    return spacing_mm or _LONE_SPACING_MM


class _Powers:
    """Circuit watts and luminaire of inventory lamps, as found and after the retrofit."""

    def __init__(self, loaded: LoadedScenario, lamps: LampInventory) -> None:
        self.file, self.lamps, self.retrofit = loaded.file, lamps, loaded.scenario.retrofit
        table = lamps.circuit_watts
        self.circuit = CircuitWatts.read(resolve_file(loaded, table)) if table else None

    def as_found(self, lamp: InventoryLamp) -> tuple[float, str]:
        """Circuit watts [W] and luminaire of a post before any retrofit."""
        return sum(self._circuit_w(lamp.lamp_type, watts) for watts in lamp.light_w), self._luminaire(lamp)

    def now(self, lamp: InventoryLamp) -> tuple[float, str]:
        """Circuit watts [W] and luminaire of a post as it is simulated."""
        if self.retrofit is None:
            return self.as_found(lamp)
        keys = [f"{lamp.lamp_type} {watts:g}" for watts in lamp.light_w]
        if lamp.lamp_type == "LED" and keys[0] not in self.retrofit.power_w_by_lamp:
            return self.as_found(lamp)
        for key in keys:
            if key not in self.retrofit.power_w_by_lamp:
                here = "retrofit.power_w_by_lamp"
                allowed = f"an entry for each lamp that is not LED; lamp {lamp.id} needs it"
                raise InputError(f"has no entry {key!r}", file=self.file, field=here, allowed=allowed)
        return sum(self.retrofit.power_w_by_lamp[key] for key in keys), self.retrofit.luminaire

    def _circuit_w(self, lamp_type: str, lamp_w: float) -> float:
        return self.circuit.circuit_w(lamp_type, lamp_w) if self.circuit else lamp_w

    def _luminaire(self, lamp: InventoryLamp) -> str:
        known = self.lamps.luminaire_by_type
        name = known.get(lamp.lamp_type) or known.get("*")
        if name is None:
            here = "lamps.luminaire_by_type"
            allowed = "an entry for each lamp type, or '*'"
            raise InputError(f"has no entry {lamp.lamp_type!r}", file=self.file, field=here, allowed=allowed)
        return name
