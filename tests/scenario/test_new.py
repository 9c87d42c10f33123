"""A first scenario for a town's own lamps."""

import json
from pathlib import Path

import pytest

from slic.errors import InputError
from slic.scenario.load import load_scenario
from slic.scenario.new import new_scenario
from slic.scenario.streets import build_streets

DUTCH = """Nummer;Breedtegraad;Lengtegraad;Straatnaam;Vermogen
1;51,5701;4,6350;Markt;28,5
2;51,5703;4,6354;Markt;28,5
3;51,5710;4,6400;Dreef;
"""


def test_a_dutch_export_is_understood(tmp_path: Path) -> None:
    (tmp_path / "masten.csv").write_bytes(DUTCH.encode("latin-1"))
    path, assumed = new_scenario("etten", tmp_path / "masten.csv", "Europe/Amsterdam", tmp_path)
    loaded = load_scenario(path)
    assert loaded.scenario.lamps.file == "masten.csv"
    assert (loaded.scenario.site.latitude, loaded.scenario.site.longitude) == (51.5703, 4.6354)  # medians
    dreef, markt = build_streets(loaded)
    assert [lamp.power_w for lamp in markt.lamps] == [28.5, 28.5]
    assert [lamp.power_w for lamp in dreef.lamps] == [30]
    assert any("1 lamps without watts" in line for line in assumed)
    assert any("lat from Breedtegraad" in line for line in assumed)


def test_latin_1_letters_and_known_lamp_types(tmp_path: Path) -> None:
    rows = "id,lat,lon,rue,type,watts\na,48.85,2.35,Rue de l'Été,HPS,250\nb,48.851,2.35,Rue Foch,LED,40\n"
    (tmp_path / "l.csv").write_bytes(rows.encode("latin-1"))
    path, assumed = new_scenario("paris", tmp_path / "l.csv", "Europe/Paris", tmp_path)
    foch, ete = build_streets(load_scenario(path))
    assert (ete.name, ete.lamps[0].power_w, ete.lamps[0].luminaire) == ("Rue de l'Été", 290, "hps-magnetic")
    assert (foch.lamps[0].power_w, foch.lamps[0].luminaire) == (40, "led-generic")
    assert any("magnetic gear" in line for line in assumed)


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "masten.csv").write_text(DUTCH)
    (tmp_path / "etten.yaml").write_text("mine")
    with pytest.raises(InputError, match="is not overwritten"):
        new_scenario("etten", tmp_path / "masten.csv", "Europe/Amsterdam", tmp_path)
    assert (tmp_path / "etten.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "timezone", "text", "words"),
    [
        ("Etten Leur", "Europe/Amsterdam", DUTCH, "is not a scenario name"),
        ("etten", "Europe/Ettenleur", DUTCH, "is not a time zone"),
        (
            "etten",
            "Europe/Amsterdam",
            DUTCH.replace("Breedtegraad", "Noord"),
            "no column that looks like it.*Noord, Lengte",
        ),
        ("etten", "Europe/Amsterdam", DUTCH.replace("51,5701;4,6350", "399500;104000"), "RD New"),
        ("etten", "Europe/Amsterdam", "", "is empty"),
    ],
)
def test_what_is_refused_leaves_no_file(tmp_path: Path, name: str, timezone: str, text: str, words: str) -> None:
    (tmp_path / "masten.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        new_scenario(name, tmp_path / "masten.csv", timezone, tmp_path)
    assert not list(tmp_path.glob("*.yaml"))


GERMAN = """Mast;Straße;Leistung;Breite;Länge
M1;Hauptstraße;70,5;51,0500;3,7100
M2;Hauptstraße;70,5;51,0503;3,7100
"""


def test_a_german_export_in_latin_1_is_understood(tmp_path: Path) -> None:
    (tmp_path / "masten.csv").write_bytes(GERMAN.encode("latin-1"))
    path, _ = new_scenario("aachen", tmp_path / "masten.csv", "Europe/Berlin", tmp_path)
    (street,) = build_streets(load_scenario(path))
    assert [(lamp.id, lamp.power_w) for lamp in street.lamps] == [("M1", 70.5), ("M2", 70.5)]
    assert street.name == "Hauptstraße"


def test_columns_can_be_named(tmp_path: Path) -> None:
    strange = GERMAN.replace("Mast;", "Ding;").replace("Breite;Länge", "a;b")
    (tmp_path / "masten.csv").write_text(strange)
    columns = {"lamp_id": "Ding", "lat": "a", "lon": "b"}
    path, _ = new_scenario("aachen", tmp_path / "masten.csv", "Europe/Berlin", tmp_path, columns)
    (street,) = build_streets(load_scenario(path))
    assert [lamp.id for lamp in street.lamps] == ["M1", "M2"]
    with pytest.raises(
        InputError, match=r"lat: has no column .*--column lat=NAME with one of: Ding, Stra.e, Leistung, a, b"
    ):
        new_scenario("other", tmp_path / "masten.csv", "Europe/Berlin", tmp_path)


def test_lamps_of_the_map_are_grouped_by_their_places(tmp_path: Path) -> None:
    """Ten nodes 30 m apart (0.00027 degrees), as Overpass gives them; hardly any lamp there has a street."""
    nodes = [
        {"type": "node", "id": n, "lat": 51.05 + 0.00027 * n, "lon": 3.71, "tags": {"highway": "street_lamp"}}
        for n in range(10)
    ]
    (tmp_path / "lamps.json").write_text(json.dumps({"elements": nodes}))
    path, assumed = new_scenario("ghent", tmp_path / "lamps.json", "Europe/Brussels", tmp_path)
    (street,) = build_streets(load_scenario(path))
    assert (street.name, len(street.lamps)) == ("fitted street 1", 10)
    assert "Lamps without a street are grouped into streets by their places." in assumed


def test_lamps_without_ids_go_by_their_rows(tmp_path: Path) -> None:
    (tmp_path / "masten.csv").write_text(GERMAN.replace("Mast;", "Farbe;").replace("M1", "rot").replace("M2", "rot"))
    path, assumed = new_scenario("aachen", tmp_path / "masten.csv", "Europe/Berlin", tmp_path)
    (street,) = build_streets(load_scenario(path))
    assert [lamp.id for lamp in street.lamps] == ["line-2", "line-3"]
    assert any("no column of ids" in line and "line-2" in line for line in assumed)


def test_a_lamp_far_from_the_others_is_named_where_it_stands(tmp_path: Path) -> None:
    # 51.05 north, 3.71 east to 48.85 north, 2.35 east (Ghent to Paris) is about 263 km.
    (tmp_path / "masten.csv").write_text(GERMAN + "M3;Rue;70;51,0506;3,7100\nM4;Rue;70;48,85;2,35\n")
    with pytest.raises(InputError, match="km from the middle of the lamps") as caught:
        new_scenario("aachen", tmp_path / "masten.csv", "Europe/Berlin", tmp_path)
    assert (caught.value.file, caught.value.line, caught.value.value) == (str(tmp_path / "masten.csv"), 5, "M4")
    assert 255 < float(caught.value.problem.split()[1]) < 270


def test_a_bad_time_zone_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "masten.csv").write_text(DUTCH)
    with pytest.raises(InputError) as caught:
        new_scenario("etten", tmp_path / "masten.csv", "Europe/Amsterdm", tmp_path)
    assert (caught.value.field, caught.value.value) == ("--timezone", "Europe/Amsterdm")
    assert "did you mean Europe/Amsterdam?" in caught.value.problem and list(tmp_path.glob("*.yaml")) == []
