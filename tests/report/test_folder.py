from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import pytest

from slic.errors import InputError, RunError
from slic.report import folder as folder_module
from slic.report.csv_file import write_csv
from slic.report.folder import changed_files, open_run, write_run
from slic.report.html import render_html
from slic.report.run import Run
from slic.report.summary_keys import (
    COMBINED_KEYS,
    PROGRAM_KEYS,
    QUALITY_KEYS,
    RETROFIT_KEYS,
    SAVING_KEYS,
    SERVICE_KEYS,
    SUMMARY_KEYS,
)
from tests.report import made_up
from tests.report.conftest import PROVENANCE, retrofit_run, small_run

FILES = {
    "scenario.yaml",
    "summary.json",
    "provenance.json",
    "timing.json",
    "log.jsonl",
    "data-dictionary.csv",
}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_holds_its_files_and_leaves_nothing_beside_it(small: Run) -> None:
    assert set(names_in(small.folder)) == {*FILES, "report.html", "tables", "END"}
    assert names_in(small.folder.parent) == ["small"]


def test_the_end_marker_holds_the_hash_of_every_other_file_but_timing(small: Run) -> None:
    seal = json.loads((small.folder / "END").read_text())["sha256"]
    files = {p.relative_to(small.folder).as_posix() for p in small.folder.rglob("*") if p.is_file()}
    assert set(seal) == files - {"END", "timing.json"}
    assert seal["summary.json"] == hashlib.sha256((small.folder / "summary.json").read_bytes()).hexdigest()
    assert changed_files(small.folder) == []


def test_equal_runs_have_equal_bytes(small: Run, tmp_path: Path) -> None:
    again = small_run(tmp_path / "again")
    for path in [*small.folder.rglob("*.csv"), small.folder / "summary.json", small.folder / "report.html"]:
        assert path.read_bytes() == (again.folder / path.relative_to(small.folder)).read_bytes(), path.name
    assert b"\r" not in (small.folder / "tables" / "nights.csv").read_bytes()


def test_the_report_made_from_the_stored_tables_is_the_stored_report(week: Run) -> None:
    assert render_html(open_run(week.folder)) == (week.folder / "report.html").read_text(encoding="utf-8")


def test_a_changed_or_removed_file_is_named(small: Run) -> None:
    (small.folder / "summary.json").write_text("{}")
    (small.folder / "tables" / "nights.csv").unlink()
    assert changed_files(small.folder) == ["summary.json", "tables/nights.csv"]


def test_a_folder_without_its_end_marker_is_not_opened(small: Run, tmp_path: Path) -> None:
    (small.folder / "END").unlink()
    with pytest.raises(InputError, match="END"):
        open_run(small.folder)
    with pytest.raises(InputError, match="not a folder"):
        open_run(tmp_path / "nowhere")


def test_an_end_marker_that_is_not_one_is_refused(small: Run) -> None:
    (small.folder / "END").write_text("done")
    with pytest.raises(InputError, match="END marker"):
        open_run(small.folder)


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{} x", "not JSON"), ("[]", "JSON object"), ('{"schema": 2}', "schema: 2"), (None, "missing")],
)
def test_a_summary_that_cannot_be_read_is_refused(small: Run, content: str | None, problem: str) -> None:
    path = small.folder / "summary.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(InputError, match=problem):
        open_run(small.folder)


def test_a_lost_table_is_named(small: Run) -> None:
    (small.folder / "tables" / "trace.csv").unlink()
    with pytest.raises(InputError, match=r"trace\.csv: is missing"):
        _ = open_run(small.folder).tables["trace"]


def test_a_folder_that_is_not_a_run_is_never_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not a run folder"):
        write_run(mine, made_up.scenario(), made_up.result(nights=1), PROVENANCE, {}, [], overwrite=True)
    assert names_in(mine) == ["thesis.txt"]


def test_a_run_is_replaced_only_when_asked_and_not_with_a_strangers_file_in_it(small: Run) -> None:
    with pytest.raises(InputError, match="holds a run already"):
        small_run(small.folder)
    names = ["full-night", "presence-cluster"]
    result = made_up.result(names, nights=3)
    (small.folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="would be lost") as caught:
        write_run(small.folder, made_up.scenario(names), result, PROVENANCE, {}, [], overwrite=True)
    assert caught.value.value == "notes.txt"
    (small.folder / "notes.txt").unlink()
    write_run(small.folder, made_up.scenario(names), result, PROVENANCE, {}, [], overwrite=True)
    assert open_run(small.folder).summary["nights"] == 3
    assert names_in(small.folder.parent) == ["small"]


@pytest.mark.parametrize(
    "stop", [OSError(errno.ENOSPC, "No space left on device", "x/half_hours.csv"), KeyboardInterrupt()]
)
def test_a_full_disk_or_an_interrupt_leaves_the_earlier_run_and_no_half_one(
    small: Run, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    before = (small.folder / "END").read_bytes()

    def failing(path: Path, columns: object, rows: object) -> None:
        if path.name == "half_hours.csv":
            raise stop
        write_csv(path, columns, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(folder_module, "write_csv", failing)
    names = ["full-night", "presence-cluster"]
    with pytest.raises((RunError, KeyboardInterrupt)) as caught:
        write_run(small.folder, made_up.scenario(names), made_up.result(names), PROVENANCE, {}, [], overwrite=True)
    if isinstance(stop, OSError):
        assert "No space left on device while writing half_hours.csv" in str(caught.value)
    assert (small.folder / "END").read_bytes() == before
    assert changed_files(small.folder) == []
    assert names_in(small.folder.parent) == ["small"]


def test_an_earlier_run_is_put_back_where_the_new_one_cannot_take_its_place(
    small: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (small.folder / "END").read_bytes()
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if ".partial-" in path.name:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    names = ["full-night", "presence-cluster"]
    with pytest.raises(RunError, match="Invalid cross-device link"):
        write_run(small.folder, made_up.scenario(names), made_up.result(names), PROVENANCE, {}, [], overwrite=True)
    assert (small.folder / "END").read_bytes() == before
    assert names_in(small.folder.parent) == ["small"]


@pytest.mark.parametrize(
    "path",
    [
        ["headline_presence"],
        ["limits"],
        ["data_quality", "nights_counted"],
        ["programs", 1, "reacts_to_presence"],
        ["programs", 1, "saving_pct", "exact_for_these_nights"],
        ["programs", 0, "service", "light_given_pct"],
        ["retrofit", "controls", 0, "combined_low_pct"],
    ],
)
def test_a_summary_of_another_version_is_refused_with_the_key_that_it_lacks(
    tmp_path: Path, path: list[str | int]
) -> None:
    folder = retrofit_run(tmp_path / "run").folder
    summary = json.loads((folder / "summary.json").read_text())
    place = summary
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    (folder / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(InputError, match="written by another version") as caught:
        open_run(folder)
    assert caught.value.field == ".".join(str(key) for key in path)


def test_a_provenance_of_another_version_is_refused_too(small: Run) -> None:
    (small.folder / "provenance.json").write_text('{"scenario_file": "x"}')
    with pytest.raises(InputError, match="written by another version") as caught:
        open_run(small.folder)
    assert caught.value.field == "inputs"


def test_every_key_of_a_summary_is_asked_for_when_it_is_opened(tmp_path: Path) -> None:
    summary = retrofit_run(tmp_path / "run").summary
    program = summary["programs"][1]
    assert set(summary) == {*SUMMARY_KEYS, "retrofit"}
    assert set(program) == set(PROGRAM_KEYS) and set(summary["data_quality"]) == set(QUALITY_KEYS)
    assert set(program["saving_pct"]) == set(SAVING_KEYS) and set(program["service"]) == set(SERVICE_KEYS)
    assert set(summary["retrofit"]) == set(RETROFIT_KEYS)
    assert set(summary["retrofit"]["controls"][0]) == set(COMBINED_KEYS)
