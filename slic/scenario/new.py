"""A first scenario file for a town's own lamps: what can be inferred is, the rest is assumed and said so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from os.path import relpath
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from slic.errors import InputError
from slic.files import write_whole
from slic.scenario.guess import Guess, guess_format
from slic.scenario.load import load_scenario
from slic.scenario.model_errors import nearest
from slic.site.geometry import distance_m
from slic.site.inventory import ROW_NUMBER, Inventory, InventoryFormat, read_inventory

ASSUMED_LAMP_W = 30.0
"""Lamp watts taken where the file has none."""

SITE_RADIUS_M = 50_000
"""Lamps farther than this from the middle of all are refused, as in any scenario."""

_LUMINAIRES = {
    "LED": "led-generic",
    "HPS": "hps-magnetic",
    "MH": "mh-magnetic",
    "MV": "mv-magnetic",
    "INC": "incandescent",
}


def new_scenario(
    name: str, lamps: Path, timezone: str, folder: Path = Path(), columns: Mapping[str, str] | None = None
) -> tuple[Path, list[str]]:
    """Writes ``name.yaml`` for lamps in a CSV, GeoJSON or OpenStreetMap file; the file and what it assumes, in words.

    timezone : IANA name, as Europe/Brussels; columns : SLIC field -> column, where it cannot be guessed
    Raises InputError for a bad name, a faulty inventory, and a file that is already there. A file that
    would not load is not left behind.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise InputError("is not a scenario name", field="name", value=name, allowed="small letters, digits, -")
    _check_timezone(timezone)
    path = folder / f"{name}.yaml"
    if path.exists():
        raise InputError("is there already and is not overwritten", file=str(path))
    guess = guess_format(lamps, str(lamps), columns)
    form = InventoryFormat(guess.columns, {}, guess.encoding, guess.separator, guess.decimal_comma, ASSUMED_LAMP_W)
    inventory = read_inventory(lamps, str(lamps), form)
    _check_distances(inventory, str(lamps))
    assumed = _assumptions(guess, inventory)
    data = _scenario(name, timezone, relpath(lamps, folder), guess, inventory)
    data["assumptions"] = assumed
    write_whole(path, _yaml(data))
    try:
        load_scenario(path)
    except BaseException:
        path.unlink()
        raise
    return path, assumed


def _check_timezone(name: str) -> None:
    known = sorted(available_timezones())
    if name not in known:
        problem = f"is not a time zone{nearest(name, known)}"
        raise InputError(problem, field="--timezone", value=name, allowed="an IANA name as Europe/Brussels")


def _check_distances(inventory: Inventory, shown: str) -> None:
    """Refuse lamps that cannot belong to one site: mostly a swapped or mistyped coordinate."""
    latitude, longitude = _middle(inventory)
    away_m = [distance_m(latitude, longitude, lamp.latitude, lamp.longitude) for lamp in inventory.lamps]
    farthest = int(np.argmax(away_m))
    if away_m[farthest] > SITE_RADIUS_M:
        lamp = inventory.lamps[farthest]
        field = "lamp" if lamp.row.line is not None else lamp.row.name
        problem = f"is {away_m[farthest] / 1000:.0f} km from the middle of the lamps"
        allowed = f"lamps within {SITE_RADIUS_M // 1000} km"
        raise InputError(problem, file=shown, line=lamp.row.line, field=field, value=lamp.id, allowed=allowed)


def _middle(inventory: Inventory) -> tuple[float, float]:
    """Median latitude and longitude [degrees]; one faulty lamp does not move it."""
    latitude = np.median([lamp.latitude for lamp in inventory.lamps])
    longitude = np.median([lamp.longitude for lamp in inventory.lamps])
    return round(float(latitude), 4), round(float(longitude), 4)


def _yaml(data: dict[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(data, text)
    return text.getvalue()


def _scenario(name: str, timezone: str, file: str, guess: Guess, inventory: Inventory) -> dict[str, Any]:
    types = _types(inventory)
    latitude, longitude = _middle(inventory)
    site = {"latitude": latitude, "longitude": longitude, "timezone": timezone}
    return {
        "slic": 1,
        "name": name,
        "site": site,
        "lamps": _lamps(name, file, guess, inventory),
        "luminaires": sorted({_LUMINAIRES.get(lamp_type, "led-generic") for lamp_type in types}),
        "sensors": {"every": 1, "range_m": 10},
        "traffic": {"source": {"kind": "steady", "forward_per_h": 5, "backward_per_h": 5}},
        "programs": ["full-night", "part-night", "d60-residential", "presence-cluster", "presence-train"],
        "baseline": "full-night",
        "service": {
            "required": [{"at": DoubleQuotedScalarString("12:00"), "level_pct": 100}],
            "source": "assumed: full level all night",
        },
        "run": {"start": "2026-11-16", "nights": 7, "replicates": 3, "seed": 1},
    }


def _lamps(name: str, file: str, guess: Guess, inventory: Inventory) -> dict[str, Any]:
    types = _types(inventory)
    luminaires = {lamp_type or "*": _LUMINAIRES.get(lamp_type, "led-generic") for lamp_type in types}
    lamps: dict[str, Any] = {
        "kind": "inventory",
        "file": file,
        "columns": guess.columns,
        "encoding": guess.encoding,
        "separator": guess.separator,
        "decimal_comma": guess.decimal_comma,
        "luminaire_by_type": luminaires,
        "default_power_w": ASSUMED_LAMP_W,
    }
    if "street" not in guess.columns:
        lamps["street"] = name
    elif _some_without_street(inventory):
        lamps["streets"] = "fitted"
    if _discharge(types):
        lamps["circuit_watts"] = "circuit-watts.csv"
    return lamps


def _some_without_street(inventory: Inventory) -> bool:
    return any(not lamp.street for lamp in inventory.lamps)


def _types(inventory: Inventory) -> list[str]:
    return sorted({lamp.lamp_type for lamp in inventory.lamps})


def _discharge(types: list[str]) -> bool:
    """Whether ballast watts can be looked up: some lamps are not LED, and all types are known."""
    return any(lamp_type != "LED" for lamp_type in types) and all(t in _LUMINAIRES for t in types)


def _assumptions(guess: Guess, inventory: Inventory) -> list[str]:
    types = _types(inventory)
    columns = ", ".join(f"{field} from {column}" for field, column in guess.columns.items() if column != ROW_NUMBER)
    said = [
        f"The inventory has {len(inventory.lamps)} lamps; columns: {columns}.",
        "Ten cyclists an hour pass along each street all night, half of them each way.",
        "A sensor stands at each lamp and sees 10 m to either side.",
        "People need the full level all night.",
        "The run is a week of November 2026.",
        "LED luminaires have the library's default power curve; replace it by a measured table.",
    ]
    if guess.columns["lamp_id"] == ROW_NUMBER:
        first = inventory.lamps[0].id
        said.append(f"There is no column of ids: lamps are called by their place in the file, {first} and so on.")
    if "street" not in guess.columns:
        said.append("There is no street column: all lamps form one street, in order of position.")
    elif _some_without_street(inventory):
        said.append("Lamps without a street are grouped into streets by their places.")
    if "lamp_w" not in guess.columns:
        said.append(f"There is no column of watts: each lamp has {ASSUMED_LAMP_W:g} W.")
    unknown = [lamp_type for lamp_type in types if lamp_type not in _LUMINAIRES]
    if unknown:
        named = ", ".join(name or "(none)" for name in unknown)
        said.append(f"Lamps of type {named} are taken as LED; their watts count as circuit watts.")
    if _discharge(types):
        said.append("Circuit watts of discharge lamps come from the library's table for magnetic gear.")
    return [*said, *inventory.warnings]
