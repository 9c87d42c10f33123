"""What a simulated street says over MQTT: the inputs of a controller as messages of sensors, people and the site."""

from __future__ import annotations

import json

from pydantic import ValidationError

from controllers.envelope import Sender
from controllers.gateway.lamp_link import TEXT_BYTES
from controllers.gateway.post import Post
from controllers.link.transport import Outgoing
from controllers.replay import Inputs, Kind, Row
from controllers.service.gateway_folder import AMBIENT, FieldNames
from sim.field_programs import FieldPrograms
from slic.control.segment import Override
from slic.errors import InputError
from slic.lamps.level import pct_from_pm

COMMAND_LIFE_S = 60
"""An override may be taken so long after it was given."""


class FieldMessages:
    """Messages of a street, in the order of its inputs.

    programs : makes the messages for programs lost and given back, None where there are no such inputs
    ``orders`` : ids of the overrides made so far
    """

    def __init__(self, names: FieldNames, sender: Sender, programs: FieldPrograms | None) -> None:
        self._post = Post(names.site, names.segment, sender)
        self._lamps = list(names.lamps.values())
        self._sensors = list(names.sensors.values())
        self._programs = programs
        self._regime = ""
        self.orders: list[str] = []

    def begin_night(self, regime: str) -> None:
        """From now on programs that are given back are those of this regime."""
        self._regime = regime

    def clock(self, op: str, t_ms: int, trusted: bool = True, rate: float = 0) -> Outgoing:
        """A word of the simulated clock; rate 0 : in lockstep."""
        return self._post.message("clock", t_ms, op=op, rate=rate, trusted=trusted)

    def repeat(self, t_ms: int, sensor: int, active: bool) -> Outgoing:
        """A presence sensor, by index, repeats its state."""
        return self._post.message("presence", t_ms, self._sensors[sensor], active=active, count=0)

    def of(self, row: Row, inputs: Inputs) -> Outgoing:
        """The message of an input."""
        t_ms, kind, index, speed_mm_s, direction = row
        match kind:
            case Kind.ON | Kind.MORE | Kind.PULSE | Kind.OFF:
                return self._presence(t_ms, Kind(kind), index, speed_mm_s, direction)
            case Kind.AMBIENT:
                return self._post.message("ambient", t_ms, AMBIENT, lux=inputs.lux[index])
            case Kind.OVERRIDE:
                return self.override(t_ms, inputs.overrides[index])
            case Kind.PROGRAM:
                assert self._programs is not None
                return self._programs.message(t_ms, self._regime if index else None)
            case Kind.CLOCK:
                return self.clock("trust", t_ms, bool(index))
        phase = "start" if kind == Kind.LOST else "end"
        fault = {"code": "sensor_failure", "phase": phase, "first_seen": t_ms}
        return self._post.message("deviceEvent", t_ms, self._sensors[index], **fault)

    def _presence(self, t_ms: int, kind: Kind, index: int, speed_mm_s: int, direction: int) -> Outgoing:
        sensor = self._sensors[index]
        if kind == Kind.OFF:
            return self._post.message("presence", t_ms, sensor, active=False)
        seen = {"momentary": kind == Kind.PULSE, "dir": direction}
        speed_mps = speed_mm_s / 1000 if speed_mm_s else None
        return self._post.message("presence", t_ms, sensor, active=True, speed_mps=speed_mps, **seen)

    def override(self, t_ms: int, order: Override) -> Outgoing:
        """A command of a person or system. InputError if its words are none that a command can have.

        Or if its reason is so long that the gateway would cut the rule of its decisions, in which issuer and reason
        are, so that they would differ from those in process.
        """
        _check_reason(order)
        try:
            message = self._post.message(
                "command",
                t_ms,
                op="set",
                lamps=[self._lamps[index] for index in order.lamps],
                level_pct=pct_from_pm(order.level_pm),
                fade_s=order.ramp_ms / 1000,
                kind=order.kind,
                by=order.issuer,
                reason=order.reason,
                ref=order.id,
                until=order.expiry_ms,
                exp=t_ms + 1000 * COMMAND_LIFE_S,
            )
        except ValidationError as error:
            fault = error.errors()[0]
            raise InputError(
                f"cannot be sent as a command: {fault['msg']}",
                field=f"overrides.{'.'.join(map(str, fault['loc']))}",
                value=fault["input"],
            ) from None
        self.orders.append(json.loads(message.payload)["id"])
        return message._replace(expiry_s=COMMAND_LIFE_S)


def _check_reason(order: Override) -> None:
    rest = len(f"{order.kind} by {order.issuer}: ".encode())
    length = len(order.reason.encode())
    if rest + length > TEXT_BYTES:
        raise InputError(
            f"has {length} bytes and would be cut on its way to the lamps",
            field="overrides.reason",
            value=order.reason,
            allowed=f"at most {max(0, TEXT_BYTES - rest)} bytes with kind and issuer of this override",
        )
