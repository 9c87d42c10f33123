"""Groups lamps into streets where no file names them: chains of near lamps whose direction goes on.

Each lamp takes as its own direction the line to a neighbour beside which most of its neighbours stand. It is then
linked, on either side, to the next lamp that stands beside that line and goes the same way; linked lamps are a
street. Work grows with the lamps, not with their square: only neighbours from a grid are compared.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slic.site.geometry import fills_an_area
from slic.site.grid import Grid

Metres = NDArray[np.float64]
Indices = NDArray[np.int64]

FEWEST = 3
"""Lamps of a street; two lamps have a line but no direction that goes on."""
_REACH_M = 80.0
"""How far a lamp looks: above two usual spacings, so that one lamp may be missing."""
_GAP_M = 60.0
"""The longest gap between lamps that follow each other."""
_NEAREST = 16
"""So many neighbours are compared."""
_NEAR_M = 3.0
"""Nearer lamps share a pole or a corner and say nothing about a direction."""
_LINE_M = 4.0
_BEND = 0.1
"""A lamp so far beside a line, and this share of its distance more, no longer speaks for it."""
_FADE_M = 40.0
"""A lamp speaks for a line with a weight that falls to half at this distance."""
_WIDTH_M = 12.0
"""Lamps on both sides of a street stand within this of each other."""
_OPPOSITE_M = 5.0
"""Lamps so little ahead or behind stand opposite each other."""
_TURN = np.cos(np.radians(25))
"""The most that the direction may turn from lamp to lamp, as a cosine."""
_CHUNK = 4096


def fit_streets(x_m: Metres, y_m: Metres) -> list[Indices]:
    """Indices of the lamps of each street, by its first lamp; lamps of no street are in none.

    x_m, y_m : places [m]. Streets have at least ``FEWEST`` lamps; what fills an area, as a lit square, is no street.
    Raises ValueError where so many lamps stand so close together that they cannot be told apart.
    """
    points = np.column_stack((x_m, y_m)).astype(np.float64)
    if len(points) < FEWEST:
        return []
    near = _neighbours(points)
    direction = _directions(points, near)
    street = _joined(len(points), *_links(points, near, direction))
    order = np.argsort(street, kind="stable")
    cuts = np.flatnonzero(np.diff(street[order])) + 1
    found = [members for members in np.split(order, cuts) if len(members) >= FEWEST]
    return [members for members in found if _is_a_line(points[members])]


def _is_a_line(points: Metres) -> bool:
    return not fills_an_area(points[:, 0], points[:, 1]) and bool((np.ptp(points, axis=0) > _NEAR_M).any())


def _neighbours(points: Metres) -> Indices:
    """The nearest lamps of each lamp from 3 to 80 m, nearest first [lamps x 16]; where there are fewer, the lamp."""
    lamp, other, gap_m = Grid(points[:, 0], points[:, 1], _REACH_M / 2).pairs(_NEAR_M, _REACH_M)
    order = np.lexsort((other, gap_m, lamp))
    lamp, other = lamp[order], other[order]
    rank = np.arange(len(lamp)) - np.searchsorted(lamp, lamp)
    near = np.repeat(np.arange(len(points))[:, None], _NEAREST, axis=1)
    kept = rank < _NEAREST
    near[lamp[kept], rank[kept]] = other[kept]
    return near


def _directions(points: Metres, near: Indices) -> Metres:
    """Direction of each lamp as a unit vector [lamps x 2], 0 where it has no neighbour."""
    best = np.zeros((len(points), 2))
    for first in range(0, len(points), _CHUNK):
        part = slice(first, first + _CHUNK)
        way = points[near[part]] - points[part, None]
        length_m = np.hypot(way[..., 0], way[..., 1])
        unit = way / np.maximum(length_m, 1e-9)[..., None]
        beside_m = np.abs(way[:, None, :, 0] * unit[:, :, None, 1] - way[:, None, :, 1] * unit[:, :, None, 0])
        vote = np.where(length_m > 0, 1 / (_FADE_M + length_m), 0.0)
        support = np.maximum(0, 1 - beside_m / (_LINE_M + _BEND * length_m)[:, None, :]) * vote[:, None, :]
        total = support.sum(axis=2)
        total[length_m == 0] = 0
        lamp, chosen = np.arange(len(unit)), np.argmax(np.round(total, 9), axis=1)
        best[part] = _mean_way(unit, unit[lamp, chosen], support[lamp, chosen])
    return best


def _mean_way(unit: Metres, line: Metres, weight: Metres) -> Metres:
    """Mean direction of the neighbours beside each lamp's line, those behind turned round: in a bend, its tangent."""
    ahead = np.sign((unit * line[:, None]).sum(axis=2))
    mean: Metres = (unit * (ahead * weight)[..., None]).sum(axis=1)
    length = np.hypot(mean[:, 0], mean[:, 1])[:, None]
    return np.where(length > 0, mean / np.maximum(length, 1e-12), line)


def _links(points: Metres, near: Indices, direction: Metres) -> tuple[Indices, Indices]:
    """Pairs of lamps of one street: with each lamp the next one ahead, behind and opposite that goes its way."""
    way = points[near] - points[:, None]
    along = (way * direction[:, None]).sum(axis=2)
    beside = way[..., 0] * direction[:, None, 1] - way[..., 1] * direction[:, None, 0]
    theirs = direction[near]
    beside_them = way[..., 0] * theirs[..., 1] - way[..., 1] * theirs[..., 0]
    same_way = np.abs((theirs * direction[:, None]).sum(axis=2)) >= _TURN
    fits = same_way & (np.abs(beside) <= _WIDTH_M) & (np.abs(beside_them) <= _WIDTH_M) & (np.abs(along) <= _GAP_M)
    fits &= near != np.arange(len(points))[:, None]
    firsts, seconds = [], []
    for side in (along > _OPPOSITE_M, along < -_OPPOSITE_M, np.abs(along) <= _OPPOSITE_M):
        cost = np.where(fits & side, np.abs(along) + np.abs(beside), np.inf)
        chosen = np.argmin(cost, axis=1)
        lamp = np.flatnonzero(np.isfinite(cost.min(axis=1)))
        firsts.append(lamp)
        seconds.append(near[lamp, chosen[lamp]])
    return np.concatenate(firsts), np.concatenate(seconds)


def _joined(size: int, first: Indices, second: Indices) -> Indices:
    """The lowest lamp that each lamp is linked to over any number of links."""
    label = np.arange(size)
    while True:
        low = np.minimum(label[first], label[second])
        new = label.copy()
        np.minimum.at(new, label[first], low)
        np.minimum.at(new, label[second], low)
        new = new[new]
        while not np.array_equal(new, new[new]):
            new = new[new]
        if np.array_equal(new, label):
            return label
        label = new
