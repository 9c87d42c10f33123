"""A machine whose clock falls to 1970, at its start or later: the ladder holds, and nothing is dark."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controllers.gateway.config import Issuer
from controllers.gateway.plan import GatewayPlan
from controllers.link.transport import Received
from tests.controllers.test_loop import LAMPS, NIGHT_MS, PLAN, Rig

HOUR_MS = 3_600_000
NOON_MS = NIGHT_MS - 10 * HOUR_MS
"""2026-12-01 12:00 UTC: bright in Etten-Leur, so lamps are off by the astronomical default."""
IN_1970_MS = 1000
FILE = PLAN.file.model_copy(
    update={"issuers": [Issuer(name="control-room", kinds=["override", "safety"])], "resend_s": 0, "safe_level_pct": 70}
)


def started(wall_ms: int, level_pct: float) -> Rig:
    """A gateway that began when the clock said ``wall_ms``, with lamps at a level."""
    rig = Rig()
    rig.clock.wall_ms = wall_ms
    rig.gateway.reload(GatewayPlan(FILE, LAMPS, PLAN.sensors), wall_ms)
    rig.wire.connects()
    rig.wire.arrive(*(rig.state(lamp.id, level_pct) for lamp in LAMPS))
    rig.turns(2)
    assert rig.loop.started
    return rig


def override(rig: Rig, seq: int, **fields: Any) -> tuple[str, str]:
    """Status and code of the answer to an override; its issuer's clock is right."""
    t_ms = NIGHT_MS
    given = {
        "op": "set", "lamps": ["l001"], "level_pct": 50, "by": "control-room", "reason": "test",
        "exp": t_ms + 2 * HOUR_MS, "until": t_ms + 3 * HOUR_MS, **fields,
    }  # fmt: skip
    message = rig.field.message("command", t_ms, **given)
    payload = json.dumps(json.loads(message.payload) | {"seq": seq}).encode()
    rig.wire.arrive(Received(message.topic, payload, 1, False))
    rig.turns(2)
    said = [json.loads(m.payload) for m in rig.wire.out if m.topic.endswith("/_/ack")]
    return said[-1]["status"], said[-1]["code"]


@pytest.mark.parametrize(
    ("before_ms", "level_pct", "source"), [(NIGHT_MS, 100, "astro-default"), (NOON_MS, 0, "astro-default")]
)
def test_a_running_gateway_goes_to_the_safe_level_and_comes_back(before_ms: int, level_pct: float, source: str) -> None:
    rig = started(before_ms, level_pct)
    assert rig.gateway.rungs() == {"all": source}
    rig.wire.out.clear()
    rig.clock.wall_ms = IN_1970_MS
    rig.turns(2)
    assert not rig.gateway.clock_trusted
    assert rig.gateway.rungs() == {"all": "safe"}
    assert rig.commands() == {lamp.id: 70.0 for lamp in LAMPS}
    rig.turns(100)
    assert set(rig.commands().values()) == {70.0}, "nor later"
    rig.wire.out.clear()
    rig.clock.wall_ms = before_ms + 60_000
    rig.turns(2)
    assert rig.gateway.clock_trusted and rig.gateway.rungs() == {"all": source}
    assert set(rig.commands().values()) == {level_pct}


def test_in_1970_overrides_from_afar_are_refused_and_safety_is_obeyed() -> None:
    rig = started(NIGHT_MS, 100)
    rig.clock.wall_ms = IN_1970_MS
    rig.turns(2)
    assert override(rig, 1) == ("rejected", "clock_untrusted")
    assert rig.gateway.refused["clock_untrusted"] == 1
    assert override(rig, 2, kind="safety", level_pct=90) == ("accepted", "ok")
    assert rig.commands()["l001"] == 90.0
    rig.clock.wall_ms = NIGHT_MS + 60_000
    rig.turns(2)
    assert override(rig, 3) in {("accepted", "ok"), ("superseded", "superseded")}, "judged by the clock again"


def test_an_override_in_force_holds_in_1970_and_ends_at_its_end_at_the_latest() -> None:
    rig = started(NIGHT_MS, 100)
    assert override(rig, 1, until=NIGHT_MS + HOUR_MS) == ("accepted", "ok")
    rig.clock.wall_ms = IN_1970_MS
    rig.turns(100)
    assert rig.commands() == {"l001": 50.0, "l002": 70.0, "l003": 70.0}
    rig.clock.wall_ms = NIGHT_MS + 60_000
    rig.turns(2)
    rig.clock.passes(HOUR_MS)
    rig.turns(2)
    assert rig.commands() == {lamp.id: 100.0 for lamp in LAMPS} and rig.store.overrides() == []


@pytest.mark.parametrize("in_between_ms", [10_000, 50 * 60_000])
def test_an_override_holds_on_to_its_own_end_when_the_clock_is_right_again(in_between_ms: int) -> None:
    rig = started(NIGHT_MS, 100)
    assert override(rig, 1, until=NIGHT_MS + HOUR_MS) == ("accepted", "ok")
    right_ms = rig.clock.wall_ms - rig.clock.steady_ms
    rig.clock.wall_ms = IN_1970_MS
    rig.turns(2)
    rig.clock.passes(in_between_ms)
    rig.turns(2)
    rig.wire.out.clear()
    rig.clock.wall_ms = right_ms + rig.clock.steady_ms
    rig.turns(2)
    assert rig.gateway.clock_trusted
    assert rig.commands() == {"l001": 50.0, "l002": 100.0, "l003": 100.0}
    rig.clock.passes(NIGHT_MS + HOUR_MS - 1 - rig.clock.wall_ms)
    rig.turns(1)
    assert [order.id for order in rig.store.overrides()] == [order.id for order in rig.gateway.controller.orders]
    assert rig.commands()["l001"] == 50.0
    rig.clock.passes(1)
    rig.turns(2)
    assert rig.commands() == {lamp.id: 100.0 for lamp in LAMPS} and rig.store.overrides() == []


def test_an_override_whose_end_has_passed_meanwhile_does_not_come_back() -> None:
    rig = started(NIGHT_MS, 100)
    override(rig, 1, until=NIGHT_MS + HOUR_MS)
    rig.clock.wall_ms = IN_1970_MS
    rig.turns(2)
    rig.wire.out.clear()
    rig.clock.wall_ms = NIGHT_MS + HOUR_MS
    rig.turns(3)
    assert rig.commands() == {lamp.id: 100.0 for lamp in LAMPS} and rig.store.overrides() == []


def test_a_safety_order_of_1970_holds_to_the_end_that_its_issuer_named() -> None:
    rig = started(NIGHT_MS, 100)
    rig.clock.wall_ms = IN_1970_MS
    rig.turns(2)
    assert override(rig, 1, kind="safety", level_pct=90, until=NIGHT_MS + HOUR_MS) == ("accepted", "ok")
    rig.wire.out.clear()
    rig.clock.wall_ms = NIGHT_MS + 60_000
    rig.turns(2)
    assert rig.commands() == {"l001": 90.0, "l002": 100.0, "l003": 100.0}
    rig.clock.passes(HOUR_MS - 60_000 - (rig.clock.wall_ms - NIGHT_MS - 60_000))
    rig.turns(2)
    assert rig.commands()["l001"] == 100.0 and rig.store.overrides() == []


def test_a_clock_that_leaps_ahead_and_back_does_not_end_an_override() -> None:
    rig = started(NIGHT_MS, 100)
    override(rig, 1, until=NIGHT_MS + HOUR_MS)
    rig.clock.wall_ms += 48 * HOUR_MS
    rig.turns(2)
    assert not rig.gateway.clock_trusted
    rig.clock.wall_ms -= 48 * HOUR_MS
    rig.turns(2)
    assert rig.gateway.clock_trusted and rig.commands()["l001"] == 50.0
    assert [order.expiry_ms for order in rig.gateway.controller.orders] == [NIGHT_MS + HOUR_MS]


def test_a_gateway_that_starts_in_1970_lights_its_lamps_and_mends() -> None:
    rig = started(IN_1970_MS, 0)
    assert not rig.gateway.clock_trusted
    assert rig.gateway.rungs() == {"all": "safe"}
    assert rig.commands() == {lamp.id: 70.0 for lamp in LAMPS}
    assert override(rig, 1) == ("rejected", "clock_untrusted")
    rig.clock.wall_ms = NIGHT_MS
    rig.turns(2)
    assert rig.gateway.clock_trusted and rig.gateway.rungs() == {"all": "astro-default"}
    assert set(rig.commands().values()) == {100.0}
    assert override(rig, 2) == ("accepted", "ok")
