"""The gateway of a segment as a conversation: a message and the time go in, messages come out.

Nothing in it waits, and no decision about light is made here: :class:`SegmentController` makes them all. Messages that
are returned are to be published now, and lost if there is no connection: what lamps must know is said again after
the next one. Records that must not be lost are put into the store, from where another part sends them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from controllers.envelope import Sender
from controllers.gateway import reports
from controllers.gateway.documents import Documents, Taking
from controllers.gateway.heard import Heard
from controllers.gateway.lamp_link import LampLink
from controllers.gateway.orders import Orders
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.gateway.readings import Readings
from controllers.gateway.refusals import Refusals
from controllers.gateway.segment_plan import segment_plan
from controllers.gateway.settings import Settings, settings_of
from controllers.gateway.watches import Watches
from controllers.link.transport import Outgoing, Received, Subscription
from controllers.store.port import Kind, Store, StoreFull
from slic.control.controller import SegmentController
from slic.control.group import NEVER_MS
from slic.control.planner import Planner
from slic.control.segment import Action, Known, Source
from slic.lamps.level import pm_from_pct
from slic.messages.channels import CHANNELS
from slic.messages.codec import Refusal, decode
from slic.messages.codes import Code
from slic.messages.payloads import Ambient, Event, LampReading, LampState, Ping, Pong, Presence, Signed
from slic.messages.topics import GATEWAY, core_topic

HOUR_MS = 3_600_000
Handler = Callable[[Heard, int], list[Outgoing]]


class Gateway:
    """One segment (see the module).

    plan : configuration and inventory; store : what survives a restart; sender : numbers its messages
    """

    simulated = False
    """Whether it listens to the channels of a simulated field."""

    def __init__(self, plan: GatewayPlan, store: Store, sender: Sender) -> None:
        self.plan = plan
        self.settings: Settings = settings_of(plan.file)
        self.post = Post(plan.file.site, plan.file.segment, sender)
        self.store = store
        self.lamps = self._lamp_link()
        self.documents = Documents(plan, store)
        self.orders = Orders(plan, self.settings, store, self.post)
        self.watches = Watches(plan, self.settings, self.post)
        self.complaints: list[str] = []
        self.readings = Readings()
        self.controller: SegmentController | None = None
        self.refusals = Refusals()
        self.refused = self.refusals.counts
        self.heard: Counter[str] = Counter()
        self.clock_trusted = True
        self.clock_offset_ms: int | None = None
        self._lamp_index = {lamp.id: i for i, lamp in enumerate(plan.lamps)}
        self._sensor_index = self._presence_sensors()
        self._ambient_sensors = {sensor.id for sensor in plan.sensors if sensor.kind == "ambient"}
        self.turn_ms = 0.0  # longest turn of the loop that runs this, which says so
        self._command_end = f"/{GATEWAY}/{CHANNELS['command'].channel}"
        self._planners: Mapping[str, Planner | None] = {}
        self._first_light: float | None = None  # heard before the start [lx]
        self._done: list[Received] = []
        self._in_hand: Received | None = None
        self._health_ms = self._ping_ms = NEVER_MS
        self._ping: tuple[str, int] = ("", 0)
        self._last_pong: tuple[int, int, int] | None = None
        self._handlers: dict[str, Handler] = {
            "presence": self._on_presence,
            "ambient": self._on_ambient,
            "lampState": self._on_state,
            "lampReading": self._on_reading,
            "deviceEvent": self._on_device_event,
            "command": self._on_command,
            "program": self._on_program,
            "config": self._on_config,
            "ping": self._on_ping,
            "pong": self._on_pong,
        }

    # ---- what the caller does -------------------------------------------------------------------

    def subscriptions(self) -> list[Subscription]:
        """What a gateway listens to. Retained commands are refused, so their flag must be seen."""
        base = f"slic/v1/{self.plan.file.site}/{self.plan.file.segment}"
        names = [c for c in CHANNELS.values() if "gateway" in c.readers and c.node != "core"]
        wanted = [c for c in names if self.simulated or not c.simulated]
        nodes = {c.name: GATEWAY if c.node == "gateway" else "+" for c in wanted}
        mine = [Subscription(f"{base}/{nodes[c.name]}/{c.channel}", c.qos, c.name == "command") for c in wanted]
        return [*mine, Subscription(core_topic(self.plan.file.site), 1)]

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
            if lamp in self._lamp_index:
                self.lamps.told_pm[self._lamp_index[lamp]] = pm_from_pct(state.target_pct)
        self._health_ms = wall_ms
        before, self.watches = self.watches, Watches(self.plan, self.settings, self.post, wall_ms)
        self.watches.go_on(before)
        known = self._known(states or {})
        return self._begin(wall_ms, known) if self.controller is None else self._go_on(wall_ms, known, self._lamp_ids)

    def handle(self, received: Received, wall_ms: int) -> list[Outgoing]:
        """Take a message. It may be acknowledged to the broker once :meth:`acknowledgements` gives it."""
        # a retained command gets an answer that says so; anything else that should not be retained is dropped
        ghost = received.retain and not received.topic.endswith(self._command_end)
        decoded = decode(received.topic, received.payload, ghost)
        if isinstance(decoded, Refusal):
            self.refusals.add(decoded.code, received.topic, decoded.detail)
            self._done.append(received)
            return []
        heard = Heard(*decoded, received.payload, received.retain)
        self.heard[heard.channel.name] += 1
        self._in_hand = received
        out = self._take_in_time(heard, wall_ms)
        if self._in_hand is not None:
            self._done.append(received)
        return out

    def due(self, wall_ms: int) -> list[Outgoing]:
        """Do what is due; call it after all messages of the moment, and at least when :meth:`wait_ms` says so."""
        return self._due(wall_ms)

    def wait_ms(self, wall_ms: int) -> int:
        """How long nothing is due if no message comes [ms of wall time]."""
        return max(0, self._next_ms() - wall_ms)

    def acknowledgements(self) -> list[Received]:
        """Messages that are in safe hands since the last call."""
        done, self._done = self._done, []
        return done

    def connected(self, wall_ms: int) -> list[Outgoing]:
        """After each connection: say who is there, and to each lamp what it has not shown yet."""
        t_ms = self._now(wall_ms)
        return [*self._introduction(t_ms), self._new_ping(t_ms), *self.lamps.resync(t_ms)]

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
        return [*out, *self._commands(_last_of_each(actions)), self._new_ping(wall_ms)]

    def take_pong(self) -> tuple[int, int, int] | None:
        """The core's last answer to a ping, once: when we asked, when it came, and the core's time between them."""
        pong, self._last_pong = self._last_pong, None
        return pong

    def reload(self, plan: GatewayPlan, wall_ms: int) -> list[Outgoing]:
        """Go on with another configuration or inventory; lamps that stay keep their level until told otherwise."""
        levels = {
            self.plan.lamps[i].id: Known(action.level_pm, action.source)
            for i, action in enumerate(self.lamps.wanted)
            if action is not None
        }
        if (plan.lamps, plan.sensors) != (self.plan.lamps, self.plan.sensors):
            before, self.watches = self.watches, Watches(plan, settings_of(plan.file), self.post, self._now(wall_ms))
            self.watches.go_on(before)
        self.plan = plan
        self.settings = settings_of(plan.file)
        self.watches.use(self.settings)
        self._lamp_index = {lamp.id: i for i, lamp in enumerate(plan.lamps)}
        self._sensor_index = self._presence_sensors()
        self._ambient_sensors = {sensor.id for sensor in plan.sensors if sensor.kind == "ambient"}
        old_lamps = self._lamp_ids
        told_pm = dict(zip(old_lamps, self.lamps.told_pm, strict=True))
        self.lamps = self._lamp_link()
        self.lamps.told_pm = [told_pm.get(lamp) for lamp in self._lamp_ids]
        self.complaints = self.documents.reload(plan)
        self.orders.reload(plan, self.settings)
        self._use_config()
        known = {self._lamp_index[lamp]: was for lamp, was in levels.items() if lamp in self._lamp_index}
        t_ms = self._now(wall_ms)
        return [reports.inventory(self.post, t_ms, plan), *self._go_on(t_ms, known, old_lamps)]

    def why(self, lamp_id: str) -> Action | None:
        """The decision behind a lamp's level; None before the start, KeyError for a lamp that is not of the segment."""
        index = self._lamp_index[lamp_id]
        return None if self.controller is None else self.controller.why(index)

    def rungs(self) -> dict[str, Source]:
        """Rung of the fail-safe ladder in force for each lamp group."""
        return {} if self.controller is None else self.controller.rungs()

    # ---- time -----------------------------------------------------------------------------------

    def _now(self, wall_ms: int) -> int:
        return wall_ms

    def _next_ms(self) -> int:
        decision_ms = NEVER_MS if self.controller is None else self.controller.next_deadline_ms
        return min(
            decision_ms, self._health_ms, self._ping_ms, self.lamps.next_ms, self.readings.due_ms, *self._others()
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
        if self.readings.due_ms <= t_ms:
            self._keep_readings(t_ms)
        self._keep("answer", self.orders.due(t_ms))
        if self.watches.next_ms <= t_ms:
            assert self.controller is not None
            out += self._commands(self.watches.due(t_ms, self.controller))
        self._keep("event", self.watches.take_events())
        if self._ping_ms <= t_ms:
            out.append(self._new_ping(t_ms))
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
            return self._refuse("wrong_segment", heard)
        return handler(heard, t_ms)

    def _refuse(self, code: Code, heard: Heard) -> list[Outgoing]:
        self.refusals.add(code, str(heard.topic))
        return []

    def _fresh(self, heard: Heard) -> bool:
        """Whether a device's message is new; duplicates are dropped and counted."""
        message = heard.message
        if self.watches.is_new(message):
            return True
        self.refused["duplicate"] += 1
        return False

    def _on_presence(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        message = heard.message
        sensor = self._sensor_index.get(heard.topic.node)
        if sensor is None:
            return self._refuse("unknown_sensor", heard)
        controller = self.controller
        if controller is None or not self._fresh(heard):
            return []
        assert isinstance(message, Presence)
        actions = self.watches.sensor_heard(t_ms, sensor, message.active, message.momentary, controller)
        speed_mm_s = 0 if message.speed_mps is None else round(message.speed_mps * 1000)
        if message.momentary:
            actions += controller.pulse(t_ms, sensor, speed_mm_s, message.dir)
        elif message.active:
            if message.count or not controller.is_up(sensor):
                for _user in range(max(1, message.count)):
                    actions += controller.presence(t_ms, sensor, True, speed_mm_s, message.dir)
        else:
            actions += controller.presence(t_ms, sensor, False)
        return self._commands(actions) if actions else []

    def _on_ambient(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        message = heard.message
        assert isinstance(message, Ambient)
        if heard.topic.node not in self._ambient_sensors:
            return self._refuse("unknown_sensor", heard)
        old = t_ms - message.ts > 1000 * self.plan.file.stale_after_s
        if message.quality != "good" or old:
            return []
        if self.controller is None:
            self._first_light = None if self.simulated else message.lux
        if self.controller is None or not self._fresh(heard):
            return []
        return self._commands(self.controller.ambient(t_ms, message.lux))

    def _on_state(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        lamp = self._lamp_index.get(heard.topic.node)
        message = heard.message
        assert isinstance(message, LampState)
        if lamp is None:
            return self._refuse("unknown_lamp", heard)
        if self._fresh(heard):
            self.watches.lamp_state(t_ms, lamp, message)
            if self.lamps.heard(t_ms, lamp, message) and self.controller is not None:
                self._keep("answer", self.orders.applied(t_ms, lamp, self.controller))
        return []

    def _on_reading(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        lamp = self._lamp_index.get(heard.topic.node)
        message = heard.message
        assert isinstance(message, LampReading)
        if lamp is None:
            return self._refuse("unknown_lamp", heard)
        if not self.settings.telemetry_s:
            return []
        received, self._in_hand = self._in_hand, None
        if self._fresh(heard):
            self.watches.reading(t_ms, lamp, message)
            self.readings.add(t_ms, heard.topic.node, message, received)
        elif received is not None and not self.readings.add_repeated(received):
            self._done.append(received)
        return []

    def _on_device_event(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        message = heard.message
        assert isinstance(message, Event)
        node = heard.topic.node
        sensor = self._sensor_index.get(node)
        if sensor is None and node not in self._lamp_index and node not in self._ambient_sensors:
            return self._refuse("unknown_sensor", heard)
        if sensor is None or message.code != "sensor_failure" or self.controller is None or not self._fresh(heard):
            return []
        lost = message.phase == "start"
        act = self.controller.sensor_lost if lost else self.controller.sensor_back
        return self._commands(act(t_ms, sensor))

    def _on_command(self, heard: Heard, t_ms: int) -> list[Outgoing]:
        if self.controller is None:
            return []
        taken = self.orders.command(heard, t_ms, self.controller, self.lamps, self.clock_trusted)
        if taken.code == "duplicate":
            self.refused["duplicate"] += 1
        elif taken.code != "ok":
            self.refusals.add(taken.code, str(heard.topic), taken.detail)
        kept = self._keep("answer", taken.answers)
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
        known = {i: Known(a.level_pm, a.source) for i, a in enumerate(self.lamps.wanted) if a is not None}
        return [answer, *self._go_on(t_ms, known, self._lamp_ids)]

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
        ping_id, sent_ms = self._ping
        if message.ping_id == ping_id and message.who == "core":
            self.clock_offset_ms = (sent_ms + t_ms) // 2 - message.ts
            self._last_pong = (sent_ms, t_ms, message.ts)
        return []

    # ---- what follows ---------------------------------------------------------------------------

    def _begin(self, t_ms: int, known: Mapping[int, Known]) -> list[Outgoing]:
        self._planners = self.documents.planners_at(t_ms)
        self.controller = controller = SegmentController(segment_plan(self.plan, self.settings, self._planners))
        controller.clock_trusted = self.clock_trusted
        if self._first_light is not None:
            controller.light_before(t_ms, self._first_light)
        actions = controller.start(t_ms, known)
        actions += self.orders.resume(controller, t_ms, self.clock_trusted)
        return self._begun(controller, t_ms, actions if self.simulated and not known else _needed(actions, known))

    def _go_on(self, t_ms: int, known: Mapping[int, Known], old_lamps: Sequence[str]) -> list[Outgoing]:
        """Control with other settings or another inventory; what the controller knew and obeyed goes on."""
        before = self.controller
        if before is None:
            return []
        self._planners = self.documents.planners_at(t_ms)
        self.controller = controller = SegmentController(segment_plan(self.plan, self.settings, self._planners))
        controller.clock_trusted = self.clock_trusted
        actions = controller.start(t_ms, known, before)
        taken = self.orders.go_on(controller, t_ms, old_lamps)
        self._keep("answer", taken.answers)
        return self._begun(controller, t_ms, _needed(actions + taken.actions, known))

    def _begun(self, controller: SegmentController, t_ms: int, actions: Sequence[Action]) -> list[Outgoing]:
        out = self._commands(actions)
        self.lamps.begin(t_ms, [controller.why(i) for i in range(len(self.plan.lamps))])
        return out

    def _use_programs(self, t_ms: int) -> list[Outgoing]:
        return [] if self.controller is None else self._commands(self._new_programs(self.controller, t_ms))

    def _new_programs(self, controller: SegmentController, t_ms: int) -> list[Action]:
        """Give each lamp group the program that holds now, where it is another one than before."""
        before, self._planners = self._planners, self.documents.planners_at(t_ms)
        actions: list[Action] = []
        for group in controller.plan.groups:
            planner = self._planners.get(group)
            if planner is not before.get(group):
                actions += controller.new_program(t_ms, group, planner)
        return actions

    def _use_config(self) -> None:
        config = self.documents.config
        if config is not None:
            self.settings = settings_of(config)
            self.lamps.resend_ms = round(self.settings.resend_s * 1000)
            self.orders.use(self.settings)
            self.watches.use(self.settings)

    def _commands(self, actions: Sequence[Action]) -> list[Outgoing]:
        if not actions:
            return []
        self.store.decided(actions, self._lamp_ids)
        self.watches.commanded(actions)
        return self.lamps.commands(actions)

    def _keep(self, kind: Kind, messages: Sequence[Outgoing]) -> bool:
        if not messages:
            return True
        try:
            self.store.put(kind, messages)
        except StoreFull:
            self.refused["store_full"] += len(messages)
            return False
        return True

    def _keep_readings(self, t_ms: int) -> None:
        """Readings that cannot be kept wait, unacknowledged, so that the broker still has them; not all of them."""
        readings = self.readings
        no_room = readings.held and self.store.health == "full"
        if not no_room and self._keep("reading", [readings.record(self.post, t_ms)]):
            self._done += readings.kept()
            return
        given_up = readings.hold(t_ms)
        self.refused["store_full"] += len(given_up)
        self._done += given_up

    def _introduction(self, t_ms: int) -> list[Outgoing]:
        return [reports.status(self.post, t_ms, "online"), reports.inventory(self.post, t_ms, self.plan)]

    def _new_ping(self, t_ms: int) -> Outgoing:
        self._ping_ms = t_ms + HOUR_MS
        message = self.post.message("ping", t_ms)
        self._ping = (Ping.model_validate_json(message.payload).id, t_ms)
        return message

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

    # ---- inventory ------------------------------------------------------------------------------

    def _lamp_link(self) -> LampLink:
        self._lamp_ids = [lamp.id for lamp in self.plan.lamps]
        file = self.plan.file
        return LampLink(file.site, file.segment, self._lamp_ids, self.post.sender, self.settings.resend_s)

    def _presence_sensors(self) -> dict[str, int]:
        sensors = [sensor.id for sensor in self.plan.sensors if sensor.kind == "presence"]
        return {sensor: i for i, sensor in enumerate(sensors)}

    def _known(self, states: Mapping[str, LampState]) -> dict[int, Known]:
        return {
            self._lamp_index[lamp]: Known(pm_from_pct(state.target_pct), state.src)
            for lamp, state in states.items()
            if lamp in self._lamp_index and (state.level_pct == state.target_pct or state.fade_end is not None)
        }


def _needed(actions: Sequence[Action], known: Mapping[int, Known]) -> list[Action]:
    """The last action of each lamp, where it asks for another level than the lamp was told."""
    told_pm = {lamp: was.level_pm for lamp, was in known.items()}
    return [action for action in _last_of_each(actions) if told_pm.get(action.lamp) != action.level_pm]


def _last_of_each(actions: Sequence[Action]) -> list[Action]:
    """The last action of each lamp, in order: what came before it at the same moment must not be seen."""
    last = {action.lamp: action for action in actions}
    return [action for action in actions if last[action.lamp] is action]
