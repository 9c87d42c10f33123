"""The combinations that a search may try, and which come next: pure functions of the seed and of what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Any

import numpy as np

BATCH = 12
"""Trials that are simulated together: they share the road users, and a kill costs at most so many."""

_PURPOSE = 1_330_660_436
"""Keeps these random numbers apart from those of other purposes with the same seed."""

Point = tuple[int, ...]
"""A combination: for each parameter, in order, the index of its value."""


@dataclass(frozen=True, slots=True)
class Space:
    """Values to try, by field of the program."""

    values: Mapping[str, Sequence[Any]]

    @property
    def size(self) -> int:
        """Number of combinations."""
        return prod(self._counts)

    @property
    def _counts(self) -> list[int]:
        return [len(values) for values in self.values.values()]

    def settings(self, point: Point) -> dict[str, Any]:
        """The values of a combination by field."""
        return {path: values[at] for (path, values), at in zip(self.values.items(), point, strict=True)}

    def all(self) -> Iterator[Point]:
        """Every combination, the last parameter running fastest."""
        return product(*(range(count) for count in self._counts))

    def numbered(self, number: int) -> Point:
        """A combination by its place in :meth:`all`."""
        return tuple(int(at) for at in np.unravel_index(number, self._counts))

    def beside(self, point: Point) -> Iterator[Point]:
        """Combinations one step away in one parameter."""
        for axis, count in enumerate(self._counts):
            for at in (point[axis] - 1, point[axis] + 1):
                if 0 <= at < count:
                    yield (*point[:axis], at, *point[axis + 1 :])


def wanted(space: Space, trials: int) -> int:
    """How many trials a search has."""
    return min(space.size, trials)


def next_points(space: Space, trials: int, seed: int, tried: Sequence[Point], good: Sequence[Point]) -> list[Point]:
    """The next batch, empty at the end.

    With no more combinations than trials all are tried in order. Else the first half is drawn at random, and the
    second half are neighbours of ``good`` points, best first, with draws at random where there are none left.
    """
    left = wanted(space, trials) - len(tried)
    count = min(BATCH, left)
    if space.size <= trials:
        return list(islice(space.all(), len(tried), len(tried) + count))
    seen = set(tried)
    found: list[Point] = []
    drawn = _drawn(space, trials, seed)
    source = drawn if 2 * len(tried) < trials else (near for point in good for near in space.beside(point))
    for point in (*source, *drawn):
        if point not in seen and len(found) < count:
            seen.add(point)
            found.append(point)
    return found


def _drawn(space: Space, trials: int, seed: int) -> list[Point]:
    """As many combinations as there are trials, each once, at random."""
    rng = np.random.default_rng((seed, _PURPOSE))
    return [space.numbered(int(number)) for number in rng.choice(space.size, size=trials, replace=False)]
