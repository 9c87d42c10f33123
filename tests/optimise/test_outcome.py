"""What a search leaves: the gateway's own reader takes the program, a simulation gives the fresh figures again."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.envelope import Sender
from controllers.operator.program_file import read_program_file, signed_program
from slic import api
from slic.messages.payloads import ProgramSet
from tests.optimise.made_searches import one_lamp, search, written

DAY_PROGRAM = {"name": "by-day", "active_periods": [{"kind": "absolute", "start": "12:00", "end": "12:00"}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished search of two parameters, one of them a schedule."""
    here = tmp_path_factory.mktemp("search")
    scenario = one_lamp(60)
    scenario["programs"]["presence"] |= {"title": "30 s hold", "source": "a guess"}
    scenario["programs"]["presence"]["fixed_time_controls"] = [{"at": "01:00", "level_pct": 50}]
    values = {"hold_s": [20, 60, 120], "fixed_time_controls.0.at": ["23:00", "01:00"]}
    api.optimise(written(here, search(search=values), scenario), out=here / "out")
    return here / "out"


def test_the_gateways_own_reader_takes_the_chosen_program(folder):
    chosen = json.loads((folder / "summary.json").read_text())["chosen"]["values"]
    programs = read_program_file(folder / "programs.yaml")
    assert programs.groups == {"all": "presence"}
    assert programs.programs["presence"].hold_s == chosen["hold_s"]
    assert programs.programs["presence"].fixed_time_controls[0].at == chosen["fixed_time_controls.0.at"]
    payload = signed_program(
        programs,
        "site",
        "segment",
        7,
        "office",
        Ed25519PrivateKey.generate(),
        Sender("b00t-of-a-test").envelope(1_700_000_000_000),
    )
    assert ProgramSet.model_validate_json(payload).programs["presence"].hold_s == chosen["hold_s"]


def test_the_chosen_program_does_not_go_by_the_title_of_other_values(folder):
    summary = json.loads((folder / "summary.json").read_text())["chosen"]
    chosen = read_program_file(folder / "programs.yaml").programs["presence"]
    hold_s, at = summary["values"]["hold_s"], summary["values"]["fixed_time_controls.0.at"]
    assert summary["trial"] > 0 and hold_s != 30
    assert chosen.title == f"presence with hold_s {hold_s}, fixed_time_controls.0.at {at}"
    assert re.fullmatch(r"slic optimise hold on one-lamp, trial \d+; before these values: a guess", chosen.source)


def test_the_scenario_gives_the_fresh_figures_again(folder, tmp_path):
    run = api.simulate(folder / "scenario.yaml", out=tmp_path / "run")
    fresh = json.loads((folder / "summary.json").read_text())["chosen"]["fresh"]
    (program,) = [p for p in run.summary["programs"] if p["name"] == "presence"]
    assert program["energy_kwh"] == fresh["energy_kwh"]
    assert program["saving_pct"]["low"] == fresh["saving_low_pct"]
    assert program["service"]["served_pct"] == fresh["served_pct"]


def test_tables_have_every_trial_and_the_front(folder):
    rows = list(csv.DictReader((folder / "trials.csv").open()))
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3", "4", "5", "6"]
    assert (rows[0]["hold_s"], rows[0]["fixed_time_controls.0.at"]) == ("30", "01:00")
    again = list(csv.DictReader((folder / "front.csv").open()))
    front = [row for row in again if row["on_front"] == "true"]
    pairs = [(float(row["served_pct"]), float(row["energy_kwh"])) for row in front]
    assert pairs == sorted(pairs, reverse=True)
    chosen = json.loads((folder / "summary.json").read_text())["chosen"]["trial"]
    assert [row["trial"] for row in again if row["chosen"] == "true"] == [str(chosen)]
    assert {row["fresh_seed"] for row in again} == {"77"} and {row["seed"] for row in again} == {"5"}


def test_the_saving_never_stands_without_baseline_range_and_service(folder):
    words = (folder / "programs.yaml").read_text().split("groups:")[0]
    assert re.search(r"saves \d+\.\d % \(\d+\.\d to \d+\.\d\) against full over 4 nights", words.replace("\xa0", " "))
    assert "served" in words and "fresh minus search" in words
    assert (folder / "scenario.yaml").read_text().startswith(words)


def test_the_page_marks_the_chosen_point_the_constraint_and_every_trial(folder):
    page = (folder / "front.html").read_text()
    picture = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    classes = [element.get("class", "") for element in picture.iter() if element.tag.endswith("circle")]
    trials = [css for css in classes if css.startswith("trial ")]
    assert len(trials) == 6 + 2  # and two in the key
    assert classes.count("chosen") == classes.count("stands") == 2
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    chosen = json.loads((folder / "summary.json").read_text())["chosen"]["values"]
    assert "served >= 80 %" in texts
    assert any(text and f"hold_s {chosen['hold_s']}" in text for text in texts)


def test_a_calendar_takes_the_chosen_program_along(tmp_path):
    scenario = one_lamp(60)
    scenario["programs"]["by-day"] = DAY_PROGRAM
    scenario["calendars"] = {"week": {"rules": [{"program": "by-day", "weekdays": ["sun"]}], "default": "presence"}}
    scenario["regimes"] = {"full": {"all": "full"}, "mixed": {"all": "week"}}
    file = written(tmp_path, search(search={"hold_s": [60, 120]}), scenario)
    found = api.optimise(file, out=tmp_path / "out")
    programs = read_program_file(found.program)
    assert programs.groups == {"all": "week"}
    assert set(programs.programs) == {"presence", "by-day"}
    # 2022-01-02 is a Sunday: one night of three is lit all the time, so less is saved than without the calendar
    plain = api.optimise(written(tmp_path, search(search={"hold_s": [60, 120]})), out=tmp_path / "plain")
    assert found.summary["chosen"]["search"]["saving_pct"] < plain.summary["chosen"]["search"]["saving_pct"] - 5


def test_the_scenario_finds_data_files_that_lay_beside_the_searched_one(tmp_path):
    hours = [f"2022-01-0{day} {hour:02d}:00,{30 + hour}" for day in range(1, 6) for hour in range(24)]
    (tmp_path / "counts.csv").write_text("\n".join(["time,users", *hours]) + "\n")
    source = {"kind": "counts", "file": "counts.csv", "time_column": "time", "time_zone": "UTC", "slot_min": 60}
    scenario = one_lamp(0, traffic={"source": {**source, "forward": ["users"], "backward": []}})
    file = written(tmp_path, search(search={"hold_s": [60, 120]}, check_run={"seed": 9, "nights": 2}), scenario)
    found = api.optimise(file, out=tmp_path / "some" / "out")
    run = api.simulate(found.folder / "scenario.yaml", out=tmp_path / "run")
    (program,) = [p for p in run.summary["programs"] if p["name"] == "presence"]
    assert program["energy_kwh"] == found.summary["chosen"]["fresh"]["energy_kwh"]
    assert str(tmp_path) not in (found.folder / "scenario.yaml").read_text()
