"""The library that ships with SLIC: scenarios, programs, luminaires and example data, found by name."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from slic.control.program import ControlProgram
from slic.errors import InputError
from slic.lamps.luminaire import LuminaireType
from slic.scenario.model_errors import nearest
from slic.scenario.yaml_file import read_model


def config_root() -> Path:
    """Folder of the library: ``SLIC_CONFIG_DIR``, else the installed package's, else the checkout's."""
    named = os.environ.get("SLIC_CONFIG_DIR")
    if named:
        if not Path(named).is_dir():
            raise InputError("is not a folder", field="SLIC_CONFIG_DIR", value=named)
        return Path(named)
    package = Path(str(files("slic")))
    for folder in (package / "_config", package.parent / "config"):
        if (folder / "scenarios").is_dir():
            return folder
    raise InputError("is not set and no library was installed", field="SLIC_CONFIG_DIR", allowed="a folder")


def shown_path(path: Path) -> str:
    """How messages name a file: relative to the library if it lies there, else as given."""
    root = config_root()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def list_scenarios() -> list[str]:
    """Names of the scenarios that ship with SLIC."""
    return _names("scenarios")


def list_programs() -> list[str]:
    """Names of the control programs of the library."""
    return _names("programs")


def list_campaigns() -> list[str]:
    """Names of the campaigns that ship with SLIC."""
    return _names("campaigns")


def campaign_path(name_or_path: str) -> Path:
    """File of a campaign, given by its library name or by a path."""
    return _find(name_or_path, "campaigns")


def search_path(name_or_path: str) -> Path:
    """File of a search, given by its library name or by a path."""
    return _find(name_or_path, "searches")


def scenario_path(name_or_path: str) -> Path:
    """File of a scenario, given by its library name or by a path."""
    return _find(name_or_path, "scenarios")


def program_path(name_or_path: str) -> Path:
    """File of a control program, given by its library name or by a path."""
    return _find(name_or_path, "programs")


def luminaire_path(name_or_path: str) -> Path:
    """File of a luminaire type, given by its library name or by a path."""
    return _find(name_or_path, "luminaires")


def load_program(name_or_path: str) -> ControlProgram:
    """A control program; InputError for an unknown name or a faulty file."""
    path = program_path(name_or_path)
    return read_model(path, ControlProgram, shown_path(path))


def load_luminaire(name_or_path: str) -> LuminaireType:
    """A luminaire type; InputError for an unknown name or a faulty file."""
    path = luminaire_path(name_or_path)
    return read_model(path, LuminaireType, shown_path(path))


def data_path(name: str) -> Path | None:
    """A data file of the library by its name, or None."""
    for folder in ("data", "lamps"):
        path = config_root() / folder / name
        if path.is_file():
            return path
    return None


_ONE = {
    "scenarios": "scenario",
    "programs": "program",
    "luminaires": "luminaire",
    "campaigns": "campaign",
    "searches": "search",
}


def _names(folder: str) -> list[str]:
    return sorted(path.stem for path in (config_root() / folder).glob("*.yaml"))


def _find(name_or_path: str, folder: str) -> Path:
    given = Path(name_or_path)
    if given.suffix in (".yaml", ".yml") or len(given.parts) > 1:
        if not given.is_file():
            raise InputError("does not exist", file=name_or_path)
        _refuse_other_file(given, folder)
        return given
    names = _names(folder)
    if name_or_path not in names:
        _refuse_other_file(given, folder)
        problem = f"is not in the library{nearest(name_or_path, names)}"
        raise InputError(problem, field=_ONE[folder], value=name_or_path, allowed=", ".join(names))
    return config_root() / folder / f"{name_or_path}.yaml"


def _refuse_other_file(given: Path, folder: str) -> None:
    if given.is_file() and given.suffix not in (".yaml", ".yml"):
        raise InputError(f"is not a {_ONE[folder]}", file=str(given), allowed="a .yaml file")
