"""Whatever is said to a gateway on its channels: no exception, no lamp told another level, and memory stays flat.

A million messages, on demand: ``python -m pytest -n 0 -m slow tests/controllers/test_fuzz.py -s``
"""

from __future__ import annotations

import gc
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.gateway.gateway import Gateway
from controllers.link.transport import Outgoing
from slic.messages.codes import CODES
from slic.messages.examples import EXAMPLES
from tests.controllers.hostile import BASE, LAMPS, NIGHT_MS, SUBSCRIBED, VERSION, Hostile, at, attacked

STEP_MS = 2
"""Between two messages: a million take 33 minutes, less than the hour after which a silent sensor counts as lost."""
PAGE_BYTES = 4096


def commands(messages: list[Outgoing]) -> list[tuple[str, float]]:
    """Lamps that are told a level."""
    told = [m for m in messages if m.topic.endswith("/cmd")]
    return [(m.topic.split("/")[-2], json.loads(m.payload)["level_pct"]) for m in told]


def levels(gateway: Gateway) -> set[tuple[int, str]]:
    """What the lamps are to show, and who decided."""
    decisions = [gateway.why(lamp) for lamp in LAMPS]
    return {(decision.level_pm, decision.source) for decision in decisions if decision is not None}


def held_bytes() -> int:
    """Memory of this process that is in use (Linux)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


class Siege:
    """Says hostile messages to a gateway, and looks at all it says."""

    def __init__(self, seed: int) -> None:
        self.gateway = attacked()
        self.hostile = Hostile(seed)
        self.sent = 0
        self.refused_before = sum(self.gateway.refused.values())
        self.gateway.acknowledgements()
        self._drain()

    def go_on(self, count: int) -> None:
        for _ in range(count):
            t_ms = NIGHT_MS + self.sent * STEP_MS
            self.hostile.t_ms = t_ms
            received = self.hostile.draw()
            out = self.gateway.handle(received, t_ms)
            self.sent += 1
            self._look(out, received)
            assert self.gateway.acknowledgements() == [received], "the broker would wait for it"
            if self.sent % 500 == 0:
                self._look(self.gateway.due(t_ms), received)
                self._drain()

    def _look(self, out: list[Outgoing], received: Any) -> None:
        for message in out:
            assert message.topic.startswith(f"{BASE}/_/"), f"{received} made it say {message}"

    def _drain(self) -> None:
        """Give what waits for the broker away; no answer says that something was obeyed."""
        store = self.gateway.store
        waiting = store.waiting(1_000_000)
        store.sent([one.number for one in waiting])
        said = [json.loads(one.message.payload) for one in waiting if one.message.topic.endswith("/ack")]
        new = [answer for answer in said if answer["cmd_id"] != EXAMPLES["SegmentCommand"]["id"]]
        assert {answer["status"] for answer in new} <= {"rejected", "expired"}, "only the first command was obeyed"

    def ends_unharmed(self) -> None:
        gateway = self.gateway
        assert levels(gateway) == {(400, "program")}
        assert gateway.store.overrides() == []
        assert [version for version, _ in gateway.store.documents("program")] == [VERSION]
        assert [version for version, _ in gateway.store.documents("config")] == [2]
        assert sum(gateway.refused.values()) - self.refused_before == self.sent, dict(gateway.refused)
        assert gateway.refused.keys() <= CODES.keys()


def test_fifty_thousand_hostile_messages_change_nothing() -> None:
    siege = Siege(seed=1)
    siege.go_on(10_000)
    before = held_bytes()
    siege.go_on(40_000)
    assert held_bytes() - before < 4_000_000
    siege.ends_unharmed()
    missing = {"ok", "lifted", "store_full", "not_stored", "superseded", "ended", "clock_untrusted"}
    assert siege.gateway.refused.keys() >= CODES.keys() - missing, "each code was drawn"
    fresh = EXAMPLES["Presence"] | {"boot": "a-new-start", "seq": 1}
    heard = siege.gateway.handle(at("presence", fresh), NIGHT_MS + siege.sent * STEP_MS)
    assert {level for _, level in commands(heard)} == {100.0}, "the gateway lives, and good messages count"


@pytest.mark.slow
def test_a_million_hostile_messages_change_nothing() -> None:
    siege = Siege(seed=2)
    siege.go_on(100_000)
    before, began_s = held_bytes(), time.monotonic()
    siege.go_on(900_000)
    took_s, grown = time.monotonic() - began_s, held_bytes() - before
    print(f"900,000 messages in {took_s:.0f} s, {900_000 / took_s:.0f}/s, memory {grown / 1e6:+.1f} MB")
    assert grown < 4_000_000
    siege.ends_unharmed()


# ---- structure-aware ---------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NOT_OURS = {"presence": "p99", "ambient": "a99", "state": "l999", "telemetry": "l999", "event": "z1", "ack": "l999"}


@st.composite
def almost_good(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A channel and an example of its payload, with some fields replaced by anything or left out."""
    channel = draw(st.sampled_from(sorted(SUBSCRIBED)))
    example = EXAMPLES[SUBSCRIBED[channel][0]]
    fields = st.sampled_from(sorted(example))
    changed = example | draw(st.dictionaries(fields | st.text(max_size=5), JSON, max_size=3))
    left_out = draw(st.sets(fields, max_size=2))
    return channel, {key: value for key, value in changed.items() if key not in left_out}


@given(said=almost_good(), retain=st.booleans(), later_ms=st.integers(-(1 << 40), 1 << 40))
@settings(max_examples=150)
def test_whatever_a_stranger_says_changes_nothing(
    said: tuple[str, dict[str, Any]], retain: bool, later_ms: int
) -> None:
    channel, message = said
    if channel == "cmd":
        message = message | {"by": "stranger"}
    gateway = attacked()
    out = gateway.handle(at(channel, message, NOT_OURS.get(channel, ""), retain), NIGHT_MS + later_ms)
    assert commands(out) == []
    assert levels(gateway) == {(400, "program")}


@given(topic=st.text(max_size=80) | st.text(alphabet="abl017_/-+#$", max_size=40), payload=st.binary(max_size=200))
@settings(max_examples=150)
def test_any_topic_and_any_bytes_are_refused(topic: str, payload: bytes) -> None:
    gateway = attacked()
    before = sum(gateway.refused.values())
    for place in (topic, f"{BASE}/{topic}", f"{BASE}/l017/state"):
        assert gateway.handle(at("state", payload)._replace(topic=place), NIGHT_MS) == []
    assert sum(gateway.refused.values()) == before + 3


def test_a_clock_message_moves_no_gateway_that_follows_none() -> None:
    gateway = attacked()
    for op in ("join", "begin", "tick", "trust"):
        message = EXAMPLES["Clock"] | {"op": op, "trusted": False, "ts": 0}
        assert gateway.handle(at("ping", message)._replace(topic=f"{BASE}/_/clock"), NIGHT_MS) == []
    assert levels(gateway) == {(400, "program")} and gateway.clock_trusted
