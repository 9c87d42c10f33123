"""The payload models as schemas of an AsyncAPI document: JSON Schema draft 7, each model once, references inside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import models_json_schema

from slic.messages.payloads import Message

Json = dict[str, Any]
_VALUES = ("default", "const", "enum")
"""Keywords whose values are data and no schemas."""


def schemas(payloads: Iterable[type[Message]]) -> Json:
    """Schemas of these models and of all they consist of, by name, in the order of the alphabet."""
    ordered = sorted(payloads, key=lambda model: model.__name__)
    _, found = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    return {name: _schema(schema) for name, schema in sorted(found["$defs"].items())}


def markdown(docstring: str | None) -> str:
    """A docstring as Markdown: literals in single backticks."""
    return (docstring or "").strip().replace("``", "`")


def _schema(schema: Json) -> Json:
    """A schema without what only repeats a name, and without keywords that draft 7 does not know."""
    plain = {key: _keyword(key, value) for key, value in schema.items() if key not in ("title", "discriminator")}
    if plain.get("propertyNames", {}).keys() <= {"description"}:
        plain.pop("propertyNames", None)
    if "patternProperties" in plain:
        plain["additionalProperties"] = False
    if "$ref" in plain and len(plain) > 1:
        # Beside a reference everything else would be ignored.
        plain["allOf"] = [{"$ref": plain.pop("$ref")}]
    return plain


def _keyword(key: str, value: Any) -> Any:
    if key in _VALUES:
        return value
    if key == "description":
        return markdown(value)
    if key in ("properties", "patternProperties"):
        return {name: _schema(one) for name, one in value.items()}
    if isinstance(value, dict):
        return _schema(value)
    if isinstance(value, list):
        return [_schema(one) if isinstance(one, dict) else one for one in value]
    return value
