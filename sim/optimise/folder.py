"""The folder of a search: what it is of, and its trials, which a kill or a full disk cannot take away."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slic.errors import InputError, RunError
from slic.files import write_whole
from slic.report.campaign_table import csv_text
from slic.report.search_trials import FIGURES, Trial

SEAL = "search.json"
TRIALS = "trials.csv"
MADE = ("front.csv", "front.html", "programs.yaml", "scenario.yaml", "summary.json")
"""What is written at the end of a search."""


@contextmanager
def begun(folder: Path, sha256: str, overwrite: bool) -> Iterator[None]:
    """Make the folder this search's, new or begun before, and keep a second run of it out.

    Raises InputError for a folder of something else, RunError where it cannot be written.
    """
    _check(folder, sha256, overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"the folder {folder} was not made: {error.strerror or error}") from None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _sealed(folder) != sha256:
            for name in (TRIALS, *MADE):
                (folder / name).unlink(missing_ok=True)
            write_whole(folder / SEAL, json.dumps({"schema": 1, "sha256": sha256}) + "\n")
        yield
    except BlockingIOError:
        raise InputError("is in use by another slic optimise", file=str(folder)) from None
    finally:
        os.close(descriptor)


class TrialFile:
    """``trials.csv``: a row for each trial, on the disk before the next batch begins."""

    def __init__(self, folder: Path, parameters: Sequence[str]) -> None:
        self._path = folder / TRIALS
        self._header = ["trial", *parameters, *FIGURES, "error"]

    def known(self) -> dict[int, Mapping[str, Any]]:
        """Rows of an earlier run by trial, figures as numbers; a row that was cut is left out."""
        if not self._path.is_file():
            return {}
        with self._path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        whole = text[: text.rfind("\n") + 1]
        rows = list(csv.reader(io.StringIO(whole)))
        if not rows or rows[0] != self._header:
            return {}
        return {
            int(row[0]): self._plain(row) for row in rows[1:] if len(row) == len(self._header) and row[0].isdecimal()
        }

    def rewrite(self, trials: Sequence[Trial]) -> None:
        """Begin the file again with these trials, whole."""
        write_whole(self._path, csv_text(self._header, map(self._row, trials)))

    def append(self, trials: Sequence[Trial]) -> None:
        """Add a batch and wait until it is on the disk. RunError if it cannot be written."""
        lines = csv_text(self._header, map(self._row, trials)).split("\n", 1)[1]
        try:
            with self._path.open("a", encoding="utf-8", newline="") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RunError(f"{self._path} was not written: {error.strerror or error}") from None

    def _row(self, trial: Trial) -> list[object]:
        figures = [None if trial.figures is None else _cell(trial.figures[key]) for key in FIGURES]
        return [trial.number, *trial.values.values(), *figures, trial.error]

    def _plain(self, row: Sequence[str]) -> Mapping[str, Any]:
        cells = dict(zip(self._header, row, strict=True))
        return {**cells, **{key: None if cells[key] == "" else json.loads(cells[key]) for key in FIGURES}}


def trial_of(number: int, values: Mapping[str, Any], row: Mapping[str, Any]) -> Trial:
    """A trial of an earlier run. values : those that the search gives this number."""
    figures = None if row["error"] else {key: row[key] for key in FIGURES}
    return Trial(number, values, figures, row["error"])


def _cell(value: object) -> object:
    """A figure that reads back as the same number."""
    return repr(value) if isinstance(value, float) else value


def _check(folder: Path, sha256: str, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    found = _sealed(folder)
    if found is None:
        raise InputError("exists and is no folder of a search", file=str(folder), allowed="a new folder, or a search's")
    if found != sha256 and not overwrite:
        raise InputError(
            "holds another search: its file, scenario, data or the installation differ",
            file=str(folder),
            allowed="a new folder, or --overwrite",
        )


def _sealed(folder: Path) -> str | None:
    try:
        found = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return str(found["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
