"""A gateway written from the description of the lockstep alone: SegmentController behind messages, in this process.

It is an implementation of its own, so that the field is not tested against the gateway that was made beside it only.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

from controllers.gateway.plan import GatewayPlan
from controllers.gateway.segment_plan import segment_plan
from controllers.gateway.settings import settings_of
from controllers.link.transport import Outgoing, Received
from slic.control.calendar import Calendar
from slic.control.controller import SegmentController
from slic.control.group import NEVER_MS
from slic.control.place import Place
from slic.control.planner import Planner, planner_for
from slic.control.program import ControlProgram
from slic.control.segment import Override


class StandInGateway:
    """Takes payloads in any order, answers in order."""

    def __init__(self, plan: GatewayPlan) -> None:
        self.plan = plan
        place = plan.file.place
        self.place = Place(place.latitude, place.longitude, place.timezone)
        self.base = f"slic/v1/{plan.file.site}/{plan.file.segment}/"
        self.lamps = [lamp.id for lamp in plan.lamps]
        self.sensors = [sensor.id for sensor in plan.sensors if sensor.kind == "presence"]
        self.planners: dict[str, Planner] = {}
        self.controller: SegmentController | None = None
        self.numbers = count()
        self.next_seq = -1
        self.early: dict[int, tuple[str, dict]] = {}
        self.out: list[Outgoing] = []
        self.sent = 0

    def take(self, received: Received) -> list[Outgoing]:
        node, channel = received.topic.removeprefix(self.base).split("/")
        message = json.loads(received.payload)
        if (node, channel, message.get("op")) == ("_", "clock", "join"):
            self.next_seq = message["seq"]
        self.early[message["seq"]] = (f"{node}/{channel}", message)
        self.out = []
        while self.next_seq in self.early:
            where, ready = self.early.pop(self.next_seq)
            self.next_seq += 1
            self.obey(*where.split("/"), ready)
        return self.out

    def obey(self, node: str, channel: str, message: dict) -> None:
        t_ms, controller = message["ts"], self.controller
        if channel == "clock":
            self.clock(t_ms, message)
        elif channel == "program":
            self.planners = {group: self.planner(name, message) for group, name in message["groups"].items()}
            self.say("_/program-applied", t_ms, version=message["version"], sha256=message["sha256"], ok=True)
            for group in controller.plan.groups if controller else ():
                self.command(controller.new_program(t_ms, group, self.planners.get(group)))
        elif channel == "presence":
            self.presence(t_ms, self.sensors.index(node), message)
        elif channel == "ambient":
            self.command(controller.ambient(t_ms, message["lux"]))
        elif channel == "event":
            act = controller.sensor_lost if message["phase"] == "start" else controller.sensor_back
            self.command(act(t_ms, self.sensors.index(node)))
        elif channel == "cmd":
            self.override(t_ms, message)

    def clock(self, t_ms: int, message: dict) -> None:
        if message["op"] == "begin":
            settings = settings_of(self.plan.file)
            self.controller = SegmentController(segment_plan(self.plan, settings, self.planners))
            self.command(self.controller.start(t_ms))
        elif message["op"] == "tick" and self.controller:
            self.timers(t_ms - 1)
        elif message["op"] == "trust":
            self.timers(t_ms)
            self.command(self.controller.clock_set(t_ms, message.get("trusted", True)))
        self.say("_/clock-done", t_ms, op=message["op"], commands=self.sent)
        self.sent = 0

    def timers(self, limit_ms: int) -> None:
        while self.controller.next_deadline_ms <= limit_ms:
            self.command(self.controller.due(self.controller.next_deadline_ms))

    def planner(self, name: str, message: dict) -> Planner:
        programs = {key: ControlProgram.model_validate(value) for key, value in message["programs"].items()}
        if name in message["calendars"]:
            return Planner(programs, Calendar.model_validate(message["calendars"][name]), self.place)
        return planner_for(programs[name], self.place)

    def presence(self, t_ms: int, sensor: int, message: dict) -> None:
        controller, speed_mm_s = self.controller, round(message.get("speed_mps", 0) * 1000)
        if not message["active"]:
            self.command(controller.presence(t_ms, sensor, False))
        elif message["momentary"]:
            self.command(controller.pulse(t_ms, sensor, speed_mm_s, message["dir"]))
        else:
            self.command(controller.presence(t_ms, sensor, True, speed_mm_s, message["dir"]))

    def override(self, t_ms: int, message: dict) -> None:
        order = Override(
            id=message["ref"],
            issuer=message["by"],
            reason=message["reason"],
            level_pm=round(message["level_pct"] * 10),
            start_ms=t_ms,
            expiry_ms=message["until"],
            kind=message["kind"],
        )
        order = replace(order, lamps=tuple(self.lamps.index(lamp) for lamp in message["lamps"]))
        self.command(self.controller.override(t_ms, order))
        self.say("_/ack", t_ms, cmd_id=message["id"], status="accepted")

    def command(self, actions: list) -> None:
        for a in actions:
            self.sent += 1
            until = {"until": a.until_ms} if a.until_ms < NEVER_MS else {}
            fields = {"src": a.source, "rule": a.rule, "cause": a.cause, "program": a.program, **until}
            level = {"level_pct": a.level_pm / 10, "fade_s": a.ramp_ms / 1000, "exp": a.t_ms + 60_000}
            self.say(f"{self.lamps[a.lamp]}/cmd", a.t_ms, **level, **fields)

    def say(self, where: str, t_ms: int, **fields) -> None:
        seq = next(self.numbers)
        identity = f"00000000-0000-7000-8000-{seq:012x}"
        envelope = {"v": 1, "id": identity, "ts": t_ms, "boot": "stand-in", "seq": seq}
        self.out.append(Outgoing(self.base + where, json.dumps({**envelope, **fields}).encode(), 1))
