"""The channels of the tree: what is published where, by whom, and with which MQTT settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from slic.messages import payloads as p
from slic.messages.topics import CORE, GATEWAY, ROOT, Topic, core_topic

Role = Literal["field", "gateway", "site", "ingest"]
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
LAMP_BYTES, SEGMENT_BYTES = 1024, 65_536
"""Largest payload of a lamp's or sensor's channel, and of the gateway's own."""

INVENTORY_BYTES = 1024 * 1024
"""Largest inventory: about 80 bytes a lamp, so 13,000 lamps."""

SESSION_EXPIRY_S = DAY_S
"""The broker keeps a gateway's session, with the commands that wait in it, so long after it is gone."""

WILL_DELAY_S = 60
"""The broker waits so long before it says that a gateway is lost, so that a short loss of the link is no alarm."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel.

    name : unique; channel : last level of the topic
    node : what stands for the node: the gateway (``_``), a lamp, a sensor, either, or the core of the site
    sender, readers : roles; a gateway that reads its own channel does so to notice a second one
    expiry_s : MQTT message expiry, None for none, ``"exp"`` where the payload's own ``exp`` gives it
    simulated : only gateways that follow a simulated clock know it
    """

    name: str
    node: Literal["gateway", "lamp", "sensor", "device", "core"]
    channel: str
    payload: type[p.Message]
    sender: Role
    readers: tuple[Role, ...]
    qos: Literal[0, 1]
    retain: bool
    expiry_s: int | Literal["exp"] | None
    title: str
    simulated: bool = False

    @property
    def max_bytes(self) -> int:
        """Largest payload; a larger one is dropped and counted."""
        if self.name == "inventory":
            return INVENTORY_BYTES
        return SEGMENT_BYTES if self.node == "gateway" else LAMP_BYTES

    def address(self, site: str, segment: str, node: str) -> str:
        """Its topic; with ``+`` for a part a topic filter. What the channel does not have in its topic is not used."""
        if self.node == "core":
            return core_topic(site)
        return f"{ROOT}/{site}/{segment}/{GATEWAY if self.node == 'gateway' else node}/{self.channel}"


_GATEWAY: tuple[Role, ...] = ("gateway",)
_FIELD: tuple[Role, ...] = ("field",)
_INGEST: tuple[Role, ...] = ("ingest",)
_STORED: tuple[Role, ...] = ("gateway", "ingest")
_SERVICES: tuple[Role, ...] = ("site", "ingest")
_ALL: tuple[Role, ...] = ("gateway", "site", "ingest")
_EVERYBODY: tuple[Role, ...] = ("field", "gateway", "site", "ingest")


def _field() -> tuple[Channel, ...]:
    return (
        Channel("presence", "sensor", "presence", p.Presence, "field", _GATEWAY, 0, False, 5, "road users"),
        Channel("ambient", "sensor", "ambient", p.Ambient, "field", _STORED, 1, True, 30 * MINUTE_S, "ambient light"),
        Channel("lampCommand", "lamp", "cmd", p.LampCommand, "gateway", _FIELD, 1, False, "exp", "a lamp's level"),
        Channel("lampState", "lamp", "state", p.LampState, "field", _ALL, 1, True, 25 * HOUR_S, "what a lamp does"),
        Channel("lampAck", "lamp", "ack", p.Ack, "field", _STORED, 1, False, 300, "a lamp refuses a command"),
        Channel("lampReading", "lamp", "telemetry", p.LampReading, "field", _GATEWAY, 1, False, 3 * DAY_S, "its meter"),
        Channel("deviceEvent", "device", "event", p.Event, "field", _ALL, 1, False, 7 * DAY_S, "a device's own fault"),
        Channel("clock", "gateway", "clock", p.Clock, "field", _GATEWAY, 1, False, 60, "simulated time", True),
    )  # fmt: skip


def _gateway() -> tuple[Channel, ...]:
    return (
        Channel("event", "gateway", "event", p.Event, "gateway", _SERVICES, 1, False, 7 * DAY_S, "segment faults"),
        Channel("fault", "device", "fault", p.Event, "gateway", _SERVICES, 1, False, 7 * DAY_S, "device faults"),
        Channel("ack", "gateway", "ack", p.Ack, "gateway", _SERVICES, 1, False, 300, "answers to commands"),
        Channel("programApplied", "gateway", "program-applied", p.Applied, "gateway", _SERVICES, 1, True, None,
                "programs taken over or not"),
        Channel("configApplied", "gateway", "config-applied", p.Applied, "gateway", _SERVICES, 1, True, None,
                "settings taken over or not"),
        Channel("telemetry", "gateway", "telemetry", p.Telemetry, "gateway", _INGEST, 1, False, 3 * DAY_S, "readings"),
        Channel("status", "gateway", "status", p.Status, "gateway", _EVERYBODY, 1, True, None, "online or not"),
        Channel("health", "gateway", "health", p.Health, "gateway", _SERVICES, 0, False, 10 * MINUTE_S, "how it does"),
        Channel("ping", "gateway", "ping", p.Ping, "gateway", ("site", "gateway"), 0, False, 10, "test of the path"),
        Channel("inventory", "gateway", "inventory", p.Inventory, "gateway", _SERVICES, 1, True, None, "its devices"),
        Channel("clockDone", "gateway", "clock-done", p.ClockDone, "gateway", _FIELD, 1, False, 60, "all done", True),
    )  # fmt: skip


def _site() -> tuple[Channel, ...]:
    return (
        Channel("command", "gateway", "cmd", p.SegmentCommand, "site", _GATEWAY, 1, False, "exp", "overrides"),
        Channel("program", "gateway", "program", p.ProgramSet, "site", _GATEWAY, 1, True, None, "programs"),
        Channel("config", "gateway", "config", p.SegmentConfig, "site", _GATEWAY, 1, True, None, "settings"),
        Channel("pong", "gateway", "pong", p.Pong, "site", _GATEWAY, 0, False, 10, "answer to a ping"),
        Channel("coreStatus", "core", "status", p.Status, "site", _STORED, 1, True, None, "the core is there"),
    )


CHANNELS: Mapping[str, Channel] = {channel.name: channel for channel in (*_field(), *_gateway(), *_site())}
_OF_GATEWAY = {c.channel: c for c in CHANNELS.values() if c.node == "gateway"}
_OF_DEVICE = {c.channel: c for c in CHANNELS.values() if c.node in ("lamp", "sensor", "device")}


def channel_of(topic: Topic) -> Channel | None:
    """The channel of a topic, or None if the tree has none there."""
    if topic.segment == CORE:
        return CHANNELS["coreStatus"]
    return (_OF_GATEWAY if topic.node == GATEWAY else _OF_DEVICE).get(topic.channel)
