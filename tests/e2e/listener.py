"""A plain subscriber that collects what a gateway tells the site, each message once by its boot and number."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from paho.mqtt.client import MQTTMessage

from tests.e2e.field import BASE, Reading, connected


class Listener:
    """repeated : messages that came again, by channel; rows : how often each reading stands in a message"""

    def __init__(self, port: int) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.repeated: Counter[str] = Counter()
        self.rows: Counter[Reading] = Counter()
        self._heard: set[tuple[str, str, int]] = set()
        topics = [(f"{BASE}/_/{name}", 1) for name in ("telemetry", "event", "health", "program-applied", "status")]
        self.client = connected(port, "listener", [*topics, (f"{BASE}/+/fault", 1)], self._on_message)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def of(self, channel: str) -> list[dict[str, Any]]:
        return list(self.messages.get(channel, ()))

    def _on_message(self, message: MQTTMessage) -> None:
        channel, said = message.topic.rpartition("/")[2], json.loads(message.payload)
        key = channel, said["boot"], said["seq"]
        if key in self._heard:
            self.repeated[channel] += 1
            return
        self._heard.add(key)
        self.messages.setdefault(channel, []).append(said)
        if channel == "telemetry":
            at = [said["cols"].index(name) for name in ("lamp", "boot", "wh")]
            self.rows.update((row[at[0]], row[at[1]], row[at[2]]) for row in said["rows"])
