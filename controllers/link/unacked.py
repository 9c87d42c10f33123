"""QoS 1 messages that were given to a transport and that the broker has not taken yet."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from controllers.link.transport import Outgoing


class _Kept(NamedTuple):
    message: Outgoing
    since_s: float


class Unacked:
    """A bounded queue in order of arrival, that outlives connections. Times: seconds of a clock that never goes back.

    delivered, refused : tokens of messages that the broker has taken, and of those that it never will
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._kept: dict[int, _Kept] = {}
        self._waiting: deque[int] = deque()
        self._under_way: dict[int, int] = {}
        self._last = 0
        self.delivered: list[int] = []
        self.refused: list[int] = []

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def full(self) -> bool:
        """Whether no more are taken."""
        return len(self._kept) >= self._bound

    def add(self, message: Outgoing, now_s: float) -> int:
        """Keep a message; its token, 1 or more."""
        self._last += 1
        self._kept[self._last] = _Kept(message, now_s)
        self._waiting.append(self._last)
        return self._last

    def next(self, now_s: float) -> tuple[int, Outgoing] | None:
        """The next message to send, with what is left of its life; one whose life ended meanwhile is refused."""
        while self._waiting:
            token = self._waiting.popleft()
            message, since_s = self._kept[token]
            if message.expiry_s is None:
                return token, message
            left_s = message.expiry_s - int(now_s - since_s)
            if left_s > 0:
                return token, message._replace(expiry_s=left_s) if left_s < message.expiry_s else message
            self.refuse(token)
        return None

    def sent(self, token: int, mid: int) -> None:
        """A message is under way under this number of the wire."""
        self._under_way[mid] = token

    def refuse(self, token: int) -> None:
        """A message will never be taken."""
        del self._kept[token]
        self.refused.append(token)

    def answered(self, mid: int, taken: bool) -> None:
        """The broker answered."""
        token = self._under_way.pop(mid)
        del self._kept[token]
        (self.delivered if taken else self.refused).append(token)

    def connection_lost(self) -> None:
        """All that was under way is to be sent again, in the old order."""
        self._under_way.clear()
        self._waiting = deque(self._kept)
