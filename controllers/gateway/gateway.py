"""The gateway of a segment as a conversation: a message and the time go in, messages come out.

Nothing in it waits, and no decision about light is made here: :class:`SegmentController` makes them all. Messages that
are returned are to be published now, and lost if there is no connection: what lamps must know is said again after
the next one. Records that must not be lost are put into the store, from where another part sends them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from controllers.envelope import Sender
from controllers.gateway import devices, reports
from controllers.gateway.devices import Devices
from controllers.gateway.documents import Taking
from controllers.gateway.heard import Heard
from controllers.gateway.pings import Pings
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.segment_control import SegmentControl, last_of_each
from controllers.link.transport import Outgoing, Received, Subscription
from controllers.store.port import Store
from slic.control.group import NEVER_MS
from slic.lamps.level import pm_from_pct
from slic.messages.channels import CHANNELS
from slic.messages.codec import Refusal, decode
from slic.messages.payloads import LampState, Pong, Signed
from slic.messages.topics import GATEWAY

Handler = Callable[[Heard, int], list[Outgoing]]


class Gateway(SegmentControl):
    """One segment (see the module); arguments as of :class:`SegmentControl`."""

    def __init__(self, plan: GatewayPlan, store: Store, sender: Sender) -> None:
        super().__init__(plan, store, sender)
        self.heard: Counter[str] = Counter()
        self.turn_ms = 0.0  # longest turn of the loop that runs this, which says so
        self._devices = Devices(self)
        self._pings = Pings(self.post)
        self._command_end = f"/{GATEWAY}/{CHANNELS['command'].channel}"
        self._health_ms = NEVER_MS
        self._handlers: dict[str, Handler] = dict.fromkeys(devices.CHANNEL_NAMES, self._on_device)
        self._handlers |= {
            "command": self._on_command,
            "program": self._on_program,
            "config": self._on_config,
            "ping": self._on_ping,
            "pong": self._on_pong,
        }

    @property
    def clock_offset_ms(self) -> int | None:
        """Machine's clock less the core's, None before an answer of the core."""
        return self._pings.clock_offset_ms

    # ---- what the caller does -------------------------------------------------------------------

    def subscriptions(self) -> list[Subscription]:
        """What a gateway listens to. Retained commands are refused, so their flag must be seen."""
        site, segment = self.plan.file.site, self.plan.file.segment
        mine = [c for c in CHANNELS.values() if "gateway" in c.readers and (self.simulated or not c.simulated)]
        return [Subscription(c.address(site, segment, "+"), c.qos, c.name == "command") for c in mine]

    def will(self, t_ms: int) -> Outgoing:
        """What the broker says when the gateway is gone without a word."""
        return reports.status(self.post, t_ms, "lost")

    def farewell(self, t_ms: int) -> Outgoing:
        """What the gateway says when it leaves."""
        return reports.status(self.post, t_ms, "offline")

    def start(self, wall_ms: int, states: Mapping[str, LampState] | None = None) -> list[Outgoing]:
        """Begin to control. ``states``: retained states of the lamps; their levels change only where they must."""
        self.complaints = self.documents.load()
        self._use_config()
        for lamp, state in (states or {}).items():
            if lamp in self.lamp_index:
                self.lamps.told_pm[self.lamp_index[lamp]] = pm_from_pct(state.target_pct)
        self._health_ms = wall_ms
        self._watch_anew(wall_ms)
        known = self._known(states or {})
        return self._begin(wall_ms, known) if self.controller is None else self._go_on(wall_ms, known, self._lamp_ids)

    def handle(self, received: Received, wall_ms: int) -> list[Outgoing]:
        """Take a message. It may be acknowledged to the broker once :meth:`acknowledgements` gives it."""
        self.kept.take(received)
        # a retained command gets an answer that says so; anything else that should not be retained is dropped
        ghost = received.retain and not received.topic.endswith(self._command_end)
        decoded = decode(received.topic, received.payload, ghost)
        if isinstance(decoded, Refusal):
            self.refusals.add(decoded.code, received.topic, decoded.detail)
            self.kept.settle()
            return []
        heard = Heard(*decoded, received.payload, received.retain)
        self.heard[heard.channel.name] += 1
        out = self._take_in_time(heard, wall_ms)
        self.kept.settle()
        return out

    def due(self, wall_ms: int) -> list[Outgoing]:
        """Do what is due; call it after all messages of the moment, and at least when :meth:`wait_ms` says so."""
        return self._due(wall_ms)

    def wait_ms(self, wall_ms: int) -> int:
        """How long nothing is due if no message comes [ms of wall time]."""
        return max(0, self._next_ms() - wall_ms)

    def acknowledgements(self) -> list[Received]:
        """Messages that are in safe hands since the last call."""
        return self.kept.take_done()

    def connected(self, wall_ms: int) -> list[Outgoing]:
        """After each connection: say who is there, and to each lamp what it has not shown yet."""
        t_ms = self._now(wall_ms)
        return [*self._introduction(t_ms), self._pings.ask(t_ms), *self.lamps.resync(t_ms)]

    def clock(self, wall_ms: int, *, trusted: bool, step_ms: int = 0) -> list[Outgoing]:
        """The machine's clock was set by ``step_ms``, or is (no longer) to be trusted."""
        if self.controller is None:
            self.clock_trusted = trusted
        if self.controller is None or not (step_ms or trusted != self.clock_trusted):
            return []
        out = self._commands(self.controller.due(wall_ms - step_ms))
        self.clock_trusted = trusted
        self.watches.clock_set(step_ms)
        self.lamps.clock_set(step_ms)
        actions = self.controller.clock_set(wall_ms, trusted)
        actions += self._new_programs(self.controller, wall_ms)
        actions += self.orders.clock_set(self.controller, wall_ms, trusted)
        self._health_ms = wall_ms
        return [*out, *self._commands(last_of_each(actions)), self._pings.ask(wall_ms)]

    def take_pong(self) -> tuple[int, int, int] | None:
        """The core's last answer to a ping, once: when we asked, when it came, and the core's time between them."""
        return self._pings.take_pong()

    def reload(self, plan: GatewayPlan, wall_ms: int) -> list[Outgoing]:
        """Go on with another configuration or inventory; lamps that stay keep their level until told otherwise."""
        t_ms = self._now(wall_ms)
        inventory = reports.inventory(self.post, t_ms, plan)
        out = self._use_plan(plan, t_ms)
        self._devices = Devices(self)
        return [inventory, *out]

    # ---- time -----------------------------------------------------------------------------------

    def _now(self, wall_ms: int) -> int:
        return wall_ms

    def _next_ms(self) -> int:
        decision_ms = NEVER_MS if self.controller is None else self.controller.next_deadline_ms
        return min(
            decision_ms, self._health_ms, self._pings.next_ms, self.lamps.next_ms, self.kept.due_ms, *self._others()
        )

    def _others(self) -> tuple[int, ...]:
        return self.documents.next_ms, self.orders.next_ms, self.watches.next_ms

    def _due(self, t_ms: int) -> list[Outgoing]:
        if self.controller is None:
            return []
        out = self._commands(self.controller.due(t_ms))
        if self.documents.next_ms <= t_ms:
            out += self._use_programs(t_ms)
        return out + self._housekeeping(t_ms)

    def _housekeeping(self, t_ms: int) -> list[Outgoing]:
        out = self.lamps.again(t_ms)
        if self.kept.due_ms <= t_ms:
            self.kept.keep_readings(t_ms)
        self.kept.keep("answer", self.orders.due(t_ms))
        if self.watches.next_ms <= t_ms:
            assert self.controller is not None
            out += self._commands(self.watches.due(t_ms, self.controller))
        self.kept.keep("event", self.watches.take_events())
        if self._pings.next_ms <= t_ms:
            out.append(self._pings.ask(t_ms))
        if self._health_ms <= t_ms:
            out += self._health(t_ms)
        return out

    # ---- what comes -----------------------------------------------------------------------------

    def _take_in_time(self, heard: Heard, wall_ms: int) -> list[Outgoing]:
        return self._take(heard, wall_ms)

    def _take(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        handler = self._handlers.get(heard.channel.name)
        if handler is None:
            return []
        site, segment, *_ = heard.topic
        if segment != self.plan.file.segment or site != self.plan.file.site:
            self.refusals.add("wrong_segment", str(heard.topic))
            return []
        return handler(heard, t_ms)

    def _on_device(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        return self._commands(self._devices.hear(heard, t_ms))

    def _on_command(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        if self.controller is None:
            return []
        taken = self.orders.command(heard, t_ms, self.controller, self.lamps, self.clock_trusted)
        if taken.code == "duplicate":
            self.refused["duplicate"] += 1
        elif taken.code != "ok":
            self.refusals.add(taken.code, str(heard.topic), taken.detail)
        kept = self.kept.keep("answer", taken.answers)
        return [*([] if kept else taken.answers), *self._commands(taken.actions)]

    def _on_program(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        verdict, answer = self.documents.take_program(heard, t_ms, self.clock_trusted, self.post)
        self._count_document(verdict, heard)
        return [answer, *(self._use_programs(t_ms) if verdict == "new" else [])]

    def _on_config(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        verdict, answer = self.documents.take_config(heard, t_ms, self.post)
        self._count_document(verdict, heard)
        if verdict != "new":
            return [answer]
        self._use_config()
        return [answer, *self._go_on_at_level(t_ms)]

    def _count_document(self, verdict: Taking, heard: Heard) -> None:
        if verdict not in ("new", "in_force"):
            message = heard.message
            assert isinstance(message, Signed)
            self.refusals.add(verdict, str(heard.topic), f"version {message.version} of {message.signer}")

    def _on_ping(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        """A ping of another gateway of this name: say at once that this one is here."""
        foreign = heard.message.boot != self.post.sender.boot
        return [reports.status(self.post, t_ms, "online")] if foreign else []

    def _on_pong(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        message = heard.message
        assert isinstance(message, Pong)
        self._pings.answered(message, t_ms)
        return []

    # ---- what it says of itself -----------------------------------------------------------------

    def _introduction(self, t_ms: int) -> list[Outgoing]:
        return [reports.status(self.post, t_ms, "online"), reports.inventory(self.post, t_ms, self.plan)]

    def _health(self, t_ms: int) -> list[Outgoing]:
        period_ms = round(self.settings.health_s * 1000)
        self._health_ms = t_ms + period_ms if period_ms else NEVER_MS
        return [self.health(t_ms)] if period_ms else []

    def health(self, t_ms: int) -> Outgoing:
        """How the gateway does now; the longest turn of its loop is that since the last time."""
        loop_ms, self.turn_ms = self.turn_ms, 0.0
        return reports.health(
            self.post,
            t_ms,
            self.rungs(),
            clock_trusted=self.clock_trusted,
            clock_offset_ms=self.clock_offset_ms,
            store=self.store.health,
            queue_depth=self.store.depth,
            records_dropped=self.store.dropped,
            loop_ms=loop_ms,
            lamps_lost=self.watches.lamps_lost,
            sensors_lost=self.watches.sensors_lost,
            refused=dict(self.refused),
        )
