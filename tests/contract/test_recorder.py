"""The recorder notices each kind of fault, on a real broker, and nothing where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from slic.messages.asyncapi import address
from slic.messages.channels import CHANNELS
from slic.messages.examples import EXAMPLES
from tests.brokers import HOST, Client, EmbeddedBroker, Mosquitto, eventually
from tests.contract.recorder import Recorder
from tests.contract.whole_run import EXERCISED

SEGMENT = "slic/v1/ettenleur/el-g0042"
CMD, STATE, PRESENCE, HEALTH = (
    f"{SEGMENT}/_/cmd",
    f"{SEGMENT}/l017/state",
    f"{SEGMENT}/p03/presence",
    f"{SEGMENT}/_/health",
)


@pytest.fixture
def recorder(mosquitto: Mosquitto) -> Iterator[Recorder]:
    found = Recorder(HOST, mosquitto.port, exercised=set())
    yield found
    found.close()


@pytest.fixture
def client(mosquitto: Mosquitto) -> Iterator[Client]:
    with Client(mosquitto.port) as found:
        yield found


def _payload(name: str, **changes: Any) -> bytes:
    changed = EXAMPLES[name] | changes
    return json.dumps({key: value for key, value in changed.items() if value is not ...}).encode()


def _topic(name: str) -> str:
    text = address(CHANNELS[name])
    for parameter, value in (("site", "ettenleur"), ("segment", "el-g0042"), ("node", "n1")):
        text = text.replace(f"{{{parameter}}}", value)
    return text


def _say_everything(client: Client) -> None:
    for name, channel in CHANNELS.items():
        expiry_s = 60 if channel.expiry_s == "exp" else channel.expiry_s
        payload = _payload(channel.payload.__name__)
        client.publish(_topic(name), payload, channel.qos, channel.retain, expiry_s)


def _forget_retained(client: Client) -> None:
    for name, channel in CHANNELS.items():
        if channel.retain:
            client.publish(_topic(name), b"", 1, True)


def test_documented_messages_pass_and_their_channels_are_seen(mosquitto: Mosquitto, client: Client) -> None:
    exercised: set[str] = set()
    recorder = Recorder(HOST, mosquitto.port, exercised=exercised)
    before = set(EXERCISED)
    try:
        _say_everything(client)
        eventually(lambda: len(recorder.messages) == 24)
        recorder.check()
        assert recorder.seen == exercised == set(CHANNELS)
        assert before == EXERCISED
    finally:
        recorder.close()
        _forget_retained(client)


def test_on_the_embedded_broker_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    with EmbeddedBroker() as broker, Client(broker.port) as client:
        recorder = Recorder(HOST, broker.port, exercised=set())
        try:
            _say_everything(client)
            client.publish("street", b"{}")
            eventually(lambda: len(recorder.messages) == 25)
            assert recorder.faults() == ["street: the document has no such topic"]
            assert recorder.seen == set(CHANNELS)
        finally:
            recorder.close()


FAULTS: dict[str, tuple[str, bytes, int, bool, int | None, str]] = {
    "no topic of the tree": ("street/l017", b"{}", 1, False, None, "no such topic"),
    "no such channel": (f"{SEGMENT}/_/reboot", b"{}", 1, False, None, "no such topic"),
    "a gateway's channel under a lamp": (f"{SEGMENT}/l017/health", b"{}", 0, False, 600, "no such topic"),
    "no identifier": (f"{SEGMENT}/L017/state", _payload("LampState"), 1, False, 90000, "no such topic"),
    "other version of the tree": ("slic/v2/a/b/_/ping", _payload("Ping"), 0, False, 10, "no such topic"),
    "QoS too low": (CMD, _payload("SegmentCommand"), 0, False, 60, "QoS 0, the document says 1"),
    "QoS too high": (PRESENCE, _payload("Presence"), 1, False, 5, "QoS 1, the document says 0"),
    "QoS 2": (CMD, _payload("SegmentCommand"), 2, False, 60, "QoS 2, the document says 1"),
    "retained command": (CMD, _payload("SegmentCommand"), 1, True, 60, "retain True, the document says False"),
    "state not retained": (STATE, _payload("LampState"), 1, False, 90000, "retain False, the document says True"),
    "no expiry": (PRESENCE, _payload("Presence"), 0, False, None, "no expiry, the document says 5 s"),
    "no expiry of a command": (CMD, _payload("SegmentCommand"), 1, False, None, "no expiry, the document says 60 s"),
    "expiry too long": (PRESENCE, _payload("Presence"), 0, False, 6, "expiry 6 s, the document says 5 s"),
    "expiry after exp": (CMD, _payload("SegmentCommand"), 1, False, 61, "expiry 61 s, the document says 60 s"),
    "expiry always far too short": (
        HEALTH,
        _payload("Health"),
        0,
        False,
        290,
        "never above 290 s, the document says 600",
    ),
    "expiry where there is none": (f"{SEGMENT}/_/inventory", _payload("Inventory"), 1, True, 600, "says none"),
    "field missing": (PRESENCE, _payload("Presence", active=...), 0, False, 5, "'active' is a required property"),
    "field undocumented": (PRESENCE, _payload("Presence", colour="red"), 0, False, 5, "'colour' was unexpected"),
    "field undocumented, further in": (
        f"{SEGMENT}/_/config",
        _payload("SegmentConfig", limits={"share_pct": 10, "per": 2}),
        1,
        True,
        None,
        "'per' was unexpected",
    ),
    "key that is no identifier": (
        f"{SEGMENT}/_/config",
        _payload("SegmentConfig", sensor_clusters={"P 03": "crossing"}),
        1,
        True,
        None,
        "P 03",
    ),
    "wrong type": (PRESENCE, _payload("Presence", active="yes"), 0, False, 5, "'yes' is not of type 'boolean'"),
    "out of range": (STATE, _payload("LampState", level_pct=100.1), 1, True, 90000, "100.1 is greater"),
    "wrong word": (STATE, _payload("LampState", mode="party"), 1, True, 90000, "'party' is not one of"),
    "no JSON": (PRESENCE, b"on", 0, False, 5, "no JSON"),
    "no UTF-8": (PRESENCE, b"\xff\xfe{", 0, False, 5, "no JSON"),
    "no number": (PRESENCE, _payload("Presence").replace(b"4.6", b"NaN"), 0, False, 5, "NaN is no number"),
    "no object": (PRESENCE, b"[]", 0, False, 5, "is not of type 'object'"),
    "empty": (PRESENCE, b"", 0, False, 5, "no JSON"),
    "too large": (PRESENCE, _payload("Presence") + b" " * 1024, 0, False, 5, "bytes, the document allows 1024"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_noticed(fault: str, recorder: Recorder, client: Client) -> None:
    topic, payload, qos, retain, expiry_s, words = FAULTS[fault]
    client.publish(topic, payload, qos, retain, expiry_s)
    eventually(lambda: recorder.messages)
    with pytest.raises(AssertionError) as caught:
        recorder.check()
    if retain:
        client.publish(topic, b"", 1, True)
    assert words in str(caught.value)
    assert str(caught.value).startswith("1 faults in 1 messages"), caught.value


def test_one_fault_among_good_messages_is_the_only_one(recorder: Recorder, client: Client) -> None:
    for seq in range(50):
        client.publish(PRESENCE, _payload("Presence", seq=seq, **({"hue": 1} if seq == 31 else {})), 0, False, 5)
    eventually(lambda: len(recorder.messages) == 50)
    [fault] = recorder.faults()
    assert fault.startswith(PRESENCE) and "'hue'" in fault
    assert len(recorder.messages) == 50


def test_what_a_test_plants_itself_is_not_held_against_the_product(recorder: Recorder, client: Client) -> None:
    client.publish(CMD, recorder.plant(b"nonsense"), 1, False, 60)
    client.publish(PRESENCE, _payload("Presence"), 0, False, 5)
    eventually(lambda: len(recorder.messages) == 2)
    recorder.check()
    assert recorder.seen == {"command", "presence"}


def test_what_is_retained_already_is_looked_at_too(mosquitto: Mosquitto, client: Client) -> None:
    client.publish(STATE, _payload("LampState", hue=1), 1, True, 90000)
    late = Recorder(HOST, mosquitto.port, exercised=set())
    try:
        assert [fault for fault in late.faults() if "'hue'" in fault]
    finally:
        late.close()
        client.publish(STATE, b"", 1, True)


def test_it_listens_on_after_the_broker_was_restarted(mosquitto: Mosquitto, recorder: Recorder) -> None:
    mosquitto.restart()
    with Client(mosquitto.port) as client:
        recorder.faults()
        client.publish(CMD, _payload("SegmentCommand", hue=1), 1, False, 60)
        [fault] = recorder.faults()
        assert "'hue'" in fault
