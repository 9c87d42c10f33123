"""Who sensors see, before reports are made of it: the intervals, and what faults of a sensor do to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.counts import Integers
from slic.scenario.model import StuckSensor

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Seen:
    """Intervals in which one sensor sees a road user: enter and leave [ms], and which user, by number."""

    enter: Integers
    leave: Integers
    user: Integers

    def pick(self, which: Integers) -> Seen:
        """Some of them."""
        return Seen(self.enter[which], self.leave[which], self.user[which])


def joined(one: Seen, other: Seen) -> Seen:
    """Both, in order of start."""
    both = Seen(
        np.concatenate((one.enter, other.enter)),
        np.concatenate((one.leave, other.leave)),
        np.concatenate((one.user, other.user)),
    )
    return both.pick(np.argsort(both.enter, kind="stable"))


def with_faults(seen: Seen, stuck: Sequence[StuckSensor], retrigger_s: float, start_ms: int, nobody: int) -> Seen:
    """What a sensor sees that is blind after its falls, and stuck for some time of the night that starts then.

    nobody : the user of a sensor that is up for no one
    """
    if retrigger_s > 0:
        seen = _blind_after_fall(seen, round(retrigger_s * 1000))
    for fault in stuck:
        since_ms = start_ms + round(fault.from_h * _HOUR_MS)
        until_ms = since_ms + round(fault.for_h * _HOUR_MS)
        seen = _cut(seen, since_ms, until_ms)
        if fault.state == "present":
            seen = joined(seen, Seen(np.array([since_ms]), np.array([until_ms]), np.array([nobody])))
    return seen


def _blind_after_fall(seen: Seen, blind_ms: int) -> Seen:
    """After a fall the sensor sees nothing for a time; who is still there afterwards is seen then."""
    enter = seen.enter.copy()
    kept = np.zeros(len(enter), bool)
    up_until = sees_from = int(enter[0]) - 1 if len(enter) else 0
    for at, (start, end) in enumerate(zip(seen.enter.tolist(), seen.leave.tolist(), strict=True)):
        if start > up_until:
            start = max(start, sees_from)
        if end < start:
            continue
        kept[at] = True
        enter[at] = start
        up_until = max(up_until, end)
        sees_from = up_until + blind_ms
    clipped = Seen(enter, seen.leave, seen.user).pick(np.flatnonzero(kept))
    return clipped.pick(np.argsort(clipped.enter, kind="stable"))


def _cut(seen: Seen, since_ms: int, until_ms: int) -> Seen:
    """Leave out what lies in [since, until]; who outlasts it is seen again after it."""
    before = seen.enter < since_ms
    after = seen.leave > until_ms
    head = seen.pick(np.flatnonzero(before))
    tail = seen.pick(np.flatnonzero(after))
    return joined(
        Seen(head.enter, np.minimum(head.leave, since_ms - 1), head.user),
        Seen(np.maximum(tail.enter, until_ms + 1), tail.leave, tail.user),
    )
