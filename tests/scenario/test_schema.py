"""The schema for editors accepts what ships and refuses what the model refuses."""

import jsonschema
import pytest

from slic.scenario import library
from slic.scenario.dump import resolved_yaml, scenario_json_schema
from slic.scenario.load import load_scenario
from slic.scenario.yaml_file import read_document, read_value


@pytest.mark.parametrize("name", library.list_scenarios())
def test_the_schema_accepts_what_ships(name: str) -> None:
    validator = jsonschema.Draft202012Validator(scenario_json_schema())
    data = read_document(library.scenario_path(name)).data
    assert [error.message for error in validator.iter_errors(data)] == []
    assert list(validator.iter_errors(read_value(resolved_yaml(load_scenario(name).scenario), ""))) == []


@pytest.mark.parametrize(
    "change", [{"colour": "red"}, {"baseline": 3}, {"programs": {"a": {"hold": 3}}}, {"lamps": {"kind": "raw"}}]
)
def test_the_schema_refuses_faults(change: dict[str, object]) -> None:
    data = read_document(library.scenario_path("ghent-coupure")).data | change
    assert not jsonschema.Draft202012Validator(scenario_json_schema()).is_valid(data)
