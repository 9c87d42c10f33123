"""Two gateways with one segment name: the second one notices and refuses.

Before it takes the name, a gateway comes as a guest and reads the retained status. If that says that a gateway it
does not know is online, it pings: a gateway that lives says its status again at once; one that is silent is dead.
Where another takes the name of a running gateway, that one does not fight: it asks in the same way, and leaves.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection

from controllers.clock import Clock
from controllers.gateway.post import Post
from controllers.link.transport import Received, Subscription, Transport
from slic.messages.codec import Refusal, decode
from slic.messages.payloads import Message, Status
from slic.messages.topics import GATEWAY, topic

log = logging.getLogger("slic.gateway")

ECHO_MS = 3000
"""How long the own ping may take to come back; what the broker has kept comes before it."""

ANSWER_MS = 3000
"""How long a living gateway may take to answer a ping."""

STARTED_MS = 10_000
"""How long one that has just started may take."""

_PING_MS = 1000
_TURN_S = 0.25


class Takeover:
    """Looks for another gateway of the segment.

    own_boots : starts of this gateway, which are over
    on_turn : called often with what is waited for; says whether to go on
    """

    def __init__(
        self,
        site: str,
        segment: str,
        post: Post,
        clock: Clock,
        own_boots: Collection[str],
        on_turn: Callable[[str], bool],
    ) -> None:
        self._status_topic = topic(site, segment, GATEWAY, "status")
        self._ping_topic = topic(site, segment, GATEWAY, "ping")
        self._post = post
        self._clock = clock
        self._own_boots = {*own_boots, post.sender.boot}
        self._on_turn = on_turn
        self._came: deque[Received] = deque()

    def other(self, transport: Transport, *, certain: bool = False) -> str | None:
        """Boot of a gateway that lives under this name, or None. It waits for the broker as long as it must.

        certain : another has just taken the name, so ask whatever its status says, and give it time to start
        """
        transport.open([Subscription(self._status_topic, 1), Subscription(self._ping_topic, 0)])
        try:
            if not self._connect(transport):
                return None
            self._ping(transport)
            kept = self._wait(transport, ECHO_MS, self._is_kept_or_echo)
            if not certain and not (isinstance(kept, Status) and self._is_other(kept)):
                return None
            return self._ask(transport, STARTED_MS if certain else ANSWER_MS)
        finally:
            transport.close()

    def _connect(self, transport: Transport) -> bool:
        while not transport.connected:
            if not self._on_turn(transport.problem or "connecting to the broker"):
                return False
            self._came += transport.wait(_TURN_S)
        return True

    def _ask(self, transport: Transport, longest_ms: int) -> str | None:
        """Ping once a second, since a ping may be lost; boot of a gateway that says its status again."""
        log.info("another gateway may run under this name, asking it")
        for _ in range(0, longest_ms, _PING_MS):
            self._ping(transport)
            status = self._wait(transport, _PING_MS, self._is_answer)
            if status is not None:
                return status.boot
        return None

    def _ping(self, transport: Transport) -> None:
        transport.publish(self._post.message("ping", self._clock.now_ms()))

    def _is_kept_or_echo(self, message: Message, retained: bool) -> bool:
        return retained or message.boot == self._post.sender.boot

    def _is_answer(self, message: Message, retained: bool) -> bool:
        return isinstance(message, Status) and not retained and self._is_other(message)

    def _is_other(self, status: Status) -> bool:
        return status.status == "online" and status.boot not in self._own_boots

    def _wait(self, transport: Transport, longest_ms: int, wanted: Callable[[Message, bool], bool]) -> Message | None:
        """The first message that is wanted, or None after ``longest_ms``."""
        until_ms = self._clock.monotonic_ms() + longest_ms
        while True:
            while self._came:
                received = self._came.popleft()
                transport.acknowledge(received)
                decoded = decode(received.topic, received.payload)
                if not isinstance(decoded, Refusal) and wanted(decoded.message, received.retain):
                    return decoded.message
            left_ms = until_ms - self._clock.monotonic_ms()
            if left_ms <= 0 or not self._on_turn("asking whether another gateway has this name"):
                return None
            self._came += transport.wait(min(_TURN_S, left_ms / 1000))
