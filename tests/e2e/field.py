"""A field of its own: virtual lamps and presence sensors on plain MQTT, that keep a record of all they saw and said."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.brokers import HOST, eventually, publish

BASE = "slic/v1/town/g0042"
BUSY = [f"l{i:02}" for i in range(1, 5)]
"""Lamps whose sensors see somebody all the time."""
QUIET = [f"l{i:02}" for i in range(5, 13)]
"""Lamps without a sensor."""
LAMPS = BUSY + QUIET
IDLE_PCT, PRESENCE_PCT = 20.0, 100.0
DAY_S = 86_400
Reading = tuple[str, str, float]
"""Lamp, boot of its counters, energy counter [Wh]."""


def envelope(boot: str, seq: int) -> dict[str, Any]:
    return {"v": 1, "id": str(uuid.uuid4()), "ts": time.time_ns() // 1_000_000, "boot": boot, "seq": seq}


def connected(port: int, name: str, topics: list[tuple[str, int]], on_message: Any, on_connect: Any = None) -> Client:
    """A client with a session that outlives its connections, subscribed; it comes back by itself."""
    client = Client(CallbackAPIVersion.VERSION2, f"{name}-{uuid.uuid4()}", protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages = 50
    client.reconnect_delay_set(1, 1)
    ready = threading.Event()

    def greet(*_: object) -> None:
        if topics:
            client.subscribe(topics)
        if on_connect is not None:
            on_connect(client)
        if not topics:
            ready.set()

    client.on_connect = greet
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _client, _data, message: on_message(message)
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = DAY_S
    # Mosquitto 2.0.11 forgets a session that began clean when it is stopped, so it begins as those of SLIC do.
    client.connect(HOST, port, clean_start=False, properties=session)
    client.loop_start()
    eventually(ready.is_set, f"{name} is connected")
    return client


class Lamp:
    """One lamp. history : (monotonic s, level) of each change; commands : how many it was given."""

    def __init__(self, name: str, level_pct: float) -> None:
        self.name, self.boot, self.seq = name, f"{name}-{uuid.uuid4().hex[:8]}", 0
        self.level_pct, self.energy_wh, self.command_id = level_pct, 0.0, None
        self.said: dict[str, Any] = {"src": "local", "mode": "auto"}
        self.history = [(time.monotonic(), level_pct)]
        self.commands = 0

    def next(self) -> dict[str, Any]:
        self.seq += 1
        return envelope(self.boot, self.seq)

    def obey(self, command: dict[str, Any]) -> None:
        self.commands += 1
        self.command_id = command["id"]
        self.said = {"src": command["src"], "mode": "override" if command["src"] == "override" else "auto"}
        if command["level_pct"] != self.level_pct:
            self.level_pct = command["level_pct"]
            self.history.append((time.monotonic(), self.level_pct))

    def state(self) -> dict[str, Any]:
        told = {"level_pct": self.level_pct, "target_pct": self.level_pct, "cmd_id": self.command_id}
        return {**self.next(), **told, **self.said}


class Field:
    """Twelve lamps and four sensors of a segment. ``deaf``: lamps do not answer, and commands do not reach them."""

    def __init__(self, port: int, level_pct: float = IDLE_PCT) -> None:
        self.lamps = {name: Lamp(name, level_pct) for name in LAMPS}
        self.readings: list[tuple[Reading, float, MQTTMessageInfo]] = []
        self._lock = threading.RLock()
        self._sensor = (f"sensors-{uuid.uuid4().hex[:8]}", iter(range(1 << 40)))
        self._load: threading.Thread | None = None
        self._loading = threading.Event()
        self.client = connected(port, "field", [(f"{BASE}/+/cmd", 1)], self._on_message, self._say_states)

    def close(self) -> None:
        self.rest()
        self.client.disconnect()
        self.client.loop_stop()

    # ---- what it says

    def _say_states(self, client: Client) -> None:
        self.client = client
        for name in LAMPS:
            self.say_state(name)

    def read(self, name: str) -> None:
        """A lamp publishes its meter, with a counter that has never been there."""
        with self._lock:
            lamp = self.lamps[name]
            lamp.energy_wh += 1
            payload = {**lamp.next(), "energy_wh": lamp.energy_wh, "on_s": lamp.energy_wh, "switch_ons": 1}
            sent = self._publish(f"{name}/telemetry", payload, 3 * DAY_S)
            self.readings.append(((name, lamp.boot, lamp.energy_wh), time.monotonic(), sent))

    def pass_by(self) -> None:
        """Somebody is seen at each busy lamp."""
        boot, numbers = self._sensor
        for name in BUSY:
            seen = {**envelope(boot, next(numbers)), "active": True, "momentary": True}
            self._publish(f"p{name[1:]}/presence", seen, 5, qos=0)

    def say_state(self, name: str) -> None:
        with self._lock:
            self._publish(f"{name}/state", self.lamps[name].state(), 25 * 3600, retain=True)

    def _publish(
        self, where: str, said: dict[str, Any], expiry_s: int, qos: int = 1, retain: bool = False
    ) -> MQTTMessageInfo:
        properties = Properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = expiry_s
        return publish(self.client, f"{BASE}/{where}", json.dumps(said), qos, retain, properties)

    # ---- what it hears

    def _on_message(self, message: MQTTMessage) -> None:
        name = message.topic.split("/")[-2]
        if name in self.lamps:
            lamp = self.lamps[name]
            with self._lock:
                lamp.obey(json.loads(message.payload))
                self.say_state(name)

    # ---- load

    def load(self, readings_per_s: float = 100) -> None:
        """Readings and passers-by without end, until :meth:`rest`."""
        self._loading.set()
        self._load = threading.Thread(target=self._keep_on, args=(readings_per_s,), daemon=True)
        self._load.start()

    def rest(self) -> None:
        self._loading.clear()
        if self._load is not None:
            self._load.join()
            self._load = None

    def _keep_on(self, readings_per_s: float) -> None:
        count = 0
        while self._loading.is_set():
            if self.client.is_connected():
                self.read(LAMPS[count % len(LAMPS)])
                if count % max(1, int(readings_per_s / 5)) == 0:
                    self.pass_by()
                count += 1
            time.sleep(1 / readings_per_s)

    # ---- what was

    def levels(self) -> dict[str, float]:
        return {name: lamp.level_pct for name, lamp in self.lamps.items()}

    def darkest_pct(self) -> float:
        return min(level_pct for lamp in self.lamps.values() for _, level_pct in lamp.history)

    def commands(self) -> dict[str, int]:
        """How many commands each lamp was given; lamps that got none are left out."""
        return {name: lamp.commands for name, lamp in self.lamps.items() if lamp.commands}

    def confirmed(self) -> set[Reading]:
        """Readings that the broker has taken."""
        return {reading for reading, _, sent in self.readings if sent.is_published()}
