"""A run of nights that need no light ends cleanly: nothing is used, so there is no saving and no division by 0."""

from __future__ import annotations

from pathlib import Path

import pytest

import slic

POLAR = """\
slic: 1
name: tromso
site: {latitude: 69.6, longitude: 18.9, timezone: Europe/Oslo}
lamps: {kind: inventory, file: lamps.csv, luminaire_by_type: {"*": led}}
luminaires:
  led:
    when_dark: relay_off
    power_curve:
      - {level_pct: 0, power_pct: 5}
      - {level_pct: 100, power_pct: 100}
node_power_w: 0.5
traffic: {source: {kind: steady, forward_per_h: 10}}
programs:
  full: {}
  half: {idle_level_pct: 50}
baseline: full
service: {required: [{at: "12:00", level_pct: 100}]}
run: {start: 2022-06-20, nights: 3, replicates: 1}
"""
LAMPS = "lamp_id,lat,lon,street,lamp_type,lamp_w\na,69.6,18.9,s,HPS,70\nb,69.6002,18.9,s,HPS,70\n"


@pytest.mark.parametrize("more", ["", "retrofit: {luminaire: led, power_w_by_lamp: {HPS 70: 30}}\n"])
def test_a_polar_day_has_no_saving_and_says_that_no_light_was_needed(tmp_path: Path, more: str) -> None:
    """Two nodes of 0.5 W for three days, under the program that has a control system: 72 Wh."""
    (tmp_path / "lamps.csv").write_text(LAMPS)
    (tmp_path / "polar.yaml").write_text(POLAR + more)
    summary = slic.simulate(tmp_path / "polar.yaml", out=tmp_path / "run", jobs=1).summary
    assert [program["energy_kwh"] for program in summary["programs"]] == [0, 0.072]
    assert summary["programs"][1]["saving_pct"]["value"] is None
    assert "retrofit" not in summary
    assert summary["warnings"] == [
        "no light was needed: full lights in none of the 3 nights from 2022-06-20",
        "no light was needed: half lights in none of the 3 nights from 2022-06-20",
    ]
    assert "no light was needed" in (tmp_path / "run" / "report.html").read_text()
