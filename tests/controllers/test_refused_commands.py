"""A command that was refused stays refused: its id gets the same answer again, and nothing happens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controllers.gateway.command_gate import MOST_REFUSED
from controllers.link.transport import Outgoing
from tests.controllers.test_gateway import Talk, at, at_eight, levels, plan

ID = "01890000-0000-7000-8000-0000000000aa"


def dark(talk: Talk, t_ms: int, lamp: str, **fields: Any) -> list[Outgoing]:
    return talk.command(t_ms, **{"level_pct": 0, "lamps": [lamp], "exp": at("23:00"), **fields})


def answers(talk: Talk) -> list[bytes]:
    """Of the command above, as they wait for the broker."""
    kept = [one.message for one in talk.gateway.store.waiting(10_000) if one.message.topic.endswith("/_/ack")]
    return [message.payload for message in kept if json.loads(message.payload)["cmd_id"] == ID]


def refused() -> Talk:
    """A third of three lamps is one: a second one is too much until ten minutes later."""
    talk = at_eight(limits={"share_pct": 34})
    dark(talk, at("21:00"), "l0")
    assert levels(dark(talk, at("21:00:01"), "l1", id=ID)) == []
    [answer] = answers(talk)
    assert json.loads(answer)["code"] == "limiter"
    return talk


@pytest.mark.parametrize("between", ["nothing", "reload"])
def test_the_same_id_again_gets_the_same_answer_and_nothing_happens(between: str) -> None:
    talk = refused()
    if between == "reload":
        talk.gateway.reload(plan(limits={"share_pct": 34}), at("21:05"))
    assert levels(dark(talk, at("22:00"), "l1", id=ID)) == []
    first, again = answers(talk)
    assert again == first
    assert (talk.gateway.refused["limiter"], talk.gateway.refused["duplicate"]) == (1, 1)
    assert levels(dark(talk, at("22:00:01"), "l1")) == [("l1", 0.0, "override")], "a new command is judged anew"


def test_what_had_no_room_is_not_obeyed_when_it_comes_again() -> None:
    talk = at_eight()
    talk.gateway.store.full = True  # type: ignore[attr-defined]
    [first] = dark(talk, at("21:00"), "l0", id=ID)
    assert json.loads(first.payload)["code"] == "store_full"
    talk.gateway.store.full = False  # type: ignore[attr-defined]
    assert levels(dark(talk, at("21:01"), "l0", id=ID)) == []
    assert answers(talk) == [first.payload]


def test_a_retained_copy_or_another_issuer_does_not_spoil_an_id() -> None:
    talk = at_eight()
    dark(talk, at("21:00"), "l0", id=ID, by="mallory")
    fields = {"op": "set", "by": "control-room", "reason": "test", "level_pct": 0, "lamps": ["l0"], "exp": at("23:00")}
    talk.say("cmd", at("21:00:01"), retain=True, id=ID, **fields)
    assert levels(dark(talk, at("21:00:02"), "l0", id=ID)) == [("l0", 0.0, "override")]


def test_the_latest_thousand_are_remembered() -> None:
    talk = refused()
    for _ in range(MOST_REFUSED - 1):
        talk.command(at("21:20"), level_pct=50, lamps=["l99"])
    assert levels(dark(talk, at("22:00"), "l1", id=ID)) == []
    talk.command(at("22:00"), level_pct=50, lamps=["l99"])
    assert levels(dark(talk, at("22:00"), "l1", id=ID)) == [("l1", 0.0, "override")]
