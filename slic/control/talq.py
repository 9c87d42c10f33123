"""Control programs and calendars as TALQ JSON (Smart City Protocol 2.7.1, data model: ControlProgramOne, Calendar).

What TALQ cannot say stands in the object ``x-slic``. On import each value that TALQ's own part says differently from
what SLIC wrote there wins, so a document edited by another system is read as that system meant it, and the rest is
kept. SLIC is not certified by the TALQ Consortium.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from slic.control.calendar import Calendar
from slic.control.json_reader import JsonReader
from slic.control.program import ControlProgram
from slic.control.talq_export import calendar_json, program_json
from slic.control.talq_import import calendar_part, program_part
from slic.control.talq_merge import merged_program, named, ramps
from slic.errors import InputError

Json = dict[str, Any]
Model = TypeVar("Model", ControlProgram, Calendar)

EXTENSION = "x-slic"


class Exported(NamedTuple):
    """A TALQ document, and in words what its TALQ part says differently from SLIC or not at all."""

    document: Json
    warnings: list[str]


class Imported(NamedTuple, Generic[Model]):
    """What a TALQ document says, and in words what of it could not be kept."""

    model: Model
    warnings: list[str]


def export_program(program: ControlProgram, owner: str = "slic") -> Exported:
    """A ControlProgramOne. ``owner`` : address of the system that owns it (ownerCMS)."""
    document, warnings = program_json(program, owner)
    return Exported({**document, EXTENSION: changed_fields(program)}, warnings)


def import_program(document: Mapping[str, Any], file: str = "") -> Imported[ControlProgram]:
    """The program of a ControlProgramOne. Keys that SLIC does not know are left out, with a warning each.

    Raises InputError with the field for a missing or wrong value, and for what SLIC does not run (ValueActivePeriod,
    ExternalControlEffect, times that are not whole minutes).
    """
    reader = JsonReader(document, file)
    theirs = program_part(reader)
    try:
        fields, warnings = _program_fields(reader, theirs)
        return Imported(ControlProgram.model_validate(fields), warnings + _left_out(reader))
    except ValidationError as error:
        raise _input_error(error, file) from error


def export_calendar(calendar: Calendar, owner: str = "slic") -> Exported:
    """A Calendar, to be assigned with dayOffset 12 (noon to noon).

    TALQ has no holidays: each becomes a rule for its own date, before all others. That is the same calendar.
    """
    document, warnings = calendar_json(calendar, owner)
    return Exported({**document, EXTENSION: changed_fields(calendar)}, warnings)


def import_calendar(document: Mapping[str, Any], file: str = "") -> Imported[Calendar]:
    """The calendar of a TALQ Calendar. Raises InputError as :func:`import_program` does."""
    reader = JsonReader(document, file)
    theirs = calendar_part(reader)
    try:
        fields, warnings = _calendar_fields(reader, theirs)
        return Imported(Calendar.model_validate(fields), warnings + _left_out(reader))
    except ValidationError as error:
        raise _input_error(error, file) from error


def changed_fields(model: ControlProgram | Calendar) -> Json:
    """The top-level fields of a model that differ from their defaults, as plain data for a file."""
    data = model.model_dump(mode="json")
    fields = type(model).model_fields
    return {key: value for key, value in data.items() if getattr(model, key) != fields[key].default}


def _program_fields(reader: JsonReader, theirs: Json) -> tuple[Json, list[str]]:
    if not reader.has(EXTENSION):
        warnings: list[str] = []
        own = {key: value for key, value in theirs.items() if key != "ramps"}
        own["dynamic_controls"] = named(theirs["dynamic_controls"])
        return own | ramps(theirs, {"ramp_up_s": 0, "ramp_down_s": 0}, warnings), warnings
    program = ControlProgram.model_validate(reader.get(EXTENSION))
    base = program_part(JsonReader(program_json(program, "slic")[0], EXTENSION))
    merged, warnings = merged_program(program.model_dump(mode="json"), base, theirs)
    return merged | {"dynamic_controls": named(merged["dynamic_controls"])}, warnings


def _calendar_fields(reader: JsonReader, theirs: Json) -> tuple[Json, list[str]]:
    """The rules count as one value: their order decides, so half of them cannot be another system's."""
    if not reader.has(EXTENSION):
        return theirs, []
    calendar = Calendar.model_validate(reader.get(EXTENSION))
    base = calendar_part(JsonReader(calendar_json(calendar, "slic")[0], EXTENSION))
    changed = {key: value for key, value in theirs.items() if value != base[key]}
    merged = calendar.model_dump(mode="json") | changed
    if "rules" not in changed or not calendar.holidays:
        return merged, []
    return merged | {"holidays": []}, ["the rules were changed: holidays are kept as rules for single dates"]


def _left_out(reader: JsonReader) -> list[str]:
    return [f"{path} is not known to SLIC and left out" for path in reader.unread() if path != EXTENSION]


def _input_error(error: ValidationError, file: str) -> InputError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return InputError(first["msg"], file=file, field=field, value=first["input"])
