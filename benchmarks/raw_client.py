"""A bare MQTT 5 client over a socket, to drive benchmarks: it costs a few microseconds a message."""

from __future__ import annotations

import select
import socket
import time

_CONNECT = bytes([0, 4]) + b"MQTT" + bytes([5, 2, 0, 0, 0])
"""Version 5, clean start, no keep-alive, no properties."""


class RawClient:
    """Connects and subscribes; then :meth:`send` publishes and :meth:`receive` gives what came."""

    def __init__(self, port: int, topic_filter: str, qos: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._qos = qos
        self._mid = 0
        self._socket.sendall(_packet(0x10, _CONNECT + _text("bench-driver")))
        self._expect(0x20)
        self._socket.sendall(_packet(0x82, bytes([0, 1, 0]) + _text(topic_filter) + bytes([qos])))
        self._expect(0x90)

    def send(self, topic: str, payload: bytes) -> None:
        """Publish at the client's QoS."""
        mid = b""
        if self._qos:
            self._mid = self._mid % 65_535 + 1
            mid = self._mid.to_bytes(2, "big")
        self._socket.sendall(_packet(0x30 | self._qos << 1, _text(topic) + mid + b"\0" + payload))

    def receive(self, timeout_s: float) -> list[tuple[bytes, bytes]]:
        """Topics and payloads that come within the time, as soon as any came."""
        deadline_s = time.perf_counter() + timeout_s
        while select.select([self._socket], [], [], max(0.0, deadline_s - time.perf_counter()))[0]:
            data = self._socket.recv(1 << 18)
            assert data, "the broker closed the connection"
            self._buffer += data
            if messages := self._messages():
                return messages
        return []

    def _messages(self) -> list[tuple[bytes, bytes]]:
        messages, acknowledgements = [], bytearray()
        for kind, body in self._packets():
            if kind >> 4 == 3:
                at = 2 + int.from_bytes(body[:2], "big")
                topic = body[2:at]
                if kind & 0b110:
                    acknowledgements += b"\x40\x02" + body[at : at + 2]
                    at += 2
                messages.append((topic, body[at + 1 + body[at] :]))
        if acknowledgements:
            self._socket.sendall(acknowledgements)
        return messages

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _expect(self, kind: int) -> None:
        while True:
            self._buffer += self._socket.recv(4096)
            if packets := self._packets():
                assert packets[0][0] == kind, f"packet {packets[0][0]:#x} instead of {kind:#x}"
                return

    def _packets(self) -> list[tuple[int, bytes]]:
        """Whole packets of the buffer: first byte and body."""
        found, begin = [], 0
        while (head := _length(self._buffer, begin + 1)) is not None:
            size, at = head
            if len(self._buffer) < at + size:
                break
            found.append((self._buffer[begin], bytes(self._buffer[at : at + size])))
            begin = at + size
        del self._buffer[:begin]
        return found


def _packet(kind: int, body: bytes) -> bytes:
    size, length = len(body), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    length.append(size)
    return bytes([kind]) + length + body


def _length(buffer: bytearray, at: int) -> tuple[int, int] | None:
    size = shift = 0
    while at < len(buffer):
        size |= (buffer[at] & 127) << shift
        at += 1
        if buffer[at - 1] < 128:
            return size, at
        shift += 7
    return None


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()
