"""From a campaign file or a command line to its cases, and what is refused on the way."""

import csv
import io
import json
from pathlib import Path

import pytest

from sim.campaign.read import read_campaign
from sim.campaign.run import shard_of
from slic import InputError
from slic.scenario.campaign import values_of


def test_the_grid_and_the_list_are_cases_with_values_in_their_names(campaign: Path) -> None:
    plan = read_campaign(campaign)
    assert [case.name for case in plan.cases] == [
        "bright",
        "hold_s-15_idle_level_pct-10",
        "hold_s-15_idle_level_pct-30",
        "hold_s-60_idle_level_pct-10",
        "hold_s-60_idle_level_pct-30",
    ]
    assert dict(plan.cases[1].settings) == {"programs.presence.hold_s": 15, "programs.presence.idle_level_pct": 10}
    assert plan.parameters == ("programs.presence.hold_s", "programs.presence.idle_level_pct")


def test_a_command_line_tries_what_a_file_tries(campaign: Path) -> None:
    tried = ["programs.presence.hold_s=15,60", "programs.presence.idle_level_pct={from: 10, to: 30, step: 20}"]
    from_file = {case.name: case.sha256 for case in read_campaign(campaign).cases}
    from_line = {case.name: case.sha256 for case in read_campaign("tiny.yaml", tried).cases}
    assert from_line == {name: digest for name, digest in from_file.items() if name != "bright"}


def test_values_with_commas_of_their_own_stay_whole(campaign: Path) -> None:
    plan = read_campaign("tiny.yaml", ["programs=[full-night, part-night]", "run.nights=1,2"])
    assert [case.settings["programs"] for case in plan.cases] == [["full-night", "part-night"]] * 2
    found = read_campaign("tiny.yaml", ["site.timezone='Europe/Brussels',\"Europe/Paris\""])
    assert [case.name for case in found.cases] == ["timezone-Europe-Brussels", "timezone-Europe-Paris"]


def test_seeds_and_nights_split_each_variant(campaign: Path) -> None:
    campaign.write_text("name: split\nscenario: tiny.yaml\nseeds: 2\nnights: 2\nsettings: {run.nights: 5}\n")
    runs = [(c.name, dict(c.settings)) for c in read_campaign(campaign).cases]
    assert [name for name, _ in runs] == [
        *("seed-7_2022-11-14", "seed-7_2022-11-16", "seed-7_2022-11-18"),
        *("seed-8_2022-11-14", "seed-8_2022-11-16", "seed-8_2022-11-18"),
    ]
    assert [settings["run.nights"] for _, settings in runs] == [2, 2, 1, 2, 2, 1]
    assert [c.settings["run.seed"] for c in read_campaign("tiny.yaml", [], seeds=3).cases] == [7, 8, 9]


def test_steps_of_a_tenth_are_decimal() -> None:
    assert values_of({"from": 0.1, "to": 0.7, "step": 0.1}) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert values_of({"from": 5, "to": 12, "step": 5}) == [5, 10]


def test_the_hash_changes_with_value_data_and_scenario_and_with_nothing_else(campaign: Path) -> None:
    def hashes() -> dict[str, str]:
        return {case.name: case.sha256 for case in read_campaign(campaign).cases}

    first = hashes()
    assert hashes() == first
    assert len(set(first.values())) == 5
    campaign.write_text(campaign.read_text() + "title: another title\n")
    assert hashes() == first
    tiny = Path("tiny.yaml")
    tiny.write_text(tiny.read_text().replace("forward_per_h: 20", "forward_per_h: 21"))
    changed = hashes()
    assert all(changed[name] != first[name] for name in first)


def test_a_plan_does_not_depend_on_where_it_is_called_from(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = read_campaign("campaign.yaml")
    monkeypatch.chdir("/")
    assert read_campaign(campaign) == here


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "has no cases"),
        ("grid: {}", "has no cases"),
        ("grid: {run.nights: []}", "campaign.yaml:3: grid.run.nights: has no values"),
        ("grid: {run.nights: 3}", "is no list of values"),
        ("grid: {run.nights: [1, 1]}", "has the value 1 twice"),
        ("grid: {run.nights: {from: 5, to: 1, step: 1}}", "is upside down: it goes from 5 to 1"),
        ("grid: {run.nights: {from: 1, to: 5, step: 0}}", "has a step of 0"),
        ("grid: {run.nights: {from: 1, to: 5}}", "is no range"),
        ("grid: {run.nights: {from: 1, to: 9000000, step: 1}}", "has 9,000,000 values"),
        ("seeds: 5000000", "has 5,000,000 cases"),
        ("seeds: 0", "is no number of seeds"),
        ("seeds: [1, x]", "is no number of seeds"),
        ("grid: {programs.presence.hold: [1, 2]}", "campaign.yaml:3: programs.presence.hold: is unknown"),
        (
            "grid: {hold_s: [1, 2]}",
            "is no path of the scenario (allowed: programs.full-night.hold_s, programs.presence.",
        ),
        ("grid: {nonsense: [1, 2]}", "is no path of the scenario"),
        ("grid: {programs.presence.hold_s: [1, -2]}", "campaign.yaml:3: programs.presence.hold_s: -2"),
        ("settings: {run.nights: 1}\ngrid: {run.nights: [1, 2]}", "stands in settings too"),
        ("seeds: 2\ngrid: {run.seed: [1, 2]}", "is set by seeds too"),
        ("list: [{name: a}, {name: A}]", "campaign.yaml:3: list.1.name: 'A' stands twice"),
        ("list: [{name: ../a}]", "list.0.name: '../a'"),
        ("list: [{name: nights-1}]\ngrid: {run.nights: [1, 2]}", "'nights-1' is the name of two cases"),
        ("grid: {site.timezone: [Europe/Paris, Europe Paris]}", "Europe"),
        ("gird: {run.nights: [1, 2]}", "did you mean grid?"),
    ],
)
def test_bad_campaigns_are_refused_with_the_place(campaign: Path, lines: str, words: str) -> None:
    campaign.write_text(f"name: bad\nscenario: tiny.yaml\n{lines}\n")
    with pytest.raises(InputError) as caught:
        read_campaign("campaign.yaml")
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["3/2", "0/2", "2", "a/b", "1/0", "-1/2", ""])
def test_no_shard(text: str) -> None:
    with pytest.raises(InputError, match="is no shard"):
        shard_of(text)


def test_shards_are_all_cases_once(campaign: Path) -> None:
    cases = read_campaign(campaign).cases
    parts = [list(shard_of(f"{k}/3").of(cases)) for k in (1, 2, 3)]
    assert sorted(case.name for part in parts for case in part) == sorted(case.name for case in cases)


def test_shipped_campaigns_can_be_planned() -> None:
    from slic.scenario.library import list_campaigns

    assert list_campaigns()
    for name in list_campaigns():
        assert len(read_campaign(name).cases) > 1


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(InputError, match="did you mean ghent-hold-idle"):
        read_campaign("gent-hold-idle")


def test_the_manifest_is_the_plan(campaign: Path) -> None:
    from sim.campaign.folder import begun

    plan = read_campaign(campaign)
    with begun(plan, Path("out"), overwrite=False, whole=True):
        pass
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert [(c["name"], c["sha256"]) for c in manifest["cases"]] == [(c.name, c.sha256) for c in plan.cases]
    rows = list(csv.DictReader(io.StringIO(Path("out/manifest.csv").read_text())))
    assert [row["programs.presence.hold_s"] for row in rows] == ["", "15", "15", "60", "60"]
    before = Path("out/manifest.json").read_bytes()
    with begun(plan, Path("out"), overwrite=False, whole=False):
        pass
    assert Path("out/manifest.json").read_bytes() == before


def test_the_sun_of_a_place_is_worked_out_once_for_all_variants(campaign: Path) -> None:
    from slic.control.darkness import dark_stretch

    dark_stretch.cache_clear()
    plan = read_campaign(campaign, ["programs.presence.hold_s={from: 1, to: 20, step: 1}"])
    assert len(plan.cases) == 41  # 20 holds under two idle levels, and one of the list
    assert dark_stretch.cache_info().misses == 1  # both nights, of all 41 cases and two programs, lie in one stretch
