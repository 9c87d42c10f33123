"""Searches that are refused: each says where, what was found and what is allowed, before anything runs."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from slic import api
from slic.cli.main import app
from slic.errors import InputError
from tests.optimise.made_searches import one_lamp, search, written

REFUSED = {
    "unknown field": ({"search": {"hold_time": [1, 2]}}, "hold_time.*is unknown"),
    "unknown field inside": ({"search": {"presence.leed_s": [1, 2]}}, "leed_s.*is unknown.*did you mean lead_s"),
    "no such item": ({"search": {"dynamic_controls.3.level_pct": [1]}}, "not an item of the list"),
    "range upside down": ({"search": {"hold_s": {"from": 90, "to": 10, "step": 10}}}, "upside down.*90 to 10"),
    "value out of range": ({"search": {"idle_level_pct": [20, 120]}}, "120 should be less than or equal to 100"),
    "nothing to search": ({"search": {}}, "search"),
    "no such program": ({"program": "presense"}, "is not a program of one-lamp; did you mean presence"),
    "the baseline": ({"program": "full"}, "is the baseline"),
    "constraint upside down": ({"constraints": ["served <= 99 %"]}, "upside down.*served >= 99"),
    "no constraint": ({"constraints": ["bright enough"]}, "is no constraint; allowed: served >= 99 %"),
    "more than all": ({"constraints": ["served >= 101 %"]}, "allowed: 0 to 100 %"),
    "same road users": ({"check_run": {"seed": 5}}, "5 is the seed of the search"),
    "unknown key": ({"serch": {}}, "serch"),
    "setting unknown": ({"settings": {"run.nigths": 2}}, "search.yaml:[0-9]+: run.nigths.*is unknown"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    changes, words = REFUSED[name]
    with pytest.raises(InputError, match=f"(?s){words}"):
        api.optimise(written(tmp_path, search(**changes)), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_line_of_the_search_file_is_named(tmp_path):
    file = written(tmp_path, search(search={"hold_s": [10], "idle_level_pct": [20, 120]}))
    line = 1 + file.read_text().splitlines().index('  "idle_level_pct": [')
    with pytest.raises(InputError) as caught:
        api.optimise(file, out=tmp_path / "out")
    assert (caught.value.line, caught.value.field) == (line, "idle_level_pct")


SCENARIOS = {
    "no sensors": ({"sensors": {"every": 0}}, "no presence sensors.*sensors.every above 0"),
    "blind sensors": ({"sensors": {"detection_probability": 0}}, "detect nobody"),
    "nobody": ({"traffic": {}}, "no road users"),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_in_which_nothing_can_be_judged_is_refused(name, tmp_path):
    changes, words = SCENARIOS[name]
    with pytest.raises(InputError, match=words):
        api.optimise(written(tmp_path, search(), one_lamp(60, **changes)), out=tmp_path / "out")


def test_a_program_that_does_not_react_has_no_hold_time_to_search(tmp_path):
    scenario = one_lamp(60)
    scenario["programs"]["presence"]["dynamic_controls"] = []
    with pytest.raises(InputError, match="means nothing: presence has no dynamic_controls"):
        api.optimise(written(tmp_path, search(), scenario), out=tmp_path / "out")


def test_a_constraint_that_nothing_meets_names_the_nearest_and_leaves_the_front(tmp_path):
    file = written(tmp_path, search(search={"hold_s": [10, 20]}, constraints=["served >= 99.9 %"]))
    result = CliRunner().invoke(app, ["optimise", str(file), "--out", str(tmp_path / "out"), "--jobs", "1"])
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert result.exit_code == 2
    assert summary["chosen"] is None
    # the program as it stands holds 30 s and comes nearest
    (stands,) = [found for found in summary["checked"] if found["trial"] == 0]
    served = stands["search"]["served_pct"]
    assert "is met by no trial: trial 0 came nearest" in result.output
    assert f"with {served:g} %, {99.9 - served:.3g} points short" in " ".join(result.output.split())
    assert "None was chosen" in (tmp_path / "out" / "front.html").read_text()
    assert not (tmp_path / "out" / "programs.yaml").exists()


def test_nobody_on_the_road_is_not_full_service(tmp_path):
    file = written(tmp_path, search(search={"hold_s": [10, 20]}), one_lamp(0.0001))
    with pytest.raises(InputError, match=r"served_pct.*is unknown: no road user"):
        api.optimise(file, out=tmp_path / "out")


def test_values_that_a_program_refuses_together_are_kept_with_their_reason(tmp_path):
    scenario = one_lamp(60)
    steps = {"window_s": 900, "step_s": 300, "classes": [{"name": "low", "up_to_per_h": 9, "level_pct": 50},
             {"name": "high", "level_pct": 100}]}  # fmt: skip
    scenario["programs"]["presence"]["traffic_classes"] = steps
    values = {"traffic_classes.window_s": [900, 600], "traffic_classes.step_s": [300, 450]}
    found = api.optimise(written(tmp_path, search(search=values, constraints=[]), scenario), out=tmp_path / "out")
    (refused,) = found.summary["refused"]
    assert refused["trial"] == 4
    assert "whole multiple" in refused["error"]
    assert found.summary["chosen"] is None


def test_quiet_and_json(tmp_path):
    file = written(tmp_path, search(search={"hold_s": [60, 90]}))
    said = CliRunner().invoke(app, ["optimise", str(file), "--out", str(tmp_path / "a"), "--jobs", "1", "--json"])
    assert json.loads(said.stdout)["chosen"]["values"]["hold_s"] in (60, 90)
    quiet = CliRunner().invoke(app, ["optimise", str(file), "--out", str(tmp_path / "a"), "--jobs", "1", "--quiet"])
    assert (quiet.exit_code, quiet.output) == (0, "")
