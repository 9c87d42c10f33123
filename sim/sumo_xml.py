"""Reads SUMO's XML output as a stream of elements, so that a file of any size needs little memory.

All that SUMO says stands in the attributes of opening tags, so no tree is built.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat
from zoneinfo import ZoneInfo

from slic.errors import InputError
from slic.scenario.sumo_model import SumoDetectors, SumoInstant, SumoPositions

_CHUNK = 1 << 16
_NAMED = 12
"""So many names of a file are listed where one is not found."""


@dataclass(frozen=True, slots=True)
class Element:
    """An opening tag, with its line in the file."""

    name: str
    values: dict[str, str]
    line: int
    file: str

    def text(self, key: str) -> str:
        """An attribute; InputError if there is none."""
        if key not in self.values:
            raise InputError(f"{self.name} is without it", file=self.file, line=self.line, field=key)
        return self.values[key]

    def number(self, key: str) -> float:
        """An attribute as a finite number; InputError if it is none."""
        text = self.text(key)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError("is not a number", file=self.file, line=self.line, field=key, value=text)
        return value


def sumo_elements(path: Path, root: str) -> Iterator[Element]:
    """Elements below the root of a SUMO output file, plain or gzipped, in file order.

    root : name of the outermost element, by which SUMO's kinds of output differ
    Raises InputError for a file that is missing, cut off, no XML or of another kind.
    """
    reader = _Reader(path.name, root)
    try:
        with _opened(path) as file:
            while chunk := file.read(_CHUNK):
                reader.parser.Parse(chunk, False)
                yield from reader.taken()
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        yield from reader.taken()
        raise reader.cut_off(expat.errors.messages[error.code]) from None
    except (EOFError, zlib.error) as error:
        raise reader.cut_off(str(error)) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", file=path.name) from None


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


class _Reader:
    def __init__(self, file: str, root: str) -> None:
        self.file, self.root = file, root
        self.found: list[Element] = []
        self.number = 0
        self.last_time = ""
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start

    def taken(self) -> list[Element]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found

    def cut_off(self, why: str) -> InputError:
        """The error for a file that ends, or is no XML, in the middle."""
        up_to = f" up to time {self.last_time}" if self.last_time else ""
        return InputError(
            f"is cut off or is no XML ({why}), after {self.number:,} elements{up_to}",
            file=self.file,
            line=self.parser.CurrentLineNumber,
            allowed=f"a whole file, up to </{self.root}>",
        )

    def _start(self, name: str, values: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        if self.number == 0 and name != self.root:
            raise InputError("is another kind of file", file=self.file, line=line, value=name, allowed=f"<{self.root}>")
        if self.number:
            self.found.append(Element(name, values, line, self.file))
        self.number += 1
        self.last_time = values.get("time") or values.get("end") or self.last_time


def zero_ms(source: SumoPositions | SumoDetectors | SumoInstant) -> int:
    """SUMO's time 0 [UTC ms]. InputError if the scenario's start is no civil time, or one that never happens."""
    zone = ZoneInfo(source.time_zone)
    try:
        civil = datetime.fromisoformat(source.start)
    except ValueError:
        civil = datetime.max.replace(tzinfo=UTC)
    if civil.tzinfo is not None:
        raise _bad_start(source, "is not a civil time")
    moment = civil.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != civil:
        raise _bad_start(source, f"never happens in {source.time_zone}: the clock jumps over it")
    return round(moment.timestamp() * 1000)


def _bad_start(source: SumoPositions | SumoDetectors | SumoInstant, problem: str) -> InputError:
    allowed = "civil time at SUMO's time 0 without offset, as 2026-11-16T18:00"
    return InputError(problem, field="traffic.source.start", value=source.start, allowed=allowed)


def check_known(wanted: Collection[str], there: Collection[str], what: str, file: str) -> None:
    """Refuses a name that the file does not have, with the first dozen that it has."""
    unknown = [name for name in wanted if name not in there]
    if unknown:
        known = sorted(there)
        allowed = ", ".join(known[:_NAMED]) + (", ..." if len(known) > _NAMED else "") or "nothing: the file names none"
        raise InputError(
            f"is no {what} of the file", file=file, field="traffic.source", value=unknown[0], allowed=allowed
        )
