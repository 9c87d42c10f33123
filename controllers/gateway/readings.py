"""Readings of lamps, gathered for a moment and kept together, so that one commit and one message serve many."""

from __future__ import annotations

from controllers.gateway.post import Post
from controllers.link.transport import Outgoing, Received
from slic.control.group import NEVER_MS
from slic.messages.payloads import Cell, LampReading

GATHER_MS = 250
MOST = 50
"""Readings are kept after so long or so many: the broker waits for this and all later answers meanwhile."""

HELD = 10
"""While none can be kept so many wait for room. Mosquitto delivers 20 messages without an answer, as shipped, and then
no command either: so what is more is given up, the oldest first, as in a full store."""
RETRY_MS = 1000

_COLUMNS = ["lamp", "t", "boot", "wh", "on_s", "switch_ons", "w", "v", "pf", "temp"]


class Readings:
    """Gathers readings; ``due_ms`` says when :meth:`record` is to be kept.

    held : the last record could not be kept, and its readings still wait
    """

    def __init__(self) -> None:
        self._rows: list[tuple[list[Cell] | None, Received | None]] = []
        self._since_ms = 0
        self.held = False
        self.due_ms = NEVER_MS

    def add(self, t_ms: int, lamp: str, reading: LampReading, received: Received | None) -> None:
        """Take a reading that came at ``t_ms``, with the message that must wait for it, if there is one."""
        if not self._rows:
            self._since_ms, self.due_ms = t_ms, t_ms + GATHER_MS
        row: list[Cell] = [
            lamp,
            min(reading.ts, t_ms),
            reading.boot,
            reading.energy_wh,
            reading.on_s,
            reading.switch_ons,
            reading.power_w,
            reading.voltage_v,
            reading.power_factor,
            reading.temperature_c,
        ]
        self._rows.append((row, received))
        if len(self._rows) >= (2 * HELD if self.held else MOST):
            self.due_ms = t_ms

    def add_repeated(self, received: Received) -> bool:
        """A reading came again: if it may still be among those gathered its message waits too, and True."""
        if self._rows:
            self._rows.append((None, received))
        return bool(self._rows)

    def record(self, post: Post, t_ms: int) -> Outgoing:
        """One record of all that was gathered."""
        rows = [row for row, _ in self._rows if row is not None]
        return post.message("telemetry", t_ms, start=self._since_ms, end=t_ms, cols=_COLUMNS, rows=rows)

    def kept(self) -> list[Received]:
        """The record is kept: the messages to be acknowledged."""
        messages = [received for _, received in self._rows if received is not None]
        self._rows, self.due_ms, self.held = [], NEVER_MS, False
        return messages

    def hold(self, t_ms: int) -> list[Received]:
        """The record cannot be kept now: the messages of those that are given up."""
        given_up, self._rows = self._rows[:-HELD], self._rows[-HELD:]
        self.due_ms, self.held = t_ms + RETRY_MS, True
        return [received for _, received in given_up if received is not None]
