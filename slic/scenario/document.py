"""Plain data of a file, where every value remembers where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from slic.errors import InputError

ValuePath = tuple[str | int, ...]


class Origin(NamedTuple):
    """Where a value stands: file name as shown to people, and line from 1 (None: not in a file)."""

    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dict, list, str, int, float, bool, None), and the origin of each value by its path."""

    data: dict[str, Any]
    origins: dict[ValuePath, Origin]
    file: str

    def origin(self, path: ValuePath) -> Origin:
        """Where the value of a path stands, or the nearest value around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return Origin(self.file, None)

    def refusal(self, path: ValuePath, problem: str, value: object, allowed: str) -> InputError:
        """An InputError at the value of a path."""
        origin, field = self.origin(path), ".".join(map(str, path))
        return InputError(problem, file=origin.file, line=origin.line, field=field, value=value, allowed=allowed)
