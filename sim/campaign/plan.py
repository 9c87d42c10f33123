"""From a campaign file to its cases: every one is checked before the first is run, and has a hash of all that it is."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.campaign.installation import installation
from sim.campaign.variants import Settings, Variant, check_names, joined_name, natural, variants
from slic.errors import InputError
from slic.scenario.campaign import MOST_CASES, CampaignFile
from slic.scenario.document import Document, Origin, ValuePath
from slic.scenario.library import config_root, shown_path
from slic.scenario.load import BaseScenario, load_variant, read_base
from slic.scenario.loaded import LoadedScenario
from slic.scenario.model import Run, Scenario


@dataclass(frozen=True, slots=True)
class Case:
    """A run to make. sha256 : over the resolved scenario, its settings, its input files and the installation.

    variant : the same for cases that differ in seed and nights alone
    scenario : resolved, as compressed JSON; inputs : SHA-256 of each file read, by name
    """

    name: str
    variant: str
    settings: Settings
    sha256: str
    scenario: bytes
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """All cases of a campaign, in the order of their names.

    scenario_file : as provenance names it; base_dir : of the data files, None for the library's
    parameters : paths that differ between cases
    """

    name: str
    title: str
    scenario_file: str
    base_dir: Path | None
    installation: str
    parameters: tuple[str, ...]
    cases: tuple[Case, ...]


def make_plan(campaign: CampaignFile, document: Document, scenario: str | Path) -> Plan:
    """Plan a campaign. ``document`` tells where its values stand; ``scenario`` : name or path of its scenario.

    Raises InputError for a scenario or a variant that a run would refuse, and for names that clash.
    """
    base = read_base(scenario)
    root = _own_folder(base)
    names = {shown_path(path): _portable(path, root) for path in base.files}
    _refuse_short_paths(campaign, document, base)
    cases: list[Case] = []
    for variant in variants(campaign):
        loaded = _load(base, variant, document)
        inputs = dict(sorted((names.get(name, name), digest) for name, digest in loaded.inputs.items()))
        cases += (_case(variant, part, inputs) for part in _split(campaign, loaded.scenario))
        if len(cases) > MOST_CASES:
            raise InputError(f"has more than {MOST_CASES:,} cases", file=document.file, allowed="split the campaign")
    check_names([case.name for case in cases], document.file)
    cases.sort(key=lambda case: (natural(case.name), case.name))
    return Plan(
        name=campaign.name,
        title=campaign.title or campaign.name,
        scenario_file=names[shown_path(base.files[0])],
        base_dir=root,
        installation=installation(),
        parameters=_parameters(cases),
        cases=tuple(cases),
    )


def scenario_of(case: Case) -> Scenario:
    """The resolved scenario of a case."""
    return Scenario.model_validate_json(zlib.decompress(case.scenario))


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a variant: its name, what it sets beside the variant, and its scenario."""

    name: str
    settings: Settings
    scenario: Scenario


def _own_folder(base: BaseScenario) -> Path | None:
    folder = base.files[0].parent.resolve()
    return None if folder.is_relative_to(config_root().resolve()) else folder


def _portable(path: Path, root: Path | None) -> str:
    """A name that does not depend on where a campaign is called from: seen from the scenario, or in the library."""
    if root is None or path.resolve().is_relative_to(config_root().resolve()):
        return shown_path(path)
    return Path(os.path.relpath(path.resolve(), root)).as_posix()


def _case(variant: Variant, part: _Part, inputs: Mapping[str, str]) -> Case:
    settings = {**variant.settings, **part.settings}
    text = part.scenario.model_dump_json()
    whole = json.dumps([text, settings, inputs, installation()], sort_keys=True)
    name = joined_name([variant.name, part.name])
    return Case(name, variant.name, settings, sha256(whole.encode()).hexdigest(), zlib.compress(text.encode()), inputs)


def _split(campaign: CampaignFile, scenario: Scenario) -> Iterator[_Part]:
    """A variant's parts: for each seed, for each stretch of nights."""
    for seed_name, seed in _seeds(campaign, scenario.run):
        for night_name, nights in _stretches(campaign, scenario.run):
            changed = scenario.run.model_copy(update={**seed, **nights})
            plain = changed.model_dump(mode="json", include={*seed, *nights})
            settings = {f"run.{key}": value for key, value in plain.items()}
            name = joined_name([seed_name, night_name])
            yield _Part(name, settings, scenario.model_copy(update={"run": changed}))


def _seeds(campaign: CampaignFile, run: Run) -> list[tuple[str, dict[str, Any]]]:
    seeds = campaign.seeds if isinstance(campaign.seeds, list) else [run.seed + i for i in range(campaign.seeds)]
    return [(f"seed-{seed}", {"seed": seed}) for seed in seeds] or [("", {})]


def _stretches(campaign: CampaignFile, run: Run) -> list[tuple[str, dict[str, Any]]]:
    if campaign.nights is None:
        return [("", {})]
    found = []
    for first in range(0, run.nights, campaign.nights):
        start = run.start + timedelta(days=first)
        found.append((start.isoformat(), {"start": start, "nights": min(campaign.nights, run.nights - first)}))
    return found


def _parameters(cases: Sequence[Case]) -> tuple[str, ...]:
    """Paths that not all cases set, or set alike."""
    paths = {path for case in cases for path in case.settings}
    return tuple(sorted(path for path in paths if len({_shown(case.settings, path) for case in cases}) > 1))


def _shown(settings: Settings, path: str) -> str:
    return json.dumps(settings[path]) if path in settings else ""


def _load(base: BaseScenario, variant: Variant, document: Document) -> LoadedScenario:
    """A variant's scenario; what is wrong with one of its settings is said where that stands in the campaign."""
    texts = {f"{path}={json.dumps(value, default=str)}": path for path, value in variant.settings.items()}
    try:
        return load_variant(base, list(texts))
    except InputError as error:
        path = texts.get(error.file.removeprefix("--set "))
        origin = Origin(error.file, error.line) if path is None else _origin(document, variant, path)
        problem = f"{error.problem} (in {variant.name})" if variant.name else error.problem
        raise InputError(
            problem, file=origin.file, line=origin.line, field=error.field, value=error.value, allowed=error.allowed
        ) from None


def _origin(document: Document, variant: Variant, path: str) -> Origin:
    names = [entry.get("name") for entry in document.data.get("list", [])]
    own = ("list", names.index(variant.name), "set", path) if variant.name in names else ("grid", path)
    return document.origin(own if own in document.origins else ("settings", path))


def _refuse_short_paths(campaign: CampaignFile, document: Document, base: BaseScenario) -> None:
    """Refuse the end of a path with the whole paths that end so."""
    places: list[ValuePath] = []
    places += [("settings", path) for path in campaign.settings]
    places += [("grid", path) for path in campaign.grid]
    places += [("list", i, "set", path) for i, listed in enumerate(campaign.listed) for path in listed.set]
    short = [place for place in places if str(place[-1]).split(".")[0] not in Scenario.model_fields]
    if not short:
        return
    whole = sorted(_paths(load_variant(base).scenario.model_dump(mode="json"), ""))
    for place in short:
        fits = [path for path in whole if path.endswith(f".{place[-1]}")]
        raise document.refusal(
            place, "is no path of the scenario", None, ", ".join(fits) or f"paths as {', '.join(whole[:3])}"
        )


def _paths(value: object, path: str) -> Iterator[str]:
    yield path
    inner: list[tuple[object, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, item in inner:
        yield from _paths(item, f"{path}.{key}" if path else str(key))
