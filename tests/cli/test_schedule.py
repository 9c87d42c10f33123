"""`slic schedule` and `slic talq` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from slic.cli.main import app

LONDON = ["--lat", "51.5074", "--lon", "-0.1278", "--timezone", "Europe/London", "--year", "2023"]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == exit_code, result.output
    return result.output


def test_json_has_the_published_london_figures(tmp_path: Path) -> None:
    found = json.loads(run("schedule", "d60-residential", *LONDON, "--json"))
    assert found["lit_h"] == pytest.approx(4280.1, rel=0.0005)
    assert found["saving_pct"] == pytest.approx(34.06, abs=0.05)
    assert sum(month["lit_h"] for month in found["months"]) == pytest.approx(found["lit_h"], abs=0.01)
    assert {one["code"] for one in found["findings"]} == {"short-night"}
    assert list(tmp_path.iterdir()) == []


def test_the_picture_is_small_well_formed_and_titled(tmp_path: Path) -> None:
    output = run("schedule", "d60-residential", *LONDON, "--night", "2023-03-25")
    assert "fixed time 22:00" in output and "night of Sat 25 Mar 2023" in output
    picture = tmp_path / "schedule-d60-residential-2023.svg"
    assert picture.stat().st_size < 300_000
    root = ElementTree.parse(picture).getroot()
    space = "{http://www.w3.org/2000/svg}"
    title = root.find(f"{space}title")
    assert title is not None and title.text is not None and "D60" in title.text
    shown = [text.text for text in root.iter(f"{space}text")]
    assert "clock forward 1 h, 26 Mar" in shown and "clock back 1 h, 29 Oct" in shown
    assert {"50 %", "70 %", "100 %", "Jan", "Dec", "00:00"} <= set(shown)


def test_quiet_prints_nothing() -> None:
    assert run("schedule", "full-night", *LONDON, "--quiet", "--svg", "year.svg") == ""
    assert Path("year.svg").exists()


def test_a_program_that_never_lights_ends_with_2(tmp_path: Path) -> None:
    Path("dark.yaml").write_text("name: dark\nidle_level_pct: 0\n", encoding="utf-8")
    found = json.loads(run("schedule", "dark.yaml", *LONDON, "--json", exit_code=2))
    assert found["findings"][0]["code"] == "never-lights"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--night", "2023-13-01"], "2023-13-01"),
        (["--timezone", "Europe/Atlantis"], "Europe/Atlantis"),
        (["--lat", "95"], "latitude"),
    ],
)
def test_bad_input_ends_with_2_and_says_what(arguments: list[str], words: str) -> None:
    assert words in run("schedule", "full-night", *LONDON, *arguments, exit_code=2)


COUPURE = ["ghent-coupure-calendar", "--calendar", "off-but-weekends", "--year", "2022"]


def test_a_calendar_shows_weekends_over_a_year_at_the_scenarios_site(tmp_path: Path) -> None:
    """2022 has 52 Fridays and 53 Saturdays."""
    found = json.loads(run("schedule", *COUPURE, "--json"))
    assert found["nights"] == {"part-night": 260, "full-night": 105}
    assert found["calendar"] == "off-but-weekends" and "program" not in found
    assert found["place"]["timezone"] == "Europe/Brussels"
    part = json.loads(run("schedule", "part-night", *LONDON[:-1], "2022", "--json"))
    assert 0 < found["saving_pct"] < part["saving_pct"]
    assert list(tmp_path.iterdir()) == []


def test_a_calendar_prints_the_program_of_the_night_and_draws_the_year(tmp_path: Path) -> None:
    """14 October 2022 is a Friday, the next day of the part-night program is Sunday."""
    friday, sunday = (run("schedule", *COUPURE, "--night", f"2022-10-{day}") for day in (14, 16))
    assert "full-night, night of Fri 14 Oct 2022" in friday and "fixed time 00:00" not in friday
    assert "part-night, night of Sun 16 Oct 2022" in sunday and "fixed time 00:00" in sunday
    assert "nights of calendar off-but-weekends: part-night 260, full-night 105" in friday
    picture = (tmp_path / "schedule-off-but-weekends-2022.svg").read_text(encoding="utf-8")
    assert "Calendar off-but-weekends" in picture


def test_a_calendar_may_stand_elsewhere_and_must_exist() -> None:
    found = json.loads(run("schedule", *COUPURE, "--lat", "60", "--json"))
    assert found["place"]["latitude"] == 60 and found["place"]["timezone"] == "Europe/Brussels"
    assert "off-but-weekends" in run("schedule", COUPURE[0], "--calendar", "x", "--year", "2022", exit_code=2)


@pytest.mark.parametrize("missing", ["--lat", "--lon", "--timezone"])
def test_a_program_needs_a_place(missing: str) -> None:
    given = dict(zip(LONDON[::2], LONDON[1::2], strict=True))
    del given[missing]
    output = run("schedule", "full-night", *[word for pair in given.items() for word in pair], exit_code=2)
    assert missing in output


def test_talq_import_prints_what_it_could_not_keep() -> None:
    run("talq", "export", "roeselare-path", "--out", "path.json")
    document = json.loads(Path("path.json").read_text(encoding="utf-8"))
    Path("path.json").write_text(json.dumps(document | {"vendorField": 1}), encoding="utf-8")
    result = CliRunner().invoke(app, ["talq", "import", "path.json"])
    assert result.stderr == "warning: vendorField is not known to SLIC and left out\n"
    assert "vendorField" not in result.stdout and "entrance_level_pct: 20" in result.stdout


def test_talq_out_and_in() -> None:
    run("talq", "export", "roeselare-path", "--out", "path.json")
    text = run("talq", "import", "path.json")
    Path("again.yaml").write_text(text, encoding="utf-8")
    run("talq", "export", "again.yaml", "--out", "again.json")
    assert Path("again.json").read_text(encoding="utf-8") == Path("path.json").read_text(encoding="utf-8")


def test_talq_import_of_what_is_not_json() -> None:
    Path("bad.json").write_text("{\n  oops", encoding="utf-8")
    assert "bad.json:2" in run("talq", "import", "bad.json", exit_code=2)


def test_talq_calendar_out_and_in() -> None:
    run("talq", "export", "ghent-coupure-calendar", "--calendar", "off-but-weekends", "--out", "calendar.json")
    assert "weekdays:\n  - fri\n  - sat" in run("talq", "import", "calendar.json")
    assert "off-but-weekends" in run("talq", "export", "ghent-coupure-calendar", "--calendar", "x", exit_code=2)


def test_a_night_of_another_year_is_refused() -> None:
    text = run("schedule", "full-night", *LONDON, "--night", "2029-02-20", exit_code=2)
    assert "2029-02-20" in text and "2023" in text
