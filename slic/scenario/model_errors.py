"""Turns a model's refusal into an InputError with file, line, dotted field, value and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from slic.errors import InputError
from slic.scenario.document import Document, ValuePath

Schema = dict[str, Any]


def input_error(error: ValidationError, document: Document, model: type[BaseModel]) -> InputError:
    """The first fault, in the order of the file, of data that a model refused."""
    faults = []
    for fault in error.errors(include_url=False):
        path = _data_path(fault["loc"], document.data)
        path += ("kind",) if fault["type"].startswith("union_tag") else ()
        faults.append((document.origin(path).line or 0, path, fault))
    _, path, fault = min(faults, key=lambda f: f[0])
    problem, value, allowed = _words(fault, path, _schema_at(model, path, document.data))
    more = f" (and {len(faults) - 1} more to mend)" if len(faults) > 1 else ""
    return document.refusal(path, problem + more, value, allowed)


def refuse_flags(document: Document, model: type[BaseModel]) -> None:
    """Refuses true and false where a number belongs; the model would take them as 1 and 0."""
    for path, value in _leaves(document.data, ()):
        if not isinstance(value, bool):
            continue
        schema = _schema_at(model, path, document.data)
        if schema.get("type") in ("number", "integer"):
            raise document.refusal(path, "is not a number", str(value).lower(), _allowed(schema))


def nearest(name: str, names: list[str]) -> str:
    """Words that offer the nearest of the names, or empty."""
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def allowed_keys(model: type[BaseModel], path: ValuePath, data: Mapping[str, Any]) -> list[str] | None:
    """Keys that the model knows at a path: none inside a single value, None where any key may stand."""
    schema = _schema_at(model, path, data)
    return None if _any_entry(schema) else sorted(schema.get("properties", {}))


def _leaves(value: Any, path: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value


def _data_path(loc: ValuePath, data: Any) -> ValuePath:
    """The path in the data: the location without the union tags that pydantic puts in."""
    path: list[str | int] = []
    here: Any = data
    for part in loc:
        inside = isinstance(here, dict) and part in here
        if isinstance(here, dict) and not inside and (part == "[key]" or here.get("kind") == part):
            continue
        path.append(part)
        here = _item(here, part)
    return tuple(path)


def _words(fault: Any, path: ValuePath, schema: Schema) -> tuple[str, object, str]:
    kind = fault["type"]
    if kind == "extra_forbidden":
        keys = sorted(schema.get("properties", {}))
        return f"is not a known key{nearest(str(path[-1]), keys)}", None, ", ".join(keys)
    value = fault["input"] if isinstance(fault["input"], (str, int, float, bool)) else None
    if kind in ("missing", "union_tag_not_found"):
        return "is missing", None, _allowed(schema).removeprefix("kind: ")
    if kind == "value_error":
        return str(fault["ctx"]["error"]), value, ""
    if kind == "union_tag_invalid":
        return "is no known kind", fault["ctx"]["tag"], fault["ctx"]["expected_tags"].replace("'", "")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "is not a mapping", value, _mapping_words(path, schema)
    message = fault["msg"].replace("Input should", "should", 1)
    return message[0].lower() + message[1:], value, _allowed(schema)


def _mapping_words(path: ValuePath, schema: Schema) -> str:
    """What may stand where a mapping belongs, in words."""
    section, depth = path[0] if path else "", len(path)
    if section in ("programs", "luminaires") and depth == 1:
        return "a list of library names, or NAME: {fields}"
    keys = ", ".join(sorted(schema.get("properties", {})))
    whole = f"{{field: value, ...}} with fields of: {keys}" if keys else _allowed(schema) or "{key: value, ...}"
    return f"{{use: library-name}}, or {whole}" if section in ("programs", "luminaires") and depth == 2 else whole


def _allowed(schema: Schema) -> str:
    words = []
    if "enum" in schema or "const" in schema:
        words.append(", ".join(map(str, schema.get("enum", [schema.get("const")]))))
    if "discriminator" in schema:
        words.append("kind: " + " or ".join(schema["discriminator"]["mapping"]))
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None:
        words.append(f"{'above ' if 'exclusiveMinimum' in schema else ''}{_number(low)}")
    if high is not None:
        words.append(f"to {_number(high)}")
    found = " ".join(words)
    if "description" in schema and not schema.get("properties"):
        return f"{found}; {schema['description']}" if found else str(schema["description"])
    return found


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


@cache
def _model_schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _schema_at(model: type[BaseModel], path: ValuePath, data: Any) -> Schema:
    """JSON Schema of the value at the path; of the mapping around it where the key is not known."""
    root = _model_schema(model)
    schema = _resolved(root, root, data)
    here = data
    for part in path:
        inner = _step(schema, part)
        if inner is None:
            return schema
        here = _item(here, part)
        schema = _resolved(root, inner, here)
    return schema


def _step(schema: Schema, part: str | int) -> Schema | None:
    if isinstance(part, int):
        return schema.get("items")
    found: Schema | None = schema.get("properties", {}).get(part)
    return found or _any_entry(schema)


def _any_entry(schema: Schema) -> Schema | None:
    """Schema of the entries of a mapping whose keys are free, or None."""
    by_pattern: list[Schema] = list(schema.get("patternProperties", {}).values())
    free = schema.get("additionalProperties")
    return by_pattern[0] if by_pattern else free if isinstance(free, dict) else None


def _item(here: Any, part: str | int) -> Any:
    try:
        return here[part]
    except (TypeError, KeyError, IndexError):
        return None


def _resolved(root: Schema, schema: Schema, data: Any) -> Schema:
    """Follows references, the variant that ``kind`` names, and the one choice that is not null."""
    while True:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
            continue
        kind = str(data.get("kind")) if isinstance(data, dict) else None
        tags = schema.get("discriminator", {}).get("mapping", {})
        choices = [s for s in schema.get("anyOf", []) if s.get("type") != "null"]
        if kind in tags:
            schema = {"$ref": tags[kind]}
        elif len(choices) == 1:
            schema = choices[0]
        else:
            return schema
