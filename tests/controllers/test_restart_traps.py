"""What kills and full disks found in the gateway, each as a small test of its own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from controllers.gateway.clock_watch import ClockWatch
from controllers.gateway.readings import HELD, MOST, RETRY_MS
from controllers.link.transport import Received
from controllers.service.loop import GatewayLoop
from controllers.service.restart import RestartReading
from controllers.store.forwarder import Forwarder
from controllers.store.sqlite_store import SqliteStore
from slic.control.segment import Override
from tests.controllers.test_gateway import Talk, at, at_eight
from tests.controllers.test_loop import LAMPS, PLAN, Rig
from tests.controllers.wire import HandClock, Wire

EIGHT = at("20:01")


def status_of(rig: Rig, boot: str) -> Received:
    rig.field.sender.boot = boot
    return rig.said("status", "_", status="online")._replace(retain=True)


def test_the_retained_status_is_acknowledged_too() -> None:
    """Acknowledgements leave in order: one that is never given holds back all later ones, until the broker stops."""
    rig = Rig()
    rig.wire.connects()
    status = status_of(rig, "zzzz-earlier")
    rig.wire.arrive(status, *(rig.state(lamp.id, 100) for lamp in LAMPS))
    rig.turns()
    assert rig.loop.started and status in rig.wire.acknowledged


def test_a_late_status_of_an_earlier_start_displaces_nobody() -> None:
    rig = Rig()
    rig.store.keep_boot("aaaa-earlier")
    forwarder = Forwarder(rig.store, rig.wire)
    rig.loop = GatewayLoop(rig.gateway, rig.wire, rig.store, forwarder, rig.clock, ClockWatch(), lambda: PLAN)
    rig.started()
    rig.wire.arrive(status_of(rig, "aaaa-earlier"))
    rig.turns()
    rig.loop.stop()
    assert rig.loop.run() == "stopped"


def test_states_are_read_over_a_connection_of_their_own() -> None:
    rig, reading = Rig(), RestartReading([lamp.id for lamp in LAMPS])
    guest = Wire(HandClock(rig.clock.now_ms()))
    guest.connects()
    guest.arrive(*(rig.state(lamp.id, 100) for lamp in LAMPS))
    reading.read_ahead(guest, "ettenleur", "el-g0042", rig.clock, lambda _why: True)
    assert guest.closed and len(guest.acknowledged) == len(reading.states) == len(LAMPS)
    assert not reading.done(0) and reading.early == []
    reading.connected(0)
    assert reading.done(0)


def test_a_resume_and_the_end_that_it_asks_for_are_kept_in_one_piece(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.take_command("desk", 1, "c1", b"yes", Override("o1", "desk", "r", 500, 0, 1000))
    store.take_command("desk", 2, "c2", b"yes", None, ["o1"])
    assert store.overrides() == [] and store.last_seq("desk") == 2
    store.close()


# ---- readings that cannot be kept -------------------------------------------------------------------


def read(talk: Talk, t_ms: int, seq: int, lamp: str = "l0") -> Received:
    """A reading that waits for its acknowledgement; ``seq`` tells repeated ones."""
    talk._seq = seq - 1
    given: list[Received] = []
    handle = talk.gateway.handle
    talk.gateway.handle = lambda received, now_ms: (given.append(received), handle(received, now_ms))[1]  # type: ignore
    talk.say("telemetry", t_ms, lamp, energy_wh=float(seq), on_s=float(seq))
    talk.gateway.handle = handle  # type: ignore[method-assign]
    return given[0]


def full(talk: Talk, is_full: bool) -> Any:
    talk.gateway.store.full = is_full  # type: ignore[attr-defined]
    talk.gateway.acknowledgements()
    return talk.gateway


def energies(talk: Talk) -> Counter[float]:
    records = [json.loads(one.message.payload) for one in talk.gateway.store.waiting(1000, 0, "reading")]
    return Counter(row[record["cols"].index("wh")] for record in records for row in record["rows"])


def test_readings_wait_for_room_unacknowledged_and_are_kept_then() -> None:
    talk = at_eight()
    gateway = full(talk, True)
    sent = [read(talk, EIGHT, 1000 + i) for i in range(HELD)]
    gateway.due(EIGHT + 250)
    assert gateway.acknowledgements() == []
    gateway = full(talk, False)
    gateway.due(EIGHT + 250 + RETRY_MS)
    assert gateway.acknowledgements() == sent
    assert energies(talk) == Counter(float(1000 + i) for i in range(HELD))


def test_the_oldest_are_given_up_and_counted_so_that_commands_still_come() -> None:
    talk = at_eight()
    gateway = full(talk, True)
    sent = [read(talk, EIGHT, 1000 + i) for i in range(MOST)]
    gateway.due(EIGHT)
    assert gateway.acknowledgements() == sent[:-HELD]
    assert gateway.refused["store_full"] >= MOST - HELD


def test_a_reading_that_comes_again_before_it_is_kept_waits_too() -> None:
    talk = at_eight()
    gateway = full(talk, False)
    first, again = read(talk, EIGHT, 1000), read(talk, EIGHT, 1000)
    assert gateway.acknowledgements() == []
    gateway.due(EIGHT + 250)
    assert gateway.acknowledgements() == [first, again]
    assert energies(talk) == Counter([1000.0])


def test_an_answer_that_cannot_be_kept_is_given_at_once() -> None:
    talk = at_eight()
    full(talk, True)
    (answer,) = talk.command(EIGHT, level_pct=60, lamps=["l0"])
    assert answer.topic.endswith("/_/ack") and b'"store_full"' in answer.payload
