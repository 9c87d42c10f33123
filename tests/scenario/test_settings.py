"""Values set by their paths."""

import pytest

from slic.errors import InputError


def test_values_are_set_by_their_paths(load) -> None:
    scenario = load(
        settings=(
            "traffic.thin=0.1",
            "programs.half.hold_s=45",
            "service.required.0.at=23:00",
            "run.start=2022-12-01",
            "lamps.street=main=road",
            "sensors.stuck=[{sensor: sensor-main=road-001, state: absent}]",
        )
    ).scenario
    assert scenario.traffic.thin == 0.1
    assert scenario.programs["half"].hold_s == 45
    assert scenario.service.required[0].at == "23:00"
    assert scenario.run.start.isoformat() == "2022-12-01"
    assert scenario.lamps.street == "main=road"
    assert scenario.sensors.stuck[0].state == "absent"


def test_a_program_can_be_added_whole_or_from_the_library(load) -> None:
    programs = load(
        settings=("programs.night={use: part-night}", "programs.low={idle_level_pct: 10}")
    ).scenario.programs
    assert list(programs) == ["full", "half", "night", "low"]
    assert programs["low"].idle_level_pct == 10


@pytest.mark.parametrize(
    ("setting", "words", "allowed"),
    [
        ("traffic.thn=1", "did you mean thin?", "source, street_spread, thin, users"),
        ("traffic.thin=2", "2 should be", "0 to 1"),
        ("traffic.thin=much", "valid number", "0 to 1"),
        ("traffic.thin=true", "'true' is not a number", "0 to 1"),
        ("traffic.thin.x=1", "lies inside a single value", ""),
        ("programs.haf.hold_s=3", "did you mean half?", "full, half"),
        ("programs.half.hold=3", "did you mean hold_s?", "hold_s"),
        ("service.required.3.at=12:00", "is not an item of the list", "0 to 0"),
        ("foo=1", "is unknown", "traffic"),
        ("thin", "is not a setting", "path=value"),
        ("=1", "is not a setting", "path=value"),
        ("traffic.thin=[1", "is not valid YAML", ""),
        ("name.x=1", "lies inside a single value", ""),
        ("slic=2", "should be 1", "1"),
        ("run.seed=9007199254740993", "should be less", "0 to 9007199254740992"),
        ("programs={half: presence-train}", "programs.half: 'presence-train' is not a mapping", "{use: library-name}"),
        ("programs.half=5", "programs.half: 5 is not a mapping", "{use: library-name}"),
        ("programs=presence-train", "programs: 'presence-train' is not a mapping", "a list of library names"),
        ("run=5", "run: 5 is not a mapping", "nights"),
        ("lamps=5", "lamps: 5 is not a mapping", "row"),
        ("programs.full={use: full-night, idle_level_pct: 0}", "never lights", ""),
        ("programs.half.idle_level_pct=0", "never lights", ""),
    ],
)
def test_faulty_settings_name_themselves_and_what_is_allowed(load, setting: str, words: str, allowed: str) -> None:
    with pytest.raises(InputError) as caught:
        load(settings=(setting,))
    assert caught.value.file == f"--set {setting}"
    assert words in str(caught.value)
    assert allowed in caught.value.allowed


def test_a_program_of_a_list_can_be_changed_in_the_same_command(load) -> None:
    settings = ("programs=[full-night, presence-train]", "programs.presence-train.hold_s=45", "baseline=full-night")
    programs = load(settings=settings).scenario.programs
    assert list(programs) == ["full-night", "presence-train"]
    assert programs["presence-train"].hold_s == 45


def test_a_library_program_made_dark_is_not_the_librarys_fault(load) -> None:
    """The program is the library's, the level of 0 is the user's."""
    dark = ("programs.night={use: full-night}", "programs.night.idle_level_pct=0")
    with pytest.raises(InputError, match="never lights") as caught:
        load(settings=dark)
    assert caught.value.file == f"--set {dark[1]}"
