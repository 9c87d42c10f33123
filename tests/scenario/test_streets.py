"""Lamps and sensors along streets, from all three sources."""

from pathlib import Path

import pytest

from slic.errors import InputError
from slic.scenario.load import load_scenario
from slic.scenario.streets import build_streets, layout_warnings


def test_a_row_starts_at_half_a_spacing(load) -> None:
    (street,) = build_streets(load(("count: 4", "count: 4, street: path, cluster_size: 3")))
    assert [lamp.position_mm for lamp in street.lamps] == [15_000, 45_000, 75_000, 105_000]
    assert street.length_mm == 120_000
    assert [lamp.id for lamp in street.lamps] == ["path-001", "path-002", "path-003", "path-004"]
    assert [lamp.cluster for lamp in street.lamps] == ["path/1", "path/1", "path/1", "path/2"]
    assert [lamp.entrance for lamp in street.lamps] == [True, False, False, True]
    assert [sensor.id for sensor in street.sensors] == [f"sensor-path-00{n}" for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(("every", "positions"), [(0, []), (2, [15_000, 75_000]), (9, [15_000])])
def test_a_sensor_on_every_nth_pole(load, every: int, positions: list[int]) -> None:
    (street,) = build_streets(load(settings=(f"sensors.every={every}",)))
    assert [sensor.position_mm for sensor in street.sensors] == positions


def test_groups_are_one_lamp_counted_often() -> None:
    streets = build_streets(load_scenario("luminext-town"))
    # 8,006 light points in four groups is the published figure.
    assert sum(lamp.count for street in streets for lamp in street.lamps) == 8006
    assert [street.lamps[0].group for street in streets] == ["main", "secondary", "residential", "ambience"]
    assert not any(street.sensors for street in streets)


def test_k_street_before_and_after_its_retrofit() -> None:
    loaded = load_scenario("washington-k-street")
    (street,) = build_streets(loaded)
    assert len(street.lamps) == 222
    # By hand from the counts of lamps: 176 HPS 400, 17 HPS 100, 18 HPS 150, 19 HPS 250, LED of 4,120 W,
    # 3 INC 189 and 2 MV 175 at 460, 130, 180, 290, -, 189 and 207.5 W; then at 185, 45, 70, 115, -, 30 and 60 W.
    assert sum(lamp.as_found_w for lamp in street.lamps) == pytest.approx(97_022)
    assert sum(lamp.power_w for lamp in street.lamps) == pytest.approx(41_100)
    positions = [lamp.position_mm for lamp in street.lamps]
    assert positions == sorted(positions)
    # -77.049091 to -77.020085 degrees at 38.9024 north: 2,516 m by the published 86.75 km a degree there.
    assert positions[-1] - positions[0] == pytest.approx(2_516_000, rel=0.002)
    assert {lamp.luminaire for lamp in street.lamps} == {"led-generic"}
    assert "hps-magnetic" in {lamp.as_found_luminaire for lamp in street.lamps}
    assert layout_warnings(loaded) == []


ROW = "lamps: {kind: row, count: 4, spacing_m: 30, luminaire: led, power_w: 28}"
INVENTORY = "lamps: {kind: inventory, file: lamps.csv, luminaire_by_type: {LED: led}, default_power_w: 20}"
HEAD = "lamp_id,lat,lon,street,lamp_type,lamp_w,group\n"


def town(load, tmp_path: Path, rows: str, more: str = ""):
    (tmp_path / "lamps.csv").write_text(HEAD + rows)
    return load((ROW, INVENTORY), more=more)


def test_an_inventory_is_split_into_streets_and_groups(load, tmp_path: Path) -> None:
    rows = "a,51.0500,3.71,North,LED,28,main\nb,51.0509,3.71,North,LED,,main\nc,51.05,3.72,,LED,28,side\n"
    loaded = town(load, tmp_path, rows)
    north, unnamed = build_streets(loaded)
    assert [street.name for street in (north, unnamed)] == ["North", "unnamed row 1"]
    assert [(lamp.id, lamp.power_w, lamp.group) for lamp in north.lamps] == [("a", 28, "main"), ("b", 20, "main")]
    # 0.0009 degrees of latitude at 51.05 north are 100.1 m (111.24 km a degree); half a spacing at either end.
    assert north.length_mm == pytest.approx(200_200, abs=100)
    assert unnamed.length_mm == 30_000
    assert loaded.scenario.regimes["half"] == {"main": "half", "side": "half"}
    assert layout_warnings(loaded) == [
        "lamps.csv: 1 lamps without a street",
        "lamps.csv: 1 lamps without watts, taken as default_power_w",
        "lamps.csv: 1 lamps without a street are laid out in made-up rows of 100, 30 m apart; that does for programs"
        " by time, but presence, road users and entrances need streets: map a column to street, or name the one"
        " street in lamps.street, or group lamps by their places with lamps.streets: fitted",
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,50.0,3.71,North,LED,28,\n", "is 117 km from the site"),
        ("a,51.05,3.71,North,HPS,28,\n", "has no entry 'HPS'"),
        ("a,51.05,3.71,North,LED,28,Main Road\n", "is not a group name"),
    ],
)
def test_lamps_that_do_not_fit_the_scenario_are_refused(load, tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        town(load, tmp_path, rows)


def test_swapped_columns_are_suspected(load, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="latitude and longitude look swapped"):
        town(load, tmp_path, "a,3.71,51.05,North,LED,28,\n")


def test_a_retrofit_without_a_lamp_names_it(load, tmp_path: Path) -> None:
    both = INVENTORY.replace("{LED: led}", "{'*': led}")
    (tmp_path / "lamps.csv").write_text(HEAD + "a,51.05,3.71,North,HPS,250,\n")
    with pytest.raises(InputError, match=r"retrofit\.power_w_by_lamp: has no entry 'HPS 250'"):
        load((ROW, both), more="retrofit: {luminaire: led, power_w_by_lamp: {HPS 100: 45}}\n")


def test_thirty_thousand_lamps_are_laid_out_by_street(load, tmp_path: Path) -> None:
    rows = "".join(
        f"{n},{51 + n // 100 * 0.0003:.6f},{3.7 + n % 100 * 0.0004:.6f},S{n // 100},LED,28,\n" for n in range(30_000)
    )
    loaded = town(load, tmp_path, rows)
    streets = build_streets(loaded)
    assert [len(street.lamps) for street in streets] == [100] * 300


def town_rows(street: str) -> str:
    """30,000 lamps, 33 m north and 28 m east of each other, as a town 10 km by 2.8 km would have them."""
    return "".join(
        f"{n},{51 + n // 100 * 0.0003:.6f},{3.7 + n % 100 * 0.0004:.6f},{street},LED,28,\n" for n in range(30_000)
    )


@pytest.mark.parametrize(("street", "title"), [("", "unnamed"), ("Town", "Town")])
def test_a_town_without_streets_is_laid_out_in_made_up_rows(load, tmp_path: Path, street: str, title: str) -> None:
    loaded = town(load, tmp_path, town_rows(street))
    streets = build_streets(loaded)
    assert [len(street.lamps) for street in streets] == [100] * 300
    assert [street.name for street in streets[:2]] + [streets[-1].name] == [f"{title} row {n}" for n in (1, 2, 300)]
    assert [lamp.id for lamp in streets[1].lamps[:2]] == ["100", "101"]
    assert [lamp.position_mm for lamp in streets[1].lamps[:2]] == [15_000, 45_000]
    assert streets[1].length_mm == 3_000_000
    (warning,) = [text for text in layout_warnings(loaded) if "made-up rows" in text]
    assert (
        warning.startswith("lamps.csv: 30000 lamps ") and "presence, road users and entrances need streets" in warning
    )


def test_one_street_can_be_named_for_a_whole_inventory(load, tmp_path: Path) -> None:
    rows = "a,51.0500,3.71,,LED,28,\nb,51.0509,3.71,,LED,28,\n"
    (tmp_path / "lamps.csv").write_text(HEAD + rows)
    loaded = load((ROW, INVENTORY.replace("{kind", "{street: Path, kind")))
    (street,) = build_streets(loaded)
    assert (street.name, len(street.lamps)) == ("Path", 2)
    assert not any("made-up" in text for text in layout_warnings(loaded))


def test_streets_with_one_position_for_all_lamps_are_told(load, tmp_path: Path) -> None:
    rows = "".join(f"a{n},51.05,3.71,Coupure,LED,28,\n" for n in range(30_000))
    loaded = town(
        load, tmp_path, rows + "".join(f"b{n},51.06,{3.71 + n / 1000},Brugse Poort,LED,28,\n" for n in range(5))
    )
    (warning,) = layout_warnings(loaded)
    assert warning.startswith("lamps.csv: 30000 lamps on 1 streets, as 'Coupure', have one position")


def test_a_city_too_large_for_memory_is_refused() -> None:
    with pytest.raises(InputError, match=r"lamps\.streets: 20000 times count is 4,000,000,000 lamps"):
        load_scenario("city-100k", ("lamps.streets=20000", "lamps.count=200000"))
