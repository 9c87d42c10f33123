"""`slic validate` and `slic scenario` as a person types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slic.cli.main import app

LAMPS = "id,lat,lon,street,watts\na,51.05,3.71,Main,28\nb,51.0503,3.71,Main,{}\n"


def slic(*words: str):
    return CliRunner().invoke(app, list(words))


def test_validate_tells_what_would_run() -> None:
    result = slic("validate", "luminext-town", "--json", "--set", "run.nights=3")
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert (facts["lamps"], facts["streets"], facts["nights"], facts["warnings"]) == (8006, 4, 3, [])
    assert facts["regimes"] == ["no-dimming", "defensive", "d60-residential", "d60-all"]


def test_validate_refuses_in_one_line_with_exit_code_2() -> None:
    result = slic("validate", "ghent-coupure", "--set", "service.required.0.at=25:30")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "service.required.0.at: '25:30' is not a time of day" in line


@pytest.mark.parametrize(("watts", "exit_code"), [("28", 0), ("", 4)])
def test_new_then_validate(tmp_path: Path, monkeypatch, watts: str, exit_code: int) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lamps.csv").write_text(LAMPS.format(watts))
    made = slic("scenario", "new", "mine", "--lamps", "lamps.csv", "--timezone", "Europe/Brussels")
    assert made.exit_code == 0
    assert "it assumes:" in made.stdout and "2 lamps" in made.stdout
    checked = slic("validate", "mine.yaml")
    assert checked.exit_code == exit_code
    assert ("without watts" in checked.stdout) == (exit_code == 4)
    again = slic("scenario", "new", "mine", "--lamps", "lamps.csv", "--timezone", "Europe/Brussels")
    assert again.exit_code == 2


def test_list_show_and_schema() -> None:
    assert "ghent-coupure " in slic("scenario", "list").stdout
    assert 'name: "ghent-coupure"' in slic("scenario", "show", "ghent-coupure").stdout
    assert json.loads(slic("scenario", "schema").stdout)["properties"]["extends"]


COUNTED = """\
slic: 1
name: counted
site: {latitude: 51.05, longitude: 3.71, timezone: Europe/Brussels}
lamps: {kind: row, count: 2, spacing_m: 30, luminaire: led-generic, power_w: 28}
luminaires: [led-generic]
traffic: {source: {kind: counts, file: c.csv, slot_min: 60, forward: [n], time_column: t, time_zone: Europe/Brussels}}
programs: [full-night]
baseline: full-night
service: {required: [{at: "12:00", level_pct: 100}]}
run: {start: 2022-10-29, nights: 2, replicates: 1}
"""
DAY_29 = [f"2022-10-29T{hour:02d}:00" for hour in range(12, 24)]
DAY_30 = [f"2022-10-30T{hour:02d}:00" for hour in (0, 1, 2, 2, *range(3, 24))]
DAY_31 = [f"2022-10-31T{hour:02d}:00" for hour in range(13)]
HOURS = [*DAY_29, *DAY_30, *DAY_31]


def counted(folder: Path, hours: list[str], **cells: str) -> str:
    """A scenario of two nights, the first of which has the hour that happens twice."""
    rows = [f"{hour},{cells.get(hour[8:13], 3)}\n" for hour in hours]
    (folder / "c.csv").write_text("t,n\n" + "".join(rows))
    (folder / "counted.yaml").write_text(COUNTED)
    return str(folder / "counted.yaml")


def test_validate_reads_the_counts(tmp_path: Path) -> None:
    assert slic("validate", counted(tmp_path, HOURS)).exit_code == 0


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("-1", "c.csv:7: n: '-1' is not a count"),
        ("nan", "'nan' is not a count"),
        ("some", "'some' is not a count"),
        ("100001", "'100001' is not a count (allowed: 0 to 100,000 a slot (100,000 an hour), or an empty cell)"),
        ("1000000000000", "c.csv:7: n: '1000000000000' is not a count"),
    ],
)
def test_what_simulate_would_refuse_validate_refuses_too(tmp_path: Path, cell: str, words: str) -> None:
    scenario = counted(tmp_path, HOURS, **{"29T17": cell})
    checked = slic("validate", scenario)
    assert checked.exit_code == 2
    assert words in checked.stderr
    ran = slic("simulate", scenario, "--out", str(tmp_path / "run"), "--jobs", "1")
    assert (ran.exit_code, ran.stderr) == (2, checked.stderr)


def test_validate_tells_of_gaps_as_the_run_does(tmp_path: Path) -> None:
    scenario = counted(tmp_path, HOURS, **{"29T23": ""})
    checked = slic("validate", scenario, "--json")
    assert checked.exit_code == 4
    (warning,) = json.loads(checked.stdout)["warnings"]
    assert "1 of 2 nights lack 1 counts in the dark" in warning
    ran = slic("simulate", scenario, "--out", str(tmp_path / "run"), "--jobs", "1", "--json")
    assert (ran.exit_code, json.loads(ran.stdout)["warnings"]) == (4, [warning])


def test_a_run_without_a_complete_night_is_refused_before_it_starts(tmp_path: Path) -> None:
    once = [hour for at, hour in enumerate(HOURS) if HOURS.index(hour) == at]
    scenario = counted(tmp_path, once)
    for command in (["validate"], ["simulate", "--out", str(tmp_path / "run")]):
        done = slic(command[0], scenario, *command[1:], "--set", "run.nights=1")
        assert done.exit_code == 2
        assert "c.csv: 2022-10-30 02:00 (second pass) has no count: the only night of the run" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_data_file_is_no_scenario(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("e.csv").write_text("a,b\n1,2\n")
    for name in ("e.csv", str(tmp_path / "e.csv")):
        done = slic("validate", name)
        assert done.exit_code == 2 and "e.csv: is not a scenario" in done.stderr


def test_columns_are_named_on_the_command_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lamps.csv").write_text("thing,north,east\na,51.05,3.71\nb,51.0503,3.71\n")
    new = ["scenario", "new", "mine", "--lamps", "lamps.csv", "--timezone", "Europe/Brussels"]
    columns = ["--column", "lamp_id=thing", "--column", "lat=north", "--column", "lon=east"]
    assert slic(*new, "--column", "north").exit_code == 2
    made = slic(*new, *columns)
    assert made.exit_code == 0 and "lat from north" in made.stdout
