"""An operator's desk: overrides with levels that are used once, their answers, and what should hold because of them."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter, defaultdict
from typing import Any

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.e2e.field import BASE, BUSY, IDLE_PCT, PRESENCE_PCT, QUIET, connected, envelope

BY = "control-room"
LIFE_S = 60


class Desk:
    """Sends commands and collects answers.

    sent : payloads by command id; answers : (status, code) by command id, each message once by boot and number;
    raw : all answers as they came
    """

    def __init__(self, port: int) -> None:
        self.sent: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.raw: list[dict[str, Any]] = []
        self.overridden: dict[str, float] = {}
        self._used: Counter[str] = Counter()
        self._seq = 0
        self._boot = f"desk-{uuid.uuid4().hex[:8]}"
        self._heard: set[tuple[str, int]] = set()
        self.client = connected(port, "desk", [(f"{BASE}/_/ack", 1)], self._on_ack)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def set(self, lamp: str, level_pct: float, **fields: Any) -> str:
        """Override a lamp under a name of its own; id of the command."""
        until = time.time_ns() // 1_000_000 + 3_600_000
        return self._send(op="set", lamps=[lamp], level_pct=level_pct, ref=f"on-{lamp}", until=until, **fields)

    def resume(self, lamp: str) -> str:
        return self._send(op="resume", lamps=[lamp], ref=f"on-{lamp}")

    def random_step(self, dice: random.Random) -> str:
        """Override a quiet lamp with a level that it never had, or give one back."""
        lamp = dice.choice(QUIET)
        if lamp in self.overridden and dice.random() < 0.4:
            del self.overridden[lamp]
            return self.resume(lamp)
        self._used[lamp] += 1
        self.overridden[lamp] = level_pct = round(30 + 0.1 * self._used[lamp], 1)
        return self.set(lamp, level_pct)

    def should_hold(self) -> dict[str, float]:
        """The level of each lamp when all commands were obeyed and somebody passes by all the time."""
        busy = dict.fromkeys(BUSY, PRESENCE_PCT)
        return busy | {lamp: self.overridden.get(lamp, IDLE_PCT) for lamp in QUIET}

    def send_again(self, command_id: str) -> None:
        """The same message, byte for byte the same content."""
        self._publish(self.sent[command_id])

    def statuses(self, command_id: str) -> list[str]:
        return [status for status, _ in self.answers[command_id]]

    def unanswered(self) -> list[str]:
        return [command_id for command_id in self.sent if not self.answers[command_id]]

    def _send(self, **fields: Any) -> str:
        self._seq += 1
        said = {**envelope(self._boot, self._seq), "by": BY, "reason": "test", **fields}
        said["exp"] = said["ts"] + 1000 * LIFE_S
        self.sent[said["id"]] = said
        self._publish(said)
        return str(said["id"])

    def _publish(self, said: dict[str, Any]) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = LIFE_S
        self.client.publish(f"{BASE}/_/cmd", json.dumps(said), 1, False, properties)

    def _on_ack(self, message: MQTTMessage) -> None:
        ack = json.loads(message.payload)
        self.raw.append(ack)
        if (ack["boot"], ack["seq"]) not in self._heard:
            self._heard.add((ack["boot"], ack["seq"]))
            self.answers[ack["cmd_id"]].append((ack["status"], ack["code"]))
