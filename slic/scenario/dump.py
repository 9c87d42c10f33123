"""A scenario written out whole, and the JSON Schema of scenario files for editors."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from slic.control.program import ControlProgram
from slic.lamps.luminaire import LuminaireType
from slic.scenario.model import Scenario

Schema = dict[str, Any]


def resolved_yaml(scenario: Scenario) -> str:
    """The scenario as YAML with every value, defaults too: the same bytes for an equal scenario.

    It loads back to an equal scenario and needs no library but its data files.
    """
    # A second reading turns whole-number defaults of real fields into real numbers, as in a file read back.
    plain = Scenario.model_validate(scenario.model_dump(mode="json")).model_dump(mode="json")
    return yaml_text(plain)


def yaml_text(plain: Schema) -> str:
    """Plain data as YAML that readers of older YAML understand alike."""
    yaml = YAML()
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(_quoted(plain), text)
    return text.getvalue()


def scenario_json_schema() -> Schema:
    """JSON Schema of a scenario file, with library names, ``use`` and ``extends``."""
    schema = Scenario.model_json_schema()
    required = schema.pop("required")
    properties = schema["properties"]
    properties["extends"] = {
        "type": "string",
        "description": "a scenario that this one changes: name or path",
    }
    for section, model in (("programs", ControlProgram), ("luminaires", LuminaireType)):
        properties[section] = _entries(schema, model.__name__)
    schema["$defs"]["Calendar"]["required"].remove("name")
    schema["anyOf"] = [{"required": ["extends"]}, {"required": required}]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _entries(schema: Schema, definition: str) -> Schema:
    """Library names, or entries of which each is whole or changes a library entry."""
    entry = schema["$defs"][definition]
    entry.pop("required")
    entry["properties"]["use"] = {
        "type": "string",
        "description": "name of a library entry that this one changes",
    }
    whole = {"anyOf": [{"$ref": f"#/$defs/{definition}"}, {"type": "null"}]}
    names = {"type": "array", "items": {"type": "string"}}
    return {"anyOf": [names, {"type": "object", "additionalProperties": whole}]}


def _quoted(value: Any) -> Any:
    """Texts in double quotes, so that readers of older YAML do not take 22:30 or off for something else."""
    if isinstance(value, dict):
        return {key: _quoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) else value
