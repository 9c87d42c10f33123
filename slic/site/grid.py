"""A grid over points in the plane: the nearest point without comparing all.

Work is bounded: where the points lie so close that more than ``MAX_PAIRS`` pairs would have to be compared,
a ValueError says so instead of running for hours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Metres = NDArray[np.float64]
Indices = NDArray[np.int64]

MAX_PAIRS = 200_000_000
MAX_KEPT_PAIRS = 5_000_000
_CHUNK_PAIRS = 4_000_000


class Grid:
    """Points in square cells, sorted by row and column of their cell, so that a run of cells is one slice.

    x_m, y_m : the points [m]; cell_m : size of a cell, by default about one point per cell
    """

    def __init__(self, x_m: Metres, y_m: Metres, cell_m: float | None = None) -> None:
        if len(x_m) == 0:
            raise ValueError("a grid needs at least one point")
        self.points = np.column_stack((x_m, y_m)).astype(np.float64)
        self.low = self.points.min(axis=0)
        extent = np.maximum(np.ptp(self.points, axis=0), 1e-3)
        # Rows run across the longer side: a street of n lamps then has few rows to look through.
        self.axes = (0, 1) if extent[0] <= extent[1] else (1, 0)
        fitting_m = max(float(np.sqrt(extent[0] * extent[1] / len(x_m))), float(extent.max()) / len(x_m))
        self.cell_m = max(cell_m or 0.0, fitting_m)
        self.shape = np.floor(extent / self.cell_m).astype(np.int64) + 1
        rows, columns = self._cells(self.points)
        keys = self._key(rows, columns)
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]

    def nearest(self, x_m: Metres, y_m: Metres) -> tuple[Indices, Metres]:
        """Index of the nearest grid point to each query point, and its distance [m]; ties: lowest index."""
        queries = np.column_stack((x_m, y_m)).astype(np.float64)
        best = np.full(len(queries), -1, np.int64)
        best_m = np.full(len(queries), np.inf)
        open_ = np.arange(len(queries))
        reach = 1

        def keep(q: Indices, p: Indices, d: Metres) -> None:
            _keep_nearest(best, best_m, q, p, d)

        while len(open_):
            self._look(queries, open_, reach, keep)
            whole_grid = reach > int(self.shape.max())
            open_ = open_[:0] if whole_grid else open_[best_m[open_] > reach * self.cell_m]
            reach *= 2
        return best, best_m

    def pairs(self, from_m: float, to_m: float) -> tuple[Indices, Indices, Metres]:
        """All pairs of different points from ``from_m`` to ``to_m`` apart, both ways round: point, other, distance.

        Raises ValueError for more than ``MAX_KEPT_PAIRS`` of them.
        """
        found: list[tuple[Indices, Indices, Metres]] = []
        number = 0

        def keep(one: Indices, other: Indices, gap_m: Metres) -> None:
            nonlocal number
            mine = (gap_m >= from_m) & (gap_m <= to_m) & (one != other)
            number += int(mine.sum())
            if number > MAX_KEPT_PAIRS:
                raise ValueError(f"more than {MAX_KEPT_PAIRS:,} pairs of points lie within {to_m:g} m of each other")
            found.append((one[mine], other[mine], gap_m[mine]))

        self._look(self.points, np.arange(len(self.points)), int(np.ceil(to_m / self.cell_m)), keep)
        one, other, gap_m = (np.concatenate(part) for part in zip(*found, strict=True))
        return one, other, gap_m

    def _look(
        self,
        queries: Metres,
        chosen: Indices,
        reach: int,
        use: Callable[[Indices, Indices, Metres], None],
    ) -> None:
        """Hands to ``use`` each chosen query with every point in the cells up to ``reach`` cells away."""
        rows, columns = self._cells(queries[chosen])
        n_rows, n_columns = (int(self.shape[axis]) for axis in self.axes)
        left, right = np.maximum(columns - reach, 0), np.minimum(columns + reach, n_columns - 1)
        for shift in range(-min(reach, n_rows - 1), min(reach, n_rows - 1) + 1):
            row = rows + shift
            valid = (row >= 0) & (row < n_rows)
            first = np.searchsorted(self.keys, self._key(row, left), "left")
            last = np.searchsorted(self.keys, self._key(row, right), "right")
            counts = np.where(valid, last - first, 0)
            self._hand_over(queries, chosen, first, counts, use)

    def _hand_over(
        self,
        queries: Metres,
        chosen: Indices,
        first: Indices,
        counts: Indices,
        use: Callable[[Indices, Indices, Metres], None],
    ) -> None:
        total = np.cumsum(counts)
        if len(total) and int(total[-1]) > MAX_PAIRS:
            raise ValueError(f"{int(total[-1])} pairs of points lie too close together (at most {MAX_PAIRS})")
        cuts = np.searchsorted(total, np.arange(_CHUNK_PAIRS, int(total[-1]) + 1, _CHUNK_PAIRS)) + 1
        for start, stop in zip([0, *cuts], [*cuts, len(counts)], strict=True):
            size = counts[start:stop]
            query = np.repeat(chosen[start:stop], size)
            offset = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
            point = self.order[np.repeat(first[start:stop], size) + offset]
            gap = queries[query] - self.points[point]
            use(query, point, np.hypot(gap[:, 0], gap[:, 1]))

    def _cells(self, points: Metres) -> tuple[Indices, Indices]:
        cells = np.floor((points - self.low) / self.cell_m).astype(np.int64)
        cells = np.clip(cells, 0, self.shape - 1)
        return cells[:, self.axes[0]], cells[:, self.axes[1]]

    def _key(self, rows: Indices, columns: Indices) -> Indices:
        return rows * int(self.shape[self.axes[1]]) + columns


def nearest(x_m: Metres, y_m: Metres, to_x_m: Metres, to_y_m: Metres) -> tuple[Indices, Metres]:
    """For each point (as a lamp) the nearest of others (as corners of a street): its index and distance [m].

    Points at one place, to a millimetre, are compared once; of equally near ones the first counts.
    """
    places, place_of, _ = _places(x_m, y_m)
    targets, _, first = _places(to_x_m, to_y_m)
    found, distance_m = Grid(*targets).nearest(*places)
    return first[found][place_of], distance_m[place_of]


def _places(x_m: Metres, y_m: Metres) -> tuple[tuple[Metres, Metres], Indices, Indices]:
    """Different places, the place of each point, and the first point of each place."""
    millimetres = np.rint(np.column_stack((x_m, y_m)) * 1000).astype(np.int64)
    _, first, place_of = np.unique(millimetres, axis=0, return_index=True, return_inverse=True)
    return (np.asarray(x_m)[first], np.asarray(y_m)[first]), place_of.reshape(-1), first


def _keep_nearest(best: Indices, best_m: Metres, query: Indices, point: Indices, distance_m: Metres) -> None:
    if len(query) == 0:
        return
    order = np.lexsort((point, distance_m, query))
    query, point, distance_m = query[order], point[order], distance_m[order]
    head = np.ones(len(query), bool)
    head[1:] = query[1:] != query[:-1]
    query, point, distance_m = query[head], point[head], distance_m[head]
    better = (distance_m < best_m[query]) | ((distance_m == best_m[query]) & (point < best[query]))
    best[query[better]], best_m[query[better]] = point[better], distance_m[better]
