"""The check field by field says the same as the library's check of the whole."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.contract.flat_object import FlatObject

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["a"],
    "properties": {
        "a": {"type": "integer", "minimum": 0},
        "b": {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]},
        "c": {"type": "array", "items": {"$ref": "#/components/schemas/C"}},
        "d": {"enum": [0, 1]},
    },
    "components": {"schemas": {"C": {"type": "number", "maximum": 5}}},
}
VALUES = st.sampled_from(
    [None, True, False, 0, 1, 1.0, 0.0, -1, 2.5, "", "xx", "xxx", [], [1, 5], [6], ["x"], {}, {"a": 1}]
)
OBJECTS = st.dictionaries(st.sampled_from("abcde"), VALUES) | VALUES


@given(st.lists(OBJECTS, max_size=20))
def test_it_agrees_with_the_library_also_when_asked_again(values: list[Any]) -> None:
    flat, whole = FlatObject(SCHEMA), Draft7Validator(SCHEMA)
    for value in values + values:
        assert (flat.faults(value) == []) == whole.is_valid(value), value
