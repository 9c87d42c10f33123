"""Local metres around a reference point, nearest neighbours by a grid, and order along a street.

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

Metres = NDArray[np.float64]
Indices = NDArray[np.int64]

_A_M = 6_378_137.0
_E2 = (2 - 1 / 298.257223563) / 298.257223563


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


def along_street(x_m: Metres, y_m: Metres) -> Indices:
    """Position [mm] of each lamp along its street, from 0; lamps opposite each other may share one.

    A straight street is projected on its principal axis. If its lamps spread sideways by more than a
    fifth of their spread along the axis, the street is bent: then lamps are joined by a chain, from one
    end to the nearest lamp not yet joined, and the position is the length of the chain so far.
    """
    if len(x_m) == 0:
        return np.zeros(0, np.int64)
    points = np.column_stack((x_m - np.mean(x_m), y_m - np.mean(y_m)))
    along, across = _axes(points)
    bent = np.ptp(across) > max(0.2 * np.ptp(along), 40.0)
    position_m = _chain(points, int(np.argmin(along))) if bent else along - np.min(along)
    return np.rint(position_m * 1000).astype(np.int64)


def _axes(points: Metres) -> tuple[Metres, Metres]:
    """Coordinates along and across the principal axis, which runs east, or north if it has no east."""
    _, vectors = np.linalg.eigh(points.T @ points)
    axis = vectors[:, -1]
    lead = axis[0] if abs(axis[0]) > 1e-9 else axis[1]
    axis = axis if lead > 0 else -axis
    return points @ axis, points @ np.array([-axis[1], axis[0]])


def _chain(points: Metres, start: int) -> Metres:
    position_m = np.zeros(len(points))
    waiting = np.ones(len(points), bool)
    here, done_m = start, 0.0
    waiting[start] = False
    for _ in range(len(points) - 1):
        gaps = np.where(waiting, np.hypot(*(points - points[here]).T), np.inf)
        here = int(np.argmin(gaps))
        done_m += float(gaps[here])
        waiting[here] = False
        position_m[here] = done_m
    return position_m
