"""Whatever stands in a file or a setting: it is read, or refused with an InputError, never anything else."""

from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slic.errors import InputError
from slic.scenario.document import Document
from slic.scenario.expand import expand
from slic.scenario.model import Scenario
from slic.scenario.settings import apply_settings
from slic.scenario.yaml_file import read_document, validated
from slic.site.inventory import InventoryFormat, read_inventory

yaml_like = st.text(st.sampled_from("ab01:-,[]{}'\"#&*!|>%@ \n\t~.é\x00"), max_size=60)
csv_like = st.text(st.sampled_from('abc019,;"\n\r .-é\x00'), max_size=80)
some_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)

SMALL = {
    "name": "small",
    "site": {"latitude": 51.05, "longitude": 3.71, "timezone": "Europe/Brussels"},
    "lamps": {"kind": "row", "count": 4, "spacing_m": 30, "luminaire": "led-generic", "power_w": 28},
    "luminaires": ["led-generic"],
    "programs": ["full-night", "presence-cluster"],
    "baseline": "full-night",
    "service": {"required": [{"at": "12:00", "level_pct": 100}]},
    "run": {"start": "2022-11-14"},
}
PATHS = [
    "name", "site", "site.latitude", "lamps", "lamps.kind", "lamps.count", "luminaires", "luminaires.led-generic",
    "programs", "programs.presence-cluster", "programs.presence-cluster.dynamic_controls.0", "service.required.0.at",
    "run.start", "run.nights", "sensors.stuck", "traffic.source", "traffic.source.kind", "retrofit", "calendars",
    "calendars.c", "regimes", "regimes.full-night", "overrides", "ambient", "ambient.kind", "extends",
]  # fmt: skip
VALUES = [
    "", "0", "-1", "1e999", ".nan", "true", "text", "[]", "{}", "[1, a]", "{a: 1}", "{kind: row}", "{kind: [x]}",
    "[{}]", "[[]]", "{use: full-night}", "{use: [a]}", "{name: 3}", "~", "25:30", "2022-13-01", "9" * 400,
]  # fmt: skip


@some_file
@given(yaml_like)
def test_any_yaml(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    with suppress(InputError):
        assert isinstance(read_document(path).data, dict)


@some_file
@given(csv_like, st.sampled_from(["lamps.csv", "lamps.geojson"]))
def test_any_inventory(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(("lamp_id,lat,lon,lamp_w\n" + text).encode() if name.endswith("csv") else text.encode())
    with suppress(InputError):
        found = read_inventory(path, name, InventoryFormat(default_lamp_w=30))
        assert all(abs(lamp.latitude) <= 90 and abs(lamp.longitude) <= 180 for lamp in found.lamps)


@pytest.mark.parametrize("path", PATHS)
def test_any_setting(path: str) -> None:
    for value in VALUES:
        document = Document(deepcopy(SMALL), {}, "small.yaml")
        with suppress(InputError):
            expand(document)
            apply_settings(document, [f"{path}={value}"])
            expand(document)
            assert validated(document, Scenario).site.timezone
