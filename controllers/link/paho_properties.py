"""Properties and options of MQTT 5 packets, in paho's classes."""

from __future__ import annotations

from typing import Any, cast

from paho.mqtt.client import Client
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from controllers.link.transport import Outgoing, Subscription


def _new(kind: int) -> Properties:
    make: Any = Properties
    return cast(Properties, make(kind))


def of_session(expiry_s: int, largest_packet: int) -> Properties:
    """Properties of CONNECT: how long the broker keeps the session, and the largest packet it may send."""
    properties = _new(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = expiry_s
    properties.MaximumPacketSize = largest_packet
    return properties


def options(one: Subscription) -> SubscribeOptions:
    """How to subscribe. For commands: nothing retained, and the retain flag of live ones is kept to be seen."""
    if one.commands:
        return SubscribeOptions(qos=one.qos, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
    return SubscribeOptions(qos=one.qos)


def set_will(client: Client, will: Outgoing, delay_s: int) -> None:
    """What the broker publishes when this client is lost for so long."""
    properties = _new(PacketTypes.WILLMESSAGE)
    properties.WillDelayInterval = delay_s
    if will.expiry_s is not None:
        properties.MessageExpiryInterval = will.expiry_s
    client.will_set(will.topic, will.payload, will.qos, will.retain, properties)


def reason_text(code: int) -> str:
    """What the answer to a message says, in the words of MQTT 5."""
    try:
        return str(ReasonCode(PacketTypes.PUBACK, identifier=code))
    except (KeyError, AssertionError):
        return f"reason {code:#x}"
