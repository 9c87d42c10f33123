"""A campaign on a Dask cluster of processes on this machine: the same bytes, and clear errors where there is none."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slic import InputError, RunError, sweep
from tests.campaign.conftest import (
    BROKEN,
    CASES,
    ENVIRONMENT,
    PATIENCE_S,
    bytes_of,
    run_slic,
    start_slic,
    write_counts,
)

pytest.importorskip("distributed")
Whole = Callable[[], dict[str, bytes]]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Start]:
    """Starts ``dask scheduler`` and ``dask worker`` processes, which are ended after the test."""
    started: list[subprocess.Popen[bytes]] = []
    scratch = tmp_path / "dask"
    scratch.mkdir()

    def start(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        with (scratch / f"{len(started)}.log").open("wb") as log:
            command = [sys.executable, "-m", "dask", *arguments]
            env = {**ENVIRONMENT, "DASK_TEMPORARY_DIRECTORY": str(scratch), **environment}
            started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=scratch, env=env))
        return started[-1]

    yield start
    for process in reversed(started):
        process.kill()
    for process in started:
        process.wait(timeout=PATIENCE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _scheduler(dask: Start) -> str:
    """Address of a scheduler that answers."""
    return _scheduler_process(dask)[0]


def _scheduler_process(dask: Start) -> tuple[str, subprocess.Popen[bytes]]:
    port = _free_port()
    process = dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return f"127.0.0.1:{port}", process
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)


def _worker(dask: Start, address: str, **environment: str) -> subprocess.Popen[bytes]:
    one = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]
    return dask("worker", address, *one, **environment)


def test_two_workers_give_the_bytes_of_one_process_also_when_one_is_killed(
    campaign: Path, whole: Whole, dask: Start
) -> None:
    address = _scheduler(dask)
    workers = [_worker(dask, address) for _ in range(2)]
    ran: list[str] = []

    def kill_the_first(state: object) -> None:
        if not ran:
            os.kill(workers[0].pid, signal.SIGKILL)
        ran.append(state.outcome.name)  # type: ignore[attr-defined]

    result = sweep(campaign, out="far", dask=address, progress=kill_the_first)
    assert (result.done, result.failed, len(ran)) == (CASES, {}, CASES)
    assert bytes_of(Path("far")) == whole()
    assert workers[1].poll() is None


def test_a_broken_case_fails_alone_and_a_killed_driver_is_gone_on_with(
    campaign: Path, whole: Whole, dask: Start
) -> None:
    address = _scheduler(dask)
    _worker(dask, address)
    text = campaign.read_text()
    campaign.write_text(text + BROKEN)
    write_counts("down")
    arguments = [sys.executable, "-c", "from slic.cli import main; main()", "sweep", "campaign.yaml"]
    child = subprocess.Popen(
        [*arguments, "--out", "far", "--dask", address], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + PATIENCE_S
    while not list(Path("far/cases").glob("[a-z]*/END")) and child.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.kill()
    child.communicate(timeout=PATIENCE_S)
    result = sweep(campaign, out="far", dask=address)
    assert list(result.failed) == ["broken"] and "counts.csv" in result.failed["broken"]
    campaign.write_text(text)
    assert sweep(campaign, out="far", dask=address, overwrite=True).failed == {}
    assert bytes_of(Path("far")) == whole()


def test_nobody_answers(campaign: Path) -> None:
    address = f"127.0.0.1:{_free_port()}"
    began = time.monotonic()
    with pytest.raises(RunError, match="no Dask scheduler answers at 127"):
        sweep(campaign, out="far", dask=address)
    assert time.monotonic() - began < 30  # 10 s are promised; the rest is a busy machine
    code, _, stderr = run_slic("sweep", "campaign.yaml", "--out", "far", "--dask", address)
    assert code == 3 and len(stderr.splitlines()) == 1, stderr


def test_no_workers_and_no_address(campaign: Path, dask: Start) -> None:
    with pytest.raises(RunError, match="has no workers"):
        sweep(campaign, out="far", dask=_scheduler(dask))
    with pytest.raises((InputError, RunError), match=r"no-such-protocol|address|answers"):
        sweep(campaign, out="far", dask="no-such-protocol://x:1")


@pytest.mark.parametrize("address", ["no-such-host", "a b://x:1", "127.0.0.1:port", "nowhere.invalid:1"])
def test_no_address_is_one_line(campaign: Path, address: str) -> None:
    code, _, stderr = run_slic("sweep", "campaign.yaml", "--out", "far", "--dask", address)
    assert code in (2, 3) and stderr.startswith("error: ") and len(stderr.splitlines()) == 1, stderr


def _until_under_way(child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not list(Path("far/cases").glob("[a-z]*/END")) and child.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_scheduler_that_goes_away_is_one_line_and_what_is_done_stays(campaign: Path, dask: Start) -> None:
    campaign.write_text(campaign.read_text() + "seeds: 30\n")
    address, scheduler = _scheduler_process(dask)
    _worker(dask, address)
    child = start_slic("sweep", "campaign.yaml", "--out", "far", "--dask", address)
    _until_under_way(child)
    scheduler.kill()
    _, stderr = child.communicate(timeout=PATIENCE_S)
    said = [line for line in stderr.splitlines() if " done in " not in line]
    assert child.returncode == 3 and len(said) == 1 and "is gone; run the same command again" in said[0], stderr
    assert list(Path("far/cases").glob("[a-z]*/END"))


def test_a_campaign_does_not_wait_for_ever_when_all_workers_are_gone(campaign: Path, dask: Start) -> None:
    from sim.campaign.dask_cluster import DaskCluster
    from sim.campaign.read import read_campaign
    from sim.campaign.run import run_campaign

    address = _scheduler(dask)
    worker = _worker(dask, address)
    with pytest.raises(RunError, match=r"workers of 127.* are all gone; run the same command again"):
        run_campaign(
            read_campaign(campaign),
            Path("far"),
            DaskCluster(address, alone_s=1),
            progress=lambda _: worker.kill(),
        )
    assert 1 <= len(list(Path("far/cases").glob("[a-z]*/END"))) < CASES


def test_a_worker_with_another_slic_is_refused(campaign: Path, dask: Start, tmp_path: Path) -> None:
    import shutil

    from tests.campaign.conftest import ROOT

    for package in ("slic", "sim", "controllers", "config"):
        shutil.copytree(ROOT / package, tmp_path / "other" / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "other/slic/energy/ledger.py").open("a") as code:
        code.write("\n# another version\n")
    address = _scheduler(dask)
    _worker(dask, address, PYTHONPATH=str(tmp_path / "other"))
    with pytest.raises(RunError, match=r"Dask worker .* has another installation: slic"):
        sweep(campaign, out="far", dask=address)


def test_a_worker_without_slic_is_refused(campaign: Path, dask: Start, tmp_path: Path) -> None:
    """Where SLIC is installed beside the tests, a worker has none if what is found first cannot be imported."""
    for package in ("slic", "sim", "controllers"):
        (tmp_path / "none" / package).mkdir(parents=True)
        (tmp_path / "none" / package / "__init__.py").write_text(
            f"raise ModuleNotFoundError('No module named {package}')"
        )
    address = _scheduler(dask)
    _worker(dask, address, PYTHONPATH=str(tmp_path / "none"))
    with pytest.raises(RunError, match="has no SLIC that fits"):
        sweep(campaign, out="far", dask=address)


def test_a_worker_that_does_not_see_the_folder(campaign: Path) -> None:
    from sim.campaign.dask_cluster import _look_around, _problem

    said = _look_around(str(campaign.parent / "elsewhere" / ".seen-1"), "")
    assert "must be shared, at the same path" in _problem(said, str(campaign.parent / "elsewhere" / ".seen-1"), "")
    token = campaign.parent / ".seen-2"
    token.write_text(token.name)
    said = _look_around(str(token), "/nowhere/data")
    assert "does not see the scenario's folder /nowhere/data" in _problem(said, str(token), "/nowhere/data")
    assert _problem(_look_around(str(token), str(campaign.parent)), str(token), str(campaign.parent)) == ""


def test_without_the_extra(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'slic-lighting\[dask\]'"):
        sweep(campaign, out="far", dask="127.0.0.1:8786")
