"""Workers as processes behind a real broker: killed, restarted, out of room, told to stop."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slic.report.field_store import FieldStore
from tests.brokers import HOST, Client, Mosquitto, eventually, publish
from tests.field_messages import SITE, T0_MS, inventory, place, state, telemetry

ROOT = Path(__file__).resolve().parents[2]
RUN = "from slic.cli.ingest import app; app()"
DAY_MS = 86_400_000
MESSAGES = 3000
SEQ = 4
"""Where the number stands in a row."""


class Workers:
    """Workers of one store; those that still run at the end are killed by their process."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self._folder = port, folder
        self._running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str) -> subprocess.Popen[str]:
        """Start a worker and wait until it listens."""
        log = (self._folder / f"{name}.log").open("a+")
        arguments = ["--site", SITE, "--broker", f"{HOST}:{self._port}", "--out", str(self.store), "--worker", name]
        process = subprocess.Popen([sys.executable, "-c", RUN, *arguments, "--json"], stderr=log, text=True, cwd=ROOT)
        self._running[name] = process
        began = self.events(name).count("connected")
        eventually(lambda: self.events(name).count("connected") > began or process.poll() is not None, "connected")
        assert process.poll() is None, self.log(name)
        return process

    def stop(self, name: str) -> None:
        """SIGTERM, and wait; a polite end is exit code 0."""
        self._running[name].send_signal(signal.SIGTERM)
        assert self._running[name].wait(30) == 0, self.log(name)

    def kill(self, name: str) -> None:
        self._running[name].kill()
        self._running[name].wait()

    def kill_all(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()

    def events(self, name: str) -> list[str]:
        return [json.loads(line)["event"] for line in self.log(name).splitlines() if line.startswith("{")]

    @property
    def store(self) -> Path:
        return self._folder / "store"

    def seqs(self) -> Counter[tuple[str, int]]:
        """How often each number is among the states and readings."""
        found: Counter[tuple[str, int]] = Counter()
        if not (self.store / "site.sqlite").is_file():
            return found
        store = FieldStore(self.store)
        for day in store.days:
            for table in ("states", "readings"):
                _, rows = store.table(day, table)
                found.update((table, row[SEQ]) for row in rows)
        return found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@contextmanager
def working(broker: Mosquitto, folder: Path) -> Iterator[Workers]:
    workers = Workers(broker.port, folder)
    try:
        yield workers
    finally:
        workers.kill_all()


def send(client: Client, first: int, last: int) -> None:
    """States of 30 lamps and now and then a batch of readings, over three days, every tenth sent twice."""
    for seq in range(first, last):
        t_ms = T0_MS + seq % 3 * DAY_MS + seq
        if seq % 50 == 0:
            topic, payload = place("seg", "_", "telemetry"), telemetry(seq, t_ms, [["l0", float(seq)]], ("lamp", "wh"))
        else:
            topic, payload = place("seg", f"l{seq % 30}", "state"), state(seq, t_ms)
        for _ in range(2 if seq % 10 == 0 else 1):
            sent = publish(client.paho, topic, payload)
    sent.wait_for_publish(30)
    eventually(lambda: client.paho._out_messages == {}, "the broker has everything")


def expected(last: int) -> Counter[tuple[str, int]]:
    return Counter(("states" if seq % 50 else "readings", seq) for seq in range(last))


@pytest.mark.parametrize("count", [2, 3])
def test_a_worker_that_is_killed_loses_nothing_and_counts_nothing_twice(
    broker: Mosquitto, tmp_path: Path, count: int
) -> None:
    names = [str(number) for number in range(1, count + 1)]
    with working(broker, tmp_path) as workers, Client(broker.port) as client:
        for name in names:
            workers.start(name)
        send(client, 0, MESSAGES // 3)
        eventually(lambda: workers.seqs().total() > 0, "something is stored")
        client.paho.publish(place("seg", "l1", "state"), b"nonsense", 1)
        workers.kill("1")
        send(client, MESSAGES // 3, 2 * MESSAGES // 3)
        workers.start("1")
        send(client, 2 * MESSAGES // 3, MESSAGES)
        eventually(lambda: len(workers.seqs()) == MESSAGES, "all is stored")
        for name in names:
            workers.stop(name)
        assert workers.seqs() == expected(MESSAGES)
        assert FieldStore(workers.store).rejected()["malformed"] >= 1
        shares = [json.loads(workers.log(name).splitlines()[-1])["messages"] for name in names]
        assert all(shares), f"each took a share of the load: {shares}"


def test_the_inventory_that_was_there_before_is_read(broker: Mosquitto, tmp_path: Path) -> None:
    with working(broker, tmp_path) as workers, Client(broker.port) as client:
        client.publish(place("seg", "_", "inventory"), inventory(1, T0_MS, [["l1", 28.0]]), retain=True)
        workers.start("1")
        eventually(lambda: FieldStore(workers.store).inventory(), "an inventory")
        workers.stop("1")


def test_without_room_nothing_is_acknowledged_and_with_room_nothing_is_missing(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with working(broker, tmp_path) as workers, Client(broker.port) as client:
        process = workers.start("1")
        limit, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        send(client, 0, 100)
        eventually(lambda: len(workers.seqs()) == 100, "the first are stored")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (120_000, most))
        send(client, 100, MESSAGES)
        eventually(lambda: any("cannot be written" in event for event in workers.events("1")), "it says so")
        assert len(workers.seqs()) < MESSAGES
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, most))
        eventually(lambda: len(workers.seqs()) == MESSAGES, "all is stored")
        workers.stop("1")
        assert workers.seqs() == expected(MESSAGES)


def test_a_broker_that_restarts_is_found_again(broker: Mosquitto, tmp_path: Path) -> None:
    with working(broker, tmp_path) as workers:
        workers.start("1")
        with Client(broker.port) as client:
            send(client, 0, 100)
            eventually(lambda: len(workers.seqs()) == 100, "the first are stored")
        broker.restart()
        eventually(lambda: workers.events("1").count("connected") == 2, "connected again")
        with Client(broker.port) as client:
            send(client, 100, 200)
        eventually(lambda: len(workers.seqs()) == 200, "the others too")
        workers.stop("1")
