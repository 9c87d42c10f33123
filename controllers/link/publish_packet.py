"""PUBLISH and PUBACK packets of MQTT 5, read and written: the packets of which there are many.

The library needs several times as long for them, most of it for properties that nobody reads.
"""

from __future__ import annotations

from typing import NamedTuple

from controllers.link.transport import Outgoing

_EXPIRY = 0x02
_FIXED = {0x01: 1, _EXPIRY: 4, 0x23: 2}
_TEXTS = {0x03: 1, 0x08: 1, 0x09: 1, 0x26: 2}
_NUMBER = 0x0B
"""Identifiers of a message's properties (MQTT 5, table 2-4): of fixed size, of texts, of a number of varying length."""


class Publish(NamedTuple):
    """A PUBLISH packet as it came. expiry_s : left of its life, None for no end; mid : 0 for QoS 0."""

    topic: bytes
    payload: bytes
    qos: int
    retain: bool
    expiry_s: int | None
    mid: int


def read_publish(first: int, body: bytes | bytearray) -> Publish:
    """A PUBLISH packet from its first byte and what follows its length. ValueError or IndexError: it is none."""
    at = 2 + (body[0] << 8 | body[1])
    topic = bytes(body[2:at])
    qos, mid = first >> 1 & 3, 0
    if qos:
        mid = body[at] << 8 | body[at + 1]
        at += 2
    size, at = _varying(body, at)
    expiry_s = _expiry(body, at, at + size) if size else None
    if at + size > len(body) or qos > 1:
        raise ValueError("not a PUBLISH packet of QoS 0 or 1")
    return Publish(topic, bytes(body[at + size :]), qos, bool(first & 1), expiry_s, mid)


def write_publish(message: Outgoing, mid: int) -> bytes:
    """A PUBLISH packet."""
    topic = message.topic.encode()
    parts = [len(topic).to_bytes(2, "big"), topic]
    if message.qos:
        parts.append(mid.to_bytes(2, "big"))
    if message.expiry_s is None:
        parts.append(b"\0")
    else:
        parts.append(b"\x05\x02" + message.expiry_s.to_bytes(4, "big"))
    parts.append(message.payload)
    first = 0x30 | message.qos << 1 | message.retain
    return b"".join([bytes([first]), _length(sum(map(len, parts))), *parts])


def read_puback(body: bytes | bytearray) -> tuple[int, int]:
    """Number of the message and reason code of a PUBACK packet, from what follows its length."""
    return body[0] << 8 | body[1], body[2] if len(body) > 2 else 0


def write_puback(mid: int) -> bytes:
    """A PUBACK packet for a message that was taken."""
    return b"\x40\x02" + mid.to_bytes(2, "big")


def _expiry(body: bytes | bytearray, at: int, end: int) -> int | None:
    found = None
    while at < end:
        identifier = body[at]
        at += 1
        if identifier == _EXPIRY:
            found = int.from_bytes(body[at : at + 4], "big")
        if identifier == _NUMBER:
            _, at = _varying(body, at)
        elif identifier in _FIXED:
            at += _FIXED[identifier]
        else:
            for _ in range(_texts(identifier)):
                at += 2 + (body[at] << 8 | body[at + 1])
    if at != end:
        raise ValueError("properties of a wrong length")
    return found


def _texts(identifier: int) -> int:
    if identifier not in _TEXTS:
        raise ValueError(f"property {identifier:#x} is not of a message")
    return _TEXTS[identifier]


def _varying(body: bytes | bytearray, at: int) -> tuple[int, int]:
    """A number of varying length (MQTT 5, section 1.5.5), and where it ends."""
    number = shift = 0
    for _ in range(4):
        byte = body[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
    raise ValueError("a length of more than four bytes")


def _length(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)
