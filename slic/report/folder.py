"""The run folder: written whole or not at all, and opened only when it is whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from slic.energy.results import RunResult
from slic.errors import InputError, RunError
from slic.report.columns import TABLES, columns_of, dictionary_csv
from slic.report.csv_file import Row, read_csv, write_csv
from slic.report.html import render_html
from slic.report.parquet import write_parquet
from slic.report.provenance import Provenance
from slic.report.run import Run
from slic.report.summary import SCHEMA, build_summary
from slic.report.summary_keys import check_provenance, check_summary
from slic.report.sums import nights_of
from slic.report.tables import build_tables
from slic.scenario.dump import resolved_yaml
from slic.scenario.model import Scenario

END = "END"
_UNSEALED = {END, "timing.json"}


def write_run(
    folder: Path | str,
    scenario: Scenario,
    result: RunResult,
    provenance: Provenance,
    timing: Mapping[str, object],
    log: Iterable[Mapping[str, object]],
    *,
    overwrite: bool = False,
    case_sha256: str = "",
) -> Path:
    """Write a run folder and return its path.

    Everything goes to a hidden folder beside it, which takes its place at the end, so a run that was killed or
    met a full disk never looks whole. ``timing`` is the only part that may differ between equal runs; ``log``
    are the lines of ``log.jsonl``. ``case_sha256`` goes into the END marker: it says which case of a campaign this is.

    Raises
    ------
    InputError : the folder exists and is not a run, or is one and ``overwrite`` is False
    RunError : it could not be written; an earlier run in its place is untouched
    """
    target = Path(folder)
    check_target(target, overwrite)
    nights = nights_of(result)
    summary = build_summary(scenario, result, nights)
    run = Run(target, summary, build_tables(scenario, result, nights, summary), provenance.as_dict())
    partial = target.parent / f".{target.name}.partial-{os.getpid()}-{threading.get_native_id()}"
    try:
        _write_files(partial, run, resolved_yaml(scenario), timing, log)
        _write_end(partial, case_sha256)
        _put_in_place(partial, target)
    except OSError as error:
        missing = f"while writing {Path(error.filename).name}" if error.filename else "while writing it"
        raise RunError(f"the run folder {target} was not written: {error.strerror or error} {missing}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def check_target(target: Path, overwrite: bool) -> None:
    """Refuse a folder that a run may not be written to: call it before a long run. InputError as in write_run."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not target.is_dir() or not (target / END).is_file():
        raise InputError("exists and is not a run folder", file=str(target), allowed="a new folder or an earlier run")
    if not overwrite:
        raise InputError("holds a run already", file=str(target), allowed="a new folder, or --overwrite")
    strange = sorted(_files_in(target) - set(_sealed(target)) - _UNSEALED)
    if strange:
        raise InputError(
            "is not part of the run and would be lost",
            file=str(target),
            value=strange[0],
            allowed="files of the run",
        )


def open_run(folder: Path | str) -> Run:
    """Open a run folder. InputError if it is not one, was not finished, has lost a part or is of another version."""
    path = Path(folder)
    _sealed(path)
    summary = _read_json(path / "summary.json")
    if summary.get("schema") != SCHEMA:
        raise InputError(
            "is not a summary that this version reads",
            file=str(path / "summary.json"),
            field="schema",
            value=summary.get("schema"),
            allowed=str(SCHEMA),
        )
    check_summary(summary, str(path / "summary.json"))
    provenance = _read_json(path / "provenance.json")
    check_provenance(provenance, str(path / "provenance.json"))
    return Run(path, summary, _TableFiles(path / "tables"), provenance)


def changed_files(folder: Path | str) -> list[str]:
    """Files of a run that are missing or differ from what its END marker says, by relative name."""
    path = Path(folder)
    sealed = _sealed(path)
    return [name for name, digest in sealed.items() if not (path / name).is_file() or _sha256(path / name) != digest]


class _TableFiles(Mapping[str, list[Row]]):
    """Tables of a run folder, each read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, list[Row]] = {}

    def __getitem__(self, table: str) -> list[Row]:
        if table not in TABLES:
            raise KeyError(table)
        if table not in self._read:
            self._read[table] = read_csv(self._folder / f"{table}.csv", columns_of(table))
        return self._read[table]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def _write_files(
    folder: Path,
    run: Run,
    scenario_yaml: str,
    timing: Mapping[str, object],
    log: Iterable[Mapping[str, object]],
) -> None:
    (folder / "tables").mkdir(parents=True)
    _write_text(folder / "scenario.yaml", scenario_yaml)
    _write_text(folder / "summary.json", _json(run.summary))
    _write_text(folder / "provenance.json", _json(run.provenance))
    _write_text(folder / "timing.json", _json(timing))
    _write_text(folder / "log.jsonl", "".join(json.dumps(line, sort_keys=True) + "\n" for line in log))
    for table in TABLES:
        write_csv(folder / "tables" / f"{table}.csv", columns_of(table), run.tables[table])
        write_parquet(folder / "tables" / f"{table}.parquet", columns_of(table), run.tables[table])
    _write_text(folder / "data-dictionary.csv", dictionary_csv())
    _write_text(folder / "report.html", render_html(run))


def _write_end(folder: Path, case_sha256: str) -> None:
    seal = {name: _sha256(folder / name) for name in sorted(_files_in(folder) - _UNSEALED)}
    case = {"case_sha256": case_sha256} if case_sha256 else {}
    _write_text(folder / END, _json({"schema": 1, **case, "sha256": seal}))


def _put_in_place(partial: Path, target: Path) -> None:
    old = target.parent / f".{target.name}.old-{os.getpid()}"
    if target.exists():
        target.rename(old)
    try:
        partial.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sealed(path: Path) -> dict[str, str]:
    """File names and hashes of the END marker; InputError where there is none that can be read."""
    if not path.is_dir():
        raise InputError("is not a folder", file=str(path), allowed="a run folder")
    if not (path / END).is_file():
        raise InputError("has no END marker: it is not a run, or one that was not finished", file=str(path))
    try:
        seal: Any = json.loads((path / END).read_text(encoding="utf-8"))["sha256"]
        return {str(name): str(digest) for name, digest in seal.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("cannot be read as an END marker", file=str(path / END)) from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("is missing from the run", file=str(path)) from None
    except ValueError as error:
        raise InputError(f"is not JSON: {error}", file=str(path)) from None
    if not isinstance(content, dict):
        raise InputError("is not a JSON object", file=str(path))
    return content


def _files_in(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
