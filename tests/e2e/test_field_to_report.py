"""From the meters of virtual lamps to the report: nothing lost, nothing twice, to the last millijoule.

A street lives hours of the scenario over Mosquitto, beside a gateway process and two workers of `slic ingest`; then
`slic report` is asked. The field's clock waits until each reading has come back in the gateway's telemetry, so that how
fast this machine is decides nothing.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from controllers.envelope import Sender
from controllers.gateway.config import BrokerAddress
from controllers.link.paho_link import PahoLink
from controllers.link.transport import Outgoing, Received, Subscription
from controllers.operator.key_files import read_key_file
from controllers.service.gateway_folder import SIGNING_KEY, field_names
from sim.field_harness import write_gateways
from sim.field_live import FieldClock, LiveField
from sim.field_processes import GatewayProcess
from sim.field_programs import FieldPrograms
from sim.setup import HOUR_MS, prepare
from slic.api import moment_ms
from slic.scenario.load import load_scenario
from tests.brokers import HOST, PATIENCE_S, TUNED, Client, Mosquitto, eventually
from tests.contract.recorder import recording

LAMPS = 3
TELEMETRY_S = 1800
RATE = 120.0
"""The gateway runs on so fast while the field's clock stands; it is set right at the next word of the clock."""
NIGHT = "2022-11-15"
ZONE = "Europe/Brussels"
REGIME = "presence-train"
START_MS = moment_ms(f"{NIGHT} 11:00", ZONE)
"""Before the noon at which the night begins, so that it is whole after 26 hours."""
SITE, SEGMENT = "ghent-coupure-fiftieth", "coupure"
WATTS = 28
MJ_PER_WH, MJ_PER_KWH = 3_600_000, 3_600_000_000

Key = tuple[str, str, int]
"""Lamp, start of its counter, counter [mJ]."""


class Wire:
    """The field's connection, and its clock, which stands while a reading is on its way to the gateway's telemetry."""

    def __init__(self, link: PahoLink, site: Client) -> None:
        self._link, self._site = link, site
        self._monotonic_ms = 0.0
        self._seen = 0
        self._led = False
        self._awaited = 0
        self._records: set[tuple[str, int]] = set()  # a gateway that was killed may send a record again
        self.said: dict[str, list[Key]] = {}  # readings in their order, by lamp

    def now_ms(self) -> int:
        raise AssertionError("the field has the scenario's time")

    def monotonic_ms(self) -> float:
        return self._monotonic_ms

    @property
    def connected(self) -> bool:
        return self._link.connected

    def open(self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0) -> None:
        self._link.open(subscriptions, will, will_delay_s)
        eventually(lambda: self._link.wait(0.01) or self._link.connected, "the field's connection")

    def publish(self, message: Outgoing) -> int | None:
        *_, node, channel = message.topic.split("/")
        if channel == "telemetry":
            said = json.loads(message.payload)
            key = node, said["boot"], round(said["energy_wh"] * MJ_PER_WH)
            self.said.setdefault(node, []).append(key)
            self._awaited += 1
        return self._link.publish(message)

    def wait(self, timeout_s: float) -> list[Received]:
        stands = self._unanswered() or not self._led
        came = self._link.wait(0.001 if stands else 0)
        if not came and not stands:
            self._monotonic_ms += max(timeout_s * 1000, 0.02)
        return came

    def acknowledge(self, message: Received) -> None:
        self._link.acknowledge(message)

    def delivered(self) -> list[int]:
        return self._link.delivered()

    def refused(self) -> list[int]:
        return self._link.refused()

    def close(self) -> None:
        self._link.close()

    def _unanswered(self) -> bool:
        """Whether a reading is under way. As none is sent meanwhile, counting rows is enough."""
        for message in self._site.messages[self._seen :]:
            self._seen += 1
            said = json.loads(message.payload)
            if message.topic.endswith("program-applied"):
                self._led = True
            elif (said["boot"], said["seq"]) not in self._records:
                self._records.add((said["boot"], said["seq"]))
                self._awaited -= len(said["rows"])
        return self._awaited > 0


class Worker:
    """A process of `slic ingest`, that listens when made."""

    def __init__(self, port: int, store: Path, name: str) -> None:
        self.log = store.with_name(f"ingest-{name}.log")
        words = ["--site", SITE, "--broker", f"{HOST}:{port}", "--out", str(store), "--worker", name]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(slic("ingest", *words), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_S)


def slic(*words: str) -> list[str]:
    return [sys.executable, "-c", "from slic.cli import main; main()", *words]


class Street:
    """Broker, gateway, two workers and a field of :data:`LAMPS` lamps, all running."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.broker = stack.enter_context(Mosquitto(folder, TUNED))
        stack.enter_context(recording(HOST, self.broker.port))
        self.store = folder / "store"
        self.workers = [Worker(self.broker.port, self.store, name) for name in ("one", "two")]
        for worker in self.workers:
            stack.callback(worker.process.kill)
        self.site = stack.enter_context(Client(self.broker.port))
        for channel in ("telemetry", "program-applied"):
            self.site.subscribe(f"slic/v1/{SITE}/{SEGMENT}/_/{channel}")
        self._begin(folder, stack)

    def _begin(self, folder: Path, stack: ExitStack) -> None:
        setup = prepare(load_scenario(SITE, ["network.latency_s=0", f"lamps.count={LAMPS}"]))
        scenario, street = setup.scenario, setup.streets[0]
        names = field_names(scenario, setup.streets, street)
        address = BrokerAddress(port=self.broker.port)
        file = write_gateways(folder, scenario, setup.streets, address, lockstep=False)[0]
        key = read_key_file(file.with_name(SIGNING_KEY))
        for worker in self.workers:
            eventually(lambda log=worker.log: "connected" in log.read_text(), "a worker listens")
        self.gateway = stack.enter_context(GatewayProcess(file, follow_clock=True))

        def programs(sender: Sender) -> FieldPrograms:
            return FieldPrograms(scenario, street, names, key, sender, 1)

        self.wire = Wire(PahoLink(address, "field", folder, Random(1), session=False), self.site)
        stack.callback(self.wire.close)
        clock = FieldClock(self.wire, START_MS, 0, RATE)
        self.field = LiveField(
            setup, street, names, REGIME, self.wire, clock, programs, telemetry_ms=1000 * TELEMETRY_S
        )

    def kill_gateway(self, _t_ms: int) -> None:
        self.gateway.kill()
        self.gateway.start()

    def live(self, hours: float) -> None:
        """Live so long, and until the store has the last reading."""
        self.field.run(START_MS + round(hours * HOUR_MS) - 1)
        said = sum(map(len, self.wire.said.values()))
        eventually(lambda: kept(self.store).total() >= said, "all readings in the store")
        assert [worker.stop() for worker in self.workers] == [0, 0]


@contextmanager
def street(folder: Path) -> Iterator[Street]:
    with ExitStack() as stack:
        yield Street(folder, stack)


def rise_mj(readings: Sequence[Key]) -> int:
    return readings[-1][2] - readings[0][2]


def kept(store: Path) -> Counter[Key]:
    """The readings of a store, and how often each stands there."""
    found: Counter[Key] = Counter()
    for file in store.glob("????-??-??.sqlite"):
        with closing(sqlite3.connect(file)) as day:
            found.update(day.execute("SELECT lamp, lamp_boot, counter_mj FROM readings").fetchall())
    return found


def reported(store: Path, *words: str) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """What `slic report --json` says, and its table of lamps."""
    out = store.with_name("report")
    done = subprocess.run(slic("report", str(store), "--json", "--out", str(out), *words), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    with (out / "tables" / "lamps.csv").open() as table:
        return json.loads(done.stdout), {row["lamp"]: row for row in csv.DictReader(table)}


def check(all_of_it: Street) -> dict[str, Any]:
    """Each reading is kept once, and the report, which is returned, has the meters' energy."""
    said = all_of_it.wire.said
    assert len(said) == LAMPS and all(rise_mj(readings) > 0 for readings in said.values())
    assert kept(all_of_it.store) == Counter(key for readings in said.values() for key in readings)
    summary, lamps = reported(all_of_it.store)
    assert round(summary["energy_kwh"] * MJ_PER_KWH) == sum(map(rise_mj, said.values()))
    for lamp, readings in said.items():
        assert float(lamps[lamp]["energy_kwh"]) == pytest.approx(rise_mj(readings) / MJ_PER_KWH, abs=5.1e-7)
    assert summary["spread_kwh"] == 0
    assert (summary["counter_restarts"], summary["rejected_messages"]) == (0, {})
    return summary


def test_the_report_has_the_energy_of_the_lamps_own_meters(tmp_path: Path) -> None:
    """Over a whole night every minute is covered."""
    with street(tmp_path) as all_of_it:
        all_of_it.live(26)
    summary = check(all_of_it)
    assert summary["nights"] == 3
    night, _ = reported(all_of_it.store, "--first", NIGHT, "--last", NIGHT)
    assert (night["coverage_pct"], night["lamps_without_readings"]) == (100, [])
    assert night["energy_kwh"] < summary["energy_kwh"] < LAMPS * 26 * WATTS / 1000
    assert night["saving_pct"] is not None


def test_it_is_still_equal_when_the_gateway_is_killed_on_the_way(tmp_path: Path) -> None:
    with street(tmp_path) as all_of_it:
        for hour in (6.3, 7.1):
            all_of_it.field.agenda.at(START_MS + round(hour * HOUR_MS), all_of_it.kill_gateway)
        all_of_it.live(8)
    check(all_of_it)
