"""A first scenario file for a town's own lamps: what can be inferred is, the rest is assumed and said so."""

from __future__ import annotations

import re
from io import StringIO
from os.path import relpath
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from slic.errors import InputError
from slic.scenario.guess import Guess, guess_format
from slic.scenario.load import load_scenario
from slic.site.inventory import Inventory, InventoryFormat, read_inventory

ASSUMED_LAMP_W = 30.0
"""Lamp watts taken where the file has none."""

_LUMINAIRES = {
    "LED": "led-generic",
    "HPS": "hps-magnetic",
    "MH": "mh-magnetic",
    "MV": "mv-magnetic",
    "INC": "incandescent",
}


def new_scenario(name: str, lamps: Path, timezone: str, folder: Path = Path()) -> tuple[Path, list[str]]:
    """Writes ``name.yaml`` for the lamps of a CSV or GeoJSON file; the file and what it assumes, in words.

    timezone : IANA name, as Europe/Brussels
    Raises InputError for a bad name, a faulty inventory, and a file that is already there. A file that
    would not load is not left behind.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise InputError("is not a scenario name", field="name", value=name, allowed="small letters, digits, -")
    guess = guess_format(lamps, str(lamps))
    form = InventoryFormat(guess.columns, {}, guess.encoding, guess.separator, guess.decimal_comma, ASSUMED_LAMP_W)
    inventory = read_inventory(lamps, str(lamps), form)
    assumed = _assumptions(guess, inventory)
    data = _scenario(name, timezone, relpath(lamps, folder), guess, inventory)
    data["assumptions"] = assumed
    path = folder / f"{name}.yaml"
    _write(path, data)
    try:
        load_scenario(path)
    except InputError:
        path.unlink()
        raise
    return path, assumed


def _write(path: Path, data: dict[str, Any]) -> None:
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(data, text)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text.getvalue())
    except FileExistsError:
        raise InputError("is there already and is not overwritten", file=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", file=str(path)) from None


def _scenario(name: str, timezone: str, file: str, guess: Guess, inventory: Inventory) -> dict[str, Any]:
    types = _types(inventory)
    site = {
        "latitude": round(float(np.mean([lamp.latitude for lamp in inventory.lamps])), 4),
        "longitude": round(float(np.mean([lamp.longitude for lamp in inventory.lamps])), 4),
        "timezone": timezone,
    }
    return {
        "slic": 1,
        "name": name,
        "site": site,
        "lamps": _lamps(name, file, guess, types),
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


def _lamps(name: str, file: str, guess: Guess, types: list[str]) -> dict[str, Any]:
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
    if _discharge(types):
        lamps["circuit_watts"] = "circuit-watts.csv"
    return lamps


def _types(inventory: Inventory) -> list[str]:
    return sorted({lamp.lamp_type for lamp in inventory.lamps})


def _discharge(types: list[str]) -> bool:
    """Whether ballast watts can be looked up: some lamps are not LED, and all types are known."""
    return any(lamp_type != "LED" for lamp_type in types) and all(t in _LUMINAIRES for t in types)


def _assumptions(guess: Guess, inventory: Inventory) -> list[str]:
    types = _types(inventory)
    columns = ", ".join(f"{field} from {column}" for field, column in guess.columns.items())
    said = [
        f"The inventory has {len(inventory.lamps)} lamps; columns: {columns}.",
        "Ten cyclists an hour pass along each street all night, half of them each way.",
        "A sensor stands at each lamp and sees 10 m to either side.",
        "People need the full level all night.",
        "The run is a week of November 2026.",
        "LED luminaires have the library's default power curve; replace it by a measured table.",
    ]
    if "street" not in guess.columns:
        said.append("There is no street column: all lamps form one street, in order of position.")
    if "lamp_w" not in guess.columns:
        said.append(f"There is no column of watts: each lamp has {ASSUMED_LAMP_W:g} W.")
    unknown = [lamp_type for lamp_type in types if lamp_type not in _LUMINAIRES]
    if unknown:
        named = ", ".join(name or "(none)" for name in unknown)
        said.append(f"Lamps of type {named} are taken as LED; their watts count as circuit watts.")
    if _discharge(types):
        said.append("Circuit watts of discharge lamps come from the library's table for magnetic gear.")
    return [*said, *inventory.warnings]
