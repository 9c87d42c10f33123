"""Rules of the gateway that one word of its code decides: each test fails when that word is taken out."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from controllers.envelope import Sender
from controllers.gateway.gateway import Gateway
from controllers.link.transport import Received
from slic.messages.payloads import LampState
from tests.controllers.memory_store import MemoryStore
from tests.controllers.test_gateway import BASE, Talk, _states, acks, at, at_eight, levels, plan
from tests.controllers.test_gateway_goes_on import settings

CELL = {"name": "p", "active_periods": [{"kind": "photocell", "on_lux": 35, "off_lux": 70}]}
HOUR_MS = 3_600_000


def by_cell() -> Talk:
    """A gateway with a photocell, at noon, without a light reading."""
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"), programs={"p": CELL})
    return talk


def test_a_lamp_that_did_not_reach_its_target_is_told_it_at_a_start() -> None:
    states = _states(l0=(20.0, "program"), l1=(20.0, "program"), l2=(20.0, "program"))
    states["l1"] = states["l1"].model_copy(update={"level_pct": 0.0})
    states["l2"] = LampState.model_validate(states["l2"].model_dump() | {"level_pct": 0.0, "fade_end": at("21:01:05")})
    reborn = Gateway(plan(), at_eight().gateway.store, Sender("gateway-boot-2"))
    assert levels(reborn.start(at("21:01"), states)) == [("l1", 20.0, "program")]


@pytest.mark.parametrize("reading", [{"quality": "doubtful"}, {"ts": at("12:20") - 1_800_001}])
def test_a_light_reading_in_doubt_or_too_old_switches_nothing(reading: dict[str, Any]) -> None:
    assert by_cell().say("ambient", at("12:20"), "lux", lux=1.0, **reading) == []
    assert levels(by_cell().say("ambient", at("12:20"), "lux", lux=1.0)) == [
        (f"l{i}", 100.0, "program") for i in range(3)
    ]


def test_a_pong_to_another_ping_says_nothing_about_the_clock() -> None:
    talk = at_eight()
    ping = json.loads(talk.gateway.connected(at("21:00"))[2].payload)
    talk.say("pong", at("21:00"), ping_id="01890000-0000-7000-8000-0000000000ff", who="core")
    assert talk.gateway.take_pong() is None
    talk.say("pong", at("21:00"), ping_id=ping["id"], who="core")
    assert talk.gateway.take_pong() == (at("21:00"), at("21:00"), at("21:00"))


def test_a_ping_of_another_is_answered_and_the_own_echo_is_not() -> None:
    talk = at_eight()
    assert [m.topic.rpartition("/")[2] for m in talk.say("ping", at("21:00"))] == ["status"]
    ping = talk.gateway.connected(at("21:00"))[2]
    assert talk.gateway.handle(Received(ping.topic, ping.payload, 0, False), at("21:00")) == []


def test_a_sensor_that_failed_holds_its_lamp_up_until_it_is_mended() -> None:
    talk = at_eight()
    failure = {"code": "sensor_failure", "first_seen": at("21:00")}
    assert levels(talk.say("event", at("21:00"), "p1", phase="start", **failure)) == [("l1", 100.0, "sensor")]
    assert talk.gateway.due(at("22:00")) == []
    talk.say("event", at("22:00"), "p1", phase="end", **failure)
    assert levels(talk.gateway.due(at("22:01"))) == [("l1", 20.0, "program")]


@pytest.mark.parametrize(("boot", "held"), [("talk-001", True), ("sensor-new", False)])
def test_a_sensor_that_said_it_failed_is_mended_by_its_own_word_or_start_alone(boot: str, held: bool) -> None:
    """In between it falls silent and speaks again, which ends the silence and nothing else."""
    talk = at_eight(sensor_stale_s=600)
    failure = {"code": "sensor_failure", "first_seen": at("21:00")}
    talk.say("event", at("21:00"), "p1", phase="start", **failure)
    talk.gateway.due(at("21:20"))
    assert talk.gateway.watches.sensors_lost == 3
    talk.say("presence", at("21:21"), "p1", active=False, boot=boot)
    assert talk.gateway.watches.sensors_lost == 2
    settings(talk, at("21:22"), sensor_stale_s=600)
    told = [at for at in (at("21:23"), at("21:30")) if ("l1", 20.0, "program") in levels(talk.gateway.due(at))]
    assert bool(told) != held
    talk.say("event", at("21:30:01"), "p1", phase="end", **failure)
    assert (("l1", 20.0, "program") in levels(talk.gateway.due(at("21:31:02")))) == held


def test_a_sensor_that_failed_and_is_silent_is_back_when_it_is_mended_and_heard() -> None:
    talk = at_eight(sensor_stale_s=600)
    failure = {"code": "sensor_failure", "first_seen": at("21:00")}
    talk.say("event", at("21:00"), "p1", phase="start", **failure)
    talk.gateway.due(at("21:20"))
    talk.say("event", at("21:30"), "p1", phase="end", **failure)
    assert levels(talk.gateway.due(at("22:00"))) == []
    talk.say("presence", at("22:00:01"), "p1", active=False)
    assert ("l1", 20.0, "program") in levels(talk.gateway.due(at("22:01:02")))


def test_what_is_to_be_said_again_moves_with_a_clock_that_was_set_back() -> None:
    talk = at_eight(resend_s=10)
    for lamp in ("l0", "l1", "l2"):
        talk.say("state", at("20:59"), lamp, level_pct=20.0, target_pct=20.0, mode="auto", src="program")
    talk.say("presence", at("21:00"), "p1", active=True)
    talk.gateway.clock(at("20:00"), trusted=True, step_ms=-HOUR_MS)
    assert levels(talk.gateway.due(at("20:00:10"))) == [("l1", 100.0, "sensor")]


def test_a_clock_set_forward_loses_no_sensor() -> None:
    talk = at_eight(sensor_stale_s=600)
    for sensor in ("p0", "p1", "p2"):
        talk.say("presence", at("20:00:01"), sensor, active=False)
    talk.gateway.clock(at("21:00:02"), trusted=True, step_ms=HOUR_MS)
    talk.gateway.due(at("21:00:02"))
    assert talk.gateway.watches.sensors_lost == 0


def test_a_message_of_another_site_is_refused() -> None:
    talk = at_eight()
    said = {"v": 1, "id": "01890000-0000-7000-8000-0000000000ff", "ts": at("21:00"), "boot": "talk-001", "seq": 99}
    payload = json.dumps(said | {"active": True}).encode()
    elsewhere = Received(f"{BASE}/p1/presence".replace("town", "city"), payload, 0, False)
    assert talk.gateway.handle(elsewhere, at("21:00")) == []
    assert talk.gateway.refused["wrong_segment"] == 1


def test_a_program_ends_with_its_date() -> None:
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"), valid_until=at("21:00"))
    talk.gateway.due(at("20:00"))
    assert levels(talk.gateway.due(at("21:00"))) == [(f"l{i}", 100.0, "astro-default") for i in range(3)]


def test_a_lamp_that_never_answers_is_told_every_ten_minutes_at_least() -> None:
    talk = at_eight(resend_s=10)
    t_ms, told = at("20:00"), []
    while t_ms < at("23:00"):
        t_ms += talk.gateway.wait_ms(t_ms)
        told += [t_ms] if any(lamp == "l1" for lamp, _, _ in levels(talk.gateway.due(t_ms))) else []
    pauses_s = [(after - before) // 1000 for before, after in pairwise(told)]
    assert pauses_s[:5] == [40, 80, 160, 320, 600]
    assert set(pauses_s[5:]) == {600}


def test_a_command_is_applied_when_the_fade_has_ended() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, lamps=["l0"], fade_s=30)
    state = {"level_pct": 20.0, "target_pct": 60.0, "mode": "override", "src": "override"}
    talk.say("state", at("21:00:01"), "l0", **state, fade_end=at("21:00:30"))
    assert acks(talk.gateway.store) == [("accepted", "ok")]
    talk.say("state", at("21:00:31"), "l0", **state | {"level_pct": 60.0})
    assert acks(talk.gateway.store) == [("accepted", "ok"), ("applied", "ok")]


def test_without_a_trusted_clock_nothing_says_that_an_override_is_over() -> None:
    """The machine starts with a time after the end of the order, and gets the right one a minute later."""
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, until=at("23:00"))
    reborn = Gateway(plan(), talk.gateway.store, Sender("gateway-boot-2"))
    reborn.clock(at("21:00", 12), trusted=False)
    reborn.start(at("21:00", 12))
    told = reborn.clock(at("21:02"), trusted=True, step_ms=at("21:02") - at("21:01", 12))
    assert levels(told) == [(f"l{i}", 60.0, "override") for i in range(3)]


def test_an_override_under_a_newer_one_rules_again_also_after_new_settings() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, lamps=["l0"], until=at("23:00"))
    talk.command(at("21:01"), level_pct=70, lamps=["l0"], until=at("22:00"))
    settings(talk, at("21:30"))
    assert levels(talk.gateway.due(at("22:00"))) == [("l0", 60.0, "override")]


def test_new_settings_do_not_lengthen_a_safety_order_while_the_clock_is_in_doubt() -> None:
    talk = at_eight()
    talk.gateway.clock(at("21:00"), trusted=False)
    talk.command(at("21:00"), level_pct=10, kind="safety", lamps=["l0"], until=at("21:30"))
    settings(talk, at("21:29"))
    assert levels(talk.gateway.due(at("21:30"))) == [("l0", 100.0, "safe")]


def test_a_safety_order_holds_through_a_restart_with_the_clock_in_doubt() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, kind="safety", until=at("23:00"))
    reborn = Gateway(plan(), talk.gateway.store, Sender("gateway-boot-2"))
    reborn.clock(at("21:01"), trusted=False)
    assert levels(reborn.start(at("21:01"))) == [(f"l{i}", 60.0, "safety") for i in range(3)]


def test_the_limiter_remembers_what_commands_have_darkened() -> None:
    """A third of three lamps is one."""
    talk = at_eight(limits={"share_pct": 34})
    talk.command(at("21:00"), level_pct=0, lamps=["l0"])
    talk.command(at("21:00:01"), op="resume")
    talk.command(at("21:00:02"), level_pct=0, lamps=["l1"])
    assert acks(talk.gateway.store)[-1] == ("rejected", "limiter")


@pytest.mark.parametrize("change", ["settings", "reload"])
def test_the_limiter_remembers_through_other_settings_and_a_reload(change: str) -> None:
    limits = {"share_pct": 34}
    talk = at_eight(limits=limits)
    talk.command(at("21:00"), level_pct=0, lamps=["l0"])
    talk.command(at("21:00:01"), op="resume")
    if change == "settings":
        settings(talk, at("21:00:02"), limits=limits)
    else:
        talk.gateway.reload(plan(limits=limits), at("21:00:02"))
    talk.command(at("21:00:03"), level_pct=0, lamps=["l1"])
    assert acks(talk.gateway.store)[-1] == ("rejected", "limiter")
    talk.command(at("21:10:01"), level_pct=0, lamps=["l1"])
    assert acks(talk.gateway.store)[-1] == ("accepted", "ok")


def test_a_safety_order_is_obeyed_without_room_to_keep_it() -> None:
    talk = at_eight()
    talk.gateway.store.full = True  # type: ignore[attr-defined]
    told = talk.command(at("21:00"), level_pct=100, kind="safety")
    assert levels(told) == [(f"l{i}", 100.0, "safety") for i in range(3)]
    said = [json.loads(m.payload) for m in told if m.topic.endswith("/ack")]
    assert [(ack["status"], ack["code"]) for ack in said] == [("accepted", "not_stored")]
    (answer,) = talk.command(at("21:01"), level_pct=50, lamps=["l0"])
    assert [json.loads(answer.payload)[key] for key in ("status", "code")] == ["rejected", "store_full"]


def test_lamps_are_given_back_without_room_to_keep_it() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, lamps=["l0"], until=at("23:00"))
    talk.gateway.store.full = True  # type: ignore[attr-defined]
    told = talk.command(at("21:01"), op="resume")
    assert levels(told) == [("l0", 20.0, "program")]
    said = [json.loads(m.payload) for m in told if m.topic.endswith("/ack")]
    answers = [(ack["status"], ack["code"]) for ack in said]
    assert answers == [("accepted", "not_stored"), ("superseded", "ended"), ("applied", "ended")]
    assert talk.gateway.store.overrides() == []


@pytest.mark.parametrize(("counts", "flow_per_h"), [((6, 6), 24), ((1, 1), 4), ((0, 0), 2), ((0, 5), 12)])
def test_each_user_of_a_message_counts_for_the_class_of_the_road(counts: tuple[int, int], flow_per_h: int) -> None:
    """Users of ten minutes at one of three counting sensors: 12 make 24 per hour. A rise that was missed is one."""
    classes = [{"name": "quiet", "up_to_per_h": 1, "level_pct": 30}, {"name": "busy", "level_pct": 80}]
    period = {"kind": "absolute", "start": "18:00", "end": "06:00"}
    traffic = {"window_s": 600, "step_s": 600, "classes": classes}
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"), programs={"p": {"name": "p", "active_periods": [period], "traffic_classes": traffic}})
    talk.gateway.due(at("20:01"))
    for clock, count in zip(("20:02", "20:07"), counts, strict=True):
        talk.say("presence", at(clock), "p1", active=True, count=count)
    talk.gateway.due(at("20:11"))
    why = talk.gateway.why("l0")
    assert why is not None
    assert (why.rule, why.level_pm) == (f"traffic class busy ({flow_per_h} per hour)", 800)
