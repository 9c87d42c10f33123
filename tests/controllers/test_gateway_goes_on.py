"""What a gateway knows and obeys goes on through settings, inventories, restarts and clocks that change under it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controllers.clock import WallClock
from controllers.envelope import Sender
from controllers.gateway.config import StoreLimits
from controllers.gateway.gateway import Gateway
from controllers.gateway.plan import FieldLamp, GatewayPlan
from controllers.gateway.signatures import signed
from controllers.link.transport import Outgoing
from controllers.store.sqlite_store import SqliteStore
from tests.controllers.memory_store import MemoryStore
from tests.controllers.test_gateway import KEY, Talk, _states, acks, at, at_eight, levels, plan

DAY_MS = 86_400_000
LIT = {"l0": (20.0, "program"), "l1": (20.0, "program"), "l2": (20.0, "program")}
CELL = {"name": "p", "active_periods": [{"kind": "photocell", "on_lux": 35, "off_lux": 70}]}


def settings(talk: Talk, t_ms: int, **fields: Any) -> list[Outgoing]:
    """The site sends settings that change nothing, but for ``fields``."""
    document = {"v": 1, "version": 1, "resend_s": 0, "health_s": 0, "limits": {"share_pct": 100}, **fields}
    return talk.say("config", t_ms, **signed(document, "town", "seg", "config", "town-hall", KEY))


def state(talk: Talk, t_ms: int, lamp: str, level_pct: float, src: str = "program", mode: str = "auto") -> None:
    talk.say("state", t_ms, lamp, level_pct=level_pct, target_pct=level_pct, mode=mode, src=src)


def with_lamps(lamps: tuple[FieldLamp, ...], **fields: Any) -> GatewayPlan:
    return GatewayPlan(plan(**fields).file, lamps, plan().sensors)


def reborn(talk: Talk, segment: GatewayPlan | None = None) -> Talk:
    """Another start of the gateway on the same store, which has not begun to control."""
    other = Talk(Gateway(segment or plan(), talk.gateway.store, Sender("gateway-boot-2")))
    other._seq = 1000
    return other


# ---- presence and light --------------------------------------------------------------------------------


def test_who_is_present_when_settings_change_keeps_the_light() -> None:
    talk = at_eight()
    assert levels(talk.say("presence", at("21:00"), "p1", active=True)) == [("l1", 100.0, "sensor")]
    assert levels(settings(talk, at("21:00:10"))) == []
    assert levels(talk.gateway.due(at("23:00"))) == []
    talk.say("presence", at("23:00"), "p1", active=False)
    assert levels(talk.gateway.due(at("23:01"))) == [("l1", 20.0, "program")]


def test_who_is_present_when_the_inventory_changes_keeps_the_light() -> None:
    talk = at_eight()
    talk.say("presence", at("21:00"), "p1", active=True)
    lamps = plan().lamps
    assert levels(talk.gateway.reload(with_lamps((FieldLamp("new", street="s", position_mm=1), *lamps)), at("21:01")))
    assert levels(talk.gateway.due(at("23:00"))) == []


@pytest.mark.parametrize("change", ["settings", "inventory"])
def test_a_lost_sensor_stays_lost_until_it_is_heard(change: str) -> None:
    talk = at_eight(sensor_stale_s=600)
    assert talk.gateway.watches.sensors_lost == 3
    if change == "settings":
        settings(talk, at("20:01"), sensor_stale_s=600)
    else:
        more = (FieldLamp("far", street="s", position_mm=900_000), *plan().lamps)
        talk.gateway.reload(with_lamps(more, sensor_stale_s=600), at("20:01"))
    assert levels(talk.gateway.due(at("21:00"))) == []
    assert talk.gateway.watches.sensors_lost == 3
    talk.say("presence", at("21:00:01"), "p1", active=False)
    assert levels(talk.gateway.due(at("21:02"))) == [("l1", 20.0, "program")]


def test_a_dark_day_stays_lit_when_settings_or_inventory_change() -> None:
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"), programs={"p": CELL})
    assert {level for _, level, _ in levels(talk.say("ambient", at("12:20"), "lux", lux=1.0))} == {100.0}
    assert levels(settings(talk, at("12:21"))) == []
    assert levels(talk.gateway.reload(with_lamps(plan().lamps[::-1]), at("12:22"))) == []


def test_a_light_reading_that_comes_before_the_start_counts_at_the_start() -> None:
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"), programs={"p": CELL})
    second = reborn(talk)
    second.say("ambient", at("12:20"), "lux", lux=1.0)
    lit = _states(l0=(100.0, "program"), l1=(100.0, "program"), l2=(100.0, "program"))
    assert levels(second.gateway.start(at("12:20"), lit)) == []
    assert levels(second.say("ambient", at("12:40"), "lux", lux=9000.0)) == [
        (f"l{i}", 0.0, "program") for i in range(3)
    ]


# ---- lamps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level_pct", [0.0, 100.0])
def test_a_lamp_that_starts_anew_by_itself_is_told_again(level_pct: float) -> None:
    talk = at_eight(resend_s=10)
    for lamp in LIT:
        state(talk, at("20:00:05"), lamp, 20.0)
    state(talk, at("21:00"), "l1", level_pct, src="local")
    assert levels(talk.gateway.due(at("21:00:10"))) == [("l1", 20.0, "program")]
    state(talk, at("21:00:11"), "l1", 20.0)
    assert levels(talk.gateway.due(at("22:00"))) == []


def test_a_lamp_that_people_lead_on_the_spot_is_left_to_them() -> None:
    talk = at_eight(resend_s=10)
    for lamp in LIT:
        state(talk, at("20:00:05"), lamp, 20.0)
    state(talk, at("21:00"), "l1", 100.0, src="local", mode="maintenance")
    assert levels(talk.gateway.due(at("22:00"))) == []


def test_a_command_that_was_lost_before_a_reload_is_said_again() -> None:
    talk = at_eight(resend_s=10)
    for lamp in LIT:
        state(talk, at("20:00:05"), lamp, 20.0)
    assert levels(talk.say("presence", at("21:00"), "p1", active=True)) == [("l1", 100.0, "sensor")]
    assert levels(talk.gateway.reload(plan(resend_s=10), at("21:00:05"))) == []
    assert levels(talk.gateway.due(at("21:00:15"))) == [("l1", 100.0, "sensor")]


# ---- overrides -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("restart", [False, True])
def test_an_override_goes_with_its_lamp_into_another_inventory(restart: bool) -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=0, lamps=["l2"], until=at("23:00"))
    other = with_lamps((FieldLamp("new", street="s"), *plan().lamps[::-1]))
    if restart:
        talk = reborn(talk, other)
        told = talk.gateway.start(at("21:01"), _states(**LIT | {"l2": (0.0, "override")}))
    else:
        told = talk.gateway.reload(other, at("21:01"))
    assert levels(told) == [("new", 20.0, "program")]
    assert levels(talk.gateway.due(at("23:00"))) == [("l2", 20.0, "program")]


@pytest.mark.parametrize("restart", [False, True])
def test_an_override_of_a_lamp_that_is_gone_is_over(restart: bool) -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=0, lamps=["l2"], until=at("23:00"))
    other = with_lamps(plan().lamps[:1])
    if restart:
        talk = reborn(talk, other)
        assert levels(talk.gateway.start(at("21:01"), _states(**LIT))) == []
    else:
        assert levels(talk.gateway.reload(other, at("21:01"))) == []
        assert acks(talk.gateway.store)[-1] == ("superseded", "ended")
    assert talk.gateway.store.overrides() == []


def test_the_store_keeps_the_names_of_an_overrides_lamps(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, StoreLimits(), WallClock())
    talk = Talk(Gateway(plan(), store, Sender("gateway-boot-1")))
    talk.gateway.start(at("20:00"))
    talk.command(at("21:00"), level_pct=60, lamps=["l2"], until=at("23:00"))
    store.close()
    again = SqliteStore(tmp_path, StoreLimits(), WallClock())
    assert [(order.lamps, order.lamp_ids) for order in again.overrides()] == [((2,), ("l2",))]
    again.close()


@pytest.mark.parametrize("change", ["settings", "reload"])
def test_a_safety_order_that_could_not_be_stored_holds_through_a_change(change: str) -> None:
    talk = at_eight()
    talk.gateway.store.full = True  # type: ignore[attr-defined]
    talk.command(at("21:00"), level_pct=100, kind="safety", until=at("23:00"))
    talk.gateway.store.full = False  # type: ignore[attr-defined]
    told = settings(talk, at("21:01")) if change == "settings" else talk.gateway.reload(plan(), at("21:01"))
    assert levels(told) == []
    assert levels(talk.gateway.due(at("23:00"))) == [(f"l{i}", 20.0, "program") for i in range(3)]


def test_what_waited_for_the_clock_does_not_come_back_after_a_resume() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=0, lamps=["l0"], until=at("23:00"))
    talk = reborn(talk)
    talk.gateway.clock(at("21:01"), trusted=False)
    talk.gateway.start(at("21:01"))
    talk.command(at("21:02"), op="resume")
    told = levels(talk.gateway.clock(at("21:03"), trusted=True))
    assert told == [(f"l{i}", 20.0, "program") for i in range(3)]


def test_a_clock_set_back_does_not_lengthen_an_override_that_settings_meet_later() -> None:
    """21:30 becomes 20:30, so the half hour that was left ends at 21:00."""
    talk = at_eight()
    talk.command(at("21:00"), level_pct=0, lamps=["l0"], until=at("22:00"))
    talk.gateway.clock(at("20:30"), trusted=True, step_ms=-3_600_000)
    assert levels(settings(talk, at("20:40"))) == []
    assert levels(talk.gateway.due(at("21:00"))) == [("l0", 20.0, "program")]
    assert talk.gateway.store.overrides() == []


# ---- answers -------------------------------------------------------------------------------------------


def test_a_command_that_waits_for_its_lamps_while_settings_change_is_applied() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, lamps=["l0"], until=at("21:30"))
    settings(talk, at("21:00:01"))
    state(talk, at("21:00:02"), "l0", 60.0, src="override")
    talk.gateway.due(at("21:30"))
    assert acks(talk.gateway.store) == [("accepted", "ok"), ("applied", "ok")]


@pytest.mark.parametrize("shown_first", [False, True])
def test_a_command_that_lost_some_lamps_is_applied_when_the_others_show_it(shown_first: bool) -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, lamps=["l0", "l1"], until=at("21:30"))
    if shown_first:
        state(talk, at("21:00:01"), "l1", 60.0)
    talk.command(at("21:00:02"), level_pct=70, lamps=["l0"], until=at("21:40"))
    state(talk, at("21:00:03"), "l1", 60.0)
    assert sorted(acks(talk.gateway.store)) == [("accepted", "ok"), ("accepted", "ok"), ("applied", "ok")]


def test_a_command_that_waits_for_its_lamps_at_a_restart_is_applied_after_it() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=5, lamps=["l0", "l1"], until=at("23:00"))
    state(talk, at("21:00:01"), "l0", 10.0, src="override")
    again = reborn(talk)
    again.gateway.start(at("21:00:02"), _states(**LIT | {"l0": (10.0, "override")}))
    state(again, at("21:00:03"), "l0", 10.0, src="override")
    assert acks(again.gateway.store) == [("accepted", "lifted")]
    state(again, at("21:00:04"), "l1", 10.0, src="override")
    assert acks(again.gateway.store) == [("accepted", "lifted"), ("applied", "ok")]
    said = [json.loads(w.message.payload) for w in again.gateway.store.waiting(9, kind="answer")]
    assert [ack["level_pct"] for ack in said] == [10.0, 10.0] and said[0]["cmd_id"] == said[1]["cmd_id"]
    again.gateway.due(at("21:00:05"))
    third = Talk(Gateway(plan(), again.gateway.store, Sender("gateway-boot-3")))
    third.gateway.start(at("21:01"))
    third.gateway.due(at("23:00"))
    assert len(acks(third.gateway.store)) == 2, "nothing is answered twice"


@pytest.mark.parametrize(
    ("starts", "lamps", "answer"), [("23:00:01", 3, ("expired", "ended")), ("21:01", 2, ("superseded", "ended"))]
)
def test_a_command_that_is_over_after_a_restart_has_its_last_answer(
    starts: str, lamps: int, answer: tuple[str, str]
) -> None:
    """Its time has passed while nobody was there, or its lamp is not in the inventory any more."""
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, lamps=["l2"], until=at("23:00"))
    again = reborn(talk, with_lamps(plan().lamps[:lamps]))
    again.gateway.start(at(starts))
    assert again.gateway.wait_ms(at(starts)) == 0
    again.gateway.due(at(starts))
    assert acks(again.gateway.store) == [("accepted", "ok"), answer]
    assert again.gateway.store.overrides() == []


def test_a_command_that_came_back_with_the_clock_in_doubt_is_applied_when_it_is_right() -> None:
    talk = at_eight()
    talk.command(at("21:00"), level_pct=60, lamps=["l0"], until=at("23:00"))
    again = reborn(talk)
    again.gateway.clock(at("21:01"), trusted=False)
    again.gateway.start(at("21:01"))
    again.gateway.due(at("22:00"))
    assert acks(again.gateway.store) == [("accepted", "ok")]
    assert ("l0", 60.0, "override") in levels(again.gateway.clock(at("22:00"), trusted=True))
    state(again, at("22:00:01"), "l0", 60.0, src="override")
    assert acks(again.gateway.store) == [("accepted", "ok"), ("applied", "ok")]


def test_applied_says_the_level_that_the_lamps_took() -> None:
    """Asked for 5 %, the minimum of these lamps is 10 %."""
    talk = at_eight()
    talk.command(at("21:00"), level_pct=5, lamps=["l0"], until=at("21:30"))
    state(talk, at("21:00:02"), "l0", 10.0)
    kept = [w.message for w in talk.gateway.store.waiting(100)]
    said = [json.loads(m.payload) for m in kept if m.topic.endswith("/ack")]
    assert [(ack["status"], ack["level_pct"]) for ack in said] == [("accepted", 10.0), ("applied", 10.0)]


# ---- programs with dates -------------------------------------------------------------------------------


def test_a_program_that_a_leaping_clock_ended_is_back_with_the_time() -> None:
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    gateway = talk.gateway
    gateway.start(at("12:00"))
    talk.program(at("12:01"), valid_until=at("12:00", 20))
    gateway.due(at("21:00"))
    gateway.clock(at("21:00", 25), trusted=False, step_ms=15 * DAY_MS)
    gateway.due(at("21:00:01", 25))
    told = gateway.clock(at("21:00:05"), trusted=True, step_ms=-15 * DAY_MS)
    assert levels(told) == [(f"l{i}", 20.0, "program") for i in range(3)]


def test_programs_that_are_gone_leave_no_date_to_wake_for() -> None:
    talk = Talk(Gateway(plan(), MemoryStore(), Sender("gateway-boot-1")))
    talk.gateway.start(at("12:00"))
    talk.program(at("12:01"), valid_until=at("22:00"))
    talk.gateway.reload(plan(signers={}), at("13:00"))
    talk.gateway.due(at("22:00"))
    assert talk.gateway.wait_ms(at("22:00")) > 60_000
