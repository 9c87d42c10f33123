"""From a search file to a search: its scenario, program and values are checked before the first trial is run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.campaign.installation import installation
from sim.optimise.space import Space
from slic.control.program import ControlProgram
from slic.errors import InputError
from slic.scenario.document import Document
from slic.scenario.library import search_path, shown_path
from slic.scenario.load import BaseScenario, load_variant, read_base
from slic.scenario.loaded import LoadedScenario
from slic.scenario.model import Run, Scenario
from slic.scenario.model_errors import nearest
from slic.scenario.search import SERVICE_KEYS, Constraint, SearchFile, Stage
from slic.scenario.settings import apply_settings
from slic.scenario.streets import build_streets
from slic.scenario.yaml_file import read_document, validated

_MOST_COMBINATIONS = 10**12
_OF_PRESENCE = ("hold_s", "presence", "dynamic_controls")


@dataclass(frozen=True, slots=True)
class Search:
    """A search made ready.

    document : the file's data with their lines; loaded : the scenario
    regime : of its regimes the one that runs the program
    search_run, check_run : runs of the trials and of the front; sha256 : over all that decides the outcome
    """

    file: SearchFile
    document: Document
    loaded: LoadedScenario
    space: Space
    limits: tuple[Constraint, ...]
    regime: str
    search_run: Run
    check_run: Run
    sha256: str

    @property
    def axis(self) -> str:
        """Key of the service figure of the front."""
        return SERVICE_KEYS[self.file.front]

    @property
    def program(self) -> ControlProgram:
        """The program as it stands in the scenario."""
        return self.loaded.scenario.programs[self.file.program]


def read_search(name_or_path: str | Path) -> Search:
    """A search by its library name or the path of its file.

    Raises InputError, with the line of the search file, for a program that the scenario does not have, a field that
    the program does not have, a value that it refuses, and a program that presence cannot reach.
    """
    path = search_path(str(name_or_path))
    document = read_document(path, shown_path(path))
    file = validated(document, SearchFile)
    base = read_base(_beside(path, file.scenario))
    loaded = _loaded(file, base, document)
    space = Space(file.search)
    if space.size > _MOST_COMBINATIONS:
        raise InputError(f"has {space.size:,} combinations", file=document.file, allowed=f"{_MOST_COMBINATIONS:,}")
    regime = _regime(file, loaded.scenario, document)
    _check_values(file, base, document)
    _check_presence(file, loaded, document)
    search_run, check_run = _runs(file, loaded.scenario, document)
    inputs = dict(sorted(loaded.inputs.items()))
    whole = [file.model_dump(mode="json"), loaded.scenario.model_dump(mode="json"), inputs, installation()]
    digest = sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    return Search(file, document, loaded, space, tuple(file.limits()), regime, search_run, check_run, digest)


def _loaded(file: SearchFile, base: BaseScenario, document: Document) -> LoadedScenario:
    """The scenario with the settings of the search; what is wrong with one is said where it stands."""
    texts = _texts(file.settings)
    try:
        return load_variant(base, texts)
    except InputError as error:
        by_text = dict(zip(texts, file.settings, strict=True))
        path = by_text.get(error.file.removeprefix("--set "))
        if path is None:
            raise
        origin = document.origin(("settings", path))
        raise InputError(
            error.problem,
            file=origin.file,
            line=origin.line,
            field=error.field,
            value=error.value,
            allowed=error.allowed,
        ) from None


def _beside(path: Path, scenario: str) -> str:
    beside = path.parent / scenario
    return str(beside) if beside.is_file() else scenario


def _texts(settings: Mapping[str, Any]) -> list[str]:
    return [f"{path}={json.dumps(value, default=str)}" for path, value in settings.items()]


def _regime(file: SearchFile, scenario: Scenario, document: Document) -> str:
    """The regime whose program is changed: the one of its name, else the only one that runs it."""
    if file.program not in scenario.programs:
        problem = f"is not a program of {scenario.name}{nearest(file.program, list(scenario.programs))}"
        raise document.refusal(("program",), problem, file.program, ", ".join(scenario.programs))
    using = [name for name in scenario.regimes if name != scenario.baseline and runs(scenario, name, file.program)]
    if file.program in using:
        return file.program
    if len(using) == 1:
        return using[0]
    if using:
        problem = f"is run by several regimes ({', '.join(using)})"
        raise document.refusal(("program",), problem, file.program, "settings: regimes with one of them")
    problem = "is the baseline" if runs(scenario, scenario.baseline, file.program) else "is run by no regime"
    raise document.refusal(("program",), problem, file.program, "a program that a regime beside the baseline runs")


def runs(scenario: Scenario, regime: str, program: str) -> bool:
    """Whether a regime may run a program, itself or by a calendar."""
    return any(program in programs_in(scenario, name) for name in scenario.regimes[regime].values())


def programs_in(scenario: Scenario, name: str) -> set[str]:
    """Names of the programs that a calendar may choose; of a program its own name."""
    calendar = scenario.calendars.get(name)
    return {name} if calendar is None else {calendar.default, *(rule.program for rule in calendar.rules)}


def _check_values(file: SearchFile, base: BaseScenario, document: Document) -> None:
    """Each value is put into the scenario as ``--set`` does it, beside the first values of the other fields."""
    firsts = {path: values[0] for path, values in file.search.items()}
    for path, values in file.search.items():
        for value in values:
            _check_value(file, base, {**firsts, path: value}, path, document)


def _check_value(
    file: SearchFile, base: BaseScenario, values: Mapping[str, Any], path: str, document: Document
) -> None:
    copy = Document(deepcopy(base.document.data), dict(base.document.origins), base.document.file)
    settings = dict(file.settings) | {f"programs.{file.program}.{key}": value for key, value in values.items()}
    try:
        apply_settings(copy, _texts(settings))
        validated(copy, Scenario)
    except InputError as error:
        field = error.field.removeprefix(f"programs.{file.program}.")
        origin = document.origin(("search", field if field in file.search else path))
        raise InputError(
            error.problem, file=origin.file, line=origin.line, field=field, value=error.value, allowed=error.allowed
        ) from None


def _check_presence(file: SearchFile, loaded: LoadedScenario, document: Document) -> None:
    scenario = loaded.scenario
    program = scenario.programs[file.program]
    if scenario.traffic.source is None:
        raise InputError(
            "has no road users, so that no service can be judged", file=loaded.file, field="traffic.source"
        )
    asked = [path for path in file.search if path.split(".")[0] in _OF_PRESENCE]
    if asked and not program.dynamic_controls:
        problem = f"means nothing: {file.program} has no dynamic_controls"
        raise document.refusal(("search", asked[0]), problem, None, "a program that reacts to presence")
    if not program.dynamic_controls:
        return
    if not any(street.sensors for street in build_streets(loaded)):
        problem = f"reacts to presence, and {scenario.name} has no presence sensors"
        raise document.refusal(("program",), problem, file.program, "sensors.every above 0")
    if scenario.sensors.detection_probability == 0:
        problem = f"reacts to presence, and the sensors of {scenario.name} detect nobody"
        raise document.refusal(("program",), problem, file.program, "sensors.detection_probability above 0")


def _runs(file: SearchFile, scenario: Scenario, document: Document) -> tuple[Run, Run]:
    search = _run(scenario.run, file.search_run, {"replicates": 1})
    check = _run(scenario.run, file.check_run, {"seed": (search.seed + 1) % 2**53})
    if search.seed == check.seed:
        problem = "is the seed of the search: the check needs other road users"
        raise document.refusal(("check_run", "seed"), problem, check.seed, f"another than {search.seed}")
    return search, check


def _run(run: Run, stage: Stage, otherwise: Mapping[str, Any]) -> Run:
    given = {key: value for key, value in stage if value is not None}
    return run.model_copy(update={**otherwise, **given})


def values_in(program: ControlProgram, paths: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a program's fields as it stands; None for a field that it leaves to a default elsewhere."""
    return {path: _value_at(program.model_dump(mode="json"), path.split(".")) for path in paths}


def _value_at(here: Any, parts: list[str]) -> Any:
    for part in parts:
        here = _items(here).get(part)
    return here


def _items(here: Any) -> dict[str, Any]:
    pairs: Iterator[tuple[object, Any]] = iter(here.items() if isinstance(here, dict) else ())
    if isinstance(here, list):
        pairs = iter(enumerate(here))
    return {str(key): value for key, value in pairs}
