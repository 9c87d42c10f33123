"""A transport and a clock in memory, for tests of what stands between them. Time passes while the transport waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from controllers.link.transport import Outgoing, Received, Subscription


class HandClock:
    """A clock that the test moves: both its times pass together unless the wall clock is set."""

    def __init__(self, wall_ms: int) -> None:
        self.wall_ms = wall_ms
        self.steady_ms = 5_000

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.steady_ms

    def passes(self, ms: int) -> None:
        self.wall_ms += ms
        self.steady_ms += ms


class Wire:
    """A connection. ``arrive`` puts messages into the next wait; ``room`` limits what it takes until the next wait."""

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self._coming: deque[list[Received]] = deque()
        self.connected = False
        self.connections = 0
        self.problem = ""
        self.taken_over = False
        self.room = 1_000_000
        self.out: list[Outgoing] = []
        self.acknowledged: list[Received] = []
        self.waits_s: list[float] = []
        self.will: Outgoing | None = None
        self.closed = False
        self._tokens: list[int] = []

    def connects(self) -> None:
        self.connected, self.problem = True, ""
        self.connections += 1

    def breaks(self, why: str = "the connection broke") -> None:
        self.connected, self.problem = False, why

    def arrive(self, *messages: Received) -> None:
        self._coming.append(list(messages))

    def open(self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0) -> None:
        self.will = will

    def wait(self, timeout_s: float) -> list[Received]:
        self.waits_s.append(timeout_s)
        if self._coming:
            return self._coming.popleft()
        self._clock.passes(round(timeout_s * 1000))
        return []

    def publish(self, message: Outgoing) -> int | None:
        if not self.connected or self.room <= 0:
            return None
        self.room -= 1
        self.out.append(message)
        if message.qos:
            self._tokens.append(len(self.out))
        return len(self.out) if message.qos else 0

    def acknowledge(self, message: Received) -> None:
        self.acknowledged.append(message)

    def delivered(self) -> list[int]:
        tokens, self._tokens = self._tokens, []
        return tokens

    def refused(self) -> list[int]:
        return []

    def close(self, last: Outgoing | None = None) -> None:
        if last is not None:
            self.publish(last)
        self.connected, self.closed = False, True
