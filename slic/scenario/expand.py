"""What a scenario file leaves out: the scenario it extends, and parts taken from the library by name.

``programs`` and ``luminaires`` may be a list of library names, or a mapping whose entries are whole, or
take a library entry by ``use`` and change some of its fields. In an extending file a mapping is joined to
the one it extends, key by key; a list, a single value, or a mapping of another ``kind`` replaces it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from slic.errors import InputError
from slic.scenario import library
from slic.scenario.document import Document
from slic.scenario.yaml_file import read_document

_LIBRARY: dict[str, Callable[[str], Path]] = {
    "programs": library.program_path,
    "luminaires": library.luminaire_path,
}


def read_extended(name_or_path: str) -> tuple[Document, list[Path]]:
    """A scenario's data joined to what it extends, and the files read, its own first."""
    path = library.scenario_path(name_or_path)
    document = read_document(path, library.shown_path(path))
    files = [path]
    while (base_name := document.data.pop("extends", None)) is not None:
        base_path = _base_path(document, base_name, files[-1])
        if base_path in files:
            raise document.refusal(("extends",), "goes round in a circle", base_name, "another scenario")
        files.append(base_path)
        base = read_document(base_path, library.shown_path(base_path))
        document = Document(_join(base.data, document.data), base.origins | document.origins, document.file)
    return document, files


def expand(document: Document) -> None:
    """Fills in names and library entries of programs, luminaires and calendars, in place."""
    for section in ("programs", "luminaires", "calendars"):
        entries = document.data.get(section)
        if isinstance(entries, list):
            entries = _listed(document, section, entries)
            document.data[section] = entries
        if isinstance(entries, dict):
            for key in entries:
                entries[key] = _entry(document, section, key, entries[key])


def _base_path(document: Document, base_name: object, beside: Path) -> Path:
    if not isinstance(base_name, str):
        raise document.refusal(("extends",), "is not a scenario", base_name, "a name or a path")
    relative = beside.parent / base_name
    return relative if relative.is_file() else library.scenario_path(base_name)


def _join(base: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    joined = dict(base)
    for key, value in child.items():
        old = joined.get(key)
        same_kind = isinstance(old, dict) and isinstance(value, dict) and _same_kind(old, value)
        joined[key] = _join(old, value) if same_kind else value  # type: ignore[arg-type]
    return joined


def _same_kind(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return "kind" not in new or new["kind"] == old.get("kind")


def _listed(document: Document, section: str, names: list[Any]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for index, name in enumerate(names):
        if not isinstance(name, str) or section not in _LIBRARY:
            raise document.refusal((section, index), "is not a library name", name, "a list of names")
        if name in entries:
            raise document.refusal((section, index), "stands twice", name, "each name once")
        entries[name] = {"use": name}
        document.origins[section, name] = document.origin((section, index))
    return entries


def _entry(document: Document, section: str, key: str, entry: Any) -> Any:
    if entry is None and section in _LIBRARY:
        entry = {"use": key}
    if not isinstance(entry, dict):
        return entry
    if "use" in entry and section in _LIBRARY:
        return _from_library(document, section, key, entry)
    if entry.setdefault("name", key) != key:
        raise document.refusal((section, key, "name"), "differs from its key", entry["name"], key)
    return entry


def _from_library(document: Document, section: str, key: str, entry: dict[str, Any]) -> dict[str, Any]:
    changes = {k: v for k, v in entry.items() if k not in ("use", "name")}
    try:
        path = _LIBRARY[section](str(entry["use"]))
    except InputError as error:
        where = (section, key, "use") if (section, key, "use") in document.origins else (section, key)
        raise document.refusal(where, error.problem, entry["use"], error.allowed) from None
    taken = read_document(path, library.shown_path(path))
    for inner, origin in taken.origins.items():
        document.origins.setdefault((section, key, *inner), origin)
    return _join(taken.data, changes) | {"name": key}
