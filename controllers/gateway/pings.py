"""Pings of a gateway: whether the core is there, and how far its clock is from the machine's."""

from __future__ import annotations

from controllers.gateway.post import Post
from controllers.link.transport import Outgoing
from slic.control.group import NEVER_MS
from slic.messages.payloads import Ping, Pong

HOUR_MS = 3_600_000


class Pings:
    """Asks the core each hour.

    next_ms : when to ask again; clock_offset_ms : machine's clock less core's, None before the first answer
    """

    def __init__(self, post: Post) -> None:
        self.next_ms = NEVER_MS
        self.clock_offset_ms: int | None = None
        self._post = post
        self._last: tuple[str, int] = ("", 0)
        self._pong: tuple[int, int, int] | None = None

    def ask(self, t_ms: int) -> Outgoing:
        """A new ping; only its answer counts from now on."""
        self.next_ms = t_ms + HOUR_MS
        message = self._post.message("ping", t_ms)
        self._last = (Ping.model_validate_json(message.payload).id, t_ms)
        return message

    def answered(self, pong: Pong, t_ms: int) -> None:
        """An answer came; it counts if it is the core's, to the last ping."""
        ping_id, sent_ms = self._last
        if pong.ping_id == ping_id and pong.who == "core":
            self.clock_offset_ms = (sent_ms + t_ms) // 2 - pong.ts
            self._pong = (sent_ms, t_ms, pong.ts)

    def take_pong(self) -> tuple[int, int, int] | None:
        """The core's last answer, once: when we asked, when it came, and the core's time between them."""
        pong, self._pong = self._pong, None
        return pong
