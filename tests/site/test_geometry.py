"""Local metres against published lengths of a degree and against Vincenty's formula; order along streets."""

from math import atan, atan2, cos, hypot, radians, sin, sqrt, tan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slic.site.geometry import along_street, distance_m, fills_an_area, local_metres


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


def test_a_street_is_bent_if_it_is_wider_than_forty_metres() -> None:
    x_m = np.array([0.0, 40, 80])
    straight_mm = along_street(x_m, np.array([0.0, 39, 0]))
    assert straight_mm.tolist() == [0, 40_000, 80_000]
    # Legs of 40 and 42 m across make 58 m; the smoothed line cuts the corner a little.
    bent_mm = along_street(x_m, np.array([0.0, 42, 0]))
    assert bent_mm.tolist()[:1] == [0] and 90_000 < bent_mm[2] < 116_000


def test_a_long_street_is_bent_if_it_is_wider_than_a_fifth_of_its_length() -> None:
    x_m = np.array([0.0, 250, 500])
    assert along_street(x_m, np.array([0.0, 99, 0])).tolist() == [0, 250_000, 500_000]
    assert along_street(x_m, np.array([0.0, 101, 0]))[2] > 501_000


def test_a_bent_street_is_followed_round_its_corner() -> None:
    x_m = np.array([0.0, 30, 60, 90, 90, 90, 90])
    y_m = np.array([0.0, 0, 0, 0, 30, 60, 90])
    position_mm = along_street(x_m, y_m)
    assert np.argsort(position_mm).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert 180_000 - 25_000 < position_mm.max() <= 180_000
    assert np.argsort(along_street(-x_m, y_m)).tolist() == [6, 5, 4, 3, 2, 1, 0], "it too runs from west to east"


@pytest.mark.parametrize("turned", [0, 20, 45, 70, 110, 160])
@pytest.mark.parametrize(("wide_m", "shift_m"), [(0, 0), (12, 0), (12, 15), (20, 15)])
@pytest.mark.parametrize("shape", ["bow", "serpentine", "hairpin"])
def test_lamps_on_both_sides_do_not_lengthen_a_bent_street(
    shape: str, wide_m: float, shift_m: float, turned: float
) -> None:
    x_m, y_m, true_m = lamps_beside(*centre_line(shape), wide_m, shift_m)
    angle = radians(turned)
    position_m = along_street(x_m * cos(angle) - y_m * sin(angle), x_m * sin(angle) + y_m * cos(angle)) / 1000
    assert position_m.max() == pytest.approx(true_m.max(), rel=0.04)
    if shape == "serpentine":
        assert (position_m[0] < 100) == (turned < 90), "positions run from the western end"
    backwards_m = position_m.max() - position_m
    off_m = min(np.abs(position_m - true_m).max(), np.abs(backwards_m - true_m).max())
    assert off_m < 35


def test_a_closed_ring_is_opened_once() -> None:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    position_mm = along_street(200 * np.cos(angle), 200 * np.sin(angle))
    # Forty chords of a circle of 400 m across are 1,255 m, less the one that is open.
    assert position_mm.max() / 1000 == pytest.approx(1255 * 39 / 40, rel=0.04)
    steps_m = np.diff(np.sort(position_mm)) / 1000
    assert steps_m.max() < 60


def centre_line(shape: str) -> tuple[np.ndarray, np.ndarray]:
    """A street as a line of many points: three quarters of a circle, a sine, or two arms 120 m apart."""
    t = np.linspace(0, 1, 4001)
    if shape == "bow":
        return 300 * np.cos(1.5 * np.pi * t), 300 * np.sin(1.5 * np.pi * t)
    if shape == "serpentine":
        return 2000 * t, 250 * np.sin(4 * np.pi * t)
    turn = np.clip((t - 0.45) / 0.1, 0, 1) * np.pi
    return np.minimum(t, 0.45) * 900 + 60 * np.sin(turn) - np.maximum(t - 0.55, 0) * 900, 60 - 60 * np.cos(turn)


def lamps_beside(
    x_m: np.ndarray, y_m: np.ndarray, wide_m: float, shift_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lamps every 30 m on both sides of a line, one side shifted, and how far along the line each stands."""
    way_m = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x_m), np.diff(y_m)))))
    ahead_x, ahead_y = np.gradient(x_m), np.gradient(y_m)
    norm = np.hypot(ahead_x, ahead_y)
    places = [np.arange(0, way_m[-1], 30), np.arange(shift_m, way_m[-1], 30)]
    beside = np.concatenate([np.full(len(places[0]), wide_m / 2), np.full(len(places[1]), -wide_m / 2)])
    at_m = np.concatenate(places)
    return (
        np.interp(at_m, way_m, x_m) - beside * np.interp(at_m, way_m, ahead_y / norm),
        np.interp(at_m, way_m, y_m) + beside * np.interp(at_m, way_m, ahead_x / norm),
        at_m,
    )


def test_a_town_fills_an_area_and_a_winding_street_does_not() -> None:
    # Blocks of 90 m by 90 m with a lamp every 30 m of their streets, 0.7 km each way.
    x_m, y_m = (axis.ravel() for axis in np.meshgrid(np.arange(24) * 30.0, np.arange(24) * 30.0))
    on_street = (x_m % 90 == 0) | (y_m % 90 == 0)
    assert fills_an_area(x_m[on_street], y_m[on_street])
    for shape in ("bow", "serpentine", "hairpin"):
        x_m, y_m, _ = lamps_beside(*centre_line(shape), 20, 15)
        assert not fills_an_area(x_m, y_m)
    assert not fills_an_area(np.arange(3000) * 30.0, np.zeros(3000))
    assert not fills_an_area(np.zeros(3000), np.zeros(3000))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=30))
def test_any_lamps_have_a_place_from_zero_on(places: list[tuple[int, int]]) -> None:
    position_mm = along_street(*30.0 * np.array(places).T)
    assert position_mm.min() == 0
    # A way from lamp to lamp is at most as long as so many diagonals of the 600 m square, and 60 m more at each end.
    assert position_mm.max() <= 849_000 * (len(places) - 1) + 120_000


def test_the_order_of_lamps_in_the_file_does_not_change_their_places() -> None:
    x_m, y_m, _ = lamps_beside(*centre_line("serpentine"), 12, 15)
    order = np.random.default_rng(3).permutation(len(x_m))
    position_mm = along_street(x_m, y_m)
    assert np.abs(along_street(x_m[order], y_m[order]) - position_mm[order]).max() <= 1


def test_one_lamp_and_no_lamp() -> None:
    assert along_street(np.array([5.0]), np.array([5.0])).tolist() == [0]
    assert along_street(np.zeros(0), np.zeros(0)).tolist() == []
    assert not fills_an_area(np.zeros(0), np.zeros(0))
