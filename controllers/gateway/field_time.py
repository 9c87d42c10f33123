"""Time and order of a simulated field, for a gateway that follows its clock.

Lockstep (rate 0): time moves by the field's messages alone, taken in the order of their numbers, so that QoS 0 and
QoS 1 may overtake each other on the way. Otherwise simulated time runs ``rate`` times as fast as the wall clock.
"""

from __future__ import annotations

from controllers.gateway.heard import Heard
from slic.messages.payloads import Clock

_MOST_HELD = 100_000
_DOCUMENTS = ("program", "config")


class FieldTime:
    """Follows one simulated field at a time: the one that joined last."""

    def __init__(self) -> None:
        self._boot = ""
        self._next_seq = 0
        self._held: dict[tuple[str, int], Heard] = {}
        self._rate = 0.0
        self._base_ms = 0
        self._base_wall_ms = 0

    @property
    def lockstep(self) -> bool:
        """Whether time moves by messages alone."""
        return self._rate == 0

    def now_ms(self, wall_ms: int) -> int:
        """Simulated time [UTC ms]; before a field has joined, wall time."""
        return wall_ms if not self._boot else self._base_ms + round((wall_ms - self._base_wall_ms) * self._rate)

    def wall_ms_until(self, t_ms: int, wall_ms: int) -> int:
        """How long it takes until simulated time ``t_ms`` [ms of wall time]."""
        return max(0, round((t_ms - self.now_ms(wall_ms)) / self._rate))

    def set(self, message: Clock, wall_ms: int) -> None:
        """Take the time that a clock message gives."""
        self._boot = message.boot
        self._rate = message.rate
        self._base_ms, self._base_wall_ms = message.ts, wall_ms

    def ordered(self, heard: Heard) -> list[Heard]:
        """What may be taken now, in order. A message of a field that has not joined waits until it does."""
        message = heard.message
        if isinstance(message, Clock) and message.op == "join" and message.boot != self._boot:
            self._join(message)
        if message.boot == self._boot and message.seq < self._next_seq:
            return []
        if len(self._held) < _MOST_HELD:
            self._held[message.boot, message.seq] = heard
        ready = []
        while (first := self._held.pop((self._boot, self._next_seq), None)) is not None:
            ready.append(first)
            self._next_seq += 1
        return ready

    def documents(self) -> list[Heard]:
        """Programs and settings that wait for a field to join, for a field that lives; each is given once."""
        found = [key for key, heard in self._held.items() if heard.channel.name in _DOCUMENTS]
        return [self._held.pop(key) for key in found]

    def _join(self, message: Clock) -> None:
        self._boot, self._next_seq = message.boot, message.seq
        self._held = {key: heard for key, heard in self._held.items() if key[0] == message.boot}
