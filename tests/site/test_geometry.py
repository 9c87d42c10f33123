"""Local metres against published lengths of a degree and against Vincenty's formula; order along streets."""

from math import atan, atan2, cos, hypot, radians, sin, sqrt, tan

import numpy as np
import pytest

from slic.site.geometry import along_street, distance_m, local_metres


def vincenty_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Geodesic on WGS84 (T. Vincenty, Survey Review 23, 1975), to better than a millimetre."""
    a, f = 6378137.0, 1 / 298.257223563
    b = (1 - f) * a
    u1, u2 = atan((1 - f) * tan(radians(lat1))), atan((1 - f) * tan(radians(lat2)))
    length = lam = radians(lon2 - lon1)
    for _ in range(100):
        sin_s = hypot(cos(u2) * sin(lam), cos(u1) * sin(u2) - sin(u1) * cos(u2) * cos(lam))
        cos_s = sin(u1) * sin(u2) + cos(u1) * cos(u2) * cos(lam)
        s = atan2(sin_s, cos_s)
        sin_a = cos(u1) * cos(u2) * sin(lam) / sin_s
        cos2_a = 1 - sin_a**2
        cos_m = cos_s - 2 * sin(u1) * sin(u2) / cos2_a
        c = f / 16 * cos2_a * (4 + f * (4 - 3 * cos2_a))
        new = length + (1 - c) * f * sin_a * (s + c * sin_s * (cos_m + c * cos_s * (2 * cos_m**2 - 1)))
        if abs(new - lam) < 1e-13:
            break
        lam = new
    uu = cos2_a * (a**2 - b**2) / b**2
    k = (sqrt(1 + uu) - 1) / (sqrt(1 + uu) + 1)
    big_a, big_b = (1 + k**2 / 4) / (1 - k), k * (1 - 3 * k**2 / 8)
    inner = cos_s * (2 * cos_m**2 - 1) - big_b / 6 * cos_m * (4 * sin_s**2 - 3) * (4 * cos_m**2 - 3)
    return b * big_a * (s - big_b * sin_s * (cos_m + big_b / 4 * inner))


# Length of one degree of latitude and of longitude on WGS84, in km, as tabled by the NGA.
@pytest.mark.parametrize(
    ("latitude", "north_km", "east_km"),
    [(0, 110.574, 111.320), (15, 110.649, 107.550), (30, 110.852, 96.486), (45, 111.132, 78.847),
     (60, 111.412, 55.800), (75, 111.618, 28.902)],
)  # fmt: skip
def test_a_degree_has_its_published_length(latitude: float, north_km: float, east_km: float) -> None:
    assert distance_m(latitude - 0.5, 10, latitude + 0.5, 10) / 1000 == pytest.approx(north_km, abs=0.001)
    assert distance_m(latitude, 10, latitude, 10.01) * 100 / 1000 == pytest.approx(east_km, abs=0.001)


def test_vincenty_of_the_test_gives_a_known_geodesic() -> None:
    # Flinders Peak to Buninyong, the Australian Geodetic Datum's example on GRS80, which is WGS84 to 0.1 mm.
    flinders, buninyong = (-37.95103341666667, 144.42486788888888), (-37.65282113888889, 143.92649552777777)
    assert vincenty_m(*flinders, *buninyong) == pytest.approx(54972.271, abs=0.002)


@pytest.mark.parametrize("latitude", [-37.8, 0.0, 38.9, 51.05, 64.1, 69.6])
def test_distances_in_a_town_are_right_to_a_thousandth_or_two(latitude: float) -> None:
    rng = np.random.default_rng(5)
    half = 0.045  # degrees of latitude: a town 10 km across
    lat = latitude + rng.uniform(-half, half, 60)
    lon = 179.95 + rng.uniform(-half, half, 60) / cos(radians(latitude))
    lon = (lon + 180) % 360 - 180  # the date line runs through it
    x_m, y_m = local_metres(lat, lon)
    for i in range(0, 60, 2):
        true_m = vincenty_m(lat[i], (lon[i] + 360) % 360, lat[i + 1], (lon[i + 1] + 360) % 360)
        plane_m = hypot(x_m[i] - x_m[i + 1], y_m[i] - y_m[i + 1])
        tolerance = 1e-3 if abs(latitude) < 52 else 2.2e-3
        assert plane_m == pytest.approx(true_m, rel=tolerance)


def test_lamps_of_a_straight_street_stand_at_their_distances() -> None:
    along_m = np.array([120.0, 0.0, 61.0, 30.0, 90.0])
    angle = radians(35)
    position_mm = along_street(along_m * cos(angle) + 7, along_m * sin(angle) - 3)
    assert position_mm.tolist() == [120_000, 0, 61_000, 30_000, 90_000]


def test_lamps_opposite_each_other_share_a_position() -> None:
    position_mm = along_street(np.array([0.0, 0, 40, 40, 80, 80]), np.array([0.0, 12, 0, 12, 0, 12]))
    assert position_mm.tolist() == [0, 0, 40_000, 40_000, 80_000, 80_000]


def test_a_bent_street_is_followed_round_its_corner() -> None:
    x_m = np.array([0.0, 30, 60, 90, 90, 90, 90])
    y_m = np.array([0.0, 0, 0, 0, 30, 60, 90])
    order = np.argsort(along_street(x_m, y_m))
    assert order.tolist() in ([0, 1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0])
    assert along_street(x_m, y_m).max() == 180_000


def test_one_lamp_and_no_lamp() -> None:
    assert along_street(np.array([5.0]), np.array([5.0])).tolist() == [0]
    assert along_street(np.zeros(0), np.zeros(0)).tolist() == []
