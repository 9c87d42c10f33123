"""A campaign in its folder: done once, gone on with, refused when it is another one, and what happens to bad cases."""

import csv
import json
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.campaign.folder import begun
from sim.campaign.read import read_campaign
from slic import InputError, RunError, open_run, sweep
from slic.report.folder import changed_files
from tests.campaign.conftest import BROKEN, CASES, bytes_of, run_slic, write_counts

Whole = Callable[[], dict[str, bytes]]


def test_a_campaign_is_run_folders_with_an_end_a_table_and_a_page(campaign: Path) -> None:
    rates = []
    result = sweep(campaign, out="out", progress=lambda state: rates.append((state.done, state.total, state.left_s)))
    assert [done for done, _, _ in rates] == [1, 2, 3, 4, 5] and rates[-1][2] == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    for case in manifest["cases"]:
        folder = Path("out/cases", case["name"])
        assert changed_files(folder) == []
        assert json.loads((folder / "END").read_text())["case_sha256"] == case["sha256"]
    assert result.table is not None and result.page is not None
    rows = list(csv.DictReader(result.table.read_text().splitlines()))
    assert len(rows) == CASES * 2
    for row in rows:
        programs = {p["name"]: p for p in open_run(Path("out/cases", row["case"])).summary["programs"]}
        assert float(row["energy_kwh"]) == programs[row["program"]]["energy_kwh"]
        assert row["is_baseline"] == str(row["program"] == "full-night").lower()
    bright = next(row for row in rows if row["case"] == "bright")
    assert (bright["programs.presence.hold_s"], bright["programs.presence.idle_level_pct"]) == ("60", "80")
    assert "<svg" in result.page.read_text()


def test_a_second_call_does_nothing_and_changes_nothing(campaign: Path, whole: Whole) -> None:
    first = whole()
    stamps = {path: path.stat().st_mtime_ns for path in Path("whole/cases").rglob("*")}
    called: list[object] = []
    assert sweep(campaign, out="whole", progress=called.append).done == CASES
    assert called == [] and bytes_of(Path("whole")) == first
    assert {path: path.stat().st_mtime_ns for path in Path("whole/cases").rglob("*")} == stamps


def test_a_lost_case_and_a_half_case_are_made_again(campaign: Path, whole: Whole) -> None:
    first = whole()
    shutil.rmtree("whole/cases/bright")
    Path("whole/cases/hold_s-15_idle_level_pct-10/END").unlink()
    Path("whole/cases/.bright.partial-1-1").mkdir()
    Path("whole/cases/hold_s-15_idle_level_pct-30/END").write_text("torn")
    with pytest.raises(InputError, match="cannot be read"):
        open_run("whole/cases/hold_s-15_idle_level_pct-30")
    result = sweep(campaign, out="whole", jobs=1)
    assert (result.done, result.failed) == (CASES, {})
    assert bytes_of(Path("whole")) == first


def test_two_shards_are_one_run(campaign: Path, whole: Whole) -> None:
    first = sweep(campaign, out="parts", shard="2/2")
    assert (first.done, first.table) == (2, None)
    assert not Path("parts/cases.csv").exists()
    assert sweep(campaign, out="parts", shard="1/2", jobs=2).table is not None
    assert bytes_of(Path("parts")) == whole()


def test_another_campaign_is_refused_and_says_what_differs(campaign: Path, whole: Whole) -> None:
    first = whole()
    text = campaign.read_text()
    campaign.write_text(text.replace("[15, 60]", "[15, 90]"))
    with pytest.raises(InputError, match=r"case hold_s-60_idle_level_pct-10 is not in this one.*--overwrite"):
        sweep(campaign, out="whole")
    campaign.write_text(text.replace("idle_level_pct: 80", "idle_level_pct: 85"))
    with pytest.raises(InputError, match="case bright has other settings"):
        sweep(campaign, out="whole")
    campaign.write_text(text)
    tiny = Path("tiny.yaml").read_text()
    Path("tiny.yaml").write_text(tiny.replace("power_w: 28", "power_w: 29"))
    with pytest.raises(InputError, match="the scenario or a data file of case bright differs"):
        sweep(campaign, out="whole")
    assert bytes_of(Path("whole")) == first
    with pytest.raises(InputError, match="no campaign's folder"):
        sweep(campaign, out=".")


def test_overwrite_keeps_the_cases_that_are_the_same(campaign: Path, whole: Whole) -> None:
    whole()
    campaign.write_text(campaign.read_text().replace("[15, 60]", "[15, 90]").replace("pct: 80", "pct: 85"))
    ran = []
    result = sweep(campaign, out="whole", overwrite=True, progress=lambda state: ran.append(state.outcome.name))
    assert ran == ["bright", "hold_s-90_idle_level_pct-10", "hold_s-90_idle_level_pct-30"]
    assert result.done == CASES and not Path("whole/cases/hold_s-60_idle_level_pct-10").exists()
    sweep(campaign, out="fresh")
    assert bytes_of(Path("whole")) == bytes_of(Path("fresh"))


def test_one_broken_case_does_not_stop_the_rest(campaign: Path) -> None:
    campaign.write_text(campaign.read_text() + BROKEN)
    write_counts("down")
    code, _, stderr = run_slic("sweep", "campaign.yaml", "--out", "out", "--jobs", "2")
    assert code == 3, stderr
    assert "error: case broken: " in stderr and "Traceback" not in stderr
    kept = json.loads(Path("out/errors/broken.json").read_text())
    assert kept["error"] in stderr and kept["case"] == "broken"
    assert len(list(csv.DictReader(Path("out/cases.csv").read_text().splitlines()))) == CASES * 2
    assert "1 case failed" in " ".join(Path("out/campaign.html").read_text().split())
    write_counts("up")
    assert sweep(campaign, out="out", overwrite=True).failed == {}
    assert not Path("out/errors").exists()


def test_a_full_disk_in_one_case(campaign: Path) -> None:
    campaign.write_text(
        "name: disk\nscenario: tiny.yaml\nlist: [{name: a}, {name: big, set: {run.nights: 60}}, {name: z}]\n"
    )

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))

    code, _, stderr = run_slic("sweep", "campaign.yaml", "--out", "out", "--jobs", "2", preexec_fn=little_room)
    assert code == 3, stderr
    assert "error: case big: the run folder" in stderr and "was not written: File too large" in stderr
    assert sorted(path.name for path in Path("out/cases").iterdir()) == ["a", "z"]
    assert {row["case"] for row in csv.DictReader(Path("out/cases.csv").read_text().splitlines())} == {"a", "z"}
    assert sweep(campaign, out="out").failed == {}


def test_two_at_once_in_one_folder_are_refused(campaign: Path) -> None:
    plan = read_campaign(campaign)
    with begun(plan, Path("out"), overwrite=False, whole=True), pytest.raises(InputError, match="in use by another"):
        sweep(campaign, out="out")
    with begun(plan, Path("out"), overwrite=False, whole=False):
        assert sweep(campaign, out="out", shard="1/2").done == 3


@pytest.mark.parametrize(("held_whole", "shard"), [(True, "1/1"), (False, "1/1"), (False, "1/2")])
def test_overwrite_takes_nothing_from_a_campaign_that_is_running(campaign: Path, held_whole: bool, shard: str) -> None:
    sweep(campaign, out="out")
    before = bytes_of(Path("out"))
    running = begun(read_campaign(campaign), Path("out"), overwrite=False, whole=held_whole)
    with running, pytest.raises(InputError, match="in use by another slic sweep"):
        sweep(campaign, out="out", tried=["run.nights=3"], overwrite=True, shard=shard)
    assert bytes_of(Path("out")) == before


def test_shards_that_overwrite_share_the_folder_once_it_is_theirs(campaign: Path, whole: Whole) -> None:
    sweep(campaign, out="out", tried=["run.nights=1"])
    with begun(read_campaign(campaign), Path("out"), overwrite=True, whole=False):
        for shard in ("1/2", "2/2"):
            assert sweep(campaign, out="out", shard=shard, overwrite=True).failed == {}
    assert bytes_of(Path("out")) == whole()


def test_what_a_kill_left_of_a_file_stops_nothing_and_goes(campaign: Path, whole: Whole) -> None:
    Path("out").mkdir()
    Path("out/.manifest.csv.partial-7").touch()
    Path("out/.manifest.json.partial-7").touch()
    assert sweep(campaign, out="out", shard="1/2").done == 3
    Path("out/errors").mkdir()
    for left in (".cases.csv.partial", ".campaign.html.partial-7", ".seen-0011", "errors/.bright.json.partial-7"):
        Path("out", left).touch()
    sweep(campaign, out="out")
    assert bytes_of(Path("out")) == whole()


def test_the_command_line_says_what_it_does(campaign: Path) -> None:
    code, stdout, _ = run_slic("sweep", "campaign.yaml", "--dry-run", "--shard", "1/2")
    assert code == 0 and stdout.splitlines()[-1] == "3 of 5 cases of tiny-campaign; nothing was run."
    assert not Path("runs").exists()
    arguments = ["sweep", "tiny.yaml", "--set", "programs.presence.hold_s=30,60", "--seeds", "2", "--jobs", "2"]
    code, stdout, stderr = run_slic(*arguments)
    assert (code, len(stderr.splitlines())) == (0, 4), stderr
    assert "4 of 4 cases are done." in stdout and Path("runs/tiny/campaign.html").is_file()
    code, stdout, stderr = run_slic(*arguments, "--json")
    assert code == 0 and json.loads(stdout)["done"] == 4 and stderr == ""
    code, _, stderr = run_slic("sweep", "tiny.yaml", "--set", "hold_s=30,60")
    assert code == 2 and "programs.presence.hold_s" in stderr and len(stderr.splitlines()) == 1


def test_a_dry_run_says_what_is_left_and_refuses_what_a_run_refuses(campaign: Path) -> None:
    sweep(campaign, out="out", shard="1/2")
    code, stdout, _ = run_slic("sweep", "campaign.yaml", "--dry-run", "--out", "out")
    # two of the five cases are left, each of two nights and one replicate, under two programs
    assert code == 0 and stdout.count(" (done)\n") == 3
    assert "To do in out: 2 cases, 4 nights with all replicates, 8 with each under its programs." in stdout
    before = bytes_of(Path("out"))
    other = ["sweep", "campaign.yaml", "--set", "run.nights=1", "--dry-run", "--out", "out"]
    code, _, stderr = run_slic(*other)
    assert code == 2 and "holds another campaign" in stderr and bytes_of(Path("out")) == before
    code, stdout, _ = run_slic(*other, "--overwrite", "--json")
    assert code == 0 and not any(case["done"] for case in json.loads(stdout)["cases"])
    assert bytes_of(Path("out")) == before


def test_a_lost_summary_is_noticed(campaign: Path, whole: Whole) -> None:
    whole()
    Path("whole/cases/bright/summary.json").unlink()
    with pytest.raises((InputError, RunError), match=r"summary\.json"):
        sweep(campaign, out="whole")
