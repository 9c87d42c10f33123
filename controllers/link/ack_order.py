"""Acknowledgements in the order in which messages came, as MQTT 5 demands (4.6) and some brokers enforce."""

from __future__ import annotations

from collections import deque


class AckOrder:
    """Holds an acknowledgement back until all messages that came before are acknowledged too."""

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._open: set[int] = set()

    def came(self, mid: int) -> None:
        """A QoS 1 message came under this number; again, if the broker sends it once more."""
        if mid not in self._open:
            self._open.add(mid)
            self._order.append(mid)

    def acknowledge(self, mid: int) -> list[int]:
        """A message is in safe hands; the numbers that may be acknowledged now, in order."""
        self._open.discard(mid)
        ready = []
        while self._order and self._order[0] not in self._open:
            ready.append(self._order.popleft())
        return ready
