"""A file of programs for a segment, and the signed message that is made from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, ValidationError

from controllers.gateway.signatures import signed
from slic.control.calendar import Calendar
from slic.control.program import ControlProgram, Strict
from slic.errors import InputError
from slic.files import read_text
from slic.messages.channels import CHANNELS
from slic.messages.payloads import NodeId, ProgramSet
from slic.scenario.library import load_program
from slic.scenario.yaml_file import read_document, validated


class ProgramFile(Strict):
    """Which program or calendar each lamp group of a segment runs. A program of the library stands by its name."""

    groups: dict[NodeId, NodeId] = Field(min_length=1, description="lamp group -> calendar or program")
    programs: dict[NodeId, ControlProgram] = Field(min_length=1, max_length=200)
    calendars: dict[NodeId, Calendar] = Field({}, max_length=100)


def read_program_file(path: Path) -> ProgramFile:
    """The programs in a YAML file. Paths in it are relative to it.

    A program of the library or of another file takes the name that it has here.
    Raises InputError, with file and field, for what a gateway would refuse: a name that nothing has, that two have, or
    that is another inside.
    """
    document = read_document(path)
    programs = document.data.get("programs")
    if isinstance(programs, dict):
        for name, given in programs.items():
            if isinstance(given, str):
                programs[name] = {**_library_program(given, path.parent).model_dump(mode="json"), "name": name}
    found = validated(document, ProgramFile)
    for field, name, allowed in _references(found):
        if name not in allowed:
            raise InputError("is not in this file", file=str(path), field=field, value=name, allowed=", ".join(allowed))
    both = sorted(set(found.programs) & set(found.calendars))
    if both:
        raise InputError("is a program and a calendar", file=str(path), field="calendars", value=both[0])
    for field, key, name in _names(found):
        if key != name:
            raise InputError("is not the name above it", file=str(path), field=field, value=name, allowed=key)
    return found


def signed_program(
    programs: ProgramFile,
    site: str,
    segment: str,
    version: int,
    signer: str,
    key: Ed25519PrivateKey,
    envelope: Mapping[str, Any],
) -> bytes:
    """The payload of ``_/program`` for a segment, with the envelope's id, time, boot and number.

    InputError if it is larger than the channel takes, or no program set.
    """
    content = {**envelope, "version": version, **programs.model_dump(mode="json", exclude_none=True)}
    return signed_payload(content, site, segment, signer, key)


def signed_payload(content: Mapping[str, Any], site: str, segment: str, signer: str, key: Ed25519PrivateKey) -> bytes:
    """The payload of ``_/program`` from all its fields but hash and signature; errors as of :func:`signed_program`."""
    document = signed(content, site, segment, "program", signer, key)
    payload = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    most = CHANNELS["program"].max_bytes
    if len(payload) > most:
        raise InputError(f"are {len(payload)} bytes signed", field="programs", allowed=f"{most} bytes")
    try:
        ProgramSet.model_validate_json(payload)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        raise InputError(fault["msg"], field=field, value=fault["input"]) from None
    return payload


def read_signed(path: Path) -> bytes:
    """The payload in a file of :func:`signed_program`; InputError if it is none."""
    payload = read_text(path, str(path)).strip().encode("utf-8")
    try:
        ProgramSet.model_validate_json(payload)
    except ValidationError as error:
        raise InputError(f"is no signed program: {error.errors()[0]['msg']}", file=str(path)) from None
    return payload


def _library_program(given: str, folder: Path) -> ControlProgram:
    return load_program(str(folder / given) if given.endswith((".yaml", ".yml")) else given)


def _names(file: ProgramFile) -> Iterator[tuple[str, str, str]]:
    yield from ((f"programs.{key}.name", key, program.name) for key, program in file.programs.items())
    yield from ((f"calendars.{key}.name", key, calendar.name) for key, calendar in file.calendars.items())


def _references(file: ProgramFile) -> Iterator[tuple[str, str, list[str]]]:
    for group, name in file.groups.items():
        yield f"groups.{group}", name, [*file.programs, *file.calendars]
    for key, calendar in file.calendars.items():
        yield f"calendars.{key}.default", calendar.default, list(file.programs)
        for number, rule in enumerate(calendar.rules):
            yield f"calendars.{key}.rules.{number}.program", rule.program, list(file.programs)
