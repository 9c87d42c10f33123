"""Street lamps of OpenStreetMap: the answer of an Overpass query (JSON), or an ``.osm`` file (XML).

Lamps are nodes tagged ``highway=street_lamp``. Their tags become cells, with SLIC's own fields beside them: what a tag
does not say, or says in words that cannot be read, stays empty and is counted.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from slic.errors import InputError
from slic.site.rows import MOST_LIGHTS, MOST_W, Row, Table

_TYPES = {
    "led": "LED", "high_pressure_sodium": "HPS", "sodium": "HPS", "low_pressure_sodium": "LPS", "metal_halide": "MH",
    "metal-halide": "MH", "mercury": "MV", "mercury_vapour": "MV", "mercury_vapor": "MV", "incandescent": "INC",
    "fluorescent": "FL", "gas": "GAS", "gaslight": "GAS",
}  # fmt: skip
"""Values of ``light:method`` and ``lamp_type`` that name a kind of lamp; "electric" and the like do not."""
_TYPE_TAGS = ("light:method", "lamp_type", "light:source")
_POWER_TAGS = ("lamp:power", "light:power", "lamp_power", "light:wattage", "lamp:wattage")
_COUNT_TAGS = ("light:count", "lamp:count")
_STREET_TAGS = ("addr:street", "street")
_WATTS = re.compile(r"(\d+(?:[.,]\d+)?)\s*(k?)w?(?:att)?s?", re.IGNORECASE)

Node = tuple[str, str, str, dict[str, str]]
"""Id, latitude, longitude and tags."""


def overpass_table(found: Mapping[str, Any], shown: str) -> Table:
    """Lamps of an Overpass answer. Raises InputError if the server broke off, or an element is no node of the map."""
    if found.get("remark"):
        allowed = "a whole answer; ask for a smaller area or a longer timeout"
        raise InputError("is an answer that Overpass broke off", file=shown, value=found["remark"], allowed=allowed)
    return _table(_overpass_nodes(found["elements"], shown), shown)


def osm_table(text: str, shown: str) -> Table:
    """Lamps of an ``.osm`` file. Raises InputError with the line for a file that is cut off or no XML."""
    try:
        return _table(_xml_nodes(text, shown), shown)
    except ET.ParseError as error:
        raise InputError(f"is cut off or is no XML ({error.msg})", file=shown, line=error.position[0]) from None
    except KeyError as error:
        raise InputError(
            "has a node without it", file=shown, field=error.args[0], allowed="OpenStreetMap XML"
        ) from None


def _overpass_nodes(elements: Any, shown: str) -> Iterator[Node]:
    for index, element in enumerate(elements):
        try:
            if element["type"] == "node":
                tags = {str(key): str(value) for key, value in element.get("tags", {}).items()}
                yield str(element["id"]), json.dumps(element["lat"]), json.dumps(element["lon"]), tags
        except (KeyError, TypeError, AttributeError):
            allowed = "a node with id, lat and lon"
            raise InputError("is no element", file=shown, field=f"elements.{index}", allowed=allowed) from None


def _xml_nodes(text: str, shown: str) -> Iterator[Node]:
    events = ET.iterparse(StringIO(text), events=("start", "end"))
    _, root = next(events)
    if root.tag != "osm":
        raise InputError("is another kind of file", file=shown, value=f"<{root.tag}>", allowed="<osm>")
    for event, element in events:
        if event == "end" and element.tag in ("node", "way", "relation"):
            if element.tag == "node" and not _deleted(element.attrib):
                tags = {tag.attrib["k"]: tag.attrib["v"] for tag in element.iter("tag")}
                yield element.attrib["id"], element.attrib["lat"], element.attrib["lon"], tags
            root.clear()


def _deleted(node: Mapping[str, str]) -> bool:
    """Whether an editor, or the map's history, keeps the node only as gone."""
    return node.get("action") == "delete" or node.get("visible") == "false"


def _table(nodes: Iterator[Node], shown: str) -> Table:
    notes: Counter[str] = Counter()
    rows = [Row(None, _cells(node, notes), node=node[0]) for node in nodes if node[3].get("highway") == "street_lamp"]
    if not rows:
        raise InputError("holds no rows", file=shown, allowed="nodes tagged highway=street_lamp")
    columns = dict.fromkeys(name for row in rows for name in row.cells)
    return Table(tuple(columns), tuple(rows), notes=dict(notes))


def _cells(node: Node, notes: Counter[str]) -> dict[str, str]:
    identity, latitude, longitude, tags = node
    kind = _first(tags, _TYPE_TAGS)
    own = {
        "lamp_id": f"osm-{identity}",
        "lat": latitude,
        "lon": longitude,
        "street": _first(tags, _STREET_TAGS),
        "lamp_type": _TYPES.get(kind.lower(), ""),
        "lamp_w": _watts(_first(tags, _POWER_TAGS), notes),
        "n_lights": _lights(_first(tags, _COUNT_TAGS), notes),
    }
    return tags | own


def _first(tags: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((tags[name].strip() for name in names if tags.get(name, "").strip()), "")


def _watts(text: str, notes: Counter[str]) -> str:
    found = _WATTS.fullmatch(text)
    watts = float(found[1].replace(",", ".")) * (1000 if found[2] else 1) if found else 0.0
    if not 0 < watts <= MOST_W:
        notes["lamps whose power tag cannot be read"] += bool(text)
        return ""
    return f"{watts:.6f}"


def _lights(text: str, notes: Counter[str]) -> str:
    if text.isdecimal() and 1 <= int(text) <= MOST_LIGHTS:
        return text
    notes["lamps whose number of lights cannot be read, taken as one"] += bool(text)
    return ""
