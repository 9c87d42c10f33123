"""A hundred thousand retained lamp states: all of them, or it is noticed that some are missing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from controllers.broker.private_broker import TUNED
from controllers.link.paho_link import PahoLink
from controllers.link.transport import Outgoing, Subscription
from controllers.service.snapshot import Snapshot
from slic.messages.payloads import LampState
from slic.messages.topics import parse_topic, topic
from tests.brokers import Mosquitto
from tests.controllers.links import connect, make, opened

STATES = (Subscription("slic/v1/+/+/+/state", 1),)
DEFAULTS = ("allow_anonymous true", "persistence false")


def _topics(lamps: int) -> list[str]:
    """A hundred lamps to a segment."""
    return [topic("town", f"t-{n // 100:04d}", f"l{n % 100:03d}", "state") for n in range(lamps)]


def _state(number: int) -> bytes:
    uuid = str(UUID(int=number))
    state = LampState(
        id=uuid,
        ts=1_700_000_000_000,
        boot="0123456789ab",
        seq=0,
        level_pct=20,
        target_pct=20,
        mode="auto",
        src="program",
    )
    return state.model_dump_json(exclude_none=True).encode()


def _publish(port: int, topics: Sequence[str]) -> None:
    link = connect(make(port, "field"))
    payload = _state(1)
    left = iter(topics)
    delivered = 0
    waiting: str | None = next(left)
    while delivered < len(topics):
        while waiting is not None and link.publish(Outgoing(waiting, payload, 1, True, 90_000)) is not None:
            waiting = next(left, None)
        link.wait(1)
        delivered += len(link.delivered())
        assert link.connections == 1 and not link.refused(), link.problem
    link.close()


def _segment_lamp(text: str) -> str:
    parsed = parse_topic(text)
    assert parsed is not None
    return f"{parsed.segment}/{parsed.node}"


def _receive(port: int, snapshot: Snapshot, idle_s: float) -> PahoLink:
    """Receive until it is whole or nothing came for so long."""
    link = opened(make(port, "core"), STATES)
    heard_s = time.monotonic()
    while not snapshot.complete and (not link.connected or time.monotonic() - heard_s < idle_s):
        for message in link.wait(0.2):
            heard_s = time.monotonic()
            assert message.retain and message.expiry_s is not None
            snapshot.saw(_segment_lamp(message.topic))
            link.acknowledge(message)
    return link


def test_a_city_is_received_whole(tmp_path: Path) -> None:
    topics = _topics(100_000)
    with Mosquitto(tmp_path, TUNED) as broker:
        _publish(broker.port, topics)
        snapshot = Snapshot(_segment_lamp(one) for one in topics)
        _receive(broker.port, snapshot, 10).close()
    assert snapshot.missing() == []


def test_a_broker_with_its_own_settings_loses_most_of_it_and_the_count_says_so(tmp_path: Path) -> None:
    """Mosquitto's default queue holds 1,000 messages and drops the others without a word."""
    topics = _topics(5000)
    with Mosquitto(tmp_path, DEFAULTS) as broker:
        _publish(broker.port, topics)
        snapshot = Snapshot(_segment_lamp(one) for one in topics)
        _receive(broker.port, snapshot, 1).close()
    assert not snapshot.complete
    assert 3000 < len(snapshot.missing()) < 5000


def test_the_count() -> None:
    snapshot = Snapshot(["a", "b", "c"])
    assert not snapshot.complete
    for one in ("b", "b", "nobody"):
        snapshot.saw(one)
    assert snapshot.missing() == ["a", "c"]
    snapshot.saw("a")
    snapshot.saw("c")
    assert snapshot.complete and snapshot.missing() == []
    assert Snapshot([]).complete
