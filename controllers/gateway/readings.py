"""Readings of lamps, gathered for a moment and kept together, so that one commit and one message serve many."""

from __future__ import annotations

from controllers.gateway.post import Post
from controllers.link.transport import Outgoing, Received
from slic.control.group import NEVER_MS
from slic.messages.payloads import LampReading

GATHER_MS = 250
MOST = 50
"""Readings are kept after so long or so many: the broker waits for this and all later answers meanwhile."""

_COLUMNS = ["lamp", "boot", "wh", "on_s", "switch_ons", "w", "v", "pf", "temp"]


class Readings:
    """Gathers readings; ``due_ms`` says when they must be taken out with :meth:`take`."""

    def __init__(self) -> None:
        self._rows: list[list[str | float | int | None]] = []
        self._messages: list[Received] = []
        self._since_ms = 0
        self.due_ms = NEVER_MS

    def add(self, t_ms: int, lamp: str, reading: LampReading, received: Received | None) -> None:
        """Take a reading that came at ``t_ms``, with the message that must wait for it, if there is one."""
        if not self._rows:
            self._since_ms, self.due_ms = t_ms, t_ms + GATHER_MS
        self._rows.append(
            [
                lamp,
                reading.boot,
                reading.energy_wh,
                reading.on_s,
                reading.switch_ons,
                reading.power_w,
                reading.voltage_v,
                reading.power_factor,
                reading.temperature_c,
            ]
        )
        if received is not None:
            self._messages.append(received)
        if len(self._rows) >= MOST:
            self.due_ms = t_ms

    def take(self, post: Post, t_ms: int) -> tuple[Outgoing, list[Received]]:
        """One record of all rows, and the messages that they came with, to be acknowledged once it is kept."""
        record = post.message("telemetry", t_ms, start=self._since_ms, end=t_ms, cols=_COLUMNS, rows=self._rows)
        messages = self._messages
        self._rows, self._messages, self.due_ms = [], [], NEVER_MS
        return record, messages
