"""A plain subscriber that collects what a gateway tells the site, each message once by its boot and number."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from typing import Any

from paho.mqtt.client import MQTTMessage

from tests.e2e.field import BASE, Reading, connected


class Listener:
    """repeated : messages that came again, by channel; rows : how often each reading stands in a message;
    heard_s : when each reading came first [monotonic s]; rows_of_boot : as rows for each start of the gateway
    in_order : end of the record [ms], boot, counter by lamp
    """

    def __init__(self, port: int) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.repeated: Counter[str] = Counter()
        self.rows: Counter[Reading] = Counter()
        self.heard_s: dict[Reading, float] = {}
        self.in_order: defaultdict[str, list[tuple[int, str, float]]] = defaultdict(list)
        self.rows_of_boot: Counter[tuple[str, Reading]] = Counter()
        self._heard: set[tuple[str, str, int]] = set()
        topics = [(f"{BASE}/_/{name}", 1) for name in ("telemetry", "event", "health", "program-applied", "status")]
        self.client = connected(port, "listener", [*topics, (f"{BASE}/+/fault", 1)], self._on_message)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def of(self, channel: str) -> list[dict[str, Any]]:
        return list(self.messages.get(channel, ()))

    def starts(self) -> int:
        """How many starts of the gateway have said that they are online."""
        return len({said["boot"] for said in self.of("status") if said["status"] == "online"})

    def _on_message(self, message: MQTTMessage) -> None:
        channel, said = message.topic.rpartition("/")[2], json.loads(message.payload)
        key = channel, said["boot"], said["seq"]
        if key in self._heard:
            self.repeated[channel] += 1
            return
        self._heard.add(key)
        self.messages.setdefault(channel, []).append(said)
        if channel == "telemetry":
            at = [said["cols"].index(name) for name in ("lamp", "boot", "wh", "t")]
            for row in said["rows"]:
                self.in_order[row[at[0]]].append((row[at[3]], row[at[1]], row[at[2]]))
                reading = (row[at[0]], row[at[1]], row[at[2]])
                self.rows[reading] += 1
                self.heard_s.setdefault(reading, time.monotonic())
                self.rows_of_boot[said["boot"], reading] += 1
