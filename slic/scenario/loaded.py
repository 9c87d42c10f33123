"""A scenario that has been read and checked, with the files it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slic.errors import InputError
from slic.scenario.library import data_path
from slic.scenario.model import LampInventory, Scenario, SteadyFlow, WeatherAmbient


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A scenario with where it came from.

    file : as people know it; base_dir : folder of that file, where its data files are looked for first
    inputs : SHA-256 of the scenario file, of what it extends, and of each data file, by name
    """

    scenario: Scenario
    file: str
    base_dir: Path
    inputs: dict[str, str]


def resolve_file(loaded: LoadedScenario, name: str) -> Path:
    """A data file of a scenario: beside the scenario file, else in the library; InputError if in neither."""
    path = find_file(loaded.base_dir, name)
    if path is None:
        raise InputError("does not exist", file=loaded.file, value=name, allowed="a file beside the scenario")
    return path


def find_file(base_dir: Path, name: str) -> Path | None:
    """A data file beside a scenario file, else in the library, else None."""
    beside = base_dir / name
    return beside if beside.is_file() else data_path(name)


def data_files(scenario: Scenario) -> dict[tuple[str | int, ...], str]:
    """Names of the data files of a scenario, by the path of the value that names them."""
    named: dict[tuple[str | int, ...], str] = {}
    if isinstance(scenario.lamps, LampInventory):
        named["lamps", "file"] = scenario.lamps.file
        if scenario.lamps.circuit_watts:
            named["lamps", "circuit_watts"] = scenario.lamps.circuit_watts
    source = scenario.traffic.source
    if source is not None and not isinstance(source, SteadyFlow):
        named["traffic", "source", "file"] = source.file
    if isinstance(scenario.ambient, WeatherAmbient):
        named["ambient", "file"] = scenario.ambient.file
    return named
