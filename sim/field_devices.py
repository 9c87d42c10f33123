"""The lamps and sensors of a live street and their messages: changes, refreshes, readings, repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import count

from controllers.gateway.post import Post
from controllers.link.transport import Outgoing
from controllers.service.gateway_folder import FieldNames
from sim.field_lamp import CYCLE_MS, LampFault, VirtualLamp
from slic.messages.payloads import LampCommand

STATE_PAUSE_MS = 2000
"""Least time between two states of a lamp."""
REFRESH_MS = 24 * 3_600_000
"""A lamp that does not change says so as often."""
REPEAT_MS = 60_000
"""A presence sensor repeats its state as often."""
_SPREAD_MS = 10_000

Task = Callable[[int], None]


class Agenda:
    """What is to be done at moments of the field's time."""

    def __init__(self) -> None:
        self._tasks: list[tuple[int, int, Task]] = []
        self._numbers = count()

    @property
    def next_ms(self) -> int | None:
        """The next moment [UTC ms]."""
        return self._tasks[0][0] if self._tasks else None

    def at(self, t_ms: int, task: Task) -> None:
        """Have a task done at a moment; those of one moment in the order in which they were given."""
        heappush(self._tasks, (t_ms, next(self._numbers), task))

    def run(self, t_ms: int) -> None:
        """Do what is due at or before ``t_ms``, each with its own moment."""
        while self._tasks and self._tasks[0][0] <= t_ms:
            at_ms, _, task = heappop(self._tasks)
            task(at_ms)


class FieldLamps:
    """The lamps of a street on the field link.

    posts : a publisher for each lamp, since each lamp has a start of its own; say : publishes
    telemetry_ms : time between two readings of a meter; 0: none
    """

    def __init__(
        self,
        names: FieldNames,
        lamps: Sequence[VirtualLamp],
        posts: Sequence[Post],
        agenda: Agenda,
        say: Callable[[Outgoing], object],
        telemetry_ms: int,
    ) -> None:
        self._nodes = list(names.lamps.values())
        self._index = {node: i for i, node in enumerate(self._nodes)}
        self._by_name = dict(zip(names.lamps, lamps, strict=True))
        self.lamps = lamps
        self._posts = posts
        self._agenda = agenda
        self._say = say
        self._telemetry_ms = telemetry_ms
        self._said_ms = [-STATE_PAUSE_MS] * len(lamps)
        self._will_say = [False] * len(lamps)
        self.too_late = 0
        """Commands that came after their ``exp``, so that no lamp obeyed them."""

    def begin(self, t_ms: int) -> None:
        """Say all states within ten seconds, and from then on refreshes and readings, spread over the lamps."""
        for i in range(len(self.lamps)):
            share = i / len(self.lamps)
            self._agenda.at(t_ms + round(share * _SPREAD_MS), partial(self._changed, i))
            self._agenda.at(t_ms + round((1 + share) * REFRESH_MS), partial(self._refresh, i))
            if self._telemetry_ms:
                self._agenda.at(t_ms + round((1 + share) * self._telemetry_ms), partial(self._read, i))

    def obey(self, t_ms: int, node: str, command: LampCommand) -> None:
        """Take a command; a refused one is answered, an obeyed one shows in the state."""
        i = self._index.get(node)
        if i is None:
            return
        refusal = self.lamps[i].obey(t_ms, command)
        if refusal:
            self.too_late += refusal == "expired"
            ack = {"cmd_id": command.id, "status": refusal, "code": refusal}
            self._say(self._posts[i].message("lampAck", t_ms, node, **ack))
            return
        self._changed(i, t_ms)

    def fall_back(self, t_ms: int, level_pm: int) -> None:
        """All lamps go to their safe level by themselves."""
        for i, lamp in enumerate(self.lamps):
            lamp.fall_back(t_ms, level_pm)
            self._changed(i, t_ms)

    def fail(self, t_ms: int, name: str, fault: LampFault) -> None:
        """A lamp, by its name in the scenario, begins to fail, or "" is whole again."""
        lamp = self._by_name[name]
        i = list(self._by_name).index(name)
        lamp.fail(t_ms, fault)
        self._changed(i, t_ms)
        if fault == "cycling":
            self._agenda.at(t_ms + CYCLE_MS, partial(self._cycle, i))

    def _cycle(self, i: int, t_ms: int) -> None:
        if self.lamps[i].cycling:
            self.lamps[i].cycle(t_ms)
            self._changed(i, t_ms)
            self._agenda.at(t_ms + CYCLE_MS, partial(self._cycle, i))

    def _changed(self, i: int, t_ms: int) -> None:
        """Say a lamp's state as soon as it may speak again, and once more when its fade ends."""
        if not self._will_say[i]:
            self._will_say[i] = True
            at_ms = max(t_ms, self._said_ms[i] + STATE_PAUSE_MS)
            self._agenda.at(at_ms, partial(self._say_state, i))

    def _say_state(self, i: int, t_ms: int) -> None:
        lamp = self.lamps[i]
        self._will_say[i], self._said_ms[i] = False, t_ms
        self._say(self._posts[i].message("lampState", t_ms, self._nodes[i], **lamp.state(t_ms)))
        fade_end_ms = lamp.fade_end_ms(t_ms)
        if fade_end_ms is not None:
            self._will_say[i] = True
            self._agenda.at(max(fade_end_ms, t_ms + STATE_PAUSE_MS), partial(self._say_state, i))

    def _refresh(self, i: int, t_ms: int) -> None:
        self._changed(i, t_ms)
        self._agenda.at(t_ms + REFRESH_MS, partial(self._refresh, i))

    def _read(self, i: int, t_ms: int) -> None:
        self._say(self._posts[i].message("lampReading", t_ms, self._nodes[i], **self.lamps[i].reading(t_ms)))
        self._agenda.at(t_ms + self._telemetry_ms, partial(self._read, i))
