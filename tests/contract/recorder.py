"""Listens to everything on a broker and fails on what the AsyncAPI document does not describe.

For a test that runs real parts over a real broker::

    with recording(broker.host, broker.port) as recorder:
        ...

On leaving, all that was said is compared with the document. It knows nothing of the code that speaks. A broker that
hides QoS and retain flag, as the embedded one does, is noticed, and these two are then not compared.
"""

from __future__ import annotations

import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from slic.messages.asyncapi import document
from tests.contract.rules import Rule, Seen, rules
from tests.contract.whole_run import EXERCISED

_MARKERS = "recorder/"
_DEADLINE_S = 30.0
_SHOWN = 30


class Recorder:
    """A subscriber of ``#`` with a connection of its own; it stays until :meth:`close`.

    messages : what came so far. exercised : where the names of the channels seen are added by :meth:`check`.
    """

    def __init__(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, exercised: set[str] = EXERCISED
    ) -> None:
        self.messages: list[Seen] = []
        self._exercised = exercised
        self._rules = rules(document())
        self._matching: dict[str, list[Rule]] = {}
        self._planted: set[bytes] = set()
        self._news = threading.Condition()
        self._subscribed = False
        self._faithful = True
        self._markers: dict[str, bool] = {}  # topic -> came back, or was refused
        self._client = self._connected(host, port, tls)
        self._wait(lambda: self._subscribed, f"a subscription at {host}:{port}")

    def plant(self, payload: bytes) -> bytes:
        """Say that the test itself will publish this payload wrongly; it is not looked at. Returns it."""
        self._planted.add(payload)
        return payload

    @property
    def seen(self) -> set[str]:
        """Names of the channels on which something was said."""
        return {rule.name for message in self.messages for rule in self._of(message.topic)}

    def faults(self) -> list[str]:
        """All that differs from the document in what the broker had taken before this call, in words."""
        self._catch_up()
        found = []
        for message in self.messages:
            if message.payload not in self._planted:
                found += [f"{message.topic}: {fault}" for fault in self._faults(message)]
        return found + self._short_lives()

    def check(self) -> None:
        """AssertionError that lists the faults, if there are any."""
        found = self.faults()
        self._exercised |= self.seen
        shown = "\n".join(dict.fromkeys(found[:_SHOWN]))
        assert not found, f"{len(found)} faults in {len(self.messages)} messages:\n{shown}"

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def _faults(self, message: Seen) -> list[str]:
        matching = self._of(message.topic)
        if len(matching) != 1:
            names = " and ".join(rule.name for rule in matching)
            return [f"the topic is that of {names}" if names else "the document has no such topic"]
        return matching[0].faults(message, self._faithful)

    def _of(self, topic: str) -> list[Rule]:
        if topic not in self._matching:
            self._matching[topic] = [rule for rule in self._rules if rule.topics.fullmatch(topic)]
        return self._matching[topic]

    def _short_lives(self) -> list[str]:
        """Channels of which every message had less than half of the life that the document gives it."""
        longest_s: dict[str, int] = {}
        for message in self.messages:
            for rule in self._of(message.topic):
                longest_s[rule.name] = max(longest_s.get(rule.name, 0), message.expiry_s or 0)
        return [
            f"{rule.name}: expiry never above {longest_s[rule.name]} s, the document says {rule.expiry_s} s"
            for rule in self._rules
            if isinstance(rule.expiry_s, int) and 0 < longest_s.get(rule.name, 0) * 2 < rule.expiry_s
        ]

    # ---- connection ------------------------------------------------------------------------------

    def _connected(self, host: str, port: int, tls: ssl.SSLContext | None) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, f"recorder-{uuid.uuid4()}", protocol=mqtt.MQTTv5)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.reconnect_delay_set(1, 1)
        if tls is not None:
            client.tls_set_context(tls)
        # What is said while a broker restarts or a link is cut waits for the recorder.
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        client.connect(host, port, clean_start=mqtt.MQTT_CLEAN_START_FIRST_ONLY, properties=session)
        client.loop_start()
        return client

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        # At QoS 2 a message arrives with the QoS it was published with.
        options = SubscribeOptions(
            qos=2, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        )
        client.subscribe("#", options=options)

    def _on_subscribe(self, *_: Any) -> None:
        with self._news:
            self._subscribed = True
            self._news.notify_all()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self._news:
            if message.topic.startswith(_MARKERS):
                self._markers[message.topic] = True
                # The embedded broker gives all messages the subscriber's QoS, and hides the retain flag of live ones.
                self._faithful = message.qos == 1
            else:
                expiry_s = getattr(message.properties, "MessageExpiryInterval", None)
                self.messages.append(Seen(message.topic, bytes(message.payload), message.qos, message.retain, expiry_s))
            self._news.notify_all()

    def _on_publish(self, _client: mqtt.Client, _data: Any, _mid: int, reason: Any, *_: Any) -> None:
        # A broker with access lists may refuse the marker; what it had to deliver went out before the refusal.
        if reason.is_failure:
            with self._news:
                self._markers = dict.fromkeys(self._markers, True)
                self._news.notify_all()

    def _catch_up(self) -> None:
        """Wait for a message of its own, which comes after all that was said before."""
        topic = f"{_MARKERS}{uuid.uuid4()}"
        with self._news:
            self._markers[topic] = False
        self._client.publish(topic, b"", qos=1)
        self._wait(lambda: self._markers[topic], "its own message back")

    def _wait(self, come: Callable[[], bool], what: str) -> None:
        """Patience begins anew with each message: a busy machine brings the last of many late, a broken one none."""
        with self._news:
            while not come():
                before = len(self.messages)
                moved = self._news.wait_for(lambda before=before: come() or len(self.messages) > before, _DEADLINE_S)
                assert moved, f"the recorder did not get {what}, and nothing else, in {_DEADLINE_S:g} s"


@contextmanager
def recording(host: str, port: int, tls: ssl.SSLContext | None = None) -> Iterator[Recorder]:
    """A recorder that checks what was said when the block ends without an error."""
    recorder = Recorder(host, port, tls)
    try:
        yield recorder
        recorder.check()
    finally:
        recorder.close()
