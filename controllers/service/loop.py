"""The one thread of a gateway: waits for messages or the next deadline, and gives both to the gateway.

At the same moment inputs come before timers: all messages that have come are handled first, then what is due.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Literal

from controllers.clock import Clock
from controllers.gateway.clock_watch import ClockWatch
from controllers.gateway.gateway import Gateway
from controllers.gateway.plan import GatewayPlan
from controllers.link.transport import Outgoing, Received, Transport
from controllers.service.json_log import facts
from controllers.service.load import refuse_new_identity
from controllers.service.memory import settle_memory
from controllers.service.questions import Questions
from controllers.service.restart import RestartReading
from controllers.service.rivals import Rivals
from controllers.store.forwarder import Forwarder
from controllers.store.port import Store, StoreFull
from slic.errors import InputError
from slic.messages.channels import WILL_DELAY_S

log = logging.getLogger("slic.gateway")

HOUSEKEEPING_MS = 500
"""Longest wait: how late a signal, a question or a step of the clock may be noticed."""

_KEEP_TIME_MS = 60_000
_MOST_UNSENT = 200_000
_LONGEST_DETAIL = 200

Ended = Literal["stopped", "taken over"]


class GatewayLoop:
    """Turns until it is stopped or another gateway has taken the name (see the module).

    load : reads the configuration anew, for a reload
    on_turn : called at the end of each turn with monotonic milliseconds; waiting_for : see :meth:`idle`
    reading : the lamps' states that are read before the start
    sent : messages given to the connection, by channel; not_sent : those lost for lack of one; failed : messages that
        broke their handler
    """

    def __init__(
        self,
        gateway: Gateway,
        transport: Transport,
        store: Store,
        forwarder: Forwarder,
        clock: Clock,
        watch: ClockWatch,
        load: Callable[[], GatewayPlan],
    ) -> None:
        self.gateway, self.transport = gateway, transport
        self.questions = Questions()
        self.started = False
        self.turned_ms = clock.monotonic_ms()
        self._longest_turn_ms = 0
        self.sent: Counter[str] = Counter()
        self.not_sent = self.failed = 0
        self._store, self._forwarder, self._clock, self._watch = store, forwarder, clock, watch
        self._load = load
        self.on_turn: list[Callable[[int], None]] = []
        self.waiting_for = ""
        self.reading = RestartReading([lamp.id for lamp in gateway.plan.lamps])
        self._unsent: deque[Outgoing] = deque(maxlen=_MOST_UNSENT)
        self._connections = 0
        self._stopping = self._reloading = self._refused_reload = self._displaced = False
        self._rivals = Rivals(gateway, store)
        self._kept_ms = self.turned_ms
        self._spoke = self._put_off = False

    # ---- what others do -------------------------------------------------------------------------

    def stop(self) -> None:
        """End after this turn; may be called from a signal handler."""
        self._stopping = True

    def reload(self) -> None:
        """Read the configuration again at the next turn; may be called from a signal handler."""
        self._reloading = True

    @property
    def unsent(self) -> int:
        """Messages that wait for room in the connection."""
        return len(self._unsent)

    def take_longest_ms(self) -> int:
        """The longest turn since the last call, without its waiting [ms]."""
        longest_ms, self._longest_turn_ms = self._longest_turn_ms, 0
        return longest_ms

    def run(self) -> Ended:
        """Turn until the end. Whatever ends it, the connection is left with a word and the store is written."""
        now_ms = self._clock.now_ms()
        self.waiting_for = ""
        self.transport.open(self.gateway.subscriptions(), self.gateway.will(now_ms), WILL_DELAY_S)
        try:
            while not self._stopping:
                if self.transport.taken_over or self._displaced:
                    return "taken over"
                self.turn()
            return "stopped"
        finally:
            self._leave()

    # ---- a turn ---------------------------------------------------------------------------------

    def turn(self) -> None:
        """Wait, then do all that is to be done now."""
        received = self.transport.wait(self._wait_s())
        began_ms = self._clock.monotonic_ms()
        self._follow_clock(began_ms)
        self._follow_connection(began_ms)
        self._take(received, began_ms)
        now_ms = self._clock.now_ms()
        if self.started:
            self._send(self.gateway.due(now_ms))
        if self._reloading:
            self._reload()
        self._keep(now_ms, began_ms)
        self._tell_refusals()
        self._turned()
        self._longest_turn_ms = max(self._longest_turn_ms, self.turned_ms - began_ms)
        self.gateway.turn_ms = max(self.gateway.turn_ms, self.turned_ms - began_ms)

    def idle(self, waiting_for: str) -> bool:
        """A turn without work, while ``waiting_for`` keeps the gateway from its lamps; whether to go on waiting."""
        self.waiting_for = waiting_for
        self._turned()
        return not self._stopping

    def _turned(self) -> None:
        self.questions.answer()
        self.turned_ms = self._clock.monotonic_ms()
        for hook in self.on_turn:
            hook(self.turned_ms)

    def _wait_s(self) -> float:
        if self._reloading or self._stopping:
            return 0
        wait_ms = min(self.gateway.wait_ms(self._clock.now_ms()), HOUSEKEEPING_MS) if self.started else HOUSEKEEPING_MS
        return min(wait_ms, 10) / 1000 if self._unsent else wait_ms / 1000

    def _take(self, received: Sequence[Received], monotonic_ms: int) -> None:
        if self.started:
            self._handle(received)
            return
        for state in self.reading.take(received, monotonic_ms):
            self.transport.acknowledge(state)
        if (self.gateway.simulated and self.transport.connected) or self.reading.done(monotonic_ms):
            self._start()

    def _handle(self, received: Sequence[Received]) -> None:
        for message in received:
            now_ms = self._clock.now_ms()
            self._displaced = self._displaced or self._rivals.has_precedence(message)
            try:
                self._send(self.gateway.handle(message, now_ms))
            except Exception:
                self.failed += 1
                log.exception("a message could not be handled", extra=facts(topic=message.topic))
                self.transport.acknowledge(message)
        for message in self.gateway.acknowledgements():
            self.transport.acknowledge(message)

    def _start(self) -> None:
        """Begin to control, with what the lamps said before."""
        reading, now_ms = self.reading, self._clock.now_ms()
        self._send(self.gateway.connected(now_ms))
        self._handle([one for one in reading.early if one.topic.endswith("/ambient")])
        self._send(self.gateway.start(now_ms, reading.states))
        self.started = True
        missing = reading.missing()
        known = len(reading.states)
        log.info("started", extra=facts(lamps=known + len(missing), states_known=known, first_unknown=missing[:3]))
        for complaint in self.gateway.complaints:
            log.error("a kept program or configuration is not used", extra=facts(key=complaint, why=complaint))
        if self._store.recovered:
            log.error("the store was corrupt", extra=facts(what=self._store.recovered))
            self._report("store_corrupt", "start", self._store.recovered)
        early, self.reading = reading.early, RestartReading(())
        for one in early:
            if one.topic == self._rivals.status_topic:
                self.transport.acknowledge(one)
        self._handle([one for one in early if one.topic != self._rivals.status_topic])
        settle_memory()

    # ---- connection and clock -------------------------------------------------------------------

    def _follow_connection(self, monotonic_ms: int) -> None:
        transport = self.transport
        if transport.connections != self._connections and transport.connected:
            self._connections = transport.connections
            self._unsent.clear()
            log.info("connected")
            if self.started:
                self._send(self.gateway.connected(self._clock.now_ms()))
            else:
                self.reading.connected(monotonic_ms)

    def _follow_clock(self, monotonic_ms: int) -> None:
        now_ms = self._clock.now_ms()
        pong = self.gateway.take_pong()
        if pong is not None:
            self._watch.pong(*pong)
        state = self._watch.look(now_ms, monotonic_ms)
        if state.stepped:
            log.warning("the clock was set", extra=facts(trusted=state.trusted, step_ms=state.step_ms))
        if self.started:
            self._send(self.gateway.clock(now_ms, trusted=state.trusted, step_ms=state.step_ms))

    def _send(self, messages: Sequence[Outgoing]) -> None:
        """Publish in order; what the connection has no room for now waits, and is lost with the connection.

        A QoS 0 message does not wait: it promises nothing.
        """
        self._unsent.extend(messages)
        while self._unsent:
            message = self._unsent[0]
            if self.transport.publish(message) is not None:
                self.sent[message.topic.rpartition("/")[2]] += 1
                self._spoke = True
            elif message.qos and self.transport.connected:
                return
            else:
                self.not_sent += 1
            self._unsent.popleft()

    def _tell_refusals(self) -> None:
        """A line for each code of this turn, however many messages there were; the log writes a code seldom."""
        for last in self.gateway.refusals.take_news():
            say = facts(key=last.code, code=last.code, topic=last.topic, why=last.detail, so_far=last.total)
            log.warning("a message was refused", extra=say)

    # ---- store, reload, end ---------------------------------------------------------------------

    def _keep(self, now_ms: int, monotonic_ms: int) -> None:
        self._send(())
        for message in self.gateway.acknowledgements():
            self.transport.acknowledge(message)
        self._forwarder.turn(now_ms)
        self._flush(now_ms)
        if monotonic_ms - self._kept_ms >= _KEEP_TIME_MS and self.gateway.clock_trusted:
            self._kept_ms = monotonic_ms
            self._store.keep_time(now_ms)

    def _flush(self, now_ms: int) -> None:
        """Let the store write; where something was said only a turn later, since what was said leaves with the wait."""
        self._put_off = self._spoke and not self._put_off
        self._spoke = False
        if not self._put_off:
            self._store.flush(now_ms)

    def _reload(self) -> None:
        """Take over the file as it is now, whole, or go on with the old one."""
        self._reloading = False
        try:
            plan = self._load()
            refuse_new_identity(self.gateway.plan, plan)
        except InputError as error:
            log.error("the new configuration is refused, the old one goes on", extra=facts(key=error, why=str(error)))
            self._report("reload_refused", "start", str(error))
            self._refused_reload = True
            return
        self._send(self.gateway.reload(plan, self._clock.now_ms()))
        if self._refused_reload:
            self._refused_reload = False
            self._report("reload_refused", "end")
        log.info("reloaded", extra=facts(lamps=len(plan.lamps), sensors=len(plan.sensors)))

    def _report(self, code: str, phase: str, detail: str = "") -> None:
        """Keep an event of the gateway itself for the site."""
        now_ms = self._clock.now_ms()
        event = self.gateway.post.message(
            "event", now_ms, code=code, phase=phase, first_seen=now_ms, detail=detail[:_LONGEST_DETAIL]
        )
        try:
            self._store.put("event", [event])
        except StoreFull:
            log.error("an event could not be kept", extra=facts(code=code))

    def _leave(self) -> None:
        now_ms = self._clock.now_ms()
        displaced = self._displaced or self.transport.taken_over
        self.transport.close(None if displaced else self.gateway.farewell(now_ms))
        self._forwarder.turn(now_ms)
        self._forwarder.settle()
        self._store.flush(now_ms)
