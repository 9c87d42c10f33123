"""JSON Schema of an object checked field by field, so that values that were seen before cost nothing again."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft7Validator

Json = dict[str, Any]
_KEYWORDS = {"type", "properties", "required", "additionalProperties", "description", "components"}
_REMEMBERED = 100_000


class FlatObject:
    """Whether an object is what a schema says, where the schema speaks of each field alone."""

    def __init__(self, schema: Json) -> None:
        assert schema.keys() <= _KEYWORDS and schema["type"] == "object" and not schema["additionalProperties"]
        parts = {"components": schema["components"]}
        self._whole = Draft7Validator(schema)
        self._fields = {name: Draft7Validator(one | parts) for name, one in schema["properties"].items()}
        self._required = set(schema["required"])
        self._good: set[tuple[str, type, Any]] = set()

    def faults(self, value: Any) -> list[str]:
        """What is wrong, in words; empty if nothing is."""
        known = isinstance(value, dict) and self._required <= value.keys() <= self._fields.keys()
        if known and all(self._is_good(name, one) for name, one in value.items()):
            return []
        return [f"{error.json_path}: {error.message[:200]}" for error in self._whole.iter_errors(value)]

    def _is_good(self, name: str, value: Any) -> bool:
        if isinstance(value, list | dict):
            return self._fields[name].is_valid(value)
        key = (name, type(value), value)
        if key in self._good:
            return True
        good = self._fields[name].is_valid(value)
        if good and len(self._good) < _REMEMBERED:
            self._good.add(key)
        return good
