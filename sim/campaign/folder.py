"""The campaign's folder: its manifest, which of its cases are done, the errors of those that failed, its lock."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.campaign.case import Outcome, case_folder, done_sha256
from sim.campaign.plan import Case, Plan
from slic.errors import InputError, RunError
from slic.files import write_whole

MANIFEST = "manifest.json"
_ALLOWED = "the campaign as it was, a new folder, or --overwrite"


def manifest_of(plan: Plan) -> dict[str, Any]:
    """The manifest as plain data: the same for the same campaign, scenario, data and installation."""
    return {
        "schema": 1,
        "campaign": plan.name,
        "title": plan.title,
        "scenario": plan.scenario_file,
        "installation": plan.installation,
        "parameters": list(plan.parameters),
        "cases": [{"name": c.name, "settings": dict(c.settings), "sha256": c.sha256} for c in plan.cases],
    }


@contextmanager
def begun(plan: Plan, folder: Path, overwrite: bool, whole: bool) -> Iterator[None]:
    """Make the folder this campaign's, new or begun before, and keep a second run of it out meanwhile.

    overwrite : a folder of another campaign becomes this one's; cases of it that are no part of this one are removed,
        and those that are the same stay done
    whole : for all cases. Shards share the folder, but for the moment in which one takes it from another campaign
    Raises InputError for a folder that is in use, of another campaign or no campaign's, RunError on a full disk.
    """
    anew = _is_anothers(plan, folder, overwrite)
    with _held(folder, alone=whole or anew) as lock:
        _begin(plan, folder, overwrite, alone=whole or anew)
        if not whole:
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield


def _is_anothers(plan: Plan, folder: Path, overwrite: bool) -> bool:
    wanted, earlier = manifest_of(plan), _earlier(folder)
    if earlier is None or earlier == wanted:
        return False
    if not overwrite:
        raise _difference(folder, earlier, wanted)
    return True


@contextmanager
def _held(folder: Path, alone: bool) -> Iterator[int]:
    """The folder, locked. A disk without locks has none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise RunError(f"the campaign's folder {folder} was not made: {error.strerror or error}") from None
    try:
        _lock(descriptor, folder, alone)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, alone: bool) -> None:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError("is in use by another slic sweep", file=str(folder)) from None
    except OSError:
        return


def _begin(plan: Plan, folder: Path, overwrite: bool, alone: bool) -> None:
    """Clear away what is another campaign's, and write the manifest where it is not there; looked at under the lock."""
    wanted = manifest_of(plan)
    if _is_anothers(plan, folder, overwrite):
        _clear(folder, _earlier(folder) or wanted, wanted)
    if alone:
        _remove_partials(folder)
    try:
        (folder / "cases").mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(f"the campaign's folder {folder} was not made: {error.strerror or error}") from None
    write_whole(folder / "manifest.csv", _manifest_csv(plan))
    write_whole(folder / MANIFEST, json.dumps(wanted, indent=1, ensure_ascii=False) + "\n")


def _remove_partials(folder: Path) -> None:
    """Files that a killed run was writing."""
    for place in (folder, folder / "errors"):
        for path in [*place.glob(".*.partial*"), *place.glob(".seen-*")]:
            path.unlink(missing_ok=True)


def done_in(plan: Plan, folder: Path, overwrite: bool) -> set[str]:
    """Names of the cases that a run into this folder would find done; it writes nothing.

    Raises InputError for a folder that such a run refuses.
    """
    _is_anothers(plan, folder, overwrite)
    return {case.name for case in plan.cases if is_done(folder, case)}


def is_done(folder: Path, case: Case) -> bool:
    """Whether the finished run of this very case is there."""
    return done_sha256(folder, case.name) == case.sha256


def remove_leftovers(folder: Path, cases: Sequence[Case]) -> None:
    """Remove what a killed run left of cases that are not done, and runs that stand in their place."""
    wanted = {case.name: case for case in cases}
    for path in list((folder / "cases").iterdir()):
        hidden = path.name.startswith(".")
        name = path.name[1:].rpartition(".")[0] if hidden else path.name
        if name in wanted and (hidden or not is_done(folder, wanted[name])):
            shutil.rmtree(path, ignore_errors=True)


def keep_outcome(folder: Path, case: Case, outcome: Outcome) -> None:
    """Write the error of a case that failed into a file of its own; remove an earlier one of a case that is done.

    A disk so full that not even this can be written costs the file only.
    """
    path = folder / "errors" / f"{case.name}.json"
    if not outcome.error:
        path.unlink(missing_ok=True)
        return
    said = {"case": case.name, "settings": dict(case.settings), "error": outcome.error, "trace": outcome.trace}
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    except (OSError, RunError):
        return


def tidy(folder: Path) -> None:
    """Remove the folder of errors when it is empty: a campaign that failed in parts and was mended shows nothing."""
    try:
        (folder / "errors").rmdir()
    except OSError:
        return


def _earlier(folder: Path) -> dict[str, Any] | None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    path = folder / MANIFEST
    if not path.is_file():
        if folder.is_dir() and all(_is_of_a_start(file.name) for file in folder.iterdir()):
            return None  # it was killed
        raise InputError("exists and is no campaign's folder", file=str(folder), allowed="a new folder or a campaign's")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        {case["name"]: case["sha256"] for case in found["cases"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError("cannot be read as a manifest", file=str(path), allowed="a new folder") from None
    assert isinstance(found, dict)
    return found


def _is_of_a_start(name: str) -> bool:
    return name in ("cases", "manifest.csv") or name.startswith((".manifest.csv.partial", ".manifest.json.partial"))


def _difference(folder: Path, earlier: dict[str, Any], wanted: dict[str, Any]) -> InputError:
    """Says what is not as it was, the most telling first."""
    there, here = ({case["name"]: case for case in manifest["cases"]} for manifest in (earlier, wanted))
    shown = str(folder)
    gone, new = [n for n in there if n not in here], [n for n in here if n not in there]
    if gone or new:
        what = f"case {gone[0]} is not in this one" if gone else f"case {new[0]} is not in it"
        return InputError(f"holds another campaign: {what}", file=shown, allowed=_ALLOWED)
    for name, case in here.items():
        if case["settings"] != there[name]["settings"]:
            return InputError(f"holds another campaign: case {name} has other settings", file=shown, allowed=_ALLOWED)
    if earlier.get("installation") != wanted["installation"]:
        return InputError(
            f"was made by {earlier.get('installation')}; this is {wanted['installation']}",
            file=shown,
            allowed="the same installation, a new folder, or --overwrite",
        )
    changed = next((name for name, case in here.items() if case["sha256"] != there[name]["sha256"]), None)
    what = (
        "its title or scenario differs" if changed is None else f"the scenario or a data file of case {changed} differs"
    )
    return InputError(f"holds another campaign: {what}", file=shown, allowed=_ALLOWED)


def _clear(folder: Path, earlier: dict[str, Any], wanted: dict[str, Any]) -> None:
    names = {case["name"] for case in wanted["cases"]}
    for case in earlier["cases"]:
        (folder / "errors" / f"{case['name']}.json").unlink(missing_ok=True)
        if case["name"] not in names:
            shutil.rmtree(case_folder(folder, case["name"]), ignore_errors=True)
    for name in ("cases.csv", "cases.parquet", "campaign.html"):
        (folder / name).unlink(missing_ok=True)


def _manifest_csv(plan: Plan) -> str:
    from slic.report.campaign_table import csv_text

    rows = [[case.name, case.sha256, *(case.settings.get(path) for path in plan.parameters)] for case in plan.cases]
    return csv_text(["case", "sha256", *plan.parameters], rows)
