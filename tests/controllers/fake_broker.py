"""A broker that says exactly the bytes it is told to, for what no real broker says on demand."""

from __future__ import annotations

import socket
import threading

HOST = "127.0.0.1"
CONNACK = bytes.fromhex("2003000000")
SUBACK_QOS_1 = bytes.fromhex("900400010001")
TAKEN_OVER = bytes.fromhex("e0018e")
"""DISCONNECT with reason 0x8E, MQTT 5 section 3.14.2.1."""


def publish(topic: bytes, payload: bytes, mid: int) -> bytes:
    """A QoS 1 PUBLISH packet of less than 128 bytes."""
    body = len(topic).to_bytes(2, "big") + topic + mid.to_bytes(2, "big") + b"\x00" + payload
    return bytes([0x32, len(body)]) + body


class FakeBroker:
    """Accepts connections; to each it says the next of ``speeches``, and keeps what it heard."""

    def __init__(self, *speeches: bytes, close: bool = False) -> None:
        self._speeches, self._close = list(speeches), close
        self.heard: list[bytearray] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FakeBroker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            one.close()

    def _serve(self) -> None:
        while self._speeches:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(one)
            self.heard.append(bytearray())
            threading.Thread(target=self._talk, args=(one, self._speeches.pop(0), self.heard[-1]), daemon=True).start()

    def _talk(self, one: socket.socket, speech: bytes, heard: bytearray) -> None:
        try:
            heard += one.recv(4096)
            one.sendall(speech)
            while not self._close and (data := one.recv(4096)):
                heard += data
            one.close()
        except OSError:
            return
