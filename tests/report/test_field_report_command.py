"""`slic report` on a store of field records, and the store as Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from slic.cli.report import report as report_command
from slic.errors import InputError
from slic.report.field_export import export_parquet
from tests.report.field_stores import NOON_MS, WHERE, ZONE, Field, steady

app = typer.Typer()
app.command()(report_command)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    field = Field()
    field.inventory([["l1", 28.0, *WHERE], ["l2", 28.0, *WHERE]])
    steady(field, "l1", 28, (5, 15), nights=2)
    field.state("l1", NOON_MS, 100.0)
    return field.write(tmp_path / "store")


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_page_summary_and_tables(store: Path, tmp_path: Path) -> None:
    code, out, _ = run(store, "--timezone", ZONE, "--out", tmp_path / "out", "--json")
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "out" / "summary.json").read_text())
    lines = (tmp_path / "out" / "tables" / "coverage.csv").read_text().splitlines()
    assert lines[0].startswith("night,segment,lamp,coverage_pct,energy_kwh")
    assert lines[1].startswith("2022-11-14,seg,l1,100.000,0.280000,0.000000,10.0000,100.00")
    assert lines[3] == "2022-11-14,seg,l2,0.000,,,,"
    page = (tmp_path / "out" / "report.html").read_text()
    assert "not calibrated" in page and "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_table_is_printed(store: Path) -> None:
    code, out, _ = run(store, "--timezone", ZONE, "--first", "2022-11-15")
    assert code == 0
    assert "2022-11-15" in out and "2022-11-14" not in out.replace("from 2022-11-14", "")
    assert "seg/l2" in out and "No road users are counted" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--timezone: is missing"),
        (("--timezone", "Mars/Base"), "is not a time zone"),
        (("--timezone", ZONE, "--first", "2023-01-01"), "has no readings in these nights"),
        (("--timezone", ZONE, "--first", "soon"), "is no date"),
        (("--timezone", ZONE, "--position", "here"), "is no position"),
        (("--timezone", ZONE, "--position", "99,0"), "is not on the earth"),
    ],
)
def test_bad_input_is_said(store: Path, arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, [str(store), *arguments])
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


def test_a_damaged_day_is_left_out_and_said(store: Path, tmp_path: Path) -> None:
    """Two nights of 28 W from 16:00 to 02:00 UTC; the UTC day in the middle is lost."""
    (store / "2022-11-15.sqlite").write_bytes(b"this is no database, but it has the name of one\n" * 100)
    code, out, _ = run(store, "--timezone", ZONE, "--out", tmp_path / "out")
    words = "2022-11-15.sqlite cannot be read (file is not a database): this UTC day is left out"
    assert code == 4 and words in " ".join(out.split())
    assert words in (tmp_path / "out" / "report.html").read_text()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["days_left_out"] == ["2022-11-15"]
    # readings at 23:45 and 00:00 hold the gap: 24.25 of 48 h, and of the 560 Wh 28 W x (2.25 + 8) h
    [lamp] = [line for line in (tmp_path / "out" / "tables" / "lamps.csv").read_text().splitlines() if ",l1," in line]
    assert ",49.479,0.560000,0.287000," in lamp
    code, out, err = run(store, "--timezone", ZONE, "--json")
    assert code == 4 and json.loads(out) == summary and "2022-11-15" in err


def test_parquet_holds_the_same_rows(store: Path, tmp_path: Path) -> None:
    files = export_parquet(store, tmp_path / "parquet")
    assert str(files[0].relative_to(tmp_path / "parquet")) == "site=ghent/day=2022-11-14/readings.parquet"
    frame = pl.read_parquet(tmp_path / "parquet" / "**" / "readings.parquet")
    assert frame.height == 2 * 96 + 1
    assert frame["counter_mj"].max() == 2 * 1_008_000_000
    assert frame.schema["target_pm"] == pl.Int64


def test_a_damaged_day_after_the_nights_asked_for_does_not_matter(store: Path) -> None:
    (store / "2022-11-25.sqlite").write_bytes(b"this is no database\n" * 100)
    code, out, _ = run(store, "--timezone", ZONE, "--json")
    assert code == 4 and json.loads(out)["days_left_out"] == ["2022-11-25"]
    code, out, _ = run(store, "--timezone", ZONE, "--last", "2022-11-15", "--json")
    assert code == 0 and json.loads(out)["days_left_out"] == []
