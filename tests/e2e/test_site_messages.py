"""What the site and the devices say seldom: settings, an answer to a ping, a sensor's own fault, light, a refusal."""

from __future__ import annotations

import json
import queue
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from controllers.gateway.signatures import signed
from tests.brokers import publish
from tests.e2e.field import BASE, IDLE_PCT, PRESENCE_PCT, connected, envelope
from tests.e2e.rig import KEY, torture

DAY_S = 86_400


class Site:
    """Speaks for the site's services and for devices, with the settings of each channel."""

    def __init__(self, port: int) -> None:
        self.heard: dict[str, queue.Queue[dict[str, Any]]] = {
            name: queue.Queue() for name in ("ping", "health", "config-applied")
        }
        self._seq = 0
        self.client: Client = connected(port, "site", [(f"{BASE}/_/{name}", 1) for name in self.heard], self._take)

    def _take(self, message: MQTTMessage) -> None:
        self.heard[message.topic.rpartition("/")[2]].put(json.loads(message.payload))

    def say(self, topic: str, expiry_s: int | None, retain: bool = False, qos: int = 1, **fields: Any) -> None:
        self._seq += 1
        properties = Properties(PacketTypes.PUBLISH)
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        payload = json.dumps({**envelope("site-services", self._seq), **fields})
        publish(self.client, topic, payload, qos, retain, properties).wait_for_publish(10)

    def answer_pings(self) -> None:
        while not self.heard["ping"].empty():
            self.say(f"{BASE}/_/pong", 10, qos=0, ping_id=self.heard["ping"].get()["id"], who="core")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_settings_pings_and_faults_of_devices(tmp_path: Path) -> None:
    with torture(tmp_path) as rig:
        site = Site(rig.broker.port)
        rig.gateway.start()
        ping = site.heard["ping"].get(timeout=30)
        rig.give_program()
        rig.until(lambda: any(said["ok"] for said in rig.listener.of("program-applied")), "program applied")

        lost = {"code": "sensor_failure", "first_seen": ping["ts"]}
        site.say(f"{BASE}/p01/event", 7 * DAY_S, phase="start", **lost)
        rig.until(lambda: rig.field.levels()["l01"] == PRESENCE_PCT, "the lamps of a lost sensor go up")
        site.say(f"{BASE}/p01/event", 7 * DAY_S, phase="end", **lost)

        settings = signed({"v": 1, "version": 1, "safe_level_pct": 80.0}, "town", "g0042", "config", "roads", KEY)
        site.say(f"{BASE}/_/config", None, retain=True, **settings)
        assert site.heard["config-applied"].get(timeout=30)["ok"]
        rig.until(lambda: site.answer_pings() or _offsets(site), "the clock's offset from the pong")
        site.say(f"{BASE}/lux1/ambient", 1800, retain=True, lux=12.5)
        site.say("slic/v1/town/_core/status", None, retain=True, status="online")
        refusal = {"cmd_id": ping["id"], "status": "rejected", "code": "expired"}
        site.say(f"{BASE}/l09/ack", 300, **refusal)
        rig.never_dark()
        assert rig.field.levels()["l09"] == IDLE_PCT
        site.close()


def _offsets(site: Site) -> bool:
    while not site.heard["health"].empty():
        offset_ms = site.heard["health"].get().get("clock_offset_ms")
        if offset_ms is not None:
            return abs(offset_ms) < 5000
    return False
