"""Reads a scenario, with its settings, and checks that it holds together."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from slic.scenario.checks import check_layout, check_names, check_programs_light
from slic.scenario.document import Document
from slic.scenario.expand import expand, read_extended
from slic.scenario.library import shown_path
from slic.scenario.loaded import LoadedScenario, data_files, find_file, resolve_file
from slic.scenario.model import Scenario
from slic.scenario.settings import apply_settings
from slic.scenario.streets import build_streets
from slic.scenario.yaml_file import validated

__all__ = ["BaseScenario", "LoadedScenario", "load_scenario", "load_variant", "read_base", "resolve_file"]


@dataclass(frozen=True, slots=True)
class BaseScenario:
    """A scenario's data as read, not yet checked, and its files, its own first."""

    document: Document
    files: tuple[Path, ...]


def load_scenario(name_or_path: str | Path, settings: Sequence[str] = ()) -> LoadedScenario:
    """A scenario by its library name or the path of its file, with values set by their paths.

    Library entries are filled in, and ``regimes`` too where the file leaves them out: each program then is
    a regime for all lamp groups, so that what is returned needs no library.
    Raises InputError with file, line, field, value and what is allowed.
    """
    return load_variant(read_base(name_or_path), settings)


def read_base(name_or_path: str | Path) -> BaseScenario:
    """Read a scenario's files once, for many variants of it. InputError as in :func:`load_scenario`."""
    document, files = read_extended(str(name_or_path))
    expand(document)
    return BaseScenario(document, tuple(files))


def load_variant(base: BaseScenario, settings: Sequence[str] = ()) -> LoadedScenario:
    """A scenario whose files were read before, with values set by their paths: as :func:`load_scenario` gives it."""
    document = Document(deepcopy(base.document.data), dict(base.document.origins), base.document.file)
    files = base.files
    apply_settings(document, settings)
    expand(document)
    scenario = validated(document, Scenario)
    check_names(scenario, document, files[0].parent)
    loaded = LoadedScenario(scenario, document.file, files[0].parent, _inputs(scenario, files))
    streets = build_streets(loaded)
    groups = sorted({lamp.group for street in streets for lamp in street.lamps})
    loaded = LoadedScenario(_with_regimes(scenario, groups), loaded.file, loaded.base_dir, loaded.inputs)
    check_layout(loaded.scenario, streets, document)
    check_programs_light(loaded.scenario, document)
    return loaded


def _with_regimes(scenario: Scenario, groups: list[str]) -> Scenario:
    if scenario.regimes:
        return scenario
    regimes = {name: dict.fromkeys(groups, name) for name in scenario.programs}
    return scenario.model_copy(update={"regimes": regimes})


def _inputs(scenario: Scenario, files: Sequence[Path]) -> dict[str, str]:
    named = {shown_path(path): path for path in files}
    for name in data_files(scenario).values():
        path = find_file(files[0].parent, name)
        if path is not None:
            named[name] = path
    return {name: sha256(path.read_bytes()).hexdigest() for name, path in named.items()}
