from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from slic.cli.report import report
from slic.report.run import Run

app = typer.Typer()
app.command()(report)


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_json_is_the_summary_and_nothing_else(small: Run) -> None:
    code, out, err = run(small.folder, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == small.summary


def test_the_table_and_the_path_are_printed(small: Run) -> None:
    code, out, _ = run(small.folder)
    assert code == 0
    assert "presence-cluster" in out and "Report: " in out


def test_html_is_made_again_as_it_was(small: Run, tmp_path: Path) -> None:
    code, _, _ = run(small.folder, "--html", tmp_path / "again.html", "--quiet")
    assert code == 0
    assert (tmp_path / "again.html").read_bytes() == small.report.read_bytes()


def test_a_changed_file_is_said_and_ends_with_4(small: Run) -> None:
    table = small.folder / "tables" / "programs.csv"
    table.write_bytes(table.read_bytes().replace(b"full-night", b"half-night"))
    code, out, err = run(small.folder, "--quiet")
    assert (code, out) == (4, "")
    assert "tables/programs.csv was changed or removed" in err.replace("\n", "")
