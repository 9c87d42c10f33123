"""Lamps of a whole town: streets fitted to places, and the made-up city."""

from __future__ import annotations

from csv import DictReader
from pathlib import Path

import pytest

from slic.api import simulate
from slic.errors import InputError
from slic.scenario.load import load_scenario
from slic.scenario.streets import build_streets, layout_warnings

ROW = "lamps: {kind: row, count: 4, spacing_m: 30, luminaire: led, power_w: 28}"
FITTED = (
    "lamps: {kind: inventory, file: lamps.csv, luminaire_by_type: {'*': led}, default_power_w: 20, streets: fitted}"
)
HEAD = "lamp_id,lat,lon,street\n"


def test_lamps_without_a_street_are_grouped_by_their_places(load, tmp_path: Path) -> None:
    """Two rows 30 m apart, 500 m from each other, a named street, and two lone lamps; 0.00027 degrees are 30 m."""
    north = "".join(f"n{n},{51.05 + 0.00027 * n:.6f},3.71,\n" for n in range(8))
    south = "".join(f"s{n},{51.04 + 0.00027 * n:.6f},3.72,\n" for n in range(6))
    rest = "k1,51.05,3.73,Quay\nk2,51.0503,3.73,Quay\nlone1,51.06,3.75,\nlone2,51.07,3.75,\n"
    (tmp_path / "lamps.csv").write_text(HEAD + north + south + rest)
    loaded = load((ROW, FITTED))
    streets = {street.name: [lamp.id for lamp in street.lamps] for street in build_streets(loaded)}
    assert streets == {
        "Quay": ["k1", "k2"],
        "fitted street 1": [f"n{n}" for n in range(8)],
        "fitted street 2": [f"s{n}" for n in range(6)],
        "unnamed row 1": ["lone1", "lone2"],
    }
    warnings = layout_warnings(loaded)
    assert any("14 lamps without a street were grouped into 2 streets by their places alone" in w for w in warnings)
    assert any("2 lamps that make up no street of 3 or more are laid out in made-up rows" in w for w in warnings)


def test_the_table_of_lamps_tells_where_each_was_simulated(load, tmp_path: Path) -> None:
    """Three lamps 30 m apart, their street 15 m longer at either end; one lone lamp at the start of a made-up row."""
    north = "".join(f"n{n},{51.05 + 0.00027 * n:.6f},3.71,\n" for n in range(3))
    (tmp_path / "lamps.csv").write_text(HEAD + north + "lone,51.06,3.75,\n")
    load((ROW, FITTED))
    simulate(tmp_path / "small.yaml", settings={"run.nights": 1}, out=tmp_path / "run")
    with (tmp_path / "run" / "tables" / "lamps.csv").open() as file:
        places = [
            (row["lamp"], row["street"], float(row["at_m"])) for row in DictReader(file) if row["program"] == "half"
        ]
    assert [place[:2] for place in places] == [(f"n{n}", "fitted street 1") for n in range(3)] + [
        ("lone", "unnamed row 1")
    ]
    assert [place[2] for place in places] == pytest.approx([15, 45, 75, 15], abs=0.1)


def test_thirty_thousand_lamps_at_one_point_are_refused(load, tmp_path: Path) -> None:
    (tmp_path / "lamps.csv").write_text(HEAD + "".join(f"{n},51.05,3.71,\n" for n in range(30_000)))
    with pytest.raises(
        InputError, match=r"lamps\.csv: lamps\.streets: 'fitted' cannot be grouped .* too close together"
    ):
        load((ROW, FITTED))


def test_a_city_is_so_many_equal_streets(load) -> None:
    loaded = load(("kind: row,", "kind: city, streets: 3,"))
    streets = build_streets(loaded)
    assert [street.name for street in streets] == ["street-0001", "street-0002", "street-0003"]
    assert [lamp.id for lamp in streets[2].lamps] == [f"street-0003-00{n}" for n in (1, 2, 3, 4)]
    assert [lamp.position_mm for lamp in streets[2].lamps] == [15_000, 45_000, 75_000, 105_000]
    assert {street.length_mm for street in streets} == {120_000}
    assert len({sensor.id for street in streets for sensor in street.sensors}) == 12


def test_city_100k_has_its_lamps() -> None:
    streets = build_streets(load_scenario("city-100k"))
    assert len(streets) == 2000 and sum(len(street.lamps) for street in streets) == 100_000


def test_montpellier_stands_in_streets_of_plausible_spacing() -> None:
    """Lamps are 20 to 40 m apart along one side of a street, and half of that where they stand on both."""
    streets = build_streets(load_scenario("montpellier-town"))
    assert sum(len(street.lamps) for street in streets) == 29_969
    fitted = [street for street in streets if street.name.startswith("fitted")]
    assert sum(len(street.lamps) for street in fitted) > 0.85 * 29_969
    spacing_m = sorted(street.length_mm / 1000 / len(street.lamps) for street in fitted)
    assert 15 < spacing_m[len(spacing_m) // 2] < 35
