"""The loop around the real gateway: its order, its start, its end, and what a bad moment does to it."""

import gc
import json
from collections.abc import Callable
from typing import Any

import pytest

from controllers.envelope import Sender
from controllers.gateway.clock_watch import ClockWatch
from controllers.gateway.config import BrokerAddress, GatewayFile, Position
from controllers.gateway.gateway import Gateway
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.gateway.post import Post
from controllers.link.transport import Outgoing, Received
from controllers.service.loop import HOUSEKEEPING_MS, GatewayLoop
from controllers.service.restart import QUIET_MS
from controllers.store.forwarder import Forwarder
from slic.errors import InputError
from slic.messages.payloads import LampState
from tests.controllers.memory_store import MemoryStore
from tests.controllers.wire import HandClock, Wire

NIGHT_MS = 1_796_162_400_000  # 2026-12-01 22:00 UTC, date -u +%s: dark in Etten-Leur
LAMPS = tuple(FieldLamp(f"l00{i}") for i in (1, 2, 3))
PLAN = GatewayPlan(
    GatewayFile(
        slic_gateway=1,
        site="ettenleur",
        segment="el-g0042",
        place=Position(latitude=51.57, longitude=4.64, timezone="Europe/Amsterdam"),
        broker=BrokerAddress(port=1883),
    ),
    LAMPS,
    (FieldSensor("p01"),),
)


class Watched(Gateway):
    """The gateway, with a note of each call in order. ``break_on`` : a topic whose messages break the handler."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.calls: list[str] = []
        self.break_on = ""

    def handle(self, received: Received, wall_ms: int) -> list[Outgoing]:
        self.calls.append(received.topic.rpartition("/")[2])
        if received.topic == self.break_on:
            raise RuntimeError("planted")
        return super().handle(received, wall_ms)

    def due(self, wall_ms: int) -> list[Outgoing]:
        self.calls.append("due")
        return super().due(wall_ms)


class Rig:
    """A loop with everything around it."""

    def __init__(self) -> None:
        self.clock = HandClock(NIGHT_MS)
        self.wire = Wire(self.clock)
        self.store = MemoryStore()
        self.gateway = Watched(PLAN, self.store, Sender("gateway-boot"))
        self.plan: Callable[[], GatewayPlan] = lambda: PLAN
        forwarder = Forwarder(self.store, self.wire)
        self.loop = GatewayLoop(
            self.gateway, self.wire, self.store, forwarder, self.clock, ClockWatch(), lambda: self.plan()
        )
        self.field = Post("ettenleur", "el-g0042", Sender("field-boot"))

    def said(self, channel: str, node: str, **fields: Any) -> Received:
        message = self.field.message(channel, self.clock.now_ms(), node, **fields)
        return Received(message.topic, message.payload, message.qos, message.retain)

    def state(self, lamp: str, level_pct: float) -> Received:
        fields = {"level_pct": level_pct, "target_pct": level_pct, "mode": "auto", "src": "astro-default"}
        return self.said("lampState", lamp, **fields)

    def turns(self, count: int = 1) -> None:
        for _ in range(count):
            self.loop.turn()

    def started(self) -> "Rig":
        self.wire.connects()
        self.wire.arrive(*(self.state(lamp.id, 100) for lamp in LAMPS))
        self.turns()
        assert self.loop.started
        return self

    def commands(self) -> dict[str, float]:
        sent = [message for message in self.wire.out if message.topic.endswith("/cmd")]
        return {m.topic.split("/")[-2]: json.loads(m.payload)["level_pct"] for m in sent}

    def statuses(self) -> list[str]:
        return [json.loads(m.payload)["status"] for m in self.wire.out if m.topic.endswith("/_/status")]


@pytest.fixture
def rig() -> Rig:
    return Rig()


# ---- start ---------------------------------------------------------------------------------------------


def test_a_restart_at_night_tells_lamps_that_are_right_nothing(rig: Rig) -> None:
    rig.started()
    assert rig.commands() == {}
    assert rig.statuses() == ["online"]


def test_a_lamp_that_is_wrong_or_unknown_is_told(rig: Rig) -> None:
    rig.wire.connects()
    rig.wire.arrive(rig.state("l001", 100), rig.state("l002", 20))
    rig.turns(1 + QUIET_MS // HOUSEKEEPING_MS + 1)
    assert rig.commands() == {"l002": 100.0, "l003": 100.0}


def test_reading_ends_when_all_lamps_are_there_or_none_came_for_two_seconds(rig: Rig) -> None:
    rig.wire.connects()
    began_ms = rig.clock.monotonic_ms()
    while not rig.loop.started:
        rig.turns()
    assert QUIET_MS <= rig.clock.monotonic_ms() - began_ms <= QUIET_MS + 2 * HOUSEKEEPING_MS


def test_what_comes_while_it_reads_is_not_lost(rig: Rig) -> None:
    rig.wire.connects()
    rig.wire.arrive(rig.state("l001", 100), rig.said("presence", "p01", active=True))
    rig.turns()
    assert not rig.loop.started and rig.gateway.calls == []
    rig.wire.arrive(rig.state("l002", 100), rig.state("l003", 100))
    rig.turns()
    assert rig.gateway.calls == ["state", "presence", "state", "state", "due"]


def test_states_are_acknowledged_while_it_reads_so_that_the_broker_sends_the_rest_and_never_twice(rig: Rig) -> None:
    rig.wire.connects()
    first, other = rig.state("l001", 100), rig.said("deviceEvent", "p01", code="x", phase="start", first_seen=1)
    rig.wire.arrive(first, other)
    rig.turns()
    assert rig.wire.acknowledged == [first]
    rig.wire.arrive(rig.state("l002", 100), rig.state("l003", 100))
    rig.turns()
    really = [message for message in rig.wire.acknowledged if message.qos]
    assert len(really) == len(set(really)) == 4


def test_without_a_broker_it_turns_and_waits(rig: Rig) -> None:
    rig.wire.breaks("no broker listens")
    rig.turns(100)
    assert not rig.loop.started and rig.wire.out == []
    rig.started()


# ---- a turn --------------------------------------------------------------------------------------------


def test_at_one_moment_inputs_come_before_timers(rig: Rig) -> None:
    rig.started().gateway.calls.clear()
    rig.wire.arrive(rig.said("presence", "p01", active=True), rig.said("presence", "p01", active=False))
    rig.turns()
    assert rig.gateway.calls == ["presence", "presence", "due"]


def test_it_wakes_at_the_deadline_and_never_sleeps_longer_than_housekeeping(rig: Rig) -> None:
    rig.started()
    for _ in range(50):
        expected_ms = min(rig.gateway.wait_ms(rig.clock.now_ms()), HOUSEKEEPING_MS)
        rig.turns()
        assert rig.wire.waits_s[-1] * 1000 == pytest.approx(expected_ms)


def test_messages_are_acknowledged_when_they_are_handled(rig: Rig) -> None:
    rig.started().wire.acknowledged.clear()
    message = rig.state("l001", 100)
    rig.wire.arrive(message)
    rig.turns()
    assert rig.wire.acknowledged == [message]


def test_a_message_that_breaks_its_handler_breaks_nothing_else(rig: Rig) -> None:
    rig.started().wire.acknowledged.clear()
    poison, good = rig.state("l001", 100), rig.state("l002", 100)
    rig.gateway.break_on = poison.topic
    rig.wire.arrive(poison, good)
    rig.turns()
    assert rig.loop.failed == 1
    assert sorted(m.topic for m in rig.wire.acknowledged) == [poison.topic, good.topic]


def test_what_has_no_room_waits_in_order_and_qos_0_does_not(rig: Rig) -> None:
    rig.wire.connects()
    rig.wire.room = 1
    while not rig.loop.started:
        rig.turns()
    assert len(rig.wire.out) == 1 and rig.loop.unsent > 0
    rig.wire.room = 1_000_000
    rig.turns()
    assert rig.loop.unsent == 0
    channels = [message.topic.rpartition("/")[2] for message in rig.wire.out]
    assert channels[:2] == ["status", "inventory"] and channels.count("cmd") == 3
    assert rig.wire.waits_s[-1] <= 0.01


def test_after_a_reconnect_it_says_who_is_there_and_what_lamps_have_not_shown(rig: Rig) -> None:
    rig.wire.connects()
    rig.wire.arrive(rig.state("l001", 20), rig.state("l002", 20), rig.state("l003", 20))
    rig.turns()
    rig.wire.arrive(rig.state("l001", 100), rig.state("l002", 100))
    rig.turns()
    rig.wire.breaks()
    rig.turns(3)
    rig.wire.out.clear()
    rig.wire.connects()
    rig.turns()
    assert rig.statuses() == ["online"]
    assert rig.commands() == {"l003": 100.0}


def test_a_clock_that_is_set_to_1970_is_not_believed_and_no_lamp_goes_dark(rig: Rig) -> None:
    rig.started()
    rig.clock.wall_ms = 1000
    rig.turns(2)
    assert not rig.gateway.clock_trusted
    rig.clock.wall_ms = NIGHT_MS + 10_000
    rig.turns(2)
    assert rig.gateway.clock_trusted
    assert all(level > 0 for level in rig.commands().values())


def test_a_question_of_another_thread_is_answered_between_turns(rig: Rig) -> None:
    from threading import Thread

    rig.started()
    answers: list[object] = []
    asking = Thread(target=lambda: answers.append(rig.loop.questions.ask(lambda: rig.gateway.rungs(), wait_s=30)))
    asking.start()
    while asking.is_alive():
        rig.turns()
    assert answers == [{"all": "astro-default"}]


# ---- reload and end ------------------------------------------------------------------------------------


def test_a_bad_file_is_refused_whole_and_reported(rig: Rig) -> None:
    rig.started()

    def bad() -> GatewayPlan:
        raise InputError("stands twice", file="lamps.csv", line=3)

    rig.plan = bad
    rig.loop.reload()
    rig.turns()
    assert rig.gateway.plan is PLAN
    (event,) = (json.loads(m.payload) for m in rig.wire.out if m.topic.endswith("/_/event"))
    assert (event["code"], event["phase"], event["detail"]) == ("reload_refused", "start", "lamps.csv:3: stands twice")


def test_a_new_inventory_is_taken_over_and_no_old_lamp_gets_another_level(rig: Rig) -> None:
    rig.started()
    wider = GatewayPlan(PLAN.file, (*LAMPS, FieldLamp("l004")), PLAN.sensors)
    rig.plan = lambda: wider
    rig.loop.reload()
    rig.turns()
    assert rig.gateway.plan is wider
    assert "l004" in rig.commands() and set(rig.commands().values()) == {100.0}


@pytest.mark.parametrize("change", [{"segment": "el-g0043"}, {"broker": BrokerAddress(port=1884)}, {"store": "other"}])
def test_what_needs_a_restart_is_refused(rig: Rig, change: dict[str, Any]) -> None:
    rig.started()
    rig.plan = lambda: GatewayPlan(PLAN.file.model_copy(update=change), LAMPS, ())
    rig.loop.reload()
    rig.turns()
    assert rig.gateway.plan is PLAN


def test_it_leaves_with_a_word(rig: Rig) -> None:
    rig.started()
    rig.loop.stop()
    assert rig.loop.run() == "stopped"
    assert rig.statuses() == ["online", "offline"] and rig.wire.closed
    assert rig.wire.will is not None and json.loads(rig.wire.will.payload)["status"] == "lost"


def test_it_does_not_fight_for_its_name(rig: Rig) -> None:
    rig.started()
    rig.wire.taken_over = True
    assert rig.loop.run() == "taken over"
    assert rig.statuses() == ["online"]


@pytest.mark.parametrize(
    ("boot", "state", "ends"),
    [("a-smaller-boot", "online", "taken over"), ("the-larger-boot", "online", ""), ("a-smaller-boot", "lost", "")],
)
def test_of_two_that_took_one_name_the_smaller_boot_stays(rig: Rig, boot: str, state: str, ends: str) -> None:
    rig.started()
    message = Post("ettenleur", "el-g0042", Sender(boot)).message("status", NIGHT_MS, status=state)
    rig.wire.arrive(Received(message.topic, message.payload, 1, True))
    rig.turns()
    if not ends:
        rig.loop.stop()
    assert rig.loop.run() == (ends or "stopped")


def test_a_status_from_before_the_start_is_history(rig: Rig) -> None:
    message = Post("ettenleur", "el-g0042", Sender("a-smaller-boot")).message("status", NIGHT_MS, status="online")
    rig.wire.arrive(Received(message.topic, message.payload, 1, True))
    rig.wire.connects()
    rig.turns()
    rig.started().loop.stop()
    assert rig.loop.run() == "stopped"


def test_the_states_on_the_wire_are_the_documented_ones(rig: Rig) -> None:
    assert LampState.model_validate_json(rig.state("l001", 100).payload).target_pct == 100


# ---- speed ---------------------------------------------------------------------------------------------


def test_the_disk_waits_a_turn_until_what_was_said_has_left(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.started().turns(2)
    flushed: list[int] = []
    monkeypatch.setattr(rig.store, "flush", flushed.append)
    counts = []
    for ping in (False, False, True, False, True, True, True, True):
        if ping:
            rig.wire.arrive(rig.said("ping", "_"))
        rig.turns()
        counts.append(len(flushed))
    assert len(rig.statuses()) == 1 + 5, "each foreign ping was answered"
    assert counts == [1, 2, 2, 3, 3, 4, 4, 5], "a turn late where it spoke, and never two"


def test_what_is_there_at_the_start_is_left_alone_by_the_garbage_collector(rig: Rig) -> None:
    gc.unfreeze()
    try:
        rig.started()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
