"""paho's client over a socket that is open already, with the frequent packets taken out of its hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from controllers.link.buffered_socket import BufferedSocket
from controllers.link.publish_packet import Publish, read_puback, read_publish


class PahoClient(Client):
    """The library's MQTT 5 client without threads and reconnection: connection, subscriptions and keep-alive are its.

    The methods below are the library's own, which it does not promise to keep; tests notice when it changes them.
    on_publish_packet : called with each PUBLISH; on_puback : with number and reason code of each PUBACK
    """

    def __init__(
        self,
        client_id: str,
        given: BufferedSocket,
        on_publish_packet: Callable[[Publish], None],
        on_puback: Callable[[int, int], None],
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False
        )
        self._given = given
        self._on_publish_packet = on_publish_packet
        self._on_puback = on_puback

    def _create_socket(self) -> BufferedSocket:
        return self._given

    def _handle_publish(self) -> MQTTErrorCode:
        try:
            packet = read_publish(self._in_packet["command"], self._in_packet["packet"])
        except (ValueError, IndexError):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        self._on_publish_packet(packet)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        body = self._in_packet["packet"]
        if cmd != "PUBACK" or len(body) < 2:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        self._on_puback(*read_puback(body))
        return MQTTErrorCode.MQTT_ERR_SUCCESS
