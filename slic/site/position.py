"""Checks that coordinates are WGS84 degrees, and guesses what they are when they are not."""

from __future__ import annotations

# Usual extents (x from, x to, y from, y to) in metres of grids that European towns publish in.
_GRIDS = {
    "Lambert-93 (EPSG:2154)": (99_000, 1_300_000, 6_000_000, 7_200_000),
    "Belgian Lambert 72 (EPSG:31370)": (20_000, 300_000, 20_000, 250_000),
    "Dutch RD New (EPSG:28992)": (0, 300_000, 300_000, 630_000),
    "Belgian Lambert 2008 (EPSG:3812)": (500_000, 800_000, 500_000, 760_000),
    "British National Grid (EPSG:27700)": (80_000, 660_000, 5_000, 660_000),
    "UTM": (160_000, 840_000, 0, 10_000_000),
    "Web Mercator (EPSG:3857)": (-20_040_000, 20_040_000, -20_050_000, 20_050_000),
}


def position_fault(latitude: float, longitude: float) -> str:
    """What is wrong with a position, in words; empty if it can be WGS84 degrees.

    The position 0, 0 counts as a missing value.
    """
    if latitude == 0 and longitude == 0:
        return "is 0, 0, which stands for a missing position"
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        return ""
    if abs(longitude) <= 90 and abs(latitude) <= 180:
        return "is no latitude; latitude and longitude look swapped"
    grid = grid_name(longitude, latitude)
    return f"is not in degrees; it looks like {grid} metres" if grid else "is not in degrees"


def grid_name(x: float, y: float) -> str:
    """Name of the grid that metres x (east) and y (north) may belong to, or empty."""
    if abs(x) < 1000 and abs(y) < 1000:
        return ""
    for name, (x_from, x_to, y_from, y_to) in _GRIDS.items():
        if x_from <= x <= x_to and y_from <= y <= y_to:
            return name
    return ""
