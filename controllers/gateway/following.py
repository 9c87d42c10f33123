"""A gateway on the clock of a simulated field. What the caller calls wall time is only its pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from controllers.envelope import Sender
from controllers.gateway.field_time import FieldTime
from controllers.gateway.gateway import Gateway
from controllers.gateway.heard import Heard
from controllers.gateway.pings import HOUR_MS
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.watches import Watches
from controllers.link.transport import Outgoing
from controllers.store.port import Store
from slic.messages.payloads import Clock, LampReading, LampState

_AT_ONCE = ("ping", "pong", "status")
ROUND_TRIP_S = 1.0
"""A command and its answer take at most so long on a busy machine, in its own time [assumed]."""
_MOST_EARLY = 100_000


class FollowingGateway(Gateway):
    """A gateway whose time is that of the field, by ``_/clock``.

    In lockstep it does nothing but by the field's messages, in their order, and answers each message of the clock.
    """

    simulated = True

    def __init__(self, plan: GatewayPlan, store: Store, sender: Sender) -> None:
        super().__init__(plan, store, sender)
        self.time = FieldTime()
        self._sent_before = 0
        self._early: deque[Heard] = deque(maxlen=_MOST_EARLY)
        self._handlers["clock"] = self._on_clock

    def start(self, wall_ms: int, states: Mapping[str, LampState] | None = None) -> list[Outgoing]:
        """Get ready; control begins when the field says so, without memory of the lamps."""
        self.complaints = self.documents.load()
        self._use_config()
        return []

    def due(self, wall_ms: int) -> list[Outgoing]:
        """Do what is due by the field's clock; nothing in lockstep."""
        return [] if self.time.lockstep else self._due(self.time.now_ms(wall_ms))

    def wait_ms(self, wall_ms: int) -> int:
        """How long nothing is due if no message comes [ms of wall time]."""
        return HOUR_MS if self.time.lockstep else self.time.wall_ms_until(self._next_ms(), wall_ms)

    def connected(self, wall_ms: int) -> list[Outgoing]:
        """After each connection: in lockstep lamps are told by the clock alone."""
        if not self.time.lockstep:
            return super().connected(wall_ms)
        return self._introduction(self._now(wall_ms))

    def clock(self, wall_ms: int, *, trusted: bool, step_ms: int = 0) -> list[Outgoing]:
        """The machine's clock does not matter."""
        return []

    def _now(self, wall_ms: int) -> int:
        return self.time.now_ms(wall_ms)

    def _take_in_time(self, heard: Heard, wall_ms: int) -> list[Outgoing]:
        message = heard.message
        if isinstance(message, Clock) and message.rate:
            self.time.set(message, wall_ms)
            self._early.extend(self.time.documents())
            return self._take(heard, message.ts) + self._take_early(message.ts)
        if isinstance(message, LampReading) and self.controller is None:
            self._early.append(heard)
            return []
        if not isinstance(message, Clock) and (not self.time.lockstep or heard.channel.name in _AT_ONCE):
            return self._take(heard, self.time.now_ms(wall_ms))
        out = []
        for ready in self.time.ordered(heard):
            if isinstance(ready.message, Clock):
                self.time.set(ready.message, wall_ms)
            out += self._take(ready, ready.message.ts)
        return out

    def _take_early(self, t_ms: int) -> list[Outgoing]:
        """Take what the broker kept, readings and a site's documents: it came before the field's time was known."""
        out: list[Outgoing] = []
        while self._early and self.controller is not None:
            out += self._take(self._early.popleft(), t_ms)
        return out

    def _on_clock(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        message = heard.message
        assert isinstance(message, Clock)
        out = self._obey_clock(message, t_ms)
        if message.rate == 0:
            commands, self._sent_before = self.lamps.sent - self._sent_before, self.lamps.sent
            out.append(self.post.message("clockDone", t_ms, op=message.op, commands=commands))
        return out

    def _obey_clock(self, message: Clock, t_ms: int) -> list[Outgoing]:
        if message.op == "begin":
            self.clock_trusted = True
            self.orders.forget()
            self.watches = Watches(self.plan, self.settings, self.post, t_ms)
            self.watches.expect_late(message.rate * ROUND_TRIP_S)
            return self._begin(t_ms, {})
        controller = self.controller
        if controller is None or message.op == "join":
            return []
        if message.op == "tick":
            return self._due(t_ms - 1)
        self.clock_trusted = message.trusted
        actions = controller.due(t_ms) + controller.clock_set(t_ms, message.trusted)
        return self._commands(actions + self.orders.clock_set(controller, t_ms, message.trusted))
