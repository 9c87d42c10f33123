"""One MQTT 5 connection with paho over a socket that is open already, from CONNECT to its end.

The library's own threads, queues, reconnection and callbacks into user code are not used: a connection that ended is
thrown away, and what came is handed over as plain data.
"""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

from paho.mqtt.client import Client
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from controllers.link.ack_order import AckOrder
from controllers.link.broker_socket import CONNECT_S, UNANSWERED, sentence
from controllers.link.buffered_socket import BufferedSocket
from controllers.link.paho_client import PahoClient
from controllers.link.paho_properties import of_session, options, reason_text, set_will
from controllers.link.publish_packet import Publish, write_puback, write_publish
from controllers.link.transport import Outgoing, Received, Subscription

INFLIGHT = 50
"""QoS 1 messages under way at a time."""
LARGEST_PACKET = 1 << 20
"""Larger packets are not sent to us by the broker."""
_TAKEN_OVER = 0x8E
_UNHEARD = 0x8D
_PROTOCOL_ERROR = 0x82
_FAILURE = 0x80
_LAST_MID = 65_535
_DISCONNECT = bytes([0xE0, 0])
"""A normal disconnection, after which the broker forgets the will."""
_P = ParamSpec("_P")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What is said when a connection begins. session_expiry_s : 0 for no session."""

    client_id: str
    where: str
    keepalive_s: int
    session_expiry_s: int
    subscriptions: tuple[Subscription, ...]
    will: Outgoing | None = None
    will_delay_s: int = 0


class PahoConnection:
    """One connection.

    ready : CONNACK and SUBACK have granted everything; ended : it is over, ``problem`` says why
    taken_over : another client with the same id has it now; denied : ended since a subscription was not granted
    refusal : what the broker did not take last, in words
    came : messages received; answered : (mid, taken) of QoS 1 messages sent; free : how many more may be under way
    """

    def __init__(self, raw: socket.socket, greeting: Greeting, number: int) -> None:
        self.ready = self.ended = self.taken_over = self.denied = False
        self.problem = self.refusal = ""
        self.came: list[Received] = []
        self.answered: list[tuple[int, bool]] = []
        self._number = number
        self._greeting = greeting
        self._topics: dict[int, str] = {}
        self._acks = AckOrder()
        self._mid = 0
        self._window = INFLIGHT
        self._largest = LARGEST_PACKET
        self._give_up_s = time.monotonic() + CONNECT_S
        self._socket = BufferedSocket(raw)
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)
        self._client = self._begin(greeting)

    # ---- what the link calls

    @property
    def free(self) -> int:
        """How many more QoS 1 messages may be under way."""
        return self._window - len(self._topics) if self.ready else 0

    @property
    def backlog(self) -> int:
        """Bytes that wait to be sent."""
        return self._socket.backlog

    def turn(self, timeout_s: float) -> None:
        """Send, wait until something comes or the time is over, and take one piece of it."""
        try:
            self._socket.flush()
            if self._readable(timeout_s):
                self._read()
            if not self.ended:
                self._client.loop_misc()
                self._check_patience()
        except Exception as error:
            _log.exception("the MQTT library failed")
            self._end(f"the MQTT library failed on what the broker sent ({type(error).__name__}: {error})")

    def send(self, message: Outgoing) -> int:
        """Send a message; its number on the wire, 0 for QoS 0. QoS 1 only while :attr:`free`."""
        mid = 0
        if message.qos:
            mid = self._free_mid()
            self._topics[mid] = message.topic
        self._socket.send(write_publish(message, mid))
        return mid

    def _free_mid(self) -> int:
        while True:
            self._mid = self._mid % _LAST_MID + 1
            if self._mid not in self._topics:
                return self._mid

    def too_large(self, message: Outgoing) -> bool:
        """Whether the broker said that it does not take messages of this size."""
        return len(message.payload) + len(message.topic) + 32 > self._largest

    def acknowledge(self, token: int) -> None:
        """A QoS 1 message that came over this connection may be acknowledged, once those before it are."""
        number, mid = divmod(token, 1 << 16)
        if number == self._number and not self.ended:
            for ready in self._acks.acknowledge(mid):
                self._socket.send(write_puback(ready))

    def flush(self) -> None:
        """Send what the operating system takes."""
        self._socket.flush()

    def leave(self) -> None:
        """End it in a way in which the broker does not send the will."""
        if not self.ended:
            self._socket.send(_DISCONNECT)
            self._socket.leave()
            self._end("closed")

    # ---- turns

    def _readable(self, timeout_s: float) -> bool:
        if self._socket.unread or self._socket.pending():
            return True
        mask = select.POLLIN | (select.POLLOUT if self._socket.backlog else 0)
        self._poll.modify(self._socket.fileno(), mask)
        events = self._poll.poll(max(0.0, timeout_s) * 1000)
        if any(event & select.POLLOUT for _, event in events):
            self._socket.flush()
        return any(event & ~select.POLLOUT for _, event in events)

    def _read(self) -> None:
        self._socket.fill()
        while self._socket.unread and not self.ended:
            self._client.loop_read()
        if self._client.want_write():
            self._client.loop_write()

    def _check_patience(self) -> None:
        if not self.ready and time.monotonic() >= self._give_up_s:
            self._end(f"the broker {self._greeting.where} does not answer within {CONNECT_S:.0f} s")

    def _end(self, problem: str) -> None:
        if not self.ended:
            self.ended, self.ready, self.problem = True, False, problem
            self._socket.close()

    # ---- what the library calls

    def _begin(self, greeting: Greeting) -> Client:
        client = PahoClient(greeting.client_id, self._socket, self._on_publish, self._on_puback)
        client.on_connect = self._guarded(self._on_connect)
        client.on_subscribe = self._guarded(self._on_subscribe)
        client.on_disconnect = self._guarded(self._on_disconnect)
        if greeting.will is not None:
            set_will(client, greeting.will, greeting.will_delay_s)
        clean = greeting.session_expiry_s == 0
        properties = of_session(greeting.session_expiry_s, LARGEST_PACKET)
        client.connect_async("broker", 1, greeting.keepalive_s, clean_start=clean, properties=properties)
        client.reconnect()
        return client

    def _guarded(self, callback: Callable[_P, None]) -> Callable[_P, None]:
        """A callback whose exception ends the connection, and is said, instead of vanishing in the library."""

        def call(*args: _P.args, **kwargs: _P.kwargs) -> None:
            try:
                callback(*args, **kwargs)
            except Exception as error:
                _log.exception("a callback failed")
                self._end(f"the answer of the broker was not understood ({type(error).__name__}: {error})")

        return call

    def _on_connect(
        self, client: Client, _data: Any, _flags: Any, reason: ReasonCode, answer: Properties | None
    ) -> None:
        if reason.is_failure:
            self._end(f"the broker {self._greeting.where} refuses the connection: {reason}")
            return
        self._window = min(INFLIGHT, int(getattr(answer, "ReceiveMaximum", INFLIGHT)))
        self._largest = int(getattr(answer, "MaximumPacketSize", 1 << 28))
        if not self._greeting.subscriptions:
            self.ready = True
            return
        client.subscribe([(one.filter, options(one)) for one in self._greeting.subscriptions])

    def _on_subscribe(self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _: Properties) -> None:
        wanted = self._greeting.subscriptions
        refused = [(s, r) for s, r in zip(wanted, reasons, strict=True) if r.is_failure or int(r.value) < s.qos]
        if refused:
            self.denied = True
            texts = ", ".join(f"{one.filter} ({reason})" for one, reason in refused)
            self._end(f"the broker {self._greeting.where} refuses to subscribe {texts}")
        else:
            self.ready = True

    def _on_publish(self, packet: Publish) -> None:
        token = self._number << 16 | packet.mid
        if packet.qos:
            self._acks.came(packet.mid)
        try:
            topic = packet.topic.decode()
        except UnicodeDecodeError:
            self.refusal = f"a message on {packet.topic!r} was dropped: its topic is no text"
            if packet.qos:
                self.acknowledge(token)
            return
        self.came.append(Received(topic, packet.payload, packet.qos, packet.retain, packet.expiry_s, token))

    def _on_puback(self, mid: int, reason: int) -> None:
        topic = self._topics.pop(mid, None)
        if topic is None:
            return
        if reason >= _FAILURE:
            self.refusal = f"the broker does not take {topic}: {reason_text(reason)}"
        self.answered.append((mid, reason < _FAILURE))

    def _on_disconnect(self, _client: Client, _data: Any, flags: Any, reason: ReasonCode, _: Properties | None) -> None:
        where = self._greeting.where
        self.taken_over = flags.is_disconnect_packet_from_server and reason.value == _TAKEN_OVER
        if self.taken_over:
            self._end(f"another client with the name {self._greeting.client_id} took the connection over")
        elif flags.is_disconnect_packet_from_server:
            self._end(f"the broker {where} ended the connection: {reason}")
        elif reason.value == _PROTOCOL_ERROR:
            self._end(f"the broker {where} sent what is not MQTT 5")
        elif self._socket.error is not None:
            self._end(sentence(self._socket.error, where, answered=self.ready))
        elif reason.value == _UNHEARD and not self.ready:
            self._end(f"the broker {where} does not answer")
        elif reason.value == _UNHEARD:
            self._end(f"the broker {where} has not been heard for {self._greeting.keepalive_s} s")
        else:
            self._end(f"the broker {where} closed the connection{'' if self.ready else UNANSWERED}")
