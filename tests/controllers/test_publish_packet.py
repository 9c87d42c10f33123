"""Packets read and written here are those that paho reads and writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt import _packet
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from controllers.link.publish_packet import read_puback, read_publish, write_puback, write_publish
from controllers.link.transport import Outgoing

V5 = MQTTProtocolVersion.MQTTv5
TOPICS = st.text(st.characters(exclude_characters="+#\0", exclude_categories=["Cs"]), min_size=1, max_size=40)
PAYLOADS = st.one_of(st.binary(max_size=40), st.integers(100, 20_000).map(bytes))
EXPIRIES = st.none() | st.integers(0, 2**32 - 1)


class _Pen(Client):
    """paho's client, whose packets are kept instead of sent."""

    def __init__(self) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, "pen", protocol=V5, manual_ack=True)
        self._sock = self  # type: ignore[assignment]
        self.packets: list[bytes] = []

    def _packet_queue(self, command: int, packet: Any, *_: object, **__: object) -> MQTTErrorCode:
        self.packets.append(bytes(packet))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _reset_sockets(self, sockpair_only: bool = False) -> None:
        self._sock = None


def _properties(expiry_s: int | None, others: bool) -> Properties | None:
    if expiry_s is None and not others:
        return None
    made: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if others:
        made.PayloadFormatIndicator = 1
        made.ContentType = "application/json"
        made.ResponseTopic = "slic/answer"
        made.CorrelationData = b"\x02\x00"
        made.SubscriptionIdentifier = 300
        made.TopicAlias = 5
        made.UserProperty = [("trace", "1"), ("schema", "x" * 200)]
    if expiry_s is not None:
        made.MessageExpiryInterval = expiry_s
    return made  # type: ignore[no-any-return]


def _body(packet: bytes) -> tuple[int, bytes]:
    """First byte, and what follows the length."""
    at = 1
    while packet[at] & 128:
        at += 1
    return packet[0], packet[at + 1 :]


@given(TOPICS, PAYLOADS, st.sampled_from([0, 1]), st.booleans(), EXPIRIES)
def test_what_is_written_is_what_paho_writes(
    topic: str, payload: bytes, qos: int, retain: bool, expiry_s: int | None
) -> None:
    pen = _Pen()
    sent = pen.publish(topic, payload, qos, retain, _properties(expiry_s, False))
    assert write_publish(Outgoing(topic, payload, qos, retain, expiry_s), sent.mid) == pen.packets[0]


@given(TOPICS, PAYLOADS, st.sampled_from([0, 1]), st.booleans(), EXPIRIES, st.booleans())
def test_what_is_read_is_what_paho_wrote_and_reads(
    topic: str, payload: bytes, qos: int, retain: bool, expiry_s: int | None, others: bool
) -> None:
    pen = _Pen()
    pen.publish(topic, payload, qos, retain, _properties(expiry_s, others))
    first, body = _body(pen.packets[0])
    ours, theirs = read_publish(first, body), _packet.decode_publish(first, body, V5)
    assert ours[:4] == (topic.encode(), payload, qos, retain)
    assert (ours.topic, ours.payload, ours.mid) == (theirs.topic, theirs.payload, theirs.mid)
    assert ours.expiry_s == getattr(theirs.properties, "MessageExpiryInterval", None) == expiry_s


@given(st.sampled_from([0x30, 0x31, 0x32, 0x33, 0x3A, 0x36]), st.binary(max_size=60))
def test_bytes_that_are_no_packet_are_refused_in_order(first: int, body: bytes) -> None:
    try:
        read = read_publish(first, body)
    except (ValueError, IndexError):
        return
    assert len(read.topic) + len(read.payload) <= len(body) and read.qos in (0, 1)


def test_acknowledgements() -> None:
    """MQTT 5, section 3.4: reason and properties may be left out; 0x87 is Not authorized."""
    pen = _Pen()
    pen.ack(0x1234, 1)
    assert write_puback(0x1234) == pen.packets[0] == bytes.fromhex("40021234")
    assert read_puback(bytes.fromhex("1234")) == (0x1234, 0)
    assert read_puback(bytes.fromhex("123487")) == (0x1234, 0x87)
    assert read_puback(bytes.fromhex("12341000")) == (0x1234, 0x10)


@pytest.mark.parametrize("body", ["", "00", "0005612f62", "000161", "00016180", "0001610101", "00016105020000"])
def test_cut_off_packets(body: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_publish(0x30, bytes.fromhex(body))
