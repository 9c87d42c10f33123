"""SUMO as road users: one road's energy by hand, what of a night a file covers, and faulty files."""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.recorded import Recorded
from sim.run import simulate
from sim.sumo_detectors import read_e1, read_instant
from sim.sumo_positions import read_positions
from slic.errors import InputError
from slic.scenario.load import load_scenario
from slic.scenario.loaded import LoadedScenario
from slic.scenario.model import Scenario
from slic.scenario.sumo_model import SumoDetectors, SumoInstant, SumoPositions
from tests.sim import sumo_road

FILES = Path(__file__).parent / "sumo"
CLOCK = {"start": sumo_road.ZERO, "time_zone": "Europe/Helsinki"}


def energy_of_run(folder: Path, source: dict[str, Any]) -> int:
    scenario = Scenario.model_validate(sumo_road.scenario_values(source))
    (tally,) = simulate(LoadedScenario(scenario, "road.yaml", folder, {}), jobs=1).tallies
    assert tally.complete
    return tally.energy_mj


def rows(found: Recorded) -> list[tuple[int, int, int]]:
    users = found.users
    return list(zip(users.t_ms.tolist(), users.speed_mm_s.tolist(), users.direction.tolist(), strict=True))


def check_energies(folder: Path) -> None:
    walked_and_driven = sumo_road.users_in_fcd(folder / "fcd.xml.gz")
    assert len(walked_and_driven) >= 20
    assert energy_of_run(folder, sumo_road.FCD) == sumo_road.energy_mj(walked_and_driven)
    driven = sumo_road.users_in_instant(folder / "instant.xml")
    assert len(driven) >= 14
    assert energy_of_run(folder, sumo_road.INSTANT) == sumo_road.energy_mj(driven)


def test_energy_of_one_road_is_that_worked_out_by_hand() -> None:
    check_energies(FILES)


@pytest.mark.sumo
def test_energy_of_a_road_made_fresh_is_that_worked_out_by_hand(tmp_path: Path) -> None:
    pytest.importorskip("sumo")
    sumo_road.make_road(tmp_path)
    check_energies(tmp_path)


def test_cars_cross_the_middle_when_the_loop_there_sees_them() -> None:
    """Two outputs of one SUMO run: positions each second, and the loop's own interpolation."""
    source = SumoPositions(**{**sumo_road.FCD, **CLOCK, "who": "vehicles"})
    by_position = rows(read_positions(FILES / "fcd.xml.gz", source))
    by_loop = rows(read_instant(FILES / "instant.xml", SumoInstant(**{**sumo_road.INSTANT, **CLOCK})))
    assert [user[2] for user in by_position] == [user[2] for user in by_loop]
    apart_ms = [abs(a[0] - b[0]) for a, b in zip(by_position, by_loop, strict=True)]
    assert max(apart_ms) <= 100  # SUMO writes positions to 1 cm and knows the speed inside the step


def test_persons_and_vehicles_are_told_apart() -> None:
    found = {
        who: len(rows(read_positions(FILES / "fcd.xml.gz", SumoPositions(**{**sumo_road.FCD, **CLOCK, "who": who}))))
        for who in ("persons", "vehicles", "all")
    }
    assert found["persons"] >= 6 and found["vehicles"] >= 14
    assert found["all"] == found["persons"] + found["vehicles"]


def test_e1_intervals_are_counts_of_their_time() -> None:
    counts = read_e1(FILES / "e1.xml", SumoDetectors(**{**sumo_road.E1, **CLOCK}))
    assert (counts.start_ms, counts.slot_ms, len(counts.forward)) == (sumo_road.ZERO_MS, 300_000, 16)
    found = ET.parse(FILES / "e1.xml").getroot()
    up = [float(row.attrib["nVehContrib"]) for row in found if row.attrib["id"] == "e1_up"]
    assert counts.forward.tolist() == up and sum(up) > 5


def test_thinned_users_are_some_of_the_very_users() -> None:
    found = read_positions(FILES / "fcd.xml.gz", SumoPositions(**{**sumo_road.FCD, **CLOCK}))
    some = found.between(0, 2**62, 0.5, lambda: np.random.default_rng(1))
    assert 0 < len(some) < len(found.users)
    assert set(some.t_ms.tolist()) < set(found.users.t_ms.tolist())


# What a night needs and the file lacks


@pytest.mark.parametrize("source", [sumo_road.FCD, sumo_road.E1, {**sumo_road.INSTANT, "end_s": 4790}])
def test_a_night_that_the_file_does_not_cover_is_no_result(source: dict[str, Any]) -> None:
    """Half an hour later the dark begins before the file does, so the only night is incomplete."""
    late = {**source, "start": "2026-06-21T01:10"}
    with pytest.raises(InputError, match="the only night of the run lacks counts in the dark"):
        energy_of_run(FILES, late)


def test_another_night_is_refused() -> None:
    covers = r"lies outside the count file .* covers, 2026-06-25 00:40 to 2026-06-25 02:00\)"
    with pytest.raises(InputError, match=covers):
        energy_of_run(FILES, {**sumo_road.FCD, "start": "2026-06-25T00:40"})


# Faulty files


def fcd(tmp_path: Path, text: str, **changes: Any) -> Recorded:
    path = tmp_path / "fcd.xml"
    path.write_text(text)
    return read_positions(path, SumoPositions(**{**sumo_road.FCD, **CLOCK, **changes}))


def steps(*samples: str, every_s: int = 1) -> str:
    inside = "".join(f'<timestep time="{n * every_s}">\n{sample}</timestep>' for n, sample in enumerate(samples))
    rest = "".join(f'<timestep time="{n * every_s}"/>' for n in range(len(samples), 120))
    return f"<fcd-export>{inside}{rest}</fcd-export>"


def car(x: float, lane: str = "up_0", speed: float = 10) -> str:
    return f'<vehicle id="c" x="{x}" y="0" speed="{speed}" lane="{lane}"/>'


def test_the_middle_is_crossed_between_two_samples(tmp_path: Path) -> None:
    text = steps(car(185), car(195), car(207.5), car(190, "down_0"))
    found = fcd(tmp_path, text)
    # From 195 to 207.5 m in a second, so 200 m after 0.4 s at 12.5 m/s; then back faster than anybody could.
    assert rows(found) == [(sumo_road.ZERO_MS + 1400, 12_500, 1)]
    assert found.counts.warnings[0].startswith("fcd.xml: 1 users came from one side of the middle to the other unseen")


def test_a_teleported_car_and_a_hidden_one_are_counted_in_a_warning(tmp_path: Path) -> None:
    jumps = fcd(tmp_path, steps(car(150, speed=0), car(260, speed=0)), edges=["up"])
    hidden = fcd(tmp_path, steps(car(190), car(200, "other_0"), car(210)), edges=["up"])
    for found in (jumps, hidden):
        assert rows(found) == []
        assert "1 users came from one side" in found.counts.warnings[0]


def test_people_in_a_vehicle_are_not_counted_beside_it(tmp_path: Path) -> None:
    """As SUMO 1.28 writes a passenger: a person after the vehicle, with its place, angle and speed."""

    def sample(x: float) -> str:
        where = f'x="{x}" y="-1.60" angle="90.00" speed="13.00"'
        walker = f'<person id="w" x="{x + 5}" y="-4.80" angle="90.00" speed="13.00" edge="up"/>'
        return f'<vehicle id="taxi" {where} lane="up_1"/><person id="rider" {where} edge="up"/>{walker}'

    text = steps(*(sample(x) for x in (187, 200, 213)))
    crossed = [len(rows(fcd(tmp_path, text, who=who, edges=["up"]))) for who in ("all", "persons", "vehicles")]
    assert crossed == [2, 1, 1]
    assert fcd(tmp_path, text, edges=["up"]).counts.warnings == (
        "fcd.xml: 1 people were in vehicles and are no road users of their own",
    )


@pytest.mark.parametrize("suffix", [".xml", ".xml.gz"])
def test_a_file_cut_in_the_middle_says_where_and_what_was_read(tmp_path: Path, suffix: str) -> None:
    whole = gzip.decompress((FILES / "fcd.xml.gz").read_bytes())
    path = tmp_path / f"cut{suffix}"
    path.write_bytes((FILES / "fcd.xml.gz").read_bytes()[:20_000] if suffix == ".xml.gz" else whole[:200_000])
    with pytest.raises(InputError, match=r"is cut off .* after [\d,]+ elements up to time \d+") as caught:
        read_positions(path, SumoPositions(**{**sumo_road.FCD, **CLOCK}))
    assert caught.value.line and caught.value.line > 1000


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        ("", {}, r"fcd\.xml:1: is cut off or is no XML"),
        ("no xml", {}, "is cut off or is no XML"),
        ("<detector/>", {}, r"fcd\.xml:1: 'detector' is another kind of file \(allowed: <fcd-export>\)"),
        ("<fcd-export/>", {}, "has no two time steps"),
        (steps(car(1), car(2)), {"edges": ["up", "west"]}, r"'west' is no edge or lane .*\(allowed: up, up_0\)"),
        (steps(car(1), car(2)), {"axis": {"from_xy": [3.1, 50.0], "to_xy": [3.2, 50.1]}}, "shorter than 1 m"),
        (steps('<vehicle id="c" y="0" speed="1" lane="up_0"/>'), {}, r"fcd\.xml:2: x: vehicle is without it"),
        (steps(car(float("nan"))), {}, "'nan' is not a number"),
        ('<fcd-export><timestep time="0:01"/></fcd-export>', {}, "time: '0:01' is not a number"),
        (steps(car(1)).replace('<timestep time="60"/>', ""), {}, "61.0 follows 59: steps are missing"),
        (steps(car(1)), {"start": "2026-03-29T03:30"}, "never happens in Europe/Helsinki"),
        (steps(car(1)), {"start": "2026-06-21T00:40Z"}, "is not a civil time"),
        (steps(car(1)), {"start": "yesterday"}, "is not a civil time"),
    ],
)
def test_faulty_positions_are_refused(tmp_path: Path, text: str, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        fcd(tmp_path, text, **{"edges": ["up"], **changes})


def interval(begin: float, end: float, count: object = 1, name: str = "a") -> str:
    return f'<interval begin="{begin}" end="{end}" id="{name}" nVehContrib="{count}"/>\n'


def e1(tmp_path: Path, *intervals: str, **changes: Any) -> Any:
    path = tmp_path / "e1.xml"
    path.write_text(f"<detector>{''.join(intervals)}</detector>")
    return read_e1(path, SumoDetectors(file="e1.xml", **{"forward": ["a"], **CLOCK, **changes}))


def test_an_interval_that_one_lane_lacks_is_missing_and_a_cut_short_one_is_left_out(tmp_path: Path) -> None:
    lanes = [interval(0, 60, 2), interval(0, 60, 3, "b"), interval(60, 120, 4), interval(120, 180), interval(180, 190)]
    counts = e1(tmp_path, *lanes, interval(120, 180, 5, "b"), forward=["a", "b"])
    assert counts.forward[[0, 2]].tolist() == [5, 6] and np.isnan(counts.forward[1])
    assert counts.warnings == ("e1.xml: 1 intervals shorter than 60 s were left out",)


@pytest.mark.parametrize(
    ("intervals", "changes", "words"),
    [
        ([interval(0, 60)], {"backward": ["z"]}, r"'z' is no detector of the file \(allowed: a\)"),
        ([], {}, "allowed: nothing: the file names none"),
        ([interval(0, 60), interval(0, 60)], {}, r"e1\.xml:2: begin: '0' is out of step"),
        ([interval(0, 60), interval(60, 180)], {}, "is out of step"),
        ([interval(0, 60), interval(70, 130)], {}, "has intervals out of step"),
        ([interval(60, 0)], {}, "is out of step"),
        ([interval(0, 60, -1)], {}, r"nVehContrib: '-1' is not a count \(allowed: 0 to 1,667 an interval\)"),
        ([interval(0, 60, "many")], {}, "'many' is not a number"),
    ],
)
def test_faulty_intervals_are_refused(
    tmp_path: Path, intervals: list[str], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        e1(tmp_path, *intervals, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"end_s": 4000}, r"is outside the time watched \(allowed: begin_s to end_s, 0 to 4000 s\)"),
        ({"begin_s": 5000}, "end_s: 4800.0 is upside down"),
        ({"backward": ["loop_west"]}, r"'loop_west' is no detector .*allowed: loop_down, loop_up"),
    ],
)
def test_faulty_passings_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_instant(FILES / "instant.xml", SumoInstant(**{**sumo_road.INSTANT, **CLOCK, **changes}))


SCENARIO = """\
slic: 1
name: road
site: {latitude: 65.6, longitude: 25.5, timezone: Europe/Helsinki}
lamps: {kind: row, count: 4, spacing_m: 30, luminaire: led-generic, power_w: 28}
luminaires: [led-generic]
programs: [full-night]
baseline: full-night
traffic:
  source: {kind: sumo_e1, file: e1.xml, SOURCE}
service: {required: [{at: "12:00", level_pct: 100}]}
run: {start: 2026-06-20, nights: 1}
"""
GOOD = 'forward: [e1_up], start: "2026-06-21T00:40", time_zone: Europe/Helsinki'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (', start: "2026-06-21T00:40"', "", r"road\.yaml:9: traffic\.source\.start: is missing"),
        (", time_zone: Europe/Helsinki", "", r"traffic\.source\.time_zone: is missing"),
        ("Helsinki", "Helsinky", "is not a time zone"),
        ("forward: [e1_up]", "forward: []", "names no detector"),
        ("forward: [e1_up]", "forward: [e1_up], backward: [e1_up]", "is also in backward"),
        ("kind: row", "kind: city, streets: 2", "is of one street, and the lamps stand on 2"),
    ],
)
def test_a_scenario_must_say_when_where_and_which(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = SCENARIO.replace("SOURCE", GOOD)
    (tmp_path / "e1.xml").write_text((FILES / "e1.xml").read_text())
    (tmp_path / "road.yaml").write_text(text)
    assert load_scenario(tmp_path / "road.yaml").scenario.name == "road"
    head, tail = text.split("site:") if "Helsinky" not in new else text.split("traffic:")
    middle = "site:" if "Helsinky" not in new else "traffic:"
    (tmp_path / "road.yaml").write_text(head + middle + tail.replace(old, new))
    with pytest.raises(InputError, match=words):
        load_scenario(tmp_path / "road.yaml")
