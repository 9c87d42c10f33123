"""Settings from the command line: ``traffic.thin=0.1`` sets the value at that path of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slic.errors import InputError
from slic.scenario.document import Document, Origin, ValuePath
from slic.scenario.expand import expand
from slic.scenario.model import Scenario
from slic.scenario.model_errors import allowed_keys, nearest
from slic.scenario.yaml_file import read_value

_NAMED = ("programs", "luminaires", "calendars")


def apply_settings(document: Document, settings: Sequence[str]) -> None:
    """Sets values by their paths, in place, and fills in library entries. List items go by their index from 0.

    A value is YAML, so ``[a, b]`` and ``{at: "23:00", level_pct: 20}`` work too.
    Raises InputError for text without ``=`` and for a path that the scenario does not have.
    """
    for setting in settings:
        path_text, equals, value_text = setting.partition("=")
        shown = f"--set {setting}"
        if not equals or not path_text.strip():
            raise InputError("is not a setting", file=shown, value=setting, allowed="path=value")
        path = tuple(int(p) if p.isdecimal() else p for p in path_text.strip().split("."))
        _set(document, path, read_value(value_text, shown), shown)
        expand(document)


def _set(document: Document, path: ValuePath, value: object, shown: str) -> None:
    here: Any = document.data
    for depth, part in enumerate(path):
        _check_part(document, here, path[: depth + 1], shown, last=depth == len(path) - 1)
        if depth == len(path) - 1:
            here[part] = value
        elif isinstance(here, dict):
            here[part] = here[part] if here.get(part) is not None else {}
        here = here[part]
    _forget(document, path)
    document.origins[path] = Origin(shown, None)
    if path[0] in _NAMED:  # what is wrong with a changed program as a whole is not the library's fault
        document.origins[path[:2]] = Origin(shown, None)


def _check_part(document: Document, here: Any, path: ValuePath, shown: str, last: bool) -> None:
    part, field = path[-1], ".".join(map(str, path))
    if isinstance(here, list):
        if not isinstance(part, int) or part >= len(here):
            allowed = f"0 to {len(here) - 1}" if here else "the list is empty"
            raise InputError("is not an item of the list", file=shown, field=field, allowed=allowed)
        return
    if not isinstance(here, dict):
        raise InputError("lies inside a single value", file=shown, field=field)
    keys = list(here) if _is_named(path, last) else allowed_keys(Scenario, path[:-1], document.data)
    if keys is not None and part not in keys:
        problem = f"is unknown{nearest(str(part), keys)}" if keys else "lies inside a single value"
        raise InputError(problem, file=shown, field=field, allowed=", ".join(keys))


def _is_named(path: ValuePath, last: bool) -> bool:
    """Whether the path's end is a name that the scenario must have already."""
    return len(path) == 2 and path[0] in _NAMED and not last


def _forget(document: Document, path: ValuePath) -> None:
    for old in [p for p in document.origins if p[: len(path)] == path]:
        del document.origins[old]
