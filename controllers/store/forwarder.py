"""Moves the records that wait in the store to the broker.

Answers go before events and events before readings; within a kind the order stays. A window of records is under way
at a time, and few are sent in one turn, so that live messages get through while a backlog is sent. A record leaves
the store after the broker has taken it. The transport sends again what a broken connection left open; a crash may
send the records of the last second again, with the same boot and number in them.
"""

from __future__ import annotations

from controllers.link.transport import Transport
from controllers.store.port import KINDS, Kind, Store, StoreFull, Waiting

WINDOW = 20
"""Records under way. More would not be faster, and on a slow line live messages wait behind them."""
PER_TURN = 10
LOOKS_PER_TURN = 50
"""How often to look further in a turn while only records that are expired or under way are found."""
SETTLE, SETTLE_MS = 200, 1000
"""Delivered records leave the store when they are so many, or after so long, in one commit."""
RETRY_MS = 60_000
"""A record that the broker refused is tried again after that, until it expires."""


class Forwarder:
    """One store's records over one transport.

    delivered, refused : records that the broker took, and times that it refused one, since the start
    """

    def __init__(self, store: Store, transport: Transport) -> None:
        self.delivered = 0
        self.refused = 0
        self._store = store
        self._transport = transport
        self._after: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        self._under_way: dict[int, int] = {}
        self._done: list[int] = []
        self._expired: set[int] = set()
        self._settled_ms = 0
        self._refused_ms: int | None = None

    @property
    def under_way(self) -> int:
        """Records that the broker has not answered yet."""
        return len(self._under_way)

    def turn(self, t_ms: int) -> None:
        """Send what can be sent, forget what the broker has. ``t_ms`` may jump. Never raises StoreFull."""
        self._hear(t_ms)
        try:
            self._settle(t_ms)
            self._retry(t_ms)
            self._send()
        except StoreFull:
            return

    def settle(self) -> None:
        """Forget what the broker has, at once: for the end. Never raises StoreFull."""
        try:
            self._forget()
        except StoreFull:
            return

    def _hear(self, t_ms: int) -> None:
        for token in self._transport.delivered():
            if token in self._under_way:
                self.delivered += 1
                self._done.append(self._under_way.pop(token))
        for token in self._transport.refused():
            if self._under_way.pop(token, None) is not None:
                self.refused += 1
                self._refused_ms = t_ms

    def _settle(self, t_ms: int) -> None:
        waited = not 0 <= t_ms - self._settled_ms < SETTLE_MS
        if waited or (len(self._done) + len(self._expired) >= SETTLE and self._store.health != "full"):
            self._settled_ms = t_ms
            self._forget()

    def _forget(self) -> None:
        self._store.sent(self._done)
        self._done.clear()
        self._store.expire(sorted(self._expired))
        self._expired.clear()

    def _retry(self, t_ms: int) -> None:
        """Look at refused records again, which are behind the others."""
        if self._refused_ms is None or 0 <= t_ms - self._refused_ms < RETRY_MS:
            return
        self._forget()
        self._refused_ms = None
        self._after = dict.fromkeys(KINDS, 0)

    def _send(self) -> None:
        known = len(self._under_way) + len(self._done) + len(self._expired)
        if not self._transport.connected or self._store.depth <= known:
            return
        room = min(WINDOW - len(self._under_way), PER_TURN)
        for kind in reversed(KINDS):
            if room > 0:
                room = self._send_kind(kind, room)

    def _send_kind(self, kind: Kind, room: int) -> int:
        """Send records of a kind; how many more may be sent in this turn."""
        for record in self._next(kind, room):
            if not self._offer(record):
                return 0
            self._after[kind] = record.number
            room -= 1
        return room

    def _next(self, kind: Kind, most: int) -> list[Waiting]:
        """The next records of a kind; expired ones among them are given up."""
        for _ in range(LOOKS_PER_TURN):
            busy = self._expired.union(self._under_way.values())
            found = self._store.waiting(most, self._after[kind], kind)
            fresh = [record for record in found if record.number not in busy]
            self._expired.update(record.number for record in fresh if _left_s(record) == 0)
            live = [record for record in fresh if _left_s(record) != 0]
            if live or not found:
                return live
            self._after[kind] = found[-1].number
        return []

    def _offer(self, record: Waiting) -> bool:
        """Send a record with what is left of its life; False if the transport has no room."""
        message = record.message._replace(expiry_s=_left_s(record))
        token = self._transport.publish(message)
        if token is None:
            return False
        if message.qos:
            self._under_way[token] = record.number
        else:
            self._done.append(record.number)
        return True


def _left_s(record: Waiting) -> int | None:
    """Seconds left of a record's life; None if it lives for ever."""
    expiry_s = record.message.expiry_s
    return None if expiry_s is None else max(0, expiry_s - record.waited_s)
