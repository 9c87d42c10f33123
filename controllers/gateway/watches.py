"""What a gateway notices about its devices: repeated messages, silent sensors, faults of lamps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controllers.gateway.duplicates import Duplicates
from controllers.gateway.fault import Fault
from controllers.gateway.lamp_watch import LampWatch
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.gateway.sensor_watch import SensorNews, SensorWatch
from controllers.gateway.settings import Settings
from controllers.link.transport import Outgoing
from slic.control.controller import SegmentController
from slic.control.group import NEVER_MS
from slic.control.segment import Action
from slic.messages.payloads import Event, LampReading, LampState, Message, Presence


class Watches:
    """Watches the devices of a segment and gathers the events that follow, until :meth:`take_events`."""

    def __init__(self, plan: GatewayPlan, settings: Settings, post: Post, t_ms: int = 0) -> None:
        self._post = post
        self._lamp_ids = [lamp.id for lamp in plan.lamps]
        self._sensor_ids = [sensor.id for sensor in plan.sensors if sensor.kind == "presence"]
        self._duplicates = Duplicates(2 * (len(plan.lamps) + len(plan.sensors)) + 100)
        self._lamps = LampWatch(plan.lamps, settings.telemetry_s, t_ms)
        self._sensors = SensorWatch(len(self._sensor_ids), settings.sensor_stale_s, t_ms)
        self._events: list[Outgoing] = []

    @property
    def next_ms(self) -> int:
        """When :meth:`due` has something to do [UTC ms]."""
        return min(self._lamps.next_ms, self._sensors.next_ms, NEVER_MS)

    @property
    def lamps_lost(self) -> int:
        """Lamps of which nothing is heard."""
        return self._lamps.lost

    @property
    def sensors_lost(self) -> int:
        """Presence sensors of which nothing is heard."""
        return self._sensors.lost

    @property
    def missing(self) -> int:
        """Messages of devices that never came."""
        return self._duplicates.missing

    def is_new(self, message: Message) -> bool:
        """Whether a device's message did not come before."""
        return self._duplicates.verdict(message.boot, message.seq) == "new"

    def go_on(self, before: Watches) -> None:
        """Take over from the watches of another inventory: sensors that were lost stay so, events are not forgotten."""
        number = {sensor: i for i, sensor in enumerate(self._sensor_ids)}
        both = {was: number[sensor] for was, sensor in enumerate(before._sensor_ids) if sensor in number}
        self._sensors.go_on(before._sensors, both)
        self._lamps.late_s = before._lamps.late_s
        self._duplicates.missing = before.missing
        self._events = before.take_events()

    def expect_late(self, late_s: float) -> None:
        """Lamps may get and say things so much later than in a real field [s]."""
        self._lamps.late_s = late_s

    def use(self, settings: Settings) -> None:
        """Watch by other settings."""
        self._lamps.use(settings.telemetry_s)
        self._sensors.use(settings.sensor_stale_s)

    def clock_set(self, delta_ms: int) -> None:
        """The clock was set by so much."""
        self._lamps.clock_set(delta_ms)
        self._sensors.clock_set(delta_ms)

    def take_events(self) -> list[Outgoing]:
        """What is to be reported since the last call."""
        events, self._events = self._events, []
        return events

    def commanded(self, actions: Iterable[Action]) -> None:
        """Lamps are told levels."""
        for action in actions:
            self._lamps.commanded(action)

    def lamp_state(self, t_ms: int, lamp: int, state: LampState) -> None:
        """A lamp said what it does."""
        self._report(t_ms, self._lamps.state(t_ms, lamp, state), self._lamp_ids)

    def reading(self, t_ms: int, lamp: int, reading: LampReading) -> None:
        """A lamp's meter spoke."""
        self._report(t_ms, self._lamps.reading(t_ms, lamp, reading), self._lamp_ids)

    def sensor_heard(self, t_ms: int, sensor: int, said: Presence, controller: SegmentController) -> list[Action]:
        """A presence sensor spoke; what the controller does because it was lost before."""
        anew = self._sensors.started_anew(sensor, said.boot)
        news = self._sensors.heard(t_ms, sensor, active=said.active, momentary=said.momentary)
        actions = self._tell(t_ms, news, controller)
        return [*actions, *(controller.sensor_back(t_ms, sensor) if anew else [])]

    def sensor_failed(self, t_ms: int, sensor: int, said: Event, controller: SegmentController) -> list[Action]:
        """A presence sensor says that it has failed, or does so no more; what the controller does."""
        if said.phase == "start":
            self._sensors.failed(sensor, said.boot)
            return controller.sensor_lost(t_ms, sensor)
        return controller.sensor_back(t_ms, sensor) if self._sensors.mended(sensor) else []

    def due(self, t_ms: int, controller: SegmentController) -> list[Action]:
        """What silence tells; what the controller does because sensors are lost."""
        self._report(t_ms, self._lamps.due(t_ms), self._lamp_ids)
        return self._tell(t_ms, self._sensors.due(t_ms), controller)

    def _tell(self, t_ms: int, news: Sequence[SensorNews], controller: SegmentController) -> list[Action]:
        actions: list[Action] = []
        for fault, lost in news:
            self._report(t_ms, [fault], self._sensor_ids)
            if lost is not None:
                act = controller.sensor_lost if lost else controller.sensor_back
                actions += act(t_ms, fault.device)
        return actions

    def _report(self, t_ms: int, faults: Iterable[Fault], ids: Sequence[str]) -> None:
        for fault in faults:
            event = self._post.message(
                "fault",
                t_ms,
                ids[fault.device],
                code=fault.code,
                phase=fault.phase,
                first_seen=fault.first_seen_ms,
                count=fault.count,
                detail=fault.detail,
            )
            self._events.append(event)
