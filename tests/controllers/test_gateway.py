"""The gateway as a conversation, without a broker: messages and times in, messages out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.envelope import Sender
from controllers.gateway.config import GatewayFile
from controllers.gateway.following import FollowingGateway
from controllers.gateway.gateway import Gateway
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.gateway.signatures import public_key_of, signed
from controllers.link.transport import Outgoing, Received
from tests.controllers.memory_store import MemoryStore

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BASE = "slic/v1/town/seg"
PROGRAM = {
    "name": "p",
    "active_periods": [{"kind": "absolute", "start": "18:00", "end": "06:00"}],
    "idle_level_pct": 20,
    "hold_s": 60,
    "presence": {"style": "own"},
    "dynamic_controls": [{"name": "presence", "operation": "Set", "level_pct": 100}],
}


def at(clock: str, day: int = 10) -> int:
    """UTC ms of a clock time on a day of January 2027."""
    hour, minute, *second = (int(x) for x in clock.split(":"))
    return round(datetime(2027, 1, day, hour, minute, *second, tzinfo=UTC).timestamp() * 1000)


def plan(**fields: Any) -> GatewayPlan:
    file = GatewayFile.model_validate(
        {
            "site": "town",
            "segment": "seg",
            "place": {"latitude": 51.05, "longitude": 3.71, "timezone": "UTC"},
            "issuers": [{"name": "control-room", "kinds": ["override", "safety"]}],
            "limits": {"share_pct": 100},
            "signers": {"town-hall": public_key_of(KEY)},
            "health_s": 0,
            "resend_s": 0,
            **fields,
        }
    )
    lamps = tuple(FieldLamp(f"l{i}", street="s", position_mm=30_000 * i, minimum_level_pm=100) for i in range(3))
    sensors = tuple(FieldSensor(f"p{i}", street="s", position_mm=30_000 * i) for i in range(3))
    return GatewayPlan(file, lamps, (*sensors, FieldSensor("lux", "ambient")))


class Talk:
    """Speaks to a gateway and keeps what it says."""

    def __init__(self, gateway: Gateway, boot: str = "talk-001") -> None:
        self.gateway = gateway
        self._boot, self._seq = boot, 0

    def say(self, channel: str, t_ms: int, node: str = "_", retain: bool = False, **fields: Any) -> list[Outgoing]:
        self._seq += 1
        envelope = {"v": 1, "id": f"01890000-0000-7000-8000-{self._seq:012d}", "ts": t_ms, "boot": self._boot}
        payload = json.dumps({**envelope, "seq": self._seq, **fields}).encode()
        qos = 0 if channel in ("presence", "ping", "pong") else 1
        return self.gateway.handle(Received(f"{BASE}/{node}/{channel}", payload, qos, retain), t_ms)

    def program(self, t_ms: int, version: int = 1, **changes: Any) -> list[Outgoing]:
        document = {"v": 1, "version": version, "groups": {"all": "p"}, "programs": {"p": PROGRAM}, **changes}
        return self.say("program", t_ms, **signed(document, "town", "seg", "program", "town-hall", KEY))

    def command(self, t_ms: int, **fields: Any) -> list[Outgoing]:
        given = {"op": "set", "by": "control-room", "reason": "test", "exp": t_ms + 60_000, **fields}
        return self.say("cmd", t_ms, **given)


def at_eight(**fields: Any) -> Talk:
    """A gateway that has run since noon and is lit."""
    talk = Talk(Gateway(plan(**fields), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"))
    talk.gateway.due(at("20:00"))
    return talk


@pytest.fixture
def talk() -> Talk:
    return at_eight()


def levels(messages: list[Outgoing]) -> list[tuple[str, float, str]]:
    """(lamp, level_pct, src) of the lamp commands."""
    found = []
    for message in messages:
        *_, node, channel = message.topic.split("/")
        if channel == "cmd":
            said = json.loads(message.payload)
            found.append((node, said["level_pct"], said["src"]))
    return found


def acks(store: Any) -> list[tuple[str, str]]:
    """(status, code) of the answers that wait for the broker."""
    said = [json.loads(w.message.payload) for w in store.waiting(1000) if w.message.topic.endswith("/ack")]
    return [(ack["status"], ack["code"]) for ack in said]


def test_without_a_program_it_follows_the_astronomical_default() -> None:
    gateway = Gateway(plan(), MemoryStore(), Sender("gateway-boot-1"))
    assert levels(gateway.start(at("22:00"))) == [(f"l{i}", 100.0, "astro-default") for i in range(3)]


def test_a_presence_raises_its_lamp_and_lets_go(talk: Talk) -> None:
    assert levels(talk.say("presence", at("21:00"), "p1", active=True)) == [("l1", 100.0, "sensor")]
    assert talk.say("presence", at("21:00:30"), "p1", active=False) == []
    assert talk.gateway.due(at("21:01:29")) == []
    assert levels(talk.gateway.due(at("21:01:30"))) == [("l1", 20.0, "program")]


def test_a_repeat_of_a_presence_is_no_other_user_but_mends_a_lost_message(talk: Talk) -> None:
    assert levels(talk.say("presence", at("21:00"), "p1", active=True, count=0)) == [("l1", 100.0, "sensor")]
    assert talk.say("presence", at("21:05"), "p1", active=True, count=0) == []


def test_an_override_is_answered_obeyed_and_ends_by_itself(talk: Talk) -> None:
    store = talk.gateway.store
    told = talk.command(at("21:00"), level_pct=60, lamps=["l0"], until=at("21:30"))
    assert levels(told) == [("l0", 60.0, "override")]
    assert acks(store) == [("accepted", "ok")]
    talk.say("state", at("21:00:02"), "l0", level_pct=60.0, target_pct=60.0, mode="override", src="override")
    assert acks(store) == [("accepted", "ok"), ("applied", "ok")]
    assert levels(talk.gateway.due(at("21:30"))) == [("l0", 20.0, "program")]
    assert store.overrides() == []


def test_a_command_that_no_lamp_shows_is_expired_at_its_end(talk: Talk) -> None:
    talk.command(at("21:00"), level_pct=60, lamps=["l0"], until=at("21:30"))
    talk.gateway.due(at("21:30"))
    assert acks(talk.gateway.store) == [("accepted", "ok"), ("expired", "ended")]


def test_a_newer_command_supersedes_one_that_waits(talk: Talk) -> None:
    talk.command(at("21:00"), level_pct=60, lamps=["l0"])
    talk.command(at("21:00:01"), level_pct=70, lamps=["l0"])
    assert acks(talk.gateway.store) == [("accepted", "ok"), ("accepted", "ok"), ("superseded", "superseded")]


def test_a_command_under_a_safety_order_rules_nothing_now(talk: Talk) -> None:
    talk.command(at("21:00"), level_pct=100, kind="safety", until=at("22:00"))
    assert talk.command(at("21:01"), level_pct=30, lamps=["l0"], until=at("23:00")) == []
    assert acks(talk.gateway.store)[-1] == ("superseded", "superseded")
    assert levels(talk.gateway.due(at("22:00")))[0] == ("l0", 30.0, "override")


def test_resume_gives_the_lamps_back(talk: Talk) -> None:
    talk.command(at("21:00"), level_pct=60, lamps=["l0"])
    assert levels(talk.command(at("21:10"), op="resume")) == [("l0", 20.0, "program")]
    assert acks(talk.gateway.store)[-3:] == [("accepted", "ok"), ("superseded", "ended"), ("applied", "ended")]


def test_a_restart_gives_no_flash_and_keeps_the_override(talk: Talk) -> None:
    store = talk.gateway.store
    talk.command(at("21:00"), level_pct=60, lamps=["l0"], until=at("23:00"))
    talk.say("presence", at("21:00:10"), "p2", active=True)
    reborn = Gateway(plan(), store, Sender("gateway-boot-2"))
    assert (
        levels(reborn.start(at("21:01"), _states(l0=(60.0, "override"), l1=(20.0, "program"), l2=(100.0, "sensor"))))
        == []
    )
    assert levels(reborn.due(at("21:02"))) == [("l2", 20.0, "program")]
    assert levels(reborn.due(at("23:00"))) == [("l0", 20.0, "program")]


def test_a_lamp_that_shows_another_level_is_told_again_with_growing_pauses() -> None:
    talk = at_eight(resend_s=10)
    for lamp in ("l0", "l1", "l2"):
        talk.say("state", at("20:59:10"), lamp, level_pct=20.0, target_pct=20.0, mode="auto", src="program")
    talk.say("presence", at("21:00"), "p1", active=True)
    assert talk.gateway.due(at("21:00:09")) == []
    assert levels(talk.gateway.due(at("21:00:10"))) == [("l1", 100.0, "sensor")]
    assert talk.gateway.due(at("21:00:29")) == []
    assert levels(talk.gateway.due(at("21:00:30"))) == [("l1", 100.0, "sensor")]
    talk.say(
        "state",
        at("21:00:31"),
        "l1",
        level_pct=20.0,
        target_pct=100.0,
        fade_end=at("21:00:33"),
        mode="auto",
        src="sensor",
    )
    assert talk.gateway.due(at("21:20")) == []


def test_an_untrusted_clock_goes_down_the_ladder_and_never_dark(talk: Talk) -> None:
    told = talk.gateway.clock(at("21:00"), trusted=False)
    assert {level for _, level, _ in levels(told)} == {100.0}
    assert talk.gateway.rungs() == {"all": "safe"}
    assert talk.command(at("21:01"), level_pct=10) == []
    assert acks(talk.gateway.store)[-1] == ("rejected", "clock_untrusted")
    told = talk.gateway.clock(at("21:02"), trusted=True)
    assert {level for _, level, _ in levels(told)} == {20.0}


def test_a_bad_program_changes_nothing(talk: Talk) -> None:
    forged = signed({"v": 1, "version": 2, "groups": {}, "programs": {}}, "town", "other", "program", "town-hall", KEY)
    (answer,) = talk.say("program", at("21:00"), **forged)
    said = json.loads(answer.payload)
    assert (said["ok"], said["version"]) == (False, 2)
    assert said["errors"][0].startswith("bad_")
    assert talk.gateway.rungs() == {"all": "program"}


def test_a_program_survives_a_restart(talk: Talk) -> None:
    reborn = Gateway(plan(), talk.gateway.store, Sender("gateway-boot-2"))
    assert levels(reborn.start(at("21:00"))) == [(f"l{i}", 20.0, "program") for i in range(3)]


def test_lockstep_answers_each_tick_and_orders_by_number(tmp_path: Path) -> None:
    gateway = FollowingGateway(plan(resend_s=0), MemoryStore(), Sender("gateway-boot-1"))
    gateway.start(0)
    talk = Talk(gateway)
    done = talk.say("clock", at("12:00"), op="join")
    assert [m.topic.split("/")[-1] for m in done] == ["clock-done"]
    talk.program(at("12:00"))
    begun = talk.say("clock", at("12:00"), op="begin")
    assert levels(begun) == [(f"l{i}", 0.0, "program") for i in range(3)]
    assert json.loads(begun[-1].payload)["commands"] == 3
    talk._seq += 1  # the presence that is said next comes after the tick
    ahead = talk.say("clock", at("22:00"), op="tick")
    assert ahead == []
    talk._seq -= 2
    late = talk.say("presence", at("21:00"), "p1", active=True, momentary=True)
    assert levels(late) == [
        ("l0", 20.0, "program"), ("l1", 20.0, "program"), ("l2", 20.0, "program"), ("l1", 100.0, "sensor"),
        ("l1", 20.0, "program"),
    ]  # fmt: skip
    assert json.loads(late[-1].payload) | {"id": "", "boot": "", "seq": 0} == {
        "v": 1, "id": "", "ts": at("22:00"), "boot": "", "seq": 0, "op": "tick", "commands": 5,
    }  # fmt: skip


def test_a_program_that_waited_at_the_broker_is_taken_when_a_live_field_begins() -> None:
    """`slic program publish`, and then a gateway with --clock field, and then `slic field` with --speed."""
    gateway = FollowingGateway(plan(resend_s=0), MemoryStore(), Sender("gateway-boot-1"))
    gateway.start(0)
    assert Talk(gateway, "the-site-1").program(at("12:00")) == []
    field = Talk(gateway, "the-field-1")
    joined = field.say("clock", at("20:00"), op="join", rate=60)
    assert joined == []
    begun = field.say("clock", at("20:00"), op="begin", rate=60)
    assert levels(begun)[-3:] == [(f"l{i}", 20.0, "program") for i in range(3)]
    (applied,) = [m for m in begun if m.topic.endswith("/program-applied")]
    assert json.loads(applied.payload)["ok"] is True


def _states(**lamps: tuple[float, str]) -> dict[str, Any]:
    from slic.messages.payloads import LampState

    envelope = {"v": 1, "id": "01890000-0000-7000-8000-000000000001", "ts": 0, "boot": "lamp-0001", "seq": 1}
    return {
        lamp: LampState.model_validate(
            {**envelope, "level_pct": level, "target_pct": level, "mode": "auto", "src": src}
        )
        for lamp, (level, src) in lamps.items()
    }


def test_light_readings_count_from_sensors_of_the_segment_alone() -> None:
    cell = {"kind": "photocell", "on_lux": 35, "off_lux": 70}
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"), programs={"p": {"name": "p", "active_periods": [cell]}})
    talk.say("ambient", at("12:02"), "lux", lux=5000.0)
    assert talk.say("ambient", at("12:10"), "other", lux=1.0) == []
    assert talk.gateway.refused == {"unknown_sensor": 1}
    assert levels(talk.say("ambient", at("12:20"), "lux", lux=1.0)) == [(f"l{i}", 100.0, "program") for i in range(3)]


def test_a_reload_in_lockstep_goes_on_counting_commands() -> None:
    gateway = FollowingGateway(plan(resend_s=0), MemoryStore(), Sender("gateway-boot-1"))
    gateway.start(0)
    talk = Talk(gateway)
    talk.say("clock", at("20:00"), op="join")
    talk.say("clock", at("20:00"), op="begin")
    gateway.reload(plan(resend_s=0, safe_level_pct=80), at("20:00"))
    (done,) = talk.say("clock", at("20:10"), op="tick")
    assert json.loads(done.payload)["commands"] == 0
