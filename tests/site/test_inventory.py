"""Inventories as towns have them: read right, or refused with file, line, column, value and what is allowed."""

import gzip
import json
from pathlib import Path

import pytest

from slic.errors import InputError
from slic.scenario.library import config_root
from slic.site.inventory import InventoryFormat, read_inventory

WASHINGTON = InventoryFormat(columns={"lamp_w": "lamp_watts_1", "lamp_w_2": "lamp_watts_2"})


def read(tmp_path: Path, text: str, form: InventoryFormat | None = None, name: str = "lamps.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_inventory(path, name, form)


def refused(tmp_path: Path, text: str, form: InventoryFormat | None = None, name: str = "lamps.csv") -> InputError:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, form, name)
    assert caught.value.file == name
    return caught.value


def test_washington_has_its_published_lamps_and_watts() -> None:
    # The data's own notes state 3,963 lamps and 1,375 kW as listed, which is watts_1 + watts_2.
    # With the lights of poles that have 3 to 9 of them it is 1,385,086 W, summed with awk.
    path = config_root() / "data" / "lamps_washington_dc_downtown.csv"
    lamps = read_inventory(path, "dc", WASHINGTON).lamps
    assert len(lamps) == 3963
    listed_w = sum(sum(lamp.light_w if len(lamp.light_w) == 2 else lamp.light_w[:1]) for lamp in lamps)
    assert round(listed_w, -3) == 1_375_000
    assert sum(sum(lamp.light_w) for lamp in lamps) == 1_385_086
    assert sum(lamp.street == "K ST" for lamp in lamps) == 222
    types = [lamp.lamp_type for lamp in lamps]
    assert {t: types.count(t) for t in set(types)} == {"HPS": 3220, "LED": 592, "MH": 88, "MV": 43, "INC": 20}


def test_two_heads_are_added_and_equal_lights_multiplied(tmp_path: Path) -> None:
    text = "lamp_id,lat,lon,lamp_w,lamp_w_2,n_lights\na,51,3.7,400,250,2\nb,51,3.7,100,,3\nc,51,3.7,70,,\n"
    assert [lamp.light_w for lamp in read(tmp_path, text).lamps] == [(400, 250), (100, 100, 100), (70,)]


def test_decimal_comma_semicolon_latin_1_and_gzip(tmp_path: Path) -> None:
    path = tmp_path / "lampes.csv.gz"
    text = "n°;y;x;rue;puissance\n1;43,611;3,877;Rue de l'Été;70,5\n2;43,612;3,878;Rue Foch;70\n"
    path.write_bytes(gzip.compress(text.encode("latin-1")))
    columns = {"lamp_id": "n°", "lat": "y", "lon": "x", "street": "rue", "lamp_w": "puissance"}
    form = InventoryFormat(columns, {"rue": "Rue de l'Été"}, "latin-1", ";", True)
    (lamp,) = read_inventory(path, "lampes.csv.gz", form).lamps
    assert (lamp.id, lamp.latitude, lamp.longitude, lamp.street) == ("1", 43.611, 3.877, "Rue de l'Été")
    assert lamp.light_w == (70.5,)


def test_geojson_points(tmp_path: Path) -> None:
    text = """{"type": "FeatureCollection", "features": [
      {"type": "Feature", "id": "p1", "properties": {"watt": 28, "street": null},
       "geometry": {"type": "Point", "coordinates": [3.71, 51.05]}}]}"""
    inventory = read(tmp_path, text, InventoryFormat({"lamp_w": "watt"}), "lamps.geojson")
    (lamp,) = inventory.lamps
    assert (lamp.id, lamp.latitude, lamp.longitude, lamp.light_w) == ("p1", 51.05, 3.71, (28.0,))
    assert inventory.warnings == ("lamps.geojson: 1 lamps without a street",)


def test_what_is_filled_in_or_left_out_is_counted(tmp_path: Path) -> None:
    text = "lamp_id,lat,lon,street,lamp_w\na,51,3.7,,28\n,,,,\nb,51,3.7,Main,\nc,51,3.7,Main,\n"
    inventory = read(tmp_path, text, InventoryFormat(default_lamp_w=30))
    assert [lamp.light_w for lamp in inventory.lamps] == [(28,), (30,), (30,)]
    assert inventory.warnings == (
        "lamps.csv: 1 blank lines left out",
        "lamps.csv: 1 lamps without a street",
        "lamps.csv: 2 lamps without watts, taken as default_power_w",
    )


HEAD = "lamp_id,lat,lon,lamp_w\n"


# Positions of the same place in the grids that towns publish in; x stands in lon, y in lat.
@pytest.mark.parametrize(
    ("lat", "lon", "words"),
    [
        ("6279500.5", "770500.2", "Lambert-93"),  # Montpellier
        ("193500", "104500", "Belgian Lambert 72"),  # Ghent
        ("400000", "104000", "RD New"),  # Etten-Leur
        ("5655000", "549000", "UTM"),  # Ghent, zone 31
        ("95.0", "3.7", "swapped"),
        ("0", "0", "missing position"),
    ],
)
def test_positions_that_are_not_wgs84_are_refused_with_a_suspicion(
    tmp_path: Path, lat: str, lon: str, words: str
) -> None:
    error = refused(tmp_path, HEAD + f"ok,51.05,3.71,28\na,{lat},{lon},28\n")
    assert words in error.problem
    assert (error.line, error.field, error.value) == (3, "lat, lon", f"{lat}, {lon}")
    assert "WGS84" in error.allowed


@pytest.mark.parametrize(
    ("rows", "line", "field", "value", "problem"),
    [
        ("a,51,3.7,28\na,51,3.8,28\n", 3, "lamp_id", "a", "stands twice, first in line 2"),
        (",51,3.7,28\n", 2, "lamp_id", None, "is missing"),
        ("a,nan,3.7,28\n", 2, "lat", "nan", "is not a number"),
        ("a,51,inf,28\n", 2, "lon", "inf", "is not a number"),
        ("a,,3.7,28\n", 2, "lat", None, "is missing"),
        ("a,51,3.7,-28\n", 2, "lamp_w", "-28", "is out of range"),
        ("a,51,3.7,0\n", 2, "lamp_w", "0", "is out of range"),
        ("a,51,3.7,\n", 2, "lamp_w", None, "is missing"),
        ("a,51,3.7,28 W\n", 2, "lamp_w", "28 W", "is not a number"),
        ("a,51,3.7,1_0\n", 2, "lamp_w", "1_0", "is not a number"),
    ],
)
def test_faulty_cells_are_refused_where_they_stand(
    tmp_path: Path, rows: str, line: int, field: str, value: str | None, problem: str
) -> None:
    error = refused(tmp_path, HEAD + rows)
    assert (error.line, error.field, error.value, error.problem) == (line, field, value, problem)
    assert error.allowed


def test_a_decimal_comma_where_none_is_expected_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, 'lamp_id,lat,lon,lamp_w\na,"51,05",3.7,28\n')
    assert "decimal_comma" in error.allowed


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "is empty"),
        ("  \n\n", None, "is empty"),
        (HEAD, None, "holds no rows"),
        (HEAD + "a,51,3.7,28\nb,51,3.7\n", 3, "has 3 cells"),
        (HEAD + "a,51,3.7,28,9\n", 2, "has 5 cells"),
        ("lamp_id,lat,lat,lon\na,1,2,3\n", 1, "stands twice in the header"),
        ("lamp_id;lat;lon\na;51;3.7\n", 1, "separated by ';'"),
        ("id,lat,lon\na,51,3.7\n", 1, "has no column"),
    ],
)
def test_faulty_files_are_refused(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    error = refused(tmp_path, text)
    assert words in error.problem
    assert error.line == line


def test_a_wrong_encoding_names_the_other_one(tmp_path: Path) -> None:
    path = tmp_path / "lamps.csv"
    path.write_bytes("lamp_id,lat,lon,street\na,51,3.7,Main\nb,51,3.7,Été\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"lamps.csv:3: is not utf-8 text \(allowed: encoding: latin-1\)"):
        read_inventory(path, "lamps.csv", InventoryFormat(default_lamp_w=1))


def test_a_missing_file_and_a_broken_gzip(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_inventory(tmp_path / "none.csv", "none.csv")
    (tmp_path / "broken.csv.gz").write_bytes(gzip.compress(b"lamp_id,lat,lon\n" * 99)[:-20])
    with pytest.raises(InputError, match="cannot be read"):
        read_inventory(tmp_path / "broken.csv.gz", "broken.csv.gz")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (InventoryFormat({"watts": "lamp_w"}), "is not a field"),
        (InventoryFormat({"lamp_w": "watts"}), "is not a column"),
        (InventoryFormat(where={"town": "Ghent"}), "is not a column"),
        (InventoryFormat(where={"lamp_id": "zz"}), "is in no row that is left"),
    ],
)
def test_wrong_mappings_and_filters_name_what_there_is(tmp_path: Path, form: InventoryFormat, words: str) -> None:
    error = refused(tmp_path, HEAD + "a,51,3.7,28\n", form)
    assert words in error.problem
    assert "lamp_id" in error.allowed or error.allowed == "a"


@pytest.mark.parametrize(
    "text",
    ['{"type": "Feature"}', "[1]", "{", '{"features": [{"properties": {}}]}', '{"features": null}', '{"features": 5}'],
)
def test_faulty_geojson_is_refused(tmp_path: Path, text: str) -> None:
    refused(tmp_path, text, None, "lamps.geojson")


def feature(**properties: object) -> str:
    point = '{"type": "Point", "coordinates": [3.71, 51.05]}'
    return f'{{"type": "Feature", "properties": {json.dumps(properties)}, "geometry": {point}}}'


def test_a_filter_passes_over_features_without_the_property(tmp_path: Path) -> None:
    rows = [feature(lamp_id="a", lamp_w=28, owner="town"), feature(lamp_id="b", lamp_w=28)]
    text = '{"type": "FeatureCollection", "features": [' + ", ".join(rows) + "]}"
    inventory = read(tmp_path, text, InventoryFormat(where={"owner": "town"}), "lamps.geojson")
    assert [lamp.id for lamp in inventory.lamps] == ["a"]


@pytest.mark.parametrize(
    ("features", "field", "problem"),
    [
        ([feature(lamp_id="a", lamp_w=28), feature(lamp_id="b", lamp_w=-1)], "features.1.lamp_w", "is out of range"),
        ([feature(lamp_id="a", lamp_w=28)] * 3, "features.1.lamp_id", "stands twice, first in features.0"),
        ([feature(lamp_id="a", lamp_w=28), '{"properties": {}}'], "features.1", "is not a lamp"),
    ],
)
def test_geojson_faults_name_the_feature(tmp_path: Path, features: list[str], field: str, problem: str) -> None:
    text = '{"type": "FeatureCollection", "features": [' + ", ".join(features) + "]}"
    error = refused(tmp_path, text, None, "lamps.geojson")
    assert (error.field, error.problem) == (field, problem)
