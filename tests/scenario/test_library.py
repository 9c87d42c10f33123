"""The shipped library: every file loads, states its data's attribution, and unknown names list what there is."""

from pathlib import Path

import pytest

from slic.errors import InputError
from slic.scenario import library
from slic.scenario.load import load_scenario
from slic.scenario.loaded import resolve_file


def test_the_scenarios_of_the_project_are_there() -> None:
    assert {
        "ghent-coupure",
        "ghent-coupure-year",
        "ghent-coupure-tenth",
        "ghent-coupure-fiftieth",
        "washington-k-street",
        "luminext-town",
    } <= set(library.list_scenarios())


@pytest.mark.parametrize("name", library.list_scenarios())
def test_each_scenario_loads_with_data_and_attribution(name: str) -> None:
    loaded = load_scenario(name)
    notice = (library.config_root() / "data" / "NOTICE.md").read_text()
    assert all(line in notice for line in loaded.scenario.attribution)
    data = [file for file in loaded.inputs if (library.config_root() / "data" / file).is_file()]
    assert len(data) == len(loaded.scenario.attribution)
    assert all(f"`{file}`" in notice for file in data)
    assert loaded.scenario.name == name


@pytest.mark.parametrize("name", library.list_programs())
def test_each_program_has_the_name_of_its_file(name: str) -> None:
    assert library.load_program(name).name == name


def test_each_luminaire_has_the_name_of_its_file_and_a_source() -> None:
    for path in (library.config_root() / "luminaires").glob("*.yaml"):
        luminaire = library.load_luminaire(path.stem)
        assert luminaire.name == path.stem and luminaire.source


def test_the_variants_of_ghent_differ_as_they_say() -> None:
    week, year, tenth, fiftieth = (
        load_scenario(name).scenario
        for name in ("ghent-coupure", "ghent-coupure-year", "ghent-coupure-tenth", "ghent-coupure-fiftieth")
    )
    assert (week.run.nights, year.run.nights) == (7, 364)
    assert [s.traffic.thin for s in (week, year, tenth, fiftieth)] == [1, 1, 0.1, 0.02]
    assert (week.lamps.count, week.lamps.power_w, week.lamps.spacing_m) == (34, 28, 30)
    assert {"full-night", "part-night", "d60-residential", "defensive-residential", "half-level-00-05",
            "presence-cluster", "presence-train"} == set(week.programs)  # fmt: skip


@pytest.mark.parametrize(
    ("call", "name", "words"),
    [
        (library.scenario_path, "gent-coupure", "did you mean ghent-coupure?"),
        (library.load_program, "fullnight", "did you mean full-night?"),
        (library.load_luminaire, "led", "led-generic"),
    ],
)
def test_unknown_names_list_what_there_is(call, name: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call(name)
    assert words in str(caught.value)
    assert caught.value.allowed


def test_a_path_is_taken_as_a_path(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("name: own\nidle_level_pct: 30\n")
    assert library.load_program(str(path)).idle_level_pct == 30
    with pytest.raises(InputError, match=r"none\.yaml: does not exist"):
        library.load_program("none.yaml")


def test_the_config_folder_can_be_moved(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "scenarios").mkdir()
    monkeypatch.setenv("SLIC_CONFIG_DIR", str(tmp_path))
    assert library.list_scenarios() == []
    monkeypatch.setenv("SLIC_CONFIG_DIR", str(tmp_path / "none"))
    with pytest.raises(InputError, match="SLIC_CONFIG_DIR"):
        library.config_root()


def test_a_data_file_beside_the_scenario_goes_before_the_library(load) -> None:
    loaded = load()
    name = "circuit-watts.csv"
    assert resolve_file(loaded, name) == library.config_root() / "lamps" / name
    (loaded.base_dir / name).write_text("own")
    assert resolve_file(loaded, name).read_text() == "own"
    with pytest.raises(InputError, match="does not exist"):
        resolve_file(loaded, "none.csv")


def test_the_library_is_small_enough_for_the_wheel() -> None:
    size = sum(path.stat().st_size for path in library.config_root().rglob("*") if path.is_file())
    assert size < 2_500_000
