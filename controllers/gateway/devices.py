"""What lamps and sensors say, and what the controller does about it."""

from __future__ import annotations

from collections.abc import Callable

from controllers.gateway.heard import Heard
from controllers.gateway.segment_control import SegmentControl
from slic.control.controller import SegmentController
from slic.control.segment import Action
from slic.messages.codes import Code
from slic.messages.payloads import Ambient, Event, LampReading, LampState, Presence

CHANNEL_NAMES = ("presence", "ambient", "lampState", "lampReading", "deviceEvent")


class Devices:
    """The devices of a segment's inventory; ``control`` is what they speak to."""

    def __init__(self, control: SegmentControl) -> None:
        self._control = control
        presence = [sensor.id for sensor in control.plan.sensors if sensor.kind == "presence"]
        self._sensor_index = {sensor: i for i, sensor in enumerate(presence)}
        self._ambient_sensors = {sensor.id for sensor in control.plan.sensors if sensor.kind == "ambient"}
        self._handlers: dict[str, Callable[[Heard, int], list[Action]]] = {
            "presence": self._presence,
            "ambient": self._ambient,
            "lampState": self._state,
            "lampReading": self._reading,
            "deviceEvent": self._event,
        }

    def hear(self, heard: Heard, t_ms: int) -> list[Action]:
        """Take a message of one of :data:`CHANNEL_NAMES`; what lamps are to do now."""
        return self._handlers[heard.channel.name](heard, t_ms)

    def _presence(self, heard: Heard, t_ms: int) -> list[Action]:
        sensor = self._sensor_index.get(heard.topic.node)
        if sensor is None:
            return self._refuse("unknown_sensor", heard)
        controller = self._control.controller
        if controller is None or not self._fresh(heard):
            return []
        message = heard.message
        assert isinstance(message, Presence)
        watches = self._control.watches
        actions = watches.sensor_heard(t_ms, sensor, message, controller)
        return actions + _detected(controller, t_ms, sensor, message)

    def _ambient(self, heard: Heard, t_ms: int) -> list[Action]:
        message = heard.message
        assert isinstance(message, Ambient)
        if heard.topic.node not in self._ambient_sensors:
            return self._refuse("unknown_sensor", heard)
        control = self._control
        old = t_ms - message.ts > 1000 * control.plan.file.stale_after_s
        if message.quality != "good" or old:
            return []
        if control.controller is None:
            control.first_light_lux = None if control.simulated else message.lux
        if control.controller is None or not self._fresh(heard):
            return []
        return control.controller.ambient(t_ms, message.lux)

    def _state(self, heard: Heard, t_ms: int) -> list[Action]:
        control = self._control
        lamp = control.lamp_index.get(heard.topic.node)
        message = heard.message
        assert isinstance(message, LampState)
        if lamp is None:
            return self._refuse("unknown_lamp", heard)
        if self._fresh(heard):
            control.watches.lamp_state(t_ms, lamp, message)
            if control.lamps.heard(t_ms, lamp, message) and control.controller is not None:
                control.kept.keep("answer", control.orders.applied(t_ms, lamp, control.controller))
        return []

    def _reading(self, heard: Heard, t_ms: int) -> list[Action]:
        control = self._control
        lamp = control.lamp_index.get(heard.topic.node)
        message = heard.message
        assert isinstance(message, LampReading)
        if lamp is None:
            return self._refuse("unknown_lamp", heard)
        if not control.settings.telemetry_s:
            return []
        if self._fresh(heard):
            control.watches.reading(t_ms, lamp, message)
            control.kept.add_reading(t_ms, heard.topic.node, message)
        else:
            control.kept.add_repeated()
        return []

    def _event(self, heard: Heard, t_ms: int) -> list[Action]:
        message = heard.message
        assert isinstance(message, Event)
        node, controller = heard.topic.node, self._control.controller
        sensor = self._sensor_index.get(node)
        if sensor is None and node not in self._control.lamp_index and node not in self._ambient_sensors:
            return self._refuse("unknown_sensor", heard)
        if sensor is None or message.code != "sensor_failure" or controller is None or not self._fresh(heard):
            return []
        return self._control.watches.sensor_failed(t_ms, sensor, message, controller)

    def _fresh(self, heard: Heard) -> bool:
        """Whether a device's message is new; duplicates are dropped and counted."""
        if self._control.watches.is_new(heard.message):
            return True
        self._control.refused["duplicate"] += 1
        return False

    def _refuse(self, code: Code, heard: Heard) -> list[Action]:
        self._control.refusals.add(code, str(heard.topic))
        return []


def _detected(controller: SegmentController, t_ms: int, sensor: int, message: Presence) -> list[Action]:
    speed_mm_s = 0 if message.speed_mps is None else round(message.speed_mps * 1000)
    if message.momentary:
        return controller.pulse(t_ms, sensor, speed_mm_s, message.dir)
    if not message.active:
        return controller.presence(t_ms, sensor, False)
    actions: list[Action] = []
    if message.count or not controller.is_up(sensor):
        for _user in range(max(1, message.count)):
            actions += controller.presence(t_ms, sensor, True, speed_mm_s, message.dir)
    return actions
