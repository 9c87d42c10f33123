"""JSON from outside, read field by field, with errors that say where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slic.errors import InputError


class JsonReader:
    """A JSON object with the path to it, for errors that say where. Remembers what was read of it."""

    def __init__(self, value: object, file: str, path: str = "") -> None:
        self._file, self._path = file, path
        self._read: set[str] = set()
        self._children: dict[str, list[JsonReader]] = {}
        if not isinstance(value, Mapping):
            raise self._error("", value, "an object")
        self.value = value

    def get(self, key: str) -> Any:
        """The value of a key; InputError if it is missing or null."""
        self._read.add(key)
        if self.value.get(key) is None:
            raise self._error(key, None, "a value", "is missing")
        return self.value[key]

    def has(self, key: str) -> bool:
        """Whether a key is there and not null."""
        return self.value.get(key) is not None

    def text(self, key: str) -> str:
        """A text; InputError if it is none."""
        found = self.get(key)
        if not isinstance(found, str):
            raise self._error(key, found, "a text")
        return found

    def number(self, key: str, default: float | None = None) -> float:
        """A number; InputError if it is none and there is no default."""
        if default is not None and not self.has(key):
            return default
        found = self.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self._error(key, found, "a number")
        return found

    def child(self, key: str) -> JsonReader:
        """The object under a key."""
        value = self.get(key)
        if key not in self._children:
            self._children[key] = [JsonReader(value, self._file, self._at(key))]
        return self._children[key][0]

    def children(self, key: str) -> list[JsonReader]:
        """The objects of the list under a key; a missing list is empty."""
        items = self._list(key)
        if key not in self._children:
            paths = [f"{self._at(key)}[{number}]" for number in range(len(items))]
            pairs = zip(items, paths, strict=True)
            self._children[key] = [JsonReader(item, self._file, path) for item, path in pairs]
        return self._children[key]

    def texts(self, key: str) -> list[str]:
        """The texts of the list under a key; a missing list is empty."""
        found = self._list(key)
        if not all(isinstance(item, str) for item in found):
            raise self._error(key, found, "a list of texts")
        return found

    def unread(self) -> Iterator[str]:
        """Paths of what stands in the object but was not read; empty values say nothing."""
        for key, value in self.value.items():
            if key not in self._read and value not in (None, "", [], {}):
                yield self._at(key)
        for children in self._children.values():
            for child in children:
                yield from child.unread()

    def time(self, key: str) -> str:
        """A time of day HH:MM; whole minutes only."""
        found = self.text(key)
        if len(found) not in (5, 8) or (len(found) == 8 and found[5:] != ":00"):
            raise self._error(key, found, "hh:mm:00 (SLIC keeps whole minutes)")
        return found[:5]

    def error(self, key: str, allowed: str) -> InputError:
        """The error for what stands under a key."""
        return self._error(key, self.value.get(key), allowed)

    def _list(self, key: str) -> list[Any]:
        self._read.add(key)
        found = self.value.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._error(key, found, "a list")
        return found

    def _error(self, key: str, value: object, allowed: str, problem: str = "is not understood") -> InputError:
        return InputError(problem, file=self._file, field=self._at(key), value=value, allowed=allowed)

    def _at(self, key: str) -> str:
        return ".".join(part for part in (self._path, key) if part)
