"""Real brokers for tests, on free ports of the loopback interface, and a plain client to look at them from outside.

Mosquitto is required: without it these tests fail, they are not skipped.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from controllers.broker.private_broker import (
    HOST,
    TUNED,
    EmbeddedBroker,
    PrivateMosquitto,
    mosquitto_program,
)

__all__ = ["HOST", "TUNED", "Client", "EmbeddedBroker", "Mosquitto", "eventually", "free_port"]
T = TypeVar("T")
PATIENCE_S = 30.0
"""Far more than anything needs: only a failure waits so long."""
_HELD: deque[socket.socket] = deque(maxlen=100)


def free_port() -> int:
    """A port of this machine for one server, kept for it while it is away: several tests run at a time.

    A socket stays bound to it and does not listen. Beside that Linux lets a server listen that sets SO_REUSEADDR, as
    brokers and HTTP servers do, and gives the port to nobody who asks for any.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, 0))
    _HELD.append(held)
    return int(held.getsockname()[1])


class Mosquitto(PrivateMosquitto):
    """A Mosquitto with the given configuration lines, that can be killed, frozen and started again on its port."""

    def __init__(self, folder: Path, settings: Iterable[str] = TUNED, port: int = 0) -> None:
        if mosquitto_program() is None:
            pytest.fail("these tests need Mosquitto: sudo apt-get install mosquitto mosquitto-clients")
        super().__init__(folder, port or free_port(), tuple(settings))

    def restart(self) -> None:
        """Stop it in order and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL, without a farewell."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It does nothing meanwhile; its connections stay open."""
        process = self.process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)


def eventually(look: Callable[[], T], what: str = "", patience_s: float = PATIENCE_S) -> T:
    """What ``look`` returns as soon as it is true; the test fails when it never is."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"did not happen within {patience_s} s: {what or look}")
        time.sleep(0.005)
    return found


def publish(
    client: PahoClient,
    topic: str,
    payload: bytes | str,
    qos: int = 1,
    retain: bool = False,
    properties: Properties | None = None,
) -> MQTTMessageInfo:
    """Publish; with QoS 1 also without a connection: it is published when the broker has taken it after a return.

    paho keeps such a message as it keeps those beyond its maximum under way, but leaves NO_CONN in ``rc`` for good, for
    which ``is_published`` and ``wait_for_publish`` raise even after the broker has taken it.
    """
    sent = client.publish(topic, payload, qos, retain, properties)
    if qos and sent.rc == MQTTErrorCode.MQTT_ERR_NO_CONN:
        sent.rc = MQTTErrorCode.MQTT_ERR_SUCCESS
    return sent


class Client:
    """A plain MQTT 5 client on a thread of its own: what it collects is in ``messages``."""

    def __init__(
        self, port: int, client_id: str = "", *, prepare: Callable[[PahoClient], object] | None = None
    ) -> None:
        self.messages: list[MQTTMessage] = []
        self._granted: set[int | None] = set()
        self._connected = threading.Event()
        self.paho = PahoClient(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
        self.paho.max_inflight_messages = 50
        self.paho.on_message = lambda _client, _data, message: self.messages.append(message)
        self.paho.on_connect = lambda *_: self._connected.set()
        self.paho.on_subscribe = lambda _client, _data, mid, *_: self._granted.add(mid)
        if prepare is not None:
            prepare(self.paho)
        self.paho.connect(HOST, port)
        self.paho.loop_start()

    def __enter__(self) -> Client:
        assert self._connected.wait(PATIENCE_S), "the plain client is not connected"
        return self

    def __exit__(self, *_: object) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def subscribe(self, topic_filter: str, qos: int = 1) -> None:
        """Subscribe, and wait until the broker has granted it; retain flags are kept as published."""
        _, mid = self.paho.subscribe(topic_filter, options=SubscribeOptions(qos, retainAsPublished=True))
        eventually(lambda: mid in self._granted, f"subscription to {topic_filter}")

    def publish(
        self, topic: str, payload: bytes | str, qos: int = 1, retain: bool = False, expiry_s: int | None = None
    ) -> None:
        """Publish, and with QoS 1 wait until the broker has it."""
        properties = None
        if expiry_s is not None:
            properties = Properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = expiry_s
        sent = publish(self.paho, topic, payload, qos, retain, properties)
        sent.wait_for_publish(PATIENCE_S)
        assert sent.is_published()

    def wait_for(self, count: int) -> list[MQTTMessage]:
        """All messages so far, as soon as there are so many."""
        eventually(lambda: len(self.messages) >= count, f"{count} messages, {len(self.messages)} came")
        return list(self.messages)

    def payloads(self, topic: str) -> list[bytes]:
        """Payloads that came on a topic, in order."""
        return [message.payload for message in self.messages if message.topic == topic]
