"""The link against a real Mosquitto: what it says, hears and remembers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from controllers.broker.private_broker import TUNED
from controllers.gateway.config import BrokerAddress
from controllers.link.backoff import Backoff
from controllers.link.paho_link import MOST_UNACKED, PahoLink
from controllers.link.transport import Outgoing, Subscription, Transport
from slic.errors import InputError
from tests.brokers import Client, Mosquitto, free_port
from tests.controllers.links import ALL, connect, make, opened, problem, run

ROOT = (Subscription("slic/#", 1),)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


def test_it_is_a_transport() -> None:
    link: Transport = make(1)
    assert not link.connected and link.connections == 0 and link.problem == "" and not link.taken_over


def test_what_is_said_arrives_and_what_comes_is_heard(broker: Mosquitto) -> None:
    link = connect(make(broker.port), (Subscription("slic/in", 1),))
    with Client(broker.port) as other:
        other.subscribe("slic/out")
        token = link.publish(Outgoing("slic/out", b"\x00lamp", 1, True, 60))
        other.publish("slic/in", b"hello", qos=1, expiry_s=30)
        heard = run(link, lambda came: came)
        run(link, lambda _: token in link.delivered())
        (sent,) = other.wait_for(1)
    assert (sent.payload, sent.qos, sent.retain) == (b"\x00lamp", 1, True)
    assert 0 < sent.properties.MessageExpiryInterval <= 60
    assert (heard[0].topic, heard[0].payload, heard[0].qos, heard[0].retain) == ("slic/in", b"hello", 1, False)
    assert heard[0].expiry_s is not None and 0 < heard[0].expiry_s <= 30
    link.close()


def test_commands_come_without_retained_ones_but_with_their_flag(broker: Mosquitto) -> None:
    with Client(broker.port) as other:
        other.publish("slic/cmd", b"old", retain=True)
        other.publish("slic/state", b"known", retain=True)
        link = opened(make(broker.port), (Subscription("slic/cmd", 1, True), Subscription("slic/state", 1)))
        came = run(link, lambda _: link.connected)
        other.publish("slic/cmd", b"live but retained", retain=True)
        came += run(link, lambda more: len(came + more) == 2)
    assert {(m.payload, m.retain) for m in came} == {(b"known", True), (b"live but retained", True)}
    link.close()


def test_messages_wait_at_the_broker_while_the_link_is_away(broker: Mosquitto) -> None:
    connect(make(broker.port), ROOT).close()
    with Client(broker.port) as other:
        other.publish("slic/cmd", b"while you were away")
    link = opened(make(broker.port), ROOT)
    assert [m.payload for m in run(link, lambda came: came)] == [b"while you were away"]
    link.close()


def test_without_a_session_nothing_waits(broker: Mosquitto) -> None:
    connect(make(broker.port, session=False), ROOT).close()
    with Client(broker.port) as other:
        other.publish("slic/cmd", b"missed")
        link = connect(make(broker.port, session=False), ROOT)
        other.publish("slic/cmd", b"live")
        assert [m.payload for m in run(link, lambda came: came)] == [b"live"]
    link.close()


def test_the_last_word_replaces_the_will(broker: Mosquitto) -> None:
    will = Outgoing("slic/status", b"lost", 1, True)
    with Client(broker.port) as other:
        other.subscribe("slic/status")
        connect(make(broker.port), will=will).close(Outgoing("slic/status", b"offline", 1, True))
        other.wait_for(1)
        connect(make(broker.port, "second"), will=will).close()
        other.publish("slic/status", b"marker")
        assert [m.payload for m in other.wait_for(2)] == [b"offline", b"marker"]


def test_a_lost_link_leaves_its_will(broker: Mosquitto) -> None:
    with Client(broker.port) as other:
        other.subscribe("slic/status")
        link = connect(make(broker.port), will=Outgoing("slic/status", b"lost", 1, True), will_delay_s=0)
        broker_side_end(link)
        assert other.wait_for(1)[0].payload == b"lost"


def broker_side_end(link: PahoLink) -> None:
    """The process is gone: its socket closes without a word."""
    assert link._connection is not None
    link._connection._socket.close()


def test_it_comes_back_after_the_broker_was_restarted_and_sends_what_was_under_way(broker: Mosquitto) -> None:
    link = connect(make(broker.port), ROOT)
    with broker.frozen():
        tokens = [link.publish(Outgoing("slic/record", str(n).encode(), 1)) for n in range(120)]
        link.wait(0.01)
        broker.kill()
    run(link, lambda _: not link.connected)
    assert "broker" in link.problem and link.publish(Outgoing("slic/record", b"no", 1)) is None
    broker.start()
    delivered: list[int] = []
    came = run(link, lambda _: delivered.extend(link.delivered()) or len(delivered) == len(tokens))
    came += run(link, lambda more: len({m.payload for m in came + more}) == len(tokens))
    assert link.connections == 2 and link.problem == ""
    assert sorted(delivered) == tokens
    assert {m.payload for m in came} == {str(n).encode() for n in range(120)}
    link.close()


# tests/e2e/test_broker_restart.py does the same with a whole gateway in every run
@pytest.mark.slow
def test_twenty_restarts_lose_nothing(broker: Mosquitto) -> None:
    link = connect(make(broker.port), ROOT)
    for number in range(2, 22):
        broker.kill()
        broker.start()
        run(link, lambda _, number=number: link.connections == number and link.connected)
        token = link.publish(Outgoing("slic/record", b"x", 1))
        run(link, lambda came, token=token: came and token in link.delivered())
    link.close()


def test_a_broker_that_falls_silent_is_noticed_and_does_not_hold_up_the_caller(broker: Mosquitto) -> None:
    link = connect(make(broker.port, keepalive_s=5), ROOT)
    with broker.frozen():
        longest_s = 0.0
        while link.connected:
            began = time.monotonic()
            link.wait(0.05)
            longest_s = max(longest_s, time.monotonic() - began)
        assert "has not been heard for 5 s" in link.problem
        run(link, lambda _: "does not answer" in link.problem)
    assert longest_s < 5, "a wait of 50 ms took as long as the keep-alive"
    run(link, lambda _: link.connected)
    link.close()


def test_a_refused_subscription_is_not_connected(tmp_path: Path) -> None:
    """Mosquitto 2.0 grants what its access list will never deliver, but not a filter that its plugin interface denies:
    a QoS above its maximum is granted lower, which is refused here as well."""
    with Mosquitto(tmp_path, (*TUNED, "max_qos 0")) as broker:
        text = problem(make(broker.port))
    assert "refuses to subscribe # (Granted QoS 0)" in text


def test_a_refused_publication_is_said_and_not_delivered(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic read #\ntopic write slic/mine\n")
    with Mosquitto(tmp_path, (*TUNED, f"acl_file {tmp_path / 'acl'}")) as broker:
        link = connect(make(broker.port))
        theirs = link.publish(Outgoing("slic/theirs", b"x", 1))
        mine = link.publish(Outgoing("slic/mine", b"x", 1))
        delivered: list[int] = []
        run(link, lambda _: delivered.extend(link.delivered()) or mine in delivered)
        assert delivered == [mine] and link.refused() == [theirs]
        assert link.problem == "the broker does not take slic/theirs: Not authorized"
        assert link.connected
        link.close()


def test_a_message_beyond_the_brokers_size_is_refused_and_the_connection_stays(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, (*TUNED, "max_packet_size 2000")) as broker:
        link = connect(make(broker.port))
        large = link.publish(Outgoing("slic/large", bytes(3000), 1))
        small = link.publish(Outgoing("slic/small", bytes(1000), 1))
        run(link, lambda _: small in link.delivered())
        assert link.refused() == [large] and link.connections == 1
        assert "larger than its limit" in link.problem
        assert link.publish(Outgoing("slic/large", bytes(3000), 0)) is None
        link.close()


def test_what_expired_while_the_broker_was_away_is_not_sent(broker: Mosquitto) -> None:
    link = connect(make(broker.port), ROOT)
    with broker.frozen():
        short = link.publish(Outgoing("slic/lamp/cmd", b"short", 1, False, 1))
        long = link.publish(Outgoing("slic/lamp/cmd", b"long", 1, False, 600))
        link.wait(0)
        broker.kill()
    began = time.monotonic()
    run(link, lambda _: time.monotonic() - began > 1.1)
    broker.start()
    came = run(link, lambda _: long in link.delivered())
    came += run(link, lambda more: [m for m in came + more if m.payload == b"long"])
    assert link.refused() == [short]
    assert [m.payload for m in came] == [b"long"]
    assert came[0].expiry_s is not None and came[0].expiry_s < 600
    link.close()


def test_no_more_is_taken_than_can_be_kept(broker: Mosquitto) -> None:
    link = connect(make(broker.port))
    with broker.frozen():
        taken = 0
        while link.publish(Outgoing("slic/x", b"x", 1)) is not None:
            taken += 1
        assert taken == MOST_UNACKED
    delivered: list[int] = []
    run(link, lambda _: delivered.extend(link.delivered()) or len(delivered) == taken)
    link.close()


def test_nobody_at_home() -> None:
    port = free_port()
    assert problem(make(port)) == f"no broker listens at 127.0.0.1:{port} (connection refused)"


def test_no_tls_beyond_this_machine() -> None:
    with pytest.raises(InputError, match=r"broker\.host: 'broker\.example' needs TLS"):
        PahoLink(BrokerAddress(host="broker.example"), "g", Path(), Random(1))
    for host in ("127.0.0.1", "127.3.2.1", "::1", "localhost"):
        PahoLink(BrokerAddress(host=host), "g", Path(), Random(1))


def test_wait_waits_when_there_is_nothing_to_do() -> None:
    link = make(free_port())
    began = time.monotonic()
    assert link.wait(0.05) == []
    assert time.monotonic() - began >= 0.05
    link.close()


def test_pauses_double_to_half_a_minute_and_start_anew_after_a_good_connection() -> None:
    backoff = Backoff(Random(7))
    pauses = [backoff.pause_s() for _ in range(12)]
    bounds = [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(pauses, bounds, strict=True))
    assert len({round(pause / bound, 6) for pause, bound in zip(pauses, bounds, strict=True)}) == 12
    assert 0.5 <= backoff.pause_s(lasted_s=1) <= 1
    assert backoff.pause_s(lasted_s=60) <= 0.25


def test_closing_before_it_ever_connected() -> None:
    link = make(free_port())
    link.open(ALL)
    link.wait(0)
    link.close(Outgoing("slic/status", b"offline", 1))
    assert not link.connected
