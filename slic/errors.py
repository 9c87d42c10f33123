"""Errors that carry their data, so that a person can mend the input and a program can read the reason."""

from __future__ import annotations

_LONGEST_VALUE = 200
"""Characters of a value in an error's text."""


class SlicError(Exception):
    """Anything SLIC refuses or fails at. ``exit_code`` is what the command line ends with."""

    exit_code = 3


class InputError(SlicError):
    """Input that SLIC refuses, with where it stands, what was found and what is allowed.

    Parameters
    ----------
    problem : what is wrong, as a phrase ("is not a time of day")
    file : file name as the user gave it, or "" where there is none
    line : line number from 1, or None
    field : dotted path of the field, or column name, or ""
    value : the value found, or None where a value is missing
    allowed : what would be accepted, in words
    """

    exit_code = 2

    def __init__(
        self,
        problem: str,
        *,
        file: str = "",
        line: int | None = None,
        field: str = "",
        value: object = None,
        allowed: str = "",
    ) -> None:
        self.problem = problem
        self.file = file
        self.line = line
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(self._text())

    def _text(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        found = "" if self.value is None else f"{_short(repr(self.value))} "
        allowed = f" (allowed: {self.allowed})" if self.allowed else ""
        subject = f"{self.field}: {found}" if self.field else found
        text = f"{subject}{self.problem}{allowed}"
        return f"{place}: {text}" if place else text


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


class RunError(SlicError):
    """A run that started and could not be finished."""

    exit_code = 3
