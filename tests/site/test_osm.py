"""Street lamps of OpenStreetMap, from an Overpass answer and from an .osm file, with what their tags leave open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slic.errors import InputError
from slic.site.inventory import Inventory, InventoryFormat, read_inventory

NODES = [
    (11, 51.05, 3.71, {"highway": "street_lamp", "light:method": "LED", "lamp:power": "35 W", "ref": "A7"}),
    (12, 51.0502, 3.71, {"highway": "street_lamp", "lamp_type": "high_pressure_sodium", "light:count": "2"}),
    (13, 51.0504, 3.71, {"highway": "street_lamp", "lamp_type": "electric", "light:power": "bright"}),
    (14, 51.0506, 3.71, {"highway": "street_lamp", "addr:street": "Coupure", "lamp:power": "0,07kW"}),
    (15, 51.0508, 3.71, {"highway": "bus_stop"}),
]


def overpass(**more: Any) -> str:
    elements = [{"type": "node", "id": n, "lat": lat, "lon": lon, "tags": tags} for n, lat, lon, tags in NODES]
    return json.dumps({"version": 0.6, "elements": [*elements, {"type": "way", "id": 1, "nodes": [11]}], **more})


def osm_xml() -> str:
    rows = []
    for number, lat, lon, tags in NODES:
        inside = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        rows.append(f'<node id="{number}" lat="{lat}" lon="{lon}">{inside}</node>')
    return f'<osm version="0.6">\n{chr(10).join(rows)}<way id="1"><nd ref="11"/></way></osm>'


def read(tmp_path: Path, name: str, text: str, **form: Any) -> Inventory:
    (tmp_path / name).write_text(text)
    return read_inventory(tmp_path / name, name, InventoryFormat(default_lamp_w=40, **form))


@pytest.mark.parametrize(("name", "text"), [("lamps.json", overpass()), ("lamps.osm", osm_xml())])
def test_lamps_have_what_their_tags_say_and_the_rest_is_counted(tmp_path: Path, name: str, text: str) -> None:
    inventory = read(tmp_path, name, text)
    assert [(lamp.id, lamp.lamp_type, lamp.light_w, lamp.street) for lamp in inventory.lamps] == [
        ("osm-11", "LED", (35.0,), ""),
        ("osm-12", "HPS", (40.0, 40.0), ""),
        ("osm-13", "", (40.0,), ""),
        ("osm-14", "", (70.0,), "Coupure"),
    ]
    assert (inventory.lamps[0].latitude, inventory.lamps[0].longitude) == (51.05, 3.71)
    assert inventory.warnings == (
        f"{name}: 1 lamps whose power tag cannot be read",
        f"{name}: 3 lamps without a street",
        f"{name}: 2 lamps without a type",
        f"{name}: 2 lamps without watts, taken as default_power_w",
    )


def test_watts_are_assumed_by_type_before_the_default(tmp_path: Path) -> None:
    inventory = read(tmp_path, "lamps.osm", osm_xml(), lamp_w_by_type={"HPS": 100.0})
    assert inventory.lamps[1].light_w == (100.0, 100.0)
    assert "lamps.osm: 1 lamps without watts, taken as power_w_by_type" in inventory.warnings


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", overpass(remark="runtime error: Query timed out"), "Overpass broke off"),
        ("a.json", '{"elements": [{"type": "node", "id": 1}]}', r"elements\.0: is no element"),
        ("a.json", '{"elements": []}', "holds no rows"),
        ("a.osm", osm_xml()[:300], r"a\.osm:\d: is cut off or is no XML"),
        ("a.osm", '<osm><node id="1" lat="3"/></osm>', "lon: has a node without it"),
        (
            "a.osm",
            '<osm><node id="1" lat="3" lon="4"/></osm>',
            r"holds no rows \(allowed: nodes tagged highway=street_lamp\)",
        ),
        ("a.osm", "<html><body>Gateway timeout</body></html>", "'<html>' is another kind of file"),
    ],
)
def test_faulty_map_files_are_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, name, text)


def test_figures_that_no_lamp_has_are_counted_as_unreadable(tmp_path: Path) -> None:
    """One mapper's slip among thousands of lamps is no reason to refuse them all."""
    tags = [{"lamp:power": "0"}, {"lamp:power": "70000"}, {"light:count": "0"}, {"light:count": "999"}]
    elements = [
        {"type": "node", "id": n, "lat": 51.05, "lon": 3.71, "tags": {"highway": "street_lamp", **more}}
        for n, more in enumerate(tags)
    ]
    inventory = read(tmp_path, "lamps.json", json.dumps({"elements": elements}))
    assert [lamp.light_w for lamp in inventory.lamps] == [(40.0,)] * 4
    assert "lamps.json: 2 lamps whose power tag cannot be read" in inventory.warnings
    assert "lamps.json: 2 lamps whose number of lights cannot be read, taken as one" in inventory.warnings


def test_a_tag_that_few_lamps_have_filters_and_its_lack_names_the_node(tmp_path: Path) -> None:
    inventory = read(tmp_path, "lamps.json", overpass(), where={"ref": "A7"})
    assert [lamp.id for lamp in inventory.lamps] == ["osm-11"]
    with pytest.raises(InputError, match=r"node 12\.ref: is missing"):
        read(tmp_path, "lamps.json", overpass(), columns={"lamp_id": "ref"})


@pytest.mark.parametrize("gone", ['action="delete"', 'visible="false"'])
def test_nodes_that_an_editor_deleted_are_no_lamps(tmp_path: Path, gone: str) -> None:
    text = osm_xml().replace('<node id="12"', f'<node {gone} id="12"')
    assert [lamp.id for lamp in read(tmp_path, "lamps.osm", text).lamps] == ["osm-11", "osm-13", "osm-14"]


def geojson(x: float, y: float, crs: str) -> str:
    point = {"type": "Feature", "id": 1, "properties": {}, "geometry": {"type": "Point", "coordinates": [x, y]}}
    named = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    return json.dumps({"type": "FeatureCollection", "features": [point], **named})


@pytest.mark.parametrize(
    ("x", "y", "crs", "words"),
    [
        (770_000, 6_280_000, "", r"looks like Lambert-93 \(EPSG:2154\) metres"),
        (
            770_000,
            6_280_000,
            "urn:ogc:def:crs:EPSG::2154",
            r"crs: 'urn:ogc:def:crs:EPSG::2154' is not in WGS84 degrees",
        ),
        (12.5, 40.25, "EPSG:31370", "ogr2ogr -t_srs EPSG:4326"),  # local metres that would pass for degrees
    ],
)
def test_geojson_in_metres_is_refused(tmp_path: Path, x: float, y: float, crs: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, "lamps.geojson", geojson(x, y, crs))


@pytest.mark.parametrize("crs", ["", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_geojson_in_degrees_is_read(tmp_path: Path, crs: str) -> None:
    assert read(tmp_path, "lamps.geojson", geojson(3.71, 51.05, crs)).lamps[0].longitude == 3.71
