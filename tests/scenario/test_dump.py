"""A resolved scenario loads back to itself."""

from pathlib import Path

import pytest

from slic.scenario import library
from slic.scenario.dump import resolved_yaml
from slic.scenario.load import load_scenario


@pytest.mark.parametrize("name", library.list_scenarios())
def test_what_is_written_loads_back_without_the_library(name: str, tmp_path: Path, monkeypatch) -> None:
    scenario = load_scenario(name, ["run.seed=7"]).scenario
    text = resolved_yaml(scenario)
    (tmp_path / "scenarios").mkdir()
    for folder in ("data", "lamps"):
        (tmp_path / folder).symlink_to(library.config_root() / folder)
    (tmp_path / "again.yaml").write_text(text)
    monkeypatch.setenv("SLIC_CONFIG_DIR", str(tmp_path))
    again = load_scenario(tmp_path / "again.yaml").scenario
    assert again == scenario
    assert resolved_yaml(again) == text


def test_times_are_quoted_for_older_readers() -> None:
    assert 'at: "23:00"' in resolved_yaml(load_scenario("ghent-coupure").scenario)
