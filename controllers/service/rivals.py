"""Other gateways of the same name."""

from __future__ import annotations

from controllers.gateway.gateway import Gateway
from controllers.link.transport import Received
from controllers.store.port import Store
from slic.messages.codec import Refusal, decode
from slic.messages.payloads import Status
from slic.messages.topics import GATEWAY, topic


class Rivals:
    """Knows a gateway's own status from that of another of its name.

    status_topic : where both say that they are there
    """

    def __init__(self, gateway: Gateway, store: Store) -> None:
        file = gateway.plan.file
        self.status_topic = topic(file.site, file.segment, GATEWAY, "status")
        self._boot = gateway.post.sender.boot
        self._own_boots = frozenset(store.boots())

    def has_precedence(self, received: Received) -> bool:
        """Whether a status tells of another living gateway of this name, before which this one must step back.

        Not every broker says that a name was taken (Mosquitto 2.0.11 does not). Of two that took it at the same
        moment the one with the smaller boot stays. What an earlier start of this one said may come late.
        """
        if received.topic != self.status_topic:
            return False
        decoded = decode(received.topic, received.payload)
        status = None if isinstance(decoded, Refusal) else decoded.message
        if not isinstance(status, Status) or status.boot in self._own_boots:
            return False
        return status.status == "online" and status.boot < self._boot
