from __future__ import annotations

import csv
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slic.errors import InputError
from slic.report.columns import COLUMNS, TABLES, Column
from slic.report.csv_file import iso_utc, ms_from_iso, read_csv, write_csv
from slic.report.run import Run
from tests.report import made_up

MINUS_ONE_MS = "1969-12-31T23:59:59.999Z"


def test_times_are_iso_utc_with_milliseconds() -> None:
    # 1 668 450 600 s is 2022-11-14 18:30:00 UTC (date -u -d @1668450600)
    assert iso_utc(1_668_450_600_007) == "2022-11-14T18:30:00.007Z"
    assert iso_utc(-1) == MINUS_ONE_MS
    assert iso_utc(1_709_251_199_999) == "2024-02-29T23:59:59.999Z"  # date -u -d @1709251199


@given(st.integers(min_value=-(10**12), max_value=10**13))
def test_times_come_back(t_ms: int) -> None:
    assert ms_from_iso(iso_utc(t_ms)) == t_ms


def test_the_dictionary_names_every_column_and_nothing_else(week: Run) -> None:
    with (week.folder / "data-dictionary.csv").open(encoding="utf-8", newline="") as file:
        described = [(line["table"], line["column"]) for line in csv.DictReader(file)]
    found = []
    for path in (week.folder / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found += [(path.stem, name) for name in next(csv.reader(file))]
    assert sorted(described) == sorted(found)
    assert len(set(described)) == len(described)
    assert all(column.meaning for column in COLUMNS)


def test_every_row_has_exactly_the_columns_of_its_table(week: Run) -> None:
    for table in TABLES:
        names = {column.name for column in COLUMNS if column.table == table}
        assert all(set(row) == names for row in week.tables[table]), table
        assert week.tables[table], table


def test_half_hours_add_up_to_the_energy_of_the_program(week: Run) -> None:
    sums: dict[str, float] = defaultdict(float)
    for row in week.tables["half_hours"]:
        if row["complete"]:
            sums[str(row["program"])] += float(str(row["energy_kwh"]))
    for program in week.summary["programs"]:
        assert sums[program["name"]] == pytest.approx(program["energy_kwh"], abs=2e-6)


def test_nights_and_months_add_up_to_the_energy_of_the_program(week: Run) -> None:
    for program in week.summary["programs"]:
        nights = [r for r in week.tables["nights"] if r["program"] == program["name"] and r["complete"]]
        months = [r for r in week.tables["months"] if r["program"] == program["name"]]
        assert len(nights) == 18  # 6 counted nights, 3 replicates
        assert sum(float(str(r["energy_kwh"])) for r in nights) / 3 == pytest.approx(program["energy_kwh"], abs=1e-5)
        assert [(r["month"], r["nights"]) for r in months] == [("2022-11", 6)]
        assert months[0]["energy_kwh"] == pytest.approx(program["energy_kwh"], abs=2e-6)


def test_a_missing_count_is_a_number_of_missing_slots_not_a_zero(week: Run) -> None:
    last = week.tables["data_quality"][-1]
    assert last == {"night": "2022-11-20", "slots": 174, "missing": 12, "counted": False}


def test_cells_that_cannot_be_read_are_refused_with_their_place(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    columns = (Column("t", "a", "integer", "1", "x"), Column("t", "b", "number", "W", "y", 2))
    write_csv(path, columns, [{"a": 1, "b": 2.345678}, {"a": None, "b": None}])
    assert path.read_bytes() == b"a,b\n1,2.35\n,\n"
    assert read_csv(path, columns) == [{"a": 1, "b": 2.35}, {"a": None, "b": None}]
    path.write_text("a,b\n1,2\nx,3\n")
    with pytest.raises(InputError) as caught:
        read_csv(path, columns)
    assert (caught.value.line, caught.value.field, caught.value.value) == (3, "a", "x")
    path.write_text("a,c\n1,2\n")
    with pytest.raises(InputError, match="header"):
        read_csv(path, columns)
    path.write_text("a,b\n1\n")
    with pytest.raises(InputError, match="cells"):
        read_csv(path, columns)


def test_a_frame_has_the_types_of_the_dictionary(week: Run) -> None:
    pl = pytest.importorskip("polars")
    frame = week.frame("half_hours")
    assert frame.schema["start_utc"] == pl.Datetime("ms", "UTC")
    assert str(frame["start_utc"][0]) == "2022-11-14 12:00:00+00:00"
    assert frame.height == len(made_up.REGIMES) * 7 * 48
    stored = pl.read_parquet(week.folder / "tables" / "half_hours.parquet")
    assert stored.equals(frame)
