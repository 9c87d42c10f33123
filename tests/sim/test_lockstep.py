"""A run decided over messages has the bytes of the one in process, whoever is at the other end."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.broker.private_broker import EmbeddedBroker, PrivateMosquitto
from controllers.envelope import Sender
from controllers.gateway.config import BrokerAddress
from controllers.gateway.following import FollowingGateway
from controllers.gateway.signatures import public_key_of
from controllers.link.transport import Received
from controllers.replay import Inputs, Kind
from controllers.service.gateway_folder import gateway_plan
from sim.field_harness import private_field
from sim.field_lockstep import LockstepStreets
from sim.lockstep import windows
from sim.run import simulate
from sim.street import Radio, Street
from slic.control.controller import SegmentController
from slic.errors import RunError
from slic.report.folder import write_run
from slic.report.provenance import collect_provenance
from slic.scenario.load import load_scenario
from slic.scenario.streets import build_streets
from tests.contract.recorder import recording
from tests.controllers.memory_store import MemoryStore
from tests.sim.memory_wire import MemoryWire
from tests.sim.stand_in_gateway import StandInGateway
from tests.sim.test_street import FLIP, MIDNIGHT, plan

KEY = Ed25519PrivateKey.generate()
FAULTS = Path(__file__).with_name("lockstep-faults.yaml")


def stand_in(plan):
    return StandInGateway(plan).take


def real(plan):
    """The gateway, with records sent as soon as they are kept."""
    store = MemoryStore()
    gateway = FollowingGateway(plan, store, Sender("gateway1"))
    gateway.start(0)

    def take(received: Received):
        out = gateway.handle(received, 0)
        waiting = store.waiting(1000)
        store.sent([record.number for record in waiting])
        return out + [record.message for record in waiting]

    return take


def lockstep(loaded, gateway=stand_in, **wire):
    """A scenario's streets, each with a gateway in this process."""
    scenario, streets = loaded.scenario, build_streets(loaded)

    def connect(names):
        street = next(s for s in streets if set(names.lamps) == {lamp.id for lamp in s.lamps})
        plan = gateway_plan(scenario, street, names, BrokerAddress(), public_key_of(KEY), lockstep=True)
        return MemoryWire(gateway(plan), **wire)

    boots, seconds = itertools.count(), itertools.count()
    return LockstepStreets(
        scenario,
        streets,
        connect,
        lambda _: KEY,
        lambda: None,
        boots=lambda: f"field-{next(boots):04}",
        first_number=1_700_000_000_000_000,
        monotonic_s=lambda: next(seconds) / 10,
    )


def tables(folder: Path) -> dict[str, bytes]:
    files = [folder / "summary.json", *sorted((folder / "tables").rglob("*"))]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}


def written(loaded, folder: Path, **how) -> dict[str, bytes]:
    write_run(
        folder, loaded.scenario, simulate(loaded, jobs=1, engine="event", **how), collect_provenance("", {}), {}, []
    )
    return tables(folder)


@pytest.mark.parametrize(
    ("shuffle", "gateway"),
    [
        pytest.param(1, stand_in, marks=pytest.mark.slow),
        (40, stand_in),
        pytest.param(1, real, marks=pytest.mark.slow),
        (40, real),
    ],
)
def test_nights_with_every_fault_are_the_same_over_messages(tmp_path, shuffle, gateway):
    """Also when messages overtake each other and some come twice, and with a gateway that was written from the text."""
    loaded = load_scenario(FAULTS)
    here = written(loaded, tmp_path / "here")
    streets = lockstep(loaded, gateway, shuffle=shuffle)
    there = written(loaded, tmp_path / "there", deciders=streets)
    assert there == here
    assert streets.messages > 40_000
    assert b"safety by police" in here["tables/decisions.csv"]


def test_names_that_topics_cannot_have_come_back_as_they_were(tmp_path):
    """Lamps and sensors of Washington have capital letters; decisions name their sensors as the scenario does."""
    settings = ["run.nights=1", "run.replicates=1", "traffic.thin=0.05"]
    loaded = load_scenario("washington-k-street", settings)
    here = written(loaded, tmp_path / "here")
    assert written(loaded, tmp_path / "there", deciders=lockstep(loaded)) == here
    assert re.search(rb"sensor sensor-[0-9]+[A-Z]", here["tables/decisions.csv"])


@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_a_week_over_a_broker_is_the_week_in_process(tmp_path, broker):
    """A gateway process, a real broker, and each night of a week of the quiet path."""
    loaded = load_scenario("ghent-coupure-fiftieth", ["run.replicates=1", "traffic.thin=0.002"])
    chosen = EmbeddedBroker() if broker == "embedded" else PrivateMosquitto(tmp_path)
    with private_field(loaded, lambda _line: None, chosen) as streets:
        there = written(loaded, tmp_path / "there", deciders=streets)
    assert there == written(loaded, tmp_path / "here")


class RecordedMosquitto(PrivateMosquitto):
    """A broker with a recorder of the contract beside it."""

    def __enter__(self):
        super().__enter__()
        self._recording = recording("127.0.0.1", self.port)
        self._recording.__enter__()
        return self

    def __exit__(self, kind, error, trace):
        try:
            self._recording.__exit__(kind, error, trace)
        finally:
            super().__exit__(kind, error, trace)


def test_nights_with_every_fault_are_the_same_over_mosquitto(tmp_path):
    loaded = load_scenario(FAULTS)
    with private_field(loaded, lambda _line: None, RecordedMosquitto(tmp_path)) as streets:
        there = written(loaded, tmp_path / "there", deciders=streets)
    assert there == written(loaded, tmp_path / "here")


def test_windows_keep_a_moment_together_and_end_with_the_night():
    rows = [(t_ms, Kind.PULSE, 0, 0, 0) for t_ms in (1, 2, 2, 2, 5, 9, 10)]
    assert [(len(part), tick) for part, tick in windows(rows, 10, 2)] == [(4, 5), (2, 10)]
    assert list(windows([], 10, 2)) == [((), 10)]
    assert list(windows(rows, 1, 2)) == [((), 1)]


def test_what_is_sent_again_comes_after_all_decisions_of_its_millisecond():
    """A raise is lost and due again when its hold of 60 s ends: the lamp hears of the lower level alone."""
    keys = (bytes([i]) for i in range(256))
    key = next(k for k in keys if (r := Radio(0.5, key=k)).loses(0, MIDNIGHT) and not r.loses(0, MIDNIGHT + 60_000))
    heard = []

    class Lamp:
        def command(self, t_ms, level_pm, ramp_ms):
            heard.append((t_ms - MIDNIGHT, level_pm))

    segment = plan(FLIP, 1)
    inputs = Inputs([(MIDNIGHT, Kind.PULSE, 0, 0, 0)])
    street = Street(SegmentController(segment), [Lamp()], inputs, Radio(0.5, resend_ms=60_000, key=key))
    street.run(MIDNIGHT - 1000, MIDNIGHT + 70_000)
    assert [(t_ms, level_pm) for t_ms, level_pm in heard if t_ms >= 0] == [(60_000, 200)]


def test_a_gateway_that_says_nothing_is_named():
    loaded = load_scenario(FAULTS)
    with pytest.raises(RunError, match=r"lockstep-faults/coupure said nothing for 30 s.*the gateway to answer"):
        simulate(loaded, deciders=lockstep(loaded, lambda plan: lambda received: []))


def test_a_refused_program_ends_the_run_with_its_reason():
    def refusing(plan):
        take = StandInGateway(plan).take
        swap = (b'"ok": true', b'"ok": false, "errors": ["no such thing"]')
        return lambda received: [m._replace(payload=m.payload.replace(*swap)) for m in take(received)]

    loaded = load_scenario(FAULTS)
    with pytest.raises(RunError, match="the gateway refused its programs: no such thing"):
        simulate(loaded, deciders=lockstep(loaded, refusing))


def test_a_refused_override_ends_the_run_with_its_code():
    """The order of the city, on the second night, comes from an issuer that the gateway does not know."""

    def strict(plan):
        issuers = [issuer for issuer in plan.file.issuers if issuer.name != "city"]
        return real(replace(plan, file=plan.file.model_copy(update={"issuers": issuers})))

    loaded = load_scenario(FAULTS, ["traffic.thin=0"])
    with pytest.raises(RunError, match="the gateway refused an override: unknown_issuer"):
        simulate(loaded, deciders=lockstep(loaded, strict))


def children(pid: int) -> set[int]:
    """Processes below a process."""
    found, latest = set(), {pid}
    while latest:
        tasks = [task for one in latest for task in Path(f"/proc/{one}/task").glob("*/children")]
        latest = {int(child) for task in tasks for child in task.read_text().split()} - found
        found |= latest
    return found


def until(reached, patience_s=60):
    deadline = time.monotonic() + patience_s
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_broker_and_gateway_end_with_the_demo(tmp_path, end):
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", "from slic.cli import main; main()", "demo", "--out", "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and "Over MQTT" in child.stdout.readline()
    helpers = children(child.pid)
    assert helpers
    child.send_signal(end)
    output, errors = child.communicate(timeout=60)
    assert "Traceback" not in output + errors
    assert child.returncode == (-signal.SIGKILL if end == signal.SIGKILL else 3)
    until(lambda: not any(Path(f"/proc/{helper}").exists() for helper in helpers))
    assert not (tmp_path / "demo").exists()
