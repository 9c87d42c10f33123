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
