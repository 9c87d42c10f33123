"""Local metres around a reference point, and order along a street.

The plane is equirectangular with the radii of curvature of the WGS84 ellipsoid at the reference
point: M = a(1 - e^2)/(1 - e^2 sin^2 phi)^1.5 along the meridian and N = a/(1 - e^2 sin^2 phi)^0.5 across
it, with a = 6,378,137 m and 1/f = 298.257223563.
An east-west distance is off by tan(phi) times the share of the earth's radius that it lies north or south of the
reference: 0.1 per cent at the edge of a town 10 km across at 51 degrees, 0.2 per cent at 70 degrees.
"""

from __future__ import annotations

from math import cos, hypot, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from slic.site.grid import nearest

Metres = NDArray[np.float64]
Indices = NDArray[np.int64]

_A_M = 6_378_137.0
_E2 = (2 - 1 / 298.257223563) / 298.257223563

_SQUARE_M = 40.0
"""Wider than a street, so that lamps opposite each other mostly share a square, and about a spacing of lamps."""
_STRAIGHT_WIDTH_M = 40.0
_MOST_CROSSINGS = 6


def radii_m(latitude: float) -> tuple[float, float]:
    """Metres per radian [m] northwards and eastwards at a latitude [degrees]."""
    root = sqrt(1 - _E2 * sin(radians(latitude)) ** 2)
    return _A_M * (1 - _E2) / root**3, _A_M / root * cos(radians(latitude))


def local_metres(
    latitude: Metres, longitude: Metres, reference: tuple[float, float] | None = None
) -> tuple[Metres, Metres]:
    """East and north of a reference point [m], of degrees; the reference is by default the mean position."""
    if reference is None:
        reference = (float(np.mean(latitude)), float(longitude[0]))
    north_m, east_m = radii_m(reference[0])
    turn = (np.asarray(longitude, float) - reference[1] + 180) % 360 - 180
    return np.radians(turn) * east_m, np.radians(np.asarray(latitude, float) - reference[0]) * north_m


def distance_m(latitude: float, longitude: float, latitude_2: float, longitude_2: float) -> float:
    """Distance [m] of two points some tens of kilometres apart; far points only roughly."""
    north_m, east_m = radii_m((latitude + latitude_2) / 2)
    turn = (longitude_2 - longitude + 180) % 360 - 180
    return hypot(radians(turn) * east_m, radians(latitude_2 - latitude) * north_m)


def fills_an_area(x_m: Metres, y_m: Metres) -> bool:
    """Whether lamps cover ground as a town or a large park does, so that there is no way along all of them.

    So it is if more than six times as many squares of 40 m hold lamps as are needed to cross the extent of the
    lamps along its diagonal: a straight street needs one to two times as many, a mountain road about four times.
    """
    if len(x_m) == 0:
        return False
    across_m = float(np.hypot(np.ptp(x_m), np.ptp(y_m)))
    return len(_midpoints(np.column_stack((x_m, y_m)))) > _MOST_CROSSINGS * (across_m / _SQUARE_M + 1)


def along_street(x_m: Metres, y_m: Metres) -> Indices:
    """Position [mm] of each lamp along its street, from 0; lamps opposite each other may share one.

    A straight street is projected on its principal axis. If its lamps spread sideways by more than 40 m and more
    than a fifth of their spread along the axis, the street is bent: then lamps are projected on a smoothed line
    through the mid-points of the lamps in each square of 40 m, so that lamps on both sides do not make it longer.
    The length of a bent street is right to 4 per cent where its bends are wide; a sharp corner is cut by up to some
    25 m. Side arms share the position at which they leave the street, and a ring is opened at its widest gap.
    The lamps of a whole town have no such order; see ``fills_an_area``.
    """
    if len(x_m) == 0:
        return np.zeros(0, np.int64)
    points = np.column_stack((x_m - np.mean(x_m), y_m - np.mean(y_m)))
    along, across = _axes(points)
    position_m = along
    if np.ptp(across) > max(0.2 * np.ptp(along), _STRAIGHT_WIDTH_M):
        middles = _midpoints(points)
        position_m = _along_line(points, _middle_line(middles)) if len(middles) > 1 else along
    if position_m[np.argmin(along)] > position_m[np.argmax(along)]:
        position_m = -position_m
    return np.rint((position_m - np.min(position_m)) * 1000).astype(np.int64)


def _axes(points: Metres) -> tuple[Metres, Metres]:
    """Coordinates along and across the principal axis, which runs east, or north if it has no east."""
    _, vectors = np.linalg.eigh(points.T @ points)
    axis = vectors[:, -1]
    lead = axis[0] if abs(axis[0]) > 1e-9 else axis[1]
    axis = axis if lead > 0 else -axis
    return points @ axis, points @ np.array([-axis[1], axis[0]])


def _midpoints(points: Metres) -> Metres:
    """Mean place of the points in each square of 40 m that has any."""
    # A thousandth of a square more, so that a lamp on an edge is not moved by rounding.
    column, row = np.floor((points - points.min(axis=0)) / _SQUARE_M + 0.001).astype(np.int64).T
    _, square = np.unique(row * (int(column.max()) + 1) + column, return_inverse=True)
    number = np.bincount(square)
    x_m, y_m = (np.bincount(square, axis) / number for axis in points.T)
    return np.column_stack((x_m, y_m))


def _middle_line(points: Metres) -> Metres:
    """The longest way through the shortest tree that joins all points, smoothed; from either end."""
    parent, way_m = _tree(points, 0)
    parent, way_m = _tree(points, int(np.argmax(way_m)))
    path = [int(np.argmax(way_m))]
    while parent[path[-1]] >= 0:
        path.append(int(parent[path[-1]]))
    line = points[path]
    line[1:-1] = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
    return line


def _tree(points: Metres, root: int) -> tuple[Indices, Metres]:
    """Parent of each point in the shortest tree that joins all (Prim's), -1 for the root, and the way to it [m]."""
    place = points[:, 0] + 1j * points[:, 1]
    parent = np.full(len(points), -1)
    way_m = np.zeros(len(points))
    apart_m = np.full(len(points), np.inf)
    waiting = np.ones(len(points), bool)
    new = root
    for _ in range(len(points) - 1):
        waiting[new], apart_m[new] = False, np.inf
        gap_m = np.abs(place - place[new])
        closer = waiting & (gap_m < apart_m)
        parent[closer], apart_m[closer] = new, gap_m[closer]
        new = int(apart_m.argmin())
        way_m[new] = way_m[parent[new]] + apart_m[new]
    return parent, way_m


def _along_line(points: Metres, line: Metres) -> Metres:
    """Way [m] along a line to the place on it nearest to each point; its ends go on straight."""
    legs = np.diff(line, axis=0)
    leg_m = np.hypot(*legs.T)
    begin_m = np.concatenate(([0.0], np.cumsum(leg_m)))
    corner, _ = nearest(*points.T, *line.T)
    ways, gaps = [], []
    for leg in (np.maximum(corner - 1, 0), np.minimum(corner, len(legs) - 1)):
        from_start = points - line[leg]
        way_m = (from_start * legs[leg]).sum(axis=1) / leg_m[leg]
        low_m = np.where(leg == 0, -np.inf, 0.0)
        way_m = np.clip(way_m, low_m, np.where(leg == len(legs) - 1, np.inf, leg_m[leg]))
        beside = from_start - legs[leg] * (way_m / leg_m[leg])[:, None]
        ways.append(begin_m[leg] + way_m)
        gaps.append(np.hypot(*beside.T))
    nearer: Metres = np.where(gaps[0] <= gaps[1], ways[0], ways[1])
    return nearer
