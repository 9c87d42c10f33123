"""The transport over paho-mqtt: one MQTT 5 connection that comes back by itself, on the caller's thread alone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from socket import socket

from controllers.gateway.config import BrokerAddress
from controllers.link.backoff import Backoff
from controllers.link.broker_socket import NoWay, check_address, open_socket
from controllers.link.paho_connection import Greeting, PahoConnection
from controllers.link.transport import Outgoing, Received, Subscription
from controllers.link.unacked import Unacked

MOST_UNACKED = 10_000
"""QoS 1 messages that are taken before the broker has answered for the first of them."""
BACKLOG_BYTES = 1 << 20
"""With more bytes waiting for a slow network nothing is taken."""
TAKEN_OVER_S = 10.0
"""Pause before the connection is taken back from another client of the same name."""
LAST_WORD_S = 5.0
"""Patience with the answer to the last message."""
_TURN_S = 1.0
"""Longest turn, so that keep-alive and time-outs are looked after."""
_log = logging.getLogger(__name__)


class PahoLink:
    """A :class:`controllers.link.transport.Transport` to the broker at ``address``.

    client_id : its name at the broker, one connection each; folder : that certificate paths are relative to
    random : draws the pauses between attempts; session : whether the broker keeps messages while it is away

    ``denied``: the broker did not grant all subscriptions the last time; ``problem`` says which.
    QoS 1 messages that were under way when a connection broke are sent again over the next one, in their order and with
    what is left of their life. Raises InputError for an address without TLS that is not this machine, and
    for certificate files that cannot be used.
    """

    def __init__(
        self, address: BrokerAddress, client_id: str, folder: Path, random: Random, session: bool = True
    ) -> None:
        check_address(address, folder)
        self._address, self._client_id, self._folder, self._session = address, client_id, folder, session
        self._backoff = Backoff(random)
        self._unacked = Unacked(MOST_UNACKED)
        self._greeting: Greeting | None = None
        self._attempt: _Attempt | None = None
        self._connection: PahoConnection | None = None
        self._attempts = 0
        self._try_at_s = self._ready_since_s = 0.0
        self._news = False
        self._came: list[Received] = []
        self.connected = False
        self.connections = 0
        self.problem = ""
        self.taken_over = self.denied = False

    def open(self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0) -> None:
        """Begin to connect, without waiting for it; again and again with growing pauses until :meth:`close`."""
        address = self._address
        self._greeting = Greeting(
            client_id=self._client_id,
            where=f"{address.host}:{address.port}",
            keepalive_s=address.keepalive_s,
            session_expiry_s=address.session_expiry_s if self._session else 0,
            subscriptions=tuple({one.filter: one for one in subscriptions}.values()),
            will=will,
            will_delay_s=will_delay_s,
        )
        self._try_at_s = time.monotonic()

    def wait(self, timeout_s: float) -> list[Received]:
        """Run the connection until something came, was answered or changed, or the time is over; what came."""
        deadline_s = time.monotonic() + timeout_s
        left_s = 0.0 if self._news else timeout_s
        while True:
            self._step(min(max(0.0, left_s), _TURN_S))
            left_s = deadline_s - time.monotonic()
            if self._news or left_s <= 0:
                came, self._came, self._news = self._came, [], False
                return came

    def publish(self, message: Outgoing) -> int | None:
        """Send, or None if there is no connection or no room. QoS 1: a token for :meth:`delivered`; QoS 0: 0."""
        connection = self._connection
        if connection is None or not self.connected or connection.backlog > BACKLOG_BYTES:
            return None
        if message.qos == 0:
            return None if connection.too_large(message) else connection.send(message)
        if self._unacked.full:
            return None
        token = self._unacked.add(message, time.monotonic())
        self._send_waiting(connection)
        return token

    def acknowledge(self, message: Received) -> None:
        """Tell the broker that a QoS 1 message is in safe hands; without it the broker sends it again."""
        if message.qos == 1 and self._connection is not None:
            self._connection.acknowledge(message.token)

    def delivered(self) -> list[int]:
        """Tokens of QoS 1 messages that the broker has taken since the last call."""
        tokens, self._unacked.delivered = self._unacked.delivered, []
        return tokens

    def refused(self) -> list[int]:
        """Tokens, since the last call, of messages that will not arrive: refused, too large or expired on the way."""
        tokens, self._unacked.refused = self._unacked.refused, []
        return tokens

    def close(self, last: Outgoing | None = None) -> None:
        """Say a last message, if there is a connection, wait a few seconds for its answer, and leave."""
        token = self.publish(last) if last is not None else None
        deadline_s = time.monotonic() + LAST_WORD_S
        while token and self.connected and time.monotonic() < deadline_s:
            self.wait(0.1)
            if token in self._unacked.delivered or token in self._unacked.refused:
                break
        self._greeting = None
        if self._attempt is not None:
            self._attempt.give_up()
        if self._connection is not None:
            self._connection.leave()
        self._attempt = self._connection = None
        self.connected = False

    # ---- steps

    def _step(self, timeout_s: float) -> None:
        if self._connection is not None:
            self._run(self._connection, timeout_s)
        elif self._attempt is not None:
            self._take(self._attempt, timeout_s)
        elif self._greeting is not None and time.monotonic() >= self._try_at_s:
            self._attempts += 1
            self._attempt = _Attempt(self._address, self._folder)
        else:
            pause_s = self._try_at_s - time.monotonic() if self._greeting is not None else timeout_s
            time.sleep(max(0.0, min(timeout_s, pause_s)))

    def _take(self, attempt: _Attempt, timeout_s: float) -> None:
        result = attempt.result(timeout_s)
        if result is None or self._greeting is None:
            return
        self._attempt = None
        if isinstance(result, NoWay):
            self._failed(str(result), self._backoff.pause_s())
        else:
            self._connection = PahoConnection(result, self._greeting, self._attempts)

    def _run(self, connection: PahoConnection, timeout_s: float) -> None:
        connection.turn(timeout_s)
        if connection.came:
            self._came += connection.came
            connection.came = []
            self._news = True
        if connection.answered:
            self._settle(connection)
        if connection.refusal:
            self._say(connection.refusal)
            connection.refusal = ""
        if connection.ended:
            self._lost(connection)
            return
        if connection.ready and not self.connected:
            self._connected()
        self._send_waiting(connection)
        connection.flush()

    def _settle(self, connection: PahoConnection) -> None:
        for mid, taken in connection.answered:
            self._unacked.answered(mid, taken)
        connection.answered = []
        self._news = True

    def _send_waiting(self, connection: PahoConnection) -> None:
        """As many as may be under way at a time."""
        while connection.free > 0 and (found := self._unacked.next(time.monotonic())) is not None:
            token, message = found
            if connection.too_large(message):
                self._unacked.refuse(token)
                self._news = True
                self._say(f"the broker does not take {message.topic}: larger than its limit")
            else:
                self._unacked.sent(token, connection.send(message))

    def _connected(self) -> None:
        self.connected = self._news = True
        self.connections += 1
        self.problem, self.taken_over, self.denied = "", False, False
        self._ready_since_s = time.monotonic()
        _log.debug("connected as %s", self._client_id)

    def _lost(self, connection: PahoConnection) -> None:
        lasted_s = time.monotonic() - self._ready_since_s if self.connected else None
        self._connection, self.connected = None, False
        self._unacked.connection_lost()
        self.taken_over, self.denied = connection.taken_over, connection.denied
        pause_s = self._backoff.pause_s(lasted_s)
        self._failed(connection.problem, pause_s + (TAKEN_OVER_S if connection.taken_over else 0))

    def _failed(self, problem: str, pause_s: float) -> None:
        self._try_at_s = time.monotonic() + pause_s
        self._news = True
        self._say(problem)

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            _log.warning("%s", problem)
        self.problem = problem


class _Attempt:
    """One attempt to open a socket, on a thread of its own since looking up a name cannot be interrupted."""

    def __init__(self, address: BrokerAddress, folder: Path) -> None:
        self._results: SimpleQueue[socket | NoWay] = SimpleQueue()
        self._given_up = False
        threading.Thread(target=self._open, args=(address, folder), name="connect", daemon=True).start()

    def _open(self, address: BrokerAddress, folder: Path) -> None:
        try:
            self._results.put(open_socket(address, folder))
        except NoWay as reason:
            self._results.put(reason)
        except Exception as error:
            self._results.put(NoWay(f"the broker cannot be reached ({type(error).__name__}: {error})"))
        if self._given_up:
            self.give_up()

    def result(self, timeout_s: float) -> socket | NoWay | None:
        """The socket, or why there is none; None while it goes on."""
        try:
            return self._results.get(timeout=timeout_s)
        except Empty:
            return None

    def give_up(self) -> None:
        """Nobody waits for it any more."""
        self._given_up = True
        try:
            late = self._results.get_nowait()
        except Empty:
            return
        if not isinstance(late, NoWay):
            late.close()
