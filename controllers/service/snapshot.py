"""A count of what must have come: a broker that drops messages says nothing about it."""

from __future__ import annotations

from collections.abc import Iterable


class Snapshot:
    """Which of the expected ids were seen. A retained snapshot is whole only when all were."""

    def __init__(self, expected: Iterable[str]) -> None:
        self._missing = dict.fromkeys(expected)

    def saw(self, one: str) -> None:
        """An id came; once more, or one that nobody expects, changes nothing."""
        self._missing.pop(one, None)

    def missing(self) -> list[str]:
        """Expected ids that did not come yet, in the order in which they were expected."""
        return list(self._missing)

    @property
    def complete(self) -> bool:
        """Whether all were seen."""
        return not self._missing
