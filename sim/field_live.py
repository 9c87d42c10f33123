"""A street that lives beside a gateway: virtual lamps and sensors on a clock that does not wait.

At rate 1 the field has the time of this machine, and the scenario's nights are moved to it by whole weeks, so that
the gateway can run on its own clock. At another rate it has the scenario's time, and tells a gateway that follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from controllers.clock import Clock
from controllers.envelope import Sender, new_boot
from controllers.gateway.post import Post
from controllers.link.transport import Outgoing, Received, Subscription, Transport
from controllers.replay import Inputs, Kind, Row
from controllers.service.gateway_folder import FieldNames
from sim.field_devices import REPEAT_MS, Agenda, FieldLamps
from sim.field_faults import LAMP_FAULTS, PROCESS_FAULTS
from sim.field_lamp import LampFault, VirtualLamp
from sim.field_messages import FieldMessages
from sim.field_programs import FieldPrograms
from sim.scene import inputs_for, make_scene
from sim.setup import HOUR_MS, Setup
from slic.control.civil import night_of
from slic.lamps.level import pm_from_pct
from slic.messages.channels import CHANNELS
from slic.messages.codec import Refusal, decode
from slic.messages.payloads import LampCommand, Status
from slic.messages.topics import GATEWAY, topic
from slic.scenario.field_fault import FieldFault
from slic.scenario.layout import Street

TICK_WALL_MS = 250
"""A gateway that follows the field is told the time as often."""
SILENCE_MS = 10 * 60_000
"""Lamps that nobody has led for so long go to their safe level."""
WEEK_MS = 7 * 24 * HOUR_MS
"""How far a real-time field may move its nights at a time."""
_TURN_S = 0.25
_FAULT_OF: Mapping[str, LampFault] = {"lamp_dead": "dead", "lamp_stuck": "stuck", "lamp_cycling": "cycling"}
_SENSED = (Kind.ON, Kind.MORE, Kind.PULSE, Kind.OFF, Kind.AMBIENT)


@dataclass(frozen=True, slots=True)
class FieldClock:
    """Time of a field: ``start_ms`` [UTC ms] when it began, ``rate`` times as fast as the machine's."""

    clock: Clock
    start_ms: int
    began_ms: int
    rate: float

    def now_ms(self) -> int:
        """The field's time [UTC ms]."""
        return self.start_ms + round((self.clock.monotonic_ms() - self.began_ms) * self.rate)

    def wall_s(self, t_ms: int) -> float:
        """Seconds of the machine's time until a moment of the field."""
        return max(0.0, (t_ms - self.now_ms()) / self.rate / 1000)


def shift_to(start_ms: int, now_ms: int) -> int:
    """Whole weeks [ms] by which a scenario is moved, so that ``now_ms`` is in the week that begins at its start."""
    return (now_ms - start_ms) // WEEK_MS * WEEK_MS


class LiveField:
    """One street, live.

    regime : whose inputs the sensors give; shift_ms : that scenario time is moved by
    act : causes a fault of a process, by kind; None where the field has none of its own
    programs : gives the gateway the regime's programs, or None where it has its own
    """

    def __init__(
        self,
        setup: Setup,
        street: Street,
        names: FieldNames,
        regime: str,
        transport: Transport,
        clock: FieldClock,
        programs: Callable[[Sender], FieldPrograms] | None,
        act: Callable[[str], None] | None = None,
        *,
        shift_ms: int = 0,
        replicate: int = 0,
        telemetry_ms: int = 900_000,
        first_number: int = 0,
    ) -> None:
        self._setup, self._street, self._names, self._regime = setup, street, names, regime
        self._transport, self._clock, self._act = transport, clock, act
        self._shift_ms, self._replicate = shift_ms, replicate
        self.agenda = Agenda()
        self._sender = Sender(new_boot(), first_number)
        self._programs = None if programs is None else programs(self._sender)
        self._messages = FieldMessages(names, self._sender, self._programs)
        self._messages.begin_night(regime)
        self._time = Post(names.site, names.segment, Sender(new_boot()))
        posts = [Post(names.site, names.segment, Sender(new_boot())) for _ in street.lamps]
        self.lamps = FieldLamps(names, self._virtual(), posts, self.agenda, self._say, telemetry_ms)
        self._up: set[int] = set()
        self._stuck: set[int] = set()
        self._drift_ms = 0
        self._led_ms = clock.start_ms
        self._fallen_back = False
        self._gateway_there = False
        self._gateway_boot = ""
        self._opened = False
        self.sent = self.received = self.not_sent = 0

    def run(self, until_ms: int) -> None:
        """Live until a moment of the field's time [UTC ms]; it may be called again to live on."""
        if not self._opened:
            self._opened = True
            self._open()
        while (now_ms := self._clock.now_ms()) < until_ms:
            self.agenda.run(now_ms)
            self._look_after_lead(now_ms)
            next_ms = min(until_ms, self.agenda.next_ms or until_ms)
            for received in self._transport.wait(min(_TURN_S, self._clock.wall_s(next_ms))):
                self._take(received, self._clock.now_ms())
            self._transport.delivered()
            self._transport.refused()
        self.agenda.run(until_ms)

    # ---- begin ----------------------------------------------------------------------------------

    def _open(self) -> None:
        names, start_ms = self._names, self._clock.start_ms
        status = topic(names.site, names.segment, GATEWAY, "status")
        commands = CHANNELS["lampCommand"].address(names.site, names.segment, "+")
        self._transport.open([Subscription(commands, 1, commands=True), Subscription(status, 1)])
        self.lamps.begin(start_ms)
        self._plan_faults(self._setup.scenario.field_faults)
        sensors = len(self._names.sensors)
        for i in range(sensors):
            self.agenda.at(start_ms + i * REPEAT_MS // sensors, partial(self._repeat, i))
        self._plan_night(start_ms)
        if self._clock.rate != 1:
            self._tick(start_ms)

    def _virtual(self) -> list[VirtualLamp]:
        luminaires, burned_h = self._setup.scenario.luminaires, self._setup.scenario.burning_hours_h
        start_ms = self._clock.start_ms
        return [VirtualLamp(luminaires[x.luminaire], x.power_w, start_ms, burned_h) for x in self._street.lamps]

    def _plan_night(self, t_ms: int) -> None:
        """Put the inputs of the night that holds a moment on the agenda, and the next night at its end."""
        night = night_of(self._setup.place.timezone, t_ms - self._shift_ms)
        scene = make_scene(self._setup, self._street, night, self._replicate)
        inputs = self._moved(inputs_for(scene, self._regime))
        for row in inputs.rows:
            if row[0] >= t_ms:
                self.agenda.at(row[0], partial(self._sense, row, inputs))
            else:
                self._note_presence(row)
        self.agenda.at(scene.end_ms + self._shift_ms, self._plan_night)

    def _moved(self, inputs: Inputs) -> Inputs:
        """Inputs in the field's time. Without a key or another clock than its own, programs and clock are not lost."""
        by_ms, rows = self._shift_ms, inputs.rows
        kept = [row for row in rows if self._can_say(row[1])]
        orders = [replace(o, start_ms=o.start_ms + by_ms, expiry_ms=o.expiry_ms + by_ms) for o in inputs.overrides]
        return Inputs([(row[0] + by_ms, *row[1:]) for row in kept], inputs.lux, orders)

    def _can_say(self, kind: int) -> bool:
        if kind == Kind.PROGRAM:
            return self._programs is not None
        return kind != Kind.CLOCK or self._clock.rate != 1

    def _note_presence(self, row: Row) -> None:
        if row[1] in (Kind.ON, Kind.OFF):
            (self._up.add if row[1] == Kind.ON else self._up.discard)(row[2])

    # ---- what sensors and people do -------------------------------------------------------------

    def _sense(self, row: Row, inputs: Inputs, t_ms: int) -> None:
        _, kind, index, *_ = row
        self._note_presence(row)
        if kind in (Kind.ON, Kind.MORE, Kind.PULSE, Kind.OFF) and index in self._stuck:
            return
        drift_ms = self._drift_ms if kind in _SENSED else 0
        self._say(self._messages.of((t_ms + drift_ms, *row[1:]), inputs))

    def _repeat(self, index: int, t_ms: int) -> None:
        self._say(self._messages.repeat(t_ms + self._drift_ms, index, index in self._up or index in self._stuck))
        self.agenda.at(t_ms + REPEAT_MS, partial(self._repeat, index))

    # ---- faults ---------------------------------------------------------------------------------

    def _plan_faults(self, faults: Sequence[FieldFault]) -> None:
        for fault in faults:
            begin_ms = self._clock.start_ms + round(fault.from_h * HOUR_MS)
            end_ms = begin_ms + round(fault.for_h * HOUR_MS)
            for at_ms, on in ((begin_ms, True), (end_ms, False)):
                self.agenda.at(at_ms, partial(self._fault, fault, on))

    def _fault(self, fault: FieldFault, on: bool, t_ms: int) -> None:
        if fault.kind in LAMP_FAULTS:
            self.lamps.fail(t_ms, fault.node, _FAULT_OF[fault.kind] if on else "")
        elif fault.kind == "sensor_stuck":
            index = list(self._names.sensors).index(fault.node)
            (self._stuck.add if on else self._stuck.discard)(index)
            self._say(self._messages.repeat(t_ms, index, on or index in self._up))
        elif fault.kind == "clock_drift":
            self._drift_ms = round(fault.seconds * 1000) if on else 0
        elif fault.kind in PROCESS_FAULTS and on and self._act is not None:
            self._act(fault.kind)

    # ---- gateway --------------------------------------------------------------------------------

    def _tick(self, t_ms: int) -> None:
        self._say(self._time.message("clock", t_ms, op="tick", rate=self._clock.rate))
        self.agenda.at(t_ms + round(TICK_WALL_MS * self._clock.rate), self._tick)

    def _take(self, received: Received, t_ms: int) -> None:
        self._transport.acknowledge(received)
        decoded = decode(received.topic, received.payload)
        if isinstance(decoded, Refusal):
            return
        message = decoded.message
        self.received += 1
        if isinstance(message, LampCommand):
            self._fallen_back, self._led_ms = False, t_ms
            self.lamps.obey(t_ms, decoded.topic.node, message)
        elif isinstance(message, Status):
            self._gateway(t_ms, message)

    def _gateway(self, t_ms: int, status: Status) -> None:
        """A gateway came or went; one that has just begun is told the time and its programs."""
        self._gateway_there = status.status == "online"
        if not self._gateway_there or status.boot == self._gateway_boot:
            return
        self._gateway_boot = status.boot
        follows = self._clock.rate != 1
        if follows:
            self._say(self._time.message("clock", t_ms, op="join", rate=self._clock.rate))
        if self._programs is not None:
            self._say(self._programs.message(t_ms, self._regime))
        if follows:
            self._say(self._time.message("clock", t_ms, op="begin", rate=self._clock.rate))

    def _look_after_lead(self, t_ms: int) -> None:
        """Without gateway or connection for long, lamps go to their safe level by themselves."""
        if self._gateway_there and self._transport.connected:
            self._led_ms = t_ms
        elif not self._fallen_back and t_ms - self._led_ms >= SILENCE_MS:
            self._fallen_back = True
            self.lamps.fall_back(t_ms, pm_from_pct(self._setup.scenario.safe_level_pct))

    def _say(self, message: Outgoing) -> None:
        if self._transport.publish(message) is None:
            self.not_sent += 1
        else:
            self.sent += 1
