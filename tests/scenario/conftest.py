"""A small whole scenario as text, that tests change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slic.scenario.load import load_scenario
from slic.scenario.loaded import LoadedScenario

SMALL = """\
slic: 1
name: small
site: {latitude: 51.05, longitude: 3.71, timezone: Europe/Brussels}
lamps: {kind: row, count: 4, spacing_m: 30, luminaire: led, power_w: 28}
luminaires:
  led:
    power_curve:
      - {level_pct: 0, power_pct: 5}
      - {level_pct: 100, power_pct: 100}
programs:
  full: {}
  half: {idle_level_pct: 50}
baseline: full
service: {required: [{at: "12:00", level_pct: 100}]}
run: {start: 2022-11-14, nights: 2}
"""

Load = Callable[..., LoadedScenario]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads the small scenario with pieces of its text replaced, or with more text at its end."""

    def loaded(*changes: tuple[str, str], more: str = "", settings: tuple[str, ...] = ()) -> LoadedScenario:
        text = SMALL
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "small.yaml"
        path.write_text(text + more)
        return load_scenario(path, settings)

    return loaded
