"""Loading: defaults filled in, extending, and refusals that name file, line, field, value and what is allowed."""

from pathlib import Path

import pytest

from slic.errors import InputError
from slic.scenario.checks import scenario_warnings
from slic.scenario.load import load_scenario
from slic.scenario.streets import build_streets


def test_each_program_is_a_regime_where_none_are_given(load) -> None:
    scenario = load().scenario
    assert scenario.regimes == {"full": {"all": "full"}, "half": {"all": "half"}}
    assert scenario.programs["half"].name == "half"
    assert scenario.luminaires["led"].name == "led"


def test_the_hash_of_the_file_is_kept(load) -> None:
    from hashlib import sha256

    loaded = load()
    (digest,) = loaded.inputs.values()
    assert digest == sha256((loaded.base_dir / "small.yaml").read_bytes()).hexdigest()


# change of the text -> line, field, value, words of the problem, words of what is allowed
REFUSED = {
    "unknown key": (
        ("power_w: 28", "power_w: 28, spacing: 2"),
        4,
        "lamps.spacing",
        None,
        "did you mean spacing_m?",
        "count",
    ),
    "unknown key at the top": (("baseline: full", "baselin: full"), None, None, None, "", ""),
    "wrong type": (("count: 4", "count: four"), 4, "lamps.count", "four", "valid integer", "1 to 200000"),
    "unit in a number": (("spacing_m: 30", "spacing_m: 30m"), 4, "lamps.spacing_m", "30m", "valid number", ""),
    "flag for a number": (("spacing_m: 30", "spacing_m: true"), 4, "lamps.spacing_m", "true", "not a number", ""),
    "not a number": (("spacing_m: 30", "spacing_m: .nan"), 4, "lamps.spacing_m", None, "", ""),
    "out of range": (
        ("idle_level_pct: 50", "idle_level_pct: 500"),
        12,
        "programs.half.idle_level_pct",
        500,
        "",
        "0 to 100",
    ),
    "time": (('"12:00"', '"25:30"'), 14, "service.required.0.at", "25:30", "not a time of day", ""),
    "time zone": (("Brussels", "Brusels"), 3, "site.timezone", "Europe/Brusels", "did you mean Europe/Brussels?", ""),
    "baseline": (("baseline: full", "baseline: fulll"), 13, "baseline", "fulll", "did you mean full?", "full, half"),
    "luminaire": (("luminaire: led", "luminaire: lex"), 4, "lamps.luminaire", "lex", "does not exist", "led"),
    "kind": (("kind: row", "kind: raw"), 4, "lamps.kind", "raw", "no known kind", "row, city, inventory, groups"),
    "missing": (("power_w: 28", "entrances: 0"), 4, "lamps.power_w", None, "is missing", "circuit watts"),
    "never lights": (
        ("idle_level_pct: 50", "idle_level_pct: 0"),
        12,
        "programs.half",
        None,
        "never lights in the year from 2022-11-14",
        "",
    ),
    "library": (
        ("  full: {}", "  full: {use: ful-night}"),
        11,
        "programs.full.use",
        "ful-night",
        "did you mean full-night?",
        "part-night",
    ),
    "name differs": (
        ("  full: {}", "  full: {name: all}"),
        11,
        "programs.full.name",
        "all",
        "differs from its key",
        "full",
    ),
    "power curve": (("level_pct: 0, power", "level_pct: 1, power"), 6, "luminaires.led", None, "must ascend", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_where_what_and_what_is_allowed(load, case: str) -> None:
    change, line, field, value, problem, allowed = REFUSED[case]
    with pytest.raises(InputError) as caught:
        load(change)
    error = caught.value
    assert error.file.endswith("small.yaml")
    if field is not None:
        assert (error.line, error.field) == (line, field)
    if value is not None:
        assert error.value == value
    assert problem in error.problem
    assert allowed in error.allowed


# text at the end -> field, words of the problem
REFUSED_MORE = {
    "stuck sensor": ("sensors: {stuck: [{sensor: x, state: present}]}", "sensors.stuck.0.sensor", "does not exist"),
    "lamp of an override": (
        "overrides: [{issuer: a, reason: b, level_pct: 0, start: 2022-11-14T20:00Z, for_h: 1, lamps: [x]}]",
        "overrides.0.lamps",
        "does not exist",
    ),
    "moment": (
        "overrides: [{issuer: a, reason: b, level_pct: 0, start: 20:00, for_h: 1}]",
        "overrides.0.start",
        "is not a moment",
    ),
    "count file": (
        "traffic: {source: {kind: counts, file: no.csv, slot_min: 5, forward: [a]}}",
        "traffic.source.file",
        "does not exist",
    ),
    "shares": (
        "traffic: {users: [{kind: car, share: 0.5, mean_m_s: 9, min_m_s: 1, max_m_s: 20}]}",
        "traffic.users",
        "add up to 0.5",
    ),
    "speeds": (
        "traffic: {users: [{kind: car, mean_m_s: 9, min_m_s: 10, max_m_s: 20}]}",
        "traffic.users.0.mean_m_s",
        "outside its limits",
    ),
    "regime program": ("regimes: {full: {all: ful}}", "regimes.full.all", "did you mean full?"),
    "regime group": ("regimes: {full: {al: full}}", "regimes.full.al", "did you mean all?"),
    "regime without group": ("regimes: {full: {}}", "regimes.full", "says nothing about group all"),
    "calendar": ("calendars: {c: {default: nix}}", "calendars.c.default", "does not exist"),
    "calendar rule": (
        "calendars: {c: {default: full, rules: [{program: hal}]}}",
        "calendars.c.rules.0.program",
        "did you mean half?",
    ),
    "calendar named as a program": ("calendars: {half: {default: full}}", "calendars.half", "also the name"),
    "light reports": ("ambient: {kind: sun, report_s: 1800}", "ambient.report_s", "not below ambient_sensor"),
    "lost sensor": (
        "faults: [{kind: presence_sensor, sensor: sensor-street-0001}]",
        "faults.0.sensor",
        "did you mean sensor-street-001?",
    ),
    "lost sensor without id": ("faults: [{kind: presence_sensor}]", "faults.0.sensor", "does not exist"),
    "sensor of a clock": ("faults: [{kind: clock, sensor: sensor-street-001}]", "faults.0.sensor", "is of no use"),
    "retrofit of a row": ("retrofit: {luminaire: led, power_w_by_lamp: {}}", "retrofit", "needs lamps of known type"),
}


@pytest.mark.parametrize("case", REFUSED_MORE)
def test_names_that_do_not_exist_are_refused(load, case: str) -> None:
    text, field, problem = REFUSED_MORE[case]
    with pytest.raises(InputError) as caught:
        load(more=text + "\n")
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert caught.value.line == 16


def test_a_polar_day_is_no_fault_of_a_program(load) -> None:
    """Tromso has no night on 20 June: nothing lights, and nothing is wrong."""
    loaded = load(("latitude: 51.05", "latitude: 69.6"), ("2022-11-14", "2022-06-20"))
    assert scenario_warnings(loaded.scenario, build_streets(loaded)) == [
        "no light was needed: full lights in none of the 2 nights from 2022-06-20",
        "no light was needed: half lights in none of the 2 nights from 2022-06-20",
    ]


HOLD_0 = ("half: {idle_level_pct: 50}", "half: {idle_level_pct: 50, hold_s: 0, dynamic_controls: [{name: presence}]}")
HOLD_60 = ("half: {idle_level_pct: 50}", "half: {idle_level_pct: 50, hold_s: 60, dynamic_controls: [{name: presence}]}")


@pytest.mark.parametrize(
    ("program", "sensors", "why"),
    [
        (HOLD_0, "{range_m: 0}", "hold_s and sensors.range_m are 0"),
        (HOLD_0, "{range_m: 5}", None),
        (HOLD_60, "{range_m: 0}", None),
        (HOLD_60, "{detection_probability: 0}", "sensors.detection_probability is 0"),
        (HOLD_60, "{every: 0}", "there are no sensors"),
    ],
)
def test_presence_that_nobody_sees_is_warned_of(load, program, sensors: str, why: str | None) -> None:
    loaded = load(program, more=f"sensors: {sensors}\n")
    found = scenario_warnings(loaded.scenario, build_streets(loaded))
    assert found == ([f"half never sees anybody: {why}"] if why else [])


def test_a_program_that_is_off_until_detection_lights(load) -> None:
    waiting = "half: {idle_level_pct: 0, dynamic_controls: [{name: presence}]}"
    assert load(("half: {idle_level_pct: 50}", waiting)).scenario.programs["half"].idle_level_pct == 0


def test_extending_joins_mappings_and_replaces_lists(load, tmp_path: Path) -> None:
    load()
    (tmp_path / "child.yaml").write_text(
        "extends: small.yaml\nname: child\nrun: {nights: 9}\nprograms: {half: {hold_s: 5}}\n"
        "service: {required: [{at: '20:00', level_pct: 40}]}\n"
    )
    scenario = load_scenario(tmp_path / "child.yaml").scenario
    assert (scenario.name, scenario.run.nights, scenario.run.start.isoformat()) == ("child", 9, "2022-11-14")
    assert (scenario.programs["half"].idle_level_pct, scenario.programs["half"].hold_s) == (50, 5)
    assert [(r.at, r.level_pct) for r in scenario.service.required] == [("20:00", 40)]


def test_a_fault_in_what_is_extended_names_that_file(load, tmp_path: Path) -> None:
    load()
    (tmp_path / "middle.yaml").write_text("extends: small.yaml\nrun: {nights: 0}\n")
    (tmp_path / "child.yaml").write_text("extends: middle.yaml\nname: child\n")
    with pytest.raises(InputError, match=r"middle.yaml:2: run.nights: 0 should be"):
        load_scenario(tmp_path / "child.yaml")


def test_extending_in_a_circle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(InputError, match="circle"):
        load_scenario(tmp_path / "a.yaml")


def test_a_library_program_is_taken_and_changed(load) -> None:
    changed = load(("  full: {}", "  full: {use: d60-residential, hold_s: 7}")).scenario.programs["full"]
    # D60 as published: 70 % from 20:00, 50 % from 22:00, 100 % from 05:00.
    assert [(c.at, c.level_pct) for c in changed.fixed_time_controls] == [("20:00", 70), ("22:00", 50), ("05:00", 100)]
    assert (changed.name, changed.hold_s) == ("full", 7)


@pytest.mark.parametrize(
    ("scenario", "setting", "told"),
    [
        ("ghent-coupure", "traffic.source.time_zone=Europe/Gent", r"traffic\.source\.time_zone: 'Europe/Gent' is not"),
        ("washington-k-street", "retrofit.power_w_by_lamp.HPS 250=-5", r"HPS 250: -5 .*allowed"),
        ("washington-k-street", "retrofit.power_w_by_lamp.HPS 250=9000", r"HPS 250: 9000 .*allowed"),
    ],
)
def test_values_that_only_a_run_would_meet_are_refused_before(scenario: str, setting: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        load_scenario(scenario, [setting])
