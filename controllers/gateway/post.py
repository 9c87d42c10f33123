"""Messages of a gateway, made ready to send."""

from __future__ import annotations

from typing import Any

from controllers.envelope import Sender
from controllers.link.transport import Outgoing
from slic.messages.channels import CHANNELS
from slic.messages.codec import encode
from slic.messages.topics import GATEWAY, topic


class Post:
    """Makes messages of one segment, by channel name."""

    def __init__(self, site: str, segment: str, sender: Sender) -> None:
        self._site = site
        self._segment = segment
        self.sender = sender

    def message(self, name: str, t_ms: int, node: str = GATEWAY, **fields: Any) -> Outgoing:
        """A message on a channel, with the channel's MQTT settings."""
        payload = CHANNELS[name].payload(**self.sender.envelope(t_ms), **fields)
        return self.again(name, encode(payload), node)

    def again(self, name: str, payload: bytes, node: str = GATEWAY) -> Outgoing:
        """A payload that was made before, on a channel."""
        channel = CHANNELS[name]
        expiry_s = None if channel.expiry_s == "exp" else channel.expiry_s
        where = topic(self._site, self._segment, node, channel.channel)
        return Outgoing(where, payload, channel.qos, channel.retain, expiry_s)
