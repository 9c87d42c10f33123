"""Traps of the library that the link must not fall into, each against a real Mosquitto, and brokers that misbehave."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controllers.link.paho_connection import INFLIGHT
from controllers.link.paho_link import BACKLOG_BYTES
from controllers.link.transport import Outgoing, Received, Subscription
from tests.brokers import Client, Mosquitto
from tests.controllers.fake_broker import CONNACK, SUBACK_QOS_1, TAKEN_OVER, FakeBroker, publish
from tests.controllers.links import ALL, connect, make, opened, run

ROOT = (Subscription("slic/#", 1),)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


def test_no_more_than_the_brokers_window_is_under_way(tmp_path: Path) -> None:
    """Above a hundred under way the library slows down by squares, and above the broker's own maximum Mosquitto ends
    the connection: both are met by a window of fifty or less."""
    assert INFLIGHT <= 100
    with Mosquitto(tmp_path, ("allow_anonymous true", "max_inflight_messages 3")) as broker:
        link = connect(make(broker.port))
        tokens = [link.publish(Outgoing("slic/x", b"x", 1)) for _ in range(500)]
        delivered: list[int] = []
        run(link, lambda _: delivered.extend(link.delivered()) or len(delivered) == 500)
        assert delivered == tokens and link.connections == 1
        link.close()


def test_an_exception_of_the_callers_is_the_callers_and_the_connection_lives(broker: Mosquitto) -> None:
    """In the library's own thread it would end that thread, and ``is_connected()`` would go on saying yes."""
    link = connect(make(broker.port), ROOT)
    with Client(broker.port) as other:
        other.publish("slic/bad", b"no json")
        with pytest.raises(ZeroDivisionError):
            run(link, lambda came: came and 1 / 0)
        other.publish("slic/good", b"next")
        assert [m.payload for m in run(link, lambda came: came)] == [b"next"]
    link.close()


def test_nothing_runs_on_another_thread_once_connected(broker: Mosquitto) -> None:
    before = set(threading.enumerate())
    link = connect(make(broker.port), ROOT)
    link.publish(Outgoing("slic/x", b"x", 1))
    run(link, lambda came: came)
    assert {t for t in threading.enumerate() if t not in before and t.name != "connect"} == set()
    link.close()


def test_a_slow_network_does_not_eat_memory(broker: Mosquitto) -> None:
    """QoS 0 has no acknowledgement that would slow the sender down: the library would queue without a bound."""
    link = connect(make(broker.port))
    message = Outgoing("slic/x", bytes(10_000), 0)
    with broker.frozen():
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        taken = sum(link.publish(message) is not None for _ in range(20_000))
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    assert taken < 2000, "200 MB were offered to a broker that reads nothing"
    assert grown_kib < 8 * BACKLOG_BYTES / 1024
    run(link, lambda _: link.publish(message) is not None)
    assert link.connections == 1
    link.close()


def test_what_was_not_acknowledged_comes_again(broker: Mosquitto) -> None:
    """The library acknowledges when its callback returns, be the message in safe hands or not."""
    link = connect(make(broker.port), ROOT)
    with Client(broker.port) as other:
        for n in range(4):
            other.publish("slic/cmd", str(n).encode())
    first = run(link, lambda came: len(came) == 4, acknowledge=False)
    for message in (first[0], first[1], first[3]):
        link.acknowledge(message)
    link.close()
    link = opened(make(broker.port), ROOT)
    assert [m.payload for m in run(link, lambda came: len(came) == 2)] == [b"2", b"3"]  # the last one waited
    link.close()
    link = opened(make(broker.port), ROOT)
    came = run(link, lambda _: link.connected)
    with Client(broker.port) as other:
        other.publish("slic/cmd", b"marker")
    assert [m.payload for m in came + run(link, lambda more: came + more)] == [b"marker"]
    link.close()


def test_an_acknowledgement_for_a_lost_connection_is_not_taken_for_another_message(broker: Mosquitto) -> None:
    link = connect(make(broker.port), ROOT)
    with Client(broker.port) as other:
        other.publish("slic/cmd", b"before")
        old = run(link, lambda came: came, acknowledge=False)[0]
        broker.restart()
        run(link, lambda _: link.connections == 2)
    with Client(broker.port) as other:
        other.publish("slic/cmd", b"after")
        new = run(link, lambda came: came, acknowledge=False)[0]
    assert (new.payload, new.token & 0xFFFF) == (b"after", old.token & 0xFFFF), "the broker counts from 1 again"
    link.acknowledge(old)
    link.close()
    link = opened(make(broker.port), ROOT)
    assert [m.payload for m in run(link, lambda came: came)] == [b"after"]
    link.close()


def test_a_link_that_came_back_is_not_deaf(broker: Mosquitto) -> None:
    """A broker without a memory has forgotten the subscriptions."""
    link = connect(make(broker.port), ROOT)
    broker.kill()
    broker.start()
    run(link, lambda _: link.connections == 2)
    with Client(broker.port) as other:
        other.publish("slic/cmd", b"heard")
        assert [m.payload for m in run(link, lambda came: came)] == [b"heard"]
    link.close()


def test_many_messages_at_once_are_all_heard(broker: Mosquitto) -> None:
    """What the library has read but not handled would stay until the next message if the socket alone were asked."""
    link = connect(make(broker.port), ROOT)
    with Client(broker.port) as other:
        for n in range(3000):
            other.paho.publish("slic/x", str(n), qos=n % 2)
        came = run(link, lambda came: len(came) == 3000)
    assert sorted(int(m.payload) for m in came) == list(range(3000))
    assert [int(m.payload) for m in came if m.qos == 1] == list(range(1, 3000, 2))
    link.close()


def test_taken_over_by_another_client_of_the_same_name() -> None:
    with FakeBroker(CONNACK + SUBACK_QOS_1 + TAKEN_OVER) as broker:
        link = opened(make(broker.port), ROOT)
        run(link, lambda _: link.taken_over)
        assert link.problem == "another client with the name el-g0042 took the connection over"
        began = time.monotonic()
        while time.monotonic() - began < 1:
            link.wait(0.1)
        assert len(broker.heard) == 1, "it does not fight for the name"
        link.close()


def test_a_topic_that_is_no_text_is_dropped_and_acknowledged_and_the_next_is_heard() -> None:
    speech = CONNACK + SUBACK_QOS_1 + publish(b"slic/\xff", b"bad", 7) + publish(b"slic/good", b"next", 8)
    with FakeBroker(speech) as broker:
        link = opened(make(broker.port), ROOT)
        (message,) = run(link, lambda came: came)
        assert message[:2] == ("slic/good", b"next")
        link.wait(0.1)
        run(
            link,
            lambda _: bytes.fromhex("40020007") in broker.heard[0] and bytes.fromhex("40020008") in broker.heard[0],
        )
        link.close()


@pytest.mark.parametrize(
    ("speech", "words"),
    [
        (bytes.fromhex("2003008700"), "refuses the connection: Not authorized"),
        (bytes.fromhex("2003008800"), "refuses the connection: Server unavailable"),
        (CONNACK + bytes.fromhex("900400010087"), "refuses to subscribe # (Not authorized)"),
        (CONNACK + SUBACK_QOS_1 + bytes.fromhex("e0018b"), "ended the connection: Server shutting down"),
        (b"", "closed the connection"),
    ],
)
def test_what_a_broker_says_instead_becomes_a_sentence(speech: bytes, words: str) -> None:
    with FakeBroker(speech, close=True) as broker:
        link = opened(make(broker.port), ALL)
        run(link, lambda _: words in link.problem)
        link.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.binary(max_size=40), st.just(publish(b"slic/x", b"{}", 3))), max_size=6))
def test_bytes_from_a_broker_gone_mad_never_raise(pieces: list[bytes]) -> None:
    with FakeBroker(CONNACK + SUBACK_QOS_1 + b"".join(pieces), close=True) as broker:
        link = opened(make(broker.port), ROOT)
        came: list[Received] = []
        deadline = time.monotonic() + 20
        while "broker" not in link.problem and time.monotonic() < deadline:
            came += link.wait(0.05)
        assert link.problem and not link.connected
        assert len(came) <= 100
        link.close()
