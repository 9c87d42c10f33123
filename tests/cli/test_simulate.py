"""`slic simulate` and `slic explain` on a tiny street, through to the files."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Slic = Callable[..., Result]


def test_json_prints_summary_json_and_nothing_else(slic: Slic, tiny: Path) -> None:
    done = slic("simulate", str(tiny), "--out", "a", "--jobs", "1", "--json")
    assert done.exit_code == 0, done.output
    assert done.stdout == Path("a/summary.json").read_text()
    assert done.stderr == ""
    summary = json.loads(done.stdout)
    assert (summary["seed"], summary["nights"], summary["replicates"], summary["lamps"]) == (7, 2, 2, 3)
    assert [p["name"] for p in summary["programs"]] == ["full-night", "presence"]


def test_options_and_settings_are_in_the_resolved_scenario(slic: Slic, tiny: Path) -> None:
    options = ["--nights", "1", "--seed", "9", "--replicates", "1", "--start", "2022-12-24", "--jobs", "1"]
    done = slic(
        "simulate",
        str(tiny),
        *options,
        "--set",
        "traffic.thin=0.5",
        "--set",
        "programs.presence.hold_s=90",
        "--quiet",
    )
    assert (done.exit_code, done.output) == (0, "")
    summary = json.loads(Path("runs/tiny-street/summary.json").read_text())
    assert (summary["nights"], summary["seed"], summary["first_night"]) == (1, 9, "2022-12-24")
    resolved = Path("runs/tiny-street/scenario.yaml").read_text()
    assert "thin: 0.5" in resolved and "hold_s: 90" in resolved


def test_a_run_is_replaced_only_when_asked(slic: Slic, tiny: Path) -> None:
    run = [
        "simulate",
        str(tiny),
        "--nights",
        "1",
        "--replicates",
        "1",
        "--jobs",
        "1",
        "--out",
        "a",
        "--quiet",
    ]
    assert slic(*run).exit_code == 0
    again = slic(*run, "--seed", "8")
    assert again.exit_code == 2 and "--overwrite" in again.stderr
    assert json.loads(Path("a/summary.json").read_text())["seed"] == 7
    assert slic(*run, "--seed", "8", "--overwrite").exit_code == 0
    assert json.loads(Path("a/summary.json").read_text())["seed"] == 8


def test_the_table_names_programs_and_the_report(slic: Slic, tiny: Path) -> None:
    done = slic("simulate", str(tiny), "--nights", "2", "--replicates", "1", "--jobs", "1", "--out", "a")
    assert done.exit_code == 0
    assert "presence" in done.stdout and "full-night" in done.stdout and "simulated estimate" in done.stdout.lower()
    assert "a/report.html" in done.stdout


def test_the_demo_does_not_replace_another_run(slic: Slic, tiny: Path) -> None:
    slic("simulate", str(tiny), "--nights", "1", "--replicates", "1", "--jobs", "1", "--out", "a", "--quiet")
    before = Path("a/END").read_text()
    done = slic("demo", "--out", "a")
    assert done.exit_code == 2 and "holds a run already" in done.stderr
    assert Path("a/END").read_text() == before


def test_explain_answers_in_civil_time_and_in_utc(slic: Slic, tiny: Path) -> None:
    slic("simulate", str(tiny), "--jobs", "1", "--out", "a", "--quiet")
    lamp = Path("a/tables/lamps.csv").read_text().splitlines()[1].split(",")
    columns = Path("a/tables/lamps.csv").read_text().splitlines()[0].split(",")
    lamp_id = lamp[columns.index("lamp")]
    told = []
    for at in ("2022-11-15 02:10", "2022-11-15T01:10Z"):
        done = slic("explain", "a", "--lamp", lamp_id, "--at", at, "--program", "full-night")
        assert done.exit_code == 0, done.output
        told.append(done.stdout)
    assert told[0] == told[1]
    assert "100" in told[0] and "program" in told[0]
    answer = json.loads(slic("explain", "a", "--lamp", lamp_id, "--at", at, "--program", "full-night", "--json").stdout)
    assert answer["actual_pm"] == 1000


def test_explain_refuses_what_is_not_in_the_run(slic: Slic, tiny: Path) -> None:
    slic("simulate", str(tiny), "--nights", "1", "--jobs", "1", "--out", "a", "--quiet")
    lamp_id = Path("a/tables/lamps.csv").read_text().splitlines()[1].split(",")[1]
    good = {"--lamp": lamp_id, "--at": "2022-11-14 23:10", "--program": "presence"}
    for option, value in {"--lamp": "nosuch", "--at": "2022-12-14 23:10", "--program": "nosuch"}.items():
        arguments = [part for pair in (good | {option: value}).items() for part in pair]
        done = slic("explain", "a", *arguments)
        assert done.exit_code == 2, done.output
        assert value.split()[0] in done.stderr
    done = slic("explain", "a", "--lamp", lamp_id, "--at", "yesterday", "--program", "presence")
    assert done.exit_code == 2 and "yesterday" in done.stderr


def test_progress_shows_on_a_terminal_only(tiny: Path) -> None:
    terminal, end = pty.openpty()
    code = "from slic.cli import main; main()"
    arguments = ["simulate", str(tiny), "--nights", "40", "--jobs", "1", "--out", "a"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "COLUMNS": "120"}
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=end,
        text=True,
        env=environment,
    )
    os.close(end)
    shown = _read_all(terminal)
    stdout, _ = child.communicate()
    assert child.returncode == 0
    assert "h simulated" in shown and "x real time" in shown and "left" in shown
    assert "h simulated" not in stdout


def _read_all(terminal: int) -> str:
    parts = []
    try:
        while part := os.read(terminal, 65_536):
            parts.append(part)
    except OSError:
        pass  # a terminal without another end says so by an error
    return b"".join(parts).decode(errors="replace")


def test_missing_counts_end_with_a_warning_and_exit_code_4(slic: Slic, tiny: Path) -> None:
    counted = "{kind: counts, file: counts.csv, slot_min: 60, forward: [there]}"
    tiny.write_text(tiny.read_text().replace("{kind: steady, forward_per_h: 20}", counted))
    hours = [f"2022-11-{14 + h // 24:02d}T{h % 24:02d}:00:00Z,{'' if h == 22 else 3}\n" for h in range(72)]
    Path("counts.csv").write_text("time_utc,there\n" + "".join(hours))
    done = slic("simulate", str(tiny), "--jobs", "1", "--out", "a")
    assert done.exit_code == 4, done.output
    assert "1 of 2 nights" in " ".join(done.stdout.split())
    summary = json.loads(Path("a/summary.json").read_text())
    assert summary["data_quality"]["nights_excluded"] == ["2022-11-14"]
    assert slic("report", "a").exit_code == 0
