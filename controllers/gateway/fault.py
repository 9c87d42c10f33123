"""What the gateway concludes about a device: a fault begins once, is counted, and ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

FaultCode = Literal[
    "lamp_failure",
    "lamp_unexpectedly_on",
    "dimming_failure",
    "cycling_failure",
    "power_too_high",
    "power_too_low",
    "communication_failure",
    "sensor_stuck",
]
"""TALQ's lamp monitor events in snake case, and a presence sensor that does not fall."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a device begins or ends, as it is said in an event.

    device : index of the lamp or sensor; first_seen_ms, count : of the observations that showed it
    """

    device: int
    code: FaultCode
    phase: Literal["start", "end"]
    first_seen_ms: int
    count: int
    detail: str = ""

    def ended(self) -> Fault:
        """The same fault at its end."""
        return replace(self, phase="end")


class Suspicion:
    """One fault of one device, from the first observation that shows it until it has ended.

    raised : whether it was reported; first_seen_ms, count : of the observations that showed it
    """

    __slots__ = ("_since_ms", "count", "first_seen_ms", "raised")

    def __init__(self, t_ms: int) -> None:
        self.raised = False
        self.first_seen_ms = t_ms
        self.count = 0
        self._since_ms: int | None = None  # of the observations that would change ``raised``

    def see(self, t_ms: int, bad: bool, lasting_ms: int) -> bool:
        """Take an observation; whether ``raised`` has changed, since all were other than it for ``lasting_ms``."""
        self.count += bad
        if bad == self.raised:
            self._since_ms = None
            return False
        if self._since_ms is None:
            self._since_ms = t_ms
        if t_ms - self._since_ms < lasting_ms:
            return False
        self.raised = bad
        self._since_ms = None
        return True

    def moved(self, delta_ms: int) -> None:
        """The clock was set: what goes on is as long ago as before."""
        self.first_seen_ms = max(0, self.first_seen_ms + delta_ms)
        if self._since_ms is not None:
            self._since_ms += delta_ms
