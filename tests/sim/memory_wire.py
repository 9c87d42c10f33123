"""A transport without a broker: what is published goes to a gateway in this process, what it answers comes back."""

from __future__ import annotations

import random
from collections.abc import Callable

from controllers.link.transport import Outgoing, Received

Gateway = Callable[[Received], list[Outgoing]]


class MemoryWire:
    """Lets messages of each direction overtake each other and come twice, as far as ``shuffle`` > 1 goes."""

    def __init__(self, gateway: Gateway, *, shuffle: int = 1, seed: int = 1) -> None:
        self.gateway = gateway
        self.shuffle = shuffle
        self.dice = random.Random(seed)
        self.there: list[Outgoing] = []
        self.back: list[Outgoing] = []
        self.connected = False
        self.connections = 0
        self.problem = ""
        self.acknowledged = 0

    def open(self, subscriptions, will=None, will_delay_s=0):
        self.connected, self.connections = True, 1

    def publish(self, message):
        if len(self.there) >= 1000:
            return None
        self.there.append(message)
        return 1

    def wait(self, timeout_s):
        for message in self.mixed(self.there):
            self.back += self.gateway(Received(message.topic, message.payload, message.qos, False))
        self.there = []
        came = [Received(m.topic, m.payload, m.qos, False) for m in self.mixed(self.back)]
        self.back = []
        return came

    def mixed(self, messages):
        """Each within ``shuffle`` places of its own, some twice."""
        if self.shuffle == 1:
            return list(messages)
        placed = [(i + self.dice.uniform(0, self.shuffle), m) for i, m in enumerate(messages)]
        placed += [(at + 1, m) for at, m in placed if self.dice.random() < 0.1]
        return [m for _, m in sorted(placed, key=lambda pair: pair[0])]

    def acknowledge(self, message):
        self.acknowledged += 1

    def delivered(self):
        return []

    def close(self, last=None):
        self.connected = False
