"""Where the choices of a made-up case come from: a seed here, or a library that shrinks what fails (see tests)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np

T = TypeVar("T")


class Source(Protocol):
    """Makes choices. The first choice and the smallest number are the simplest, so that shrinking ends there."""

    def integer(self, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included."""

    def pick(self, choices: Sequence[T]) -> T:
        """One of some choices."""


class Dice:
    """Choices from the seed of a case: the same seed gives the same case, on any machine."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def integer(self, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included, all alike likely."""
        return int(self._generator.integers(low, high, endpoint=True))

    def pick(self, choices: Sequence[T]) -> T:
        """One of some choices, all alike likely; name one twice to make it likelier."""
        return choices[self.integer(0, len(choices) - 1)]


def chance(source: Source, pct: int) -> bool:
    """True in ``pct`` of 100 cases; False is the simpler one."""
    return source.integer(0, 99) >= 100 - pct


def several(source: Source, low: int, high: int, make: Callable[[Source], T]) -> list[T]:
    """From ``low`` to ``high`` things, each made anew."""
    return [make(source) for _ in range(source.integer(low, high))]
