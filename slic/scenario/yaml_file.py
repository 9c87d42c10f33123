"""YAML files read into plain data, where every value remembers its file and line.

YAML 1.2: ``22:30``, ``off`` and dates stay text. Duplicate keys are refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from slic.errors import InputError
from slic.scenario.document import Document, Origin, ValuePath
from slic.scenario.model_errors import input_error, refuse_flags

M = TypeVar("M", bound=BaseModel)

_NUMBERS_AND_FLAGS = ("int", "float", "bool", "null")
_MAX_DEPTH = 40
_MOST_VALUES = 200_000
"""Of a file, each use of an anchor counted: a few lines of anchors can stand for billions of values."""


def read_document(path: Path, shown: str = "") -> Document:
    """The mapping in a YAML file. ``shown`` is the name that errors give, by default the path.

    Raises InputError for a file that is missing, not UTF-8, not YAML, or not a mapping at its top.
    """
    shown = shown or str(path)
    text = read_text(path, shown)
    data, origins = _parse(text, shown)
    if not isinstance(data, dict):
        raise InputError("does not hold a mapping", file=shown, line=1, allowed="key: value lines")
    return Document(data, origins, shown)


def read_text(path: Path, shown: str) -> str:
    """Text of a UTF-8 file; InputError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError("is not UTF-8 text", file=shown, line=line) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=shown) from None


def read_value(text: str, shown: str) -> object:
    """The value of a piece of YAML, as in ``0.1``, ``off`` or ``[a, b]``; empty text is null."""
    return _parse(text, shown)[0]


def read_model(path: Path, model: type[M], shown: str = "") -> M:
    """A YAML file checked against a model; InputError with file and line of the first fault."""
    document = read_document(path, shown)
    return validated(document, model)


def validated(document: Document, model: type[M]) -> M:
    """A document's data as a model; InputError with file and line of the first fault."""
    refuse_flags(document, model)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise input_error(error, document, model) from None


def _parse(text: str, shown: str) -> tuple[Any, dict[ValuePath, Origin]]:
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise InputError(f"is not valid YAML: {error.problem or error.context}", file=shown, line=line) from None
    except YAMLError as error:
        raise InputError(f"is not valid YAML: {str(error).splitlines()[0]}", file=shown) from None
    except RecursionError:
        raise InputError("is nested too deep", file=shown, allowed=f"{_MAX_DEPTH} levels") from None
    origins: dict[ValuePath, Origin] = {}
    return _plain(yaml, node, (), origins, shown), origins


def _plain(yaml: YAML, node: Any, path: ValuePath, origins: dict[ValuePath, Origin], shown: str) -> Any:
    if node is None:
        return None
    line = node.start_mark.line + 1
    origins.setdefault(path, Origin(shown, line))
    if len(path) > _MAX_DEPTH:
        raise InputError("is nested too deep", file=shown, line=line, allowed=f"{_MAX_DEPTH} levels")
    if len(origins) > _MOST_VALUES:
        raise InputError("holds too much", file=shown, allowed=f"{_MOST_VALUES} values, anchors written out")
    if isinstance(node, MappingNode):
        return _mapping(yaml, node, path, origins, shown)
    if isinstance(node, SequenceNode):
        return [_plain(yaml, item, (*path, i), origins, shown) for i, item in enumerate(node.value)]
    return _scalar(yaml, node, shown)


def _mapping(
    yaml: YAML, node: MappingNode, path: ValuePath, origins: dict[ValuePath, Origin], shown: str
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*path, key)
        line = key_node.start_mark.line + 1
        if key in found:
            field = ".".join(map(str, here))
            raise InputError("stands twice", file=shown, line=line, field=field, allowed="each key once")
        origins[here] = Origin(shown, line)
        found[key] = _plain(yaml, value_node, here, origins, shown)
    return found


def _scalar(yaml: YAML, node: ScalarNode, shown: str) -> Any:
    kind = str(node.tag).rsplit(":", 1)[-1]
    if kind not in _NUMBERS_AND_FLAGS:
        return node.value
    try:
        return yaml.constructor.construct_object(node, deep=True)
    except (ValueError, YAMLError):
        line = node.start_mark.line + 1
        raise InputError("cannot be read as a number", file=shown, line=line, value=node.value) from None
