"""A lockstep in which messages come once more, long after they were taken."""

from __future__ import annotations

from typing import Any

from controllers.envelope import Sender
from controllers.gateway.following import FollowingGateway
from controllers.gateway.post import Post
from controllers.link.transport import Outgoing, Received
from controllers.service.gateway_folder import FieldNames
from sim.lockstep_link import LockstepLink
from tests.controllers.memory_store import MemoryStore
from tests.controllers.test_gateway import BASE, Talk, at, levels, plan


def test_a_join_that_comes_again_does_not_turn_the_count_back() -> None:
    gateway = FollowingGateway(plan(), MemoryStore(), Sender("gateway-boot-1"))
    gateway.start(0)
    talk = Talk(gateway)
    assert len(talk.say("clock", at("12:00"), op="join")) == 1
    talk.program(at("12:00"))
    talk._seq = 0
    assert talk.say("clock", at("12:00"), op="join") == []
    talk._seq = 2
    begun = talk.say("clock", at("12:00"), op="begin")
    assert [message.topic.rpartition("/")[2] for message in begun] == ["cmd", "cmd", "cmd", "clock-done"]


def passed_at_nine() -> Talk:
    """A night in lockstep in which somebody passes l1 at 21:00; the hold ends at 21:01, with its last moment."""
    talk = Talk(FollowingGateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(0)
    talk.say("clock", at("12:00"), op="join")
    talk.program(at("12:00"))
    talk.say("clock", at("20:00"), op="begin")
    assert levels(talk.say("presence", at("21:00"), "p1", active=True, momentary=True)) == [("l1", 100.0, "sensor")]
    return talk


def test_what_is_said_at_the_moment_of_a_tick_comes_before_the_timers_of_that_moment() -> None:
    talk = passed_at_nine()
    assert levels(talk.say("clock", at("21:01"), op="tick")) == []
    assert levels(talk.say("presence", at("21:01"), "p1", active=True, momentary=True)) == []
    assert levels(talk.say("clock", at("22:00"), op="tick")) == [("l1", 20.0, "program")]


def test_what_is_due_when_the_clock_is_believed_again_is_done_by_the_clock_as_it_was() -> None:
    assert levels(passed_at_nine().say("clock", at("21:01"), op="trust", trusted=True)) == [("l1", 20.0, "program")]


class Wire:
    """A connection that gives what the test puts in ``came``."""

    connected, connections, problem = True, 1, ""

    def __init__(self) -> None:
        self.came: list[Received] = []

    def publish(self, message: Outgoing) -> int:
        return 1

    def wait(self, timeout_s: float) -> list[Received]:
        came, self.came = self.came, []
        return came

    def acknowledge(self, message: Received) -> None:
        pass

    def delivered(self) -> list[int]:
        return []


def test_a_command_of_the_night_before_that_comes_again_is_not_counted_for_this_one() -> None:
    wire = Wire()
    names = FieldNames("town", "seg", {"l0": "l0"}, {})
    link = LockstepLink(wire, names, lambda: None, monotonic_s=lambda: 0.0)  # type: ignore[arg-type]
    gateway, field = Post("town", "seg", Sender("gateway1")), Post("town", "seg", Sender("field-01"))

    def command(level_pct: float) -> Received:
        message = gateway.message("lampCommand", 1, "l0", level_pct=level_pct, exp=2, src="program")
        return Received(message.topic, message.payload, 1, False)

    def done(op: str, commands: int) -> Received:
        message = gateway.message("clockDone", 1, op=op, commands=commands)
        return Received(message.topic, message.payload, 1, False)

    def said(op: str, *came: Any) -> None:
        link.say([field.message("clock", 1, op=op)])
        wire.came = list(came)
        link._listen(0)

    old = command(20)
    said("tick", old, done("tick", 1))
    assert link.settled and BASE in old.topic
    link.forget()
    new, end = command(30), done("begin", 1)
    said("begin", old, end)
    assert not link.settled
    wire.came = [new]
    link._listen(0)
    assert link.settled
    assert [action.level_pm for action in link.commands.values()] == [300]
