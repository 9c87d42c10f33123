"""What goes wrong between a live field and its broker: messages lost, late, doubled, overtaken, or no connection."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count

from controllers.link.transport import Outgoing, Received, Subscription, Transport
from sim.setup import HOUR_MS
from slic.errors import InputError
from slic.scenario.field_fault import FieldFault

PROCESS_FAULTS = ("broker_restart", "gateway_kill")
"""Faults of processes, which only a field that has started them can cause."""
LAMP_FAULTS = ("lamp_dead", "lamp_stuck", "lamp_cycling")
_LOST_TOKEN = 0


def holds(fault: FieldFault, since_ms: int, t_ms: int) -> bool:
    """Whether a fault holds at a moment of a field that began at ``since_ms`` [UTC ms]."""
    return fault.from_h * HOUR_MS <= t_ms - since_ms < (fault.from_h + fault.for_h) * HOUR_MS


def check_faults(
    faults: Sequence[FieldFault], lamps: Sequence[str], sensors: Sequence[str], *, own_processes: bool
) -> None:
    """InputError for a lamp or sensor that is not there, and for faults of processes that the field did not start."""
    for index, fault in enumerate(faults):
        here = f"field_faults.{index}"
        known = lamps if fault.kind in LAMP_FAULTS else sensors if fault.kind == "sensor_stuck" else None
        if known is not None and fault.node not in known:
            allowed = f"a lamp or sensor of the street, as {known[0]}" if known else "a street with sensors"
            raise InputError("is not there", field=f"{here}.node", value=fault.node, allowed=allowed)
        if fault.kind in PROCESS_FAULTS and not own_processes:
            allowed = "slic field without --broker, which starts broker and gateway itself"
            raise InputError("is not in the field's hands", field=f"{here}.kind", value=fault.kind, allowed=allowed)


class FaultyTransport:
    """A :class:`controllers.link.transport.Transport` with faults. The same seed and messages have the same ones.

    lost : messages that were; since_ms : when the field began; now_ms : its time; both [UTC ms]
    What is late is passed on when its time came.
    """

    def __init__(
        self, inner: Transport, faults: Sequence[FieldFault], since_ms: int, now_ms: Callable[[], int], seed: int
    ) -> None:
        self._inner = inner
        self._faults = faults
        self._since_ms = since_ms
        self._now_ms = now_ms
        self._dice = random.Random(seed)
        self._numbers = count()
        self._late_out: list[tuple[int, int, Outgoing]] = []
        self._late_in: list[tuple[int, int, Received]] = []
        self.lost = 0

    @property
    def connected(self) -> bool:
        """Whether there is a connection and nothing that cuts it."""
        return self._inner.connected and not self._now("partition")

    @property
    def connections(self) -> int:
        """How often it was connected so far."""
        return self._inner.connections

    @property
    def problem(self) -> str:
        """Why it is not connected."""
        return "cut off by a fault of the scenario" if self._now("partition") else self._inner.problem

    @property
    def taken_over(self) -> bool:
        """Whether another client with its name is connected."""
        return self._inner.taken_over

    def open(self, subscriptions: Sequence[Subscription], will: Outgoing | None = None, will_delay_s: int = 0) -> None:
        """Begin to connect."""
        self._inner.open(subscriptions, will, will_delay_s)

    def wait(self, timeout_s: float) -> list[Received]:
        """What came and was neither lost nor is late."""
        self._send_late()
        came = []
        for received in self._inner.wait(timeout_s):
            self._inner.acknowledge(received)
            for delay_ms in self._fate():
                if delay_ms:
                    heappush(self._late_in, (self._now_ms() + delay_ms, next(self._numbers), received))
                else:
                    came.append(received)
        return came + self._due(self._late_in)

    def publish(self, message: Outgoing) -> int | None:
        """Send, lose or keep back a message."""
        token: int | None = _LOST_TOKEN
        for delay_ms in self._fate():
            if delay_ms:
                heappush(self._late_out, (self._now_ms() + delay_ms, next(self._numbers), message))
            else:
                token = self._inner.publish(message)
        return token

    def acknowledge(self, message: Received) -> None:
        """Nothing: the broker was told when the message came, so that one that is late holds no other up."""

    def delivered(self) -> list[int]:
        """Tokens of messages that the broker has taken."""
        return self._inner.delivered()

    def refused(self) -> list[int]:
        """Tokens of messages that will not arrive."""
        return self._inner.refused()

    def close(self, last: Outgoing | None = None) -> None:
        """Leave."""
        self._inner.close(last)

    def _now(self, kind: str) -> FieldFault | None:
        t_ms = self._now_ms()
        return next((f for f in self._faults if f.kind == kind and holds(f, self._since_ms, t_ms)), None)

    def _fate(self) -> list[int]:
        """Delays [ms] of the copies that arrive of a message; none if it is lost."""
        if self._now("partition") or self._meets("message_loss"):
            self.lost += 1
            return []
        late = self._meets("message_delay")
        overtaken = self._meets("reorder")
        delay_ms = round(abs(late.seconds) * 1000) if late else 0
        if overtaken:
            delay_ms += self._dice.randrange(1, max(2, round(abs(overtaken.seconds) * 1000)))
        return [delay_ms, delay_ms] if self._meets("duplicate") else [delay_ms]

    def _meets(self, kind: str) -> FieldFault | None:
        fault = self._now(kind)
        return fault if fault is not None and self._dice.random() < fault.share else None

    def _send_late(self) -> None:
        while self._late_out and self._late_out[0][0] <= self._now_ms():
            self._inner.publish(heappop(self._late_out)[2])

    def _due(self, late: list[tuple[int, int, Received]]) -> list[Received]:
        due = []
        while late and late[0][0] <= self._now_ms():
            due.append(heappop(late)[2])
        return due
