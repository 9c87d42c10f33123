"""Lays a scenario's lamps and sensors out along streets.

Lamps of a row are called ``street-001`` and so on, those of a city ``street-0001-001``, those of an inventory as in
their file, grouped into streets by ``slic.scenario.grouping``; a sensor is called
``sensor-`` and the id of its pole; a cluster ``street/1`` and so on, with ``cluster_size`` lamps that follow
each other along the street.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from slic.errors import InputError
from slic.lamps.circuit import CircuitWatts
from slic.scenario.grouping import PlacedLamps, grouping_warnings, placed_lamps
from slic.scenario.layout import Lamp, Sensor, Street
from slic.scenario.loaded import LoadedScenario, resolve_file
from slic.scenario.model import LampCity, LampGroups, LampInventory, LampRow, Scenario
from slic.site.geometry import Indices
from slic.site.inventory import InventoryFormat, InventoryLamp, read_inventory

Grouped = tuple[tuple[str, ...], tuple[PlacedLamps, ...]]
"""Warnings of the file's reader, and its lamps by street."""
_LONE_SPACING_MM = 30_000
"""Taken where a street has one lamp, or all at one place, and so no spacing of its own."""


def build_streets(loaded: LoadedScenario) -> list[Street]:
    """Streets of a scenario, in order of their names; InputError for a faulty inventory."""
    lamps = loaded.scenario.lamps
    if isinstance(lamps, LampRow):
        return [_straight_street(loaded.scenario, lamps, lamps.street)]
    if isinstance(lamps, LampCity):
        names = [f"{lamps.street}-{number:04d}" for number in range(1, lamps.streets + 1)]
        first = _straight_street(loaded.scenario, lamps, names[0])
        return [first, *map(first.another, names[1:])]
    if isinstance(lamps, LampGroups):
        return [_group_street(group.group, group.count, group.luminaire, group.power_w) for group in lamps.groups]
    powers = _Powers(loaded, lamps)
    return [
        _inventory_street(loaded.scenario, lamps, street.name, street.lamps, street.along_mm, powers)
        for street in _grouped(loaded, lamps)[1]
    ]


def layout_warnings(loaded: LoadedScenario) -> list[str]:
    """What was filled in or left out while reading the inventory and laying it out, with counts."""
    lamps = loaded.scenario.lamps
    if not isinstance(lamps, LampInventory):
        return []
    warnings, streets = _grouped(loaded, lamps)
    return [*warnings, *grouping_warnings(lamps, streets)]


def _grouped(loaded: LoadedScenario, lamps: LampInventory) -> Grouped:
    path = resolve_file(loaded, lamps.file)
    stat = path.stat()
    return _read_grouped(path, (stat.st_mtime_ns, stat.st_size), lamps.model_dump_json())


@lru_cache(maxsize=1)
def _read_grouped(path: Path, _stamp: tuple[int, int], lamps_json: str) -> Grouped:
    """Kept, since loading, checking and running a scenario ask for it in turn and a town takes seconds."""
    lamps = LampInventory.model_validate_json(lamps_json)
    form = InventoryFormat(
        columns=lamps.columns,
        where=lamps.where,
        encoding=lamps.encoding,
        separator=lamps.separator,
        decimal_comma=lamps.decimal_comma,
        default_lamp_w=lamps.default_power_w,
        lamp_w_by_type=lamps.power_w_by_type,
    )
    inventory = read_inventory(path, lamps.file, form)
    return inventory.warnings, tuple(placed_lamps(lamps, inventory.lamps))


def _straight_street(scenario: Scenario, row: LampRow | LampCity, name: str) -> Street:
    spacing_mm = row.spacing_m * 1000
    clusters = {number: _cluster(name, number, 1) for number in range(-(-row.count // row.cluster_size))}
    lamps = [
        Lamp(
            id=f"{name}-{index + 1:03d}",
            street=name,
            group=row.group,
            cluster=clusters[index // row.cluster_size],
            position_mm=round((index + 0.5) * spacing_mm),
            entrance=_is_entrance(index, row.count, row.entrances),
            luminaire=row.luminaire,
            power_w=row.power_w,
            as_found_w=row.power_w,
            as_found_luminaire=row.luminaire,
        )
        for index in range(row.count)
    ]
    return _street(scenario, name, lamps, round(row.count * spacing_mm))


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
