from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sim.ambient import clear_sky_lux, night_lux, read_weather, readings
from slic.control.place import Place
from slic.control.sun import elevation_deg
from slic.errors import InputError
from slic.scenario.model import SunAmbient, WeatherAmbient

GHENT = Place(51.05, 3.71, "Europe/Brussels")
DULLES = Place(38.98, -77.47, "America/New_York")
TMY = Path(__file__).parents[2] / "config/data/weather_washington_dc_dulles_tmy3_hourly.csv.gz"
TMY_AMBIENT = WeatherAmbient(file=TMY.name, utc_offset_h=-5)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("elevation", "lux"), [(90, 129_000), (45, 76_000), (0, 759), (-6, 3.41), (-12, 0.0083), (-18, 0.00065)]
)
def test_clear_sky_agrees_with_the_published_twilight_values(elevation, lux):
    """USNO Circular 171: sun overhead 1.3e5 lx; horizon, civil, nautical and astronomical twilight ends."""
    assert clear_sky_lux(np.array([elevation]))[0] == pytest.approx(lux, rel=0.04)


@pytest.mark.parametrize("join", [-12, -5, -0.8, 5, 20])
def test_the_pieces_of_the_clear_sky_meet(join):
    below, above = clear_sky_lux(np.array([join - 1e-9, join]))
    assert below == pytest.approx(above, rel=0.05)


def test_it_gets_darker_as_the_sun_sinks_and_never_quite_dark():
    lux = clear_sky_lux(np.linspace(-40, 89, 1000))
    assert lux.min() > 0
    assert (np.diff(lux[(np.linspace(-40, 89, 1000) > -17)]) > 0).all()


def test_readings_are_dense_where_a_photocell_may_switch_and_never_stale():
    start, end = ms("2022-11-14T11:00"), ms("2022-11-15T11:00")
    t_ms, lux = readings(SunAmbient(report_s=60), None, GHENT, start, end, 1800)
    assert t_ms[0] == start
    steps = np.diff(t_ms)
    assert steps.max() <= 900_000
    near = [i for i, value in enumerate(lux[:-1]) if 1 <= value <= 1000]
    assert len(near) > 60 and {steps[i] for i in near} == {60_000}
    assert len(t_ms) < 260


def test_typical_hours_keep_their_mean_light_by_day():
    """The lux of the file's hour 12-13 LST on 21 June, and the mean of what SLIC makes of it, agree within 15 %."""
    weather = read_weather(TMY, TMY_AMBIENT, DULLES)
    minutes = np.arange(ms("2022-06-21T17:00"), ms("2022-06-21T18:00"), 60_000)
    made = night_lux(TMY_AMBIENT, weather, DULLES, minutes).mean()
    import csv
    import gzip

    with gzip.open(TMY, "rt") as file:
        rows = [r for r in csv.DictReader(file) if (r["month"], r["day"], r["hour_ending"]) == ("6", "21", "13")]
    assert made == pytest.approx(float(rows[0]["global_illum_lux"]), rel=0.15)


def test_dusk_follows_the_sun_and_not_the_hours_of_the_file():
    """A line between hourly means would still give hundreds of lux at the end of civil twilight; the sun 2-5."""
    weather = read_weather(TMY, TMY_AMBIENT, DULLES)
    minutes = np.arange(ms("2022-03-20T22:00"), ms("2022-03-21T02:00"), 60_000)
    lux = night_lux(TMY_AMBIENT, weather, DULLES, minutes)
    civil = np.abs(elevation_deg(minutes, DULLES.latitude, DULLES.longitude) + 6).argmin()
    assert 0.05 < lux[civil] < 5.2
    assert (np.diff(lux[civil - 30 : civil]) < 0).all()


def test_the_29th_of_february_counts_as_the_28th():
    weather = read_weather(TMY, TMY_AMBIENT, DULLES)
    lux = night_lux(TMY_AMBIENT, weather, DULLES, np.array([ms("2024-02-29T17:00")]))
    assert np.isfinite(lux).all() and lux[0] > 1000


def test_minutes_are_taken_as_they_are_with_night_offsets_clipped(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text("time_utc,ghi\n2016-01-01T00:00Z,2.0\n2016-01-01T00:01Z,-3.5\n2016-01-01T00:02Z,\n")
    ambient = WeatherAmbient(file="w.csv", layout="utc-minute", lux_column="ghi", lux_per_unit=118)
    weather = read_weather(path, ambient, GHENT)
    moments = np.array([ms("2016-01-01T00:00"), ms("2016-01-01T00:01"), ms("2016-01-01T00:02"), ms("2016-01-01T00:05")])
    np.testing.assert_array_equal(night_lux(ambient, weather, GHENT, moments), [236, 0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("time_utc,ghi\n2016-01-01T00:00Z,x\n", 2, "ghi"),
        ("time_utc,ghi\nnoon,1\n", 2, "time_utc"),
        ("time_utc,ghi\n2016-01-01T00:00Z\n", 2, "row"),
        ("time_utc,ghi\n2016-01-01T00:01Z,1\n2016-01-01T00:00Z,1\n", 3, "time_utc"),
        ("time_utc,dni\n2016-01-01T00:00Z,1\n", 1, "column"),
    ],
)
def test_bad_weather_files_name_line_and_column(tmp_path, text, line, field):
    path = tmp_path / "w.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_weather(path, WeatherAmbient(file="w.csv", layout="utc-minute", lux_column="ghi"), GHENT)
    assert (caught.value.file, caught.value.line, caught.value.field) == ("w.csv", line, field)
