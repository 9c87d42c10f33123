"""A regime decided by a gateway at the other end of a broker, on a clock that waits for it.

The gateway follows the field's clock. What sensors say does not depend on lamps, so the inputs go ahead in windows: all
messages of a window, then a tick that says that all before it was told. The gateway answers a tick when it has done
everything before it, with the number of commands that it sent. When all are there the night is known, and the
street does the commands at their times, as it does those of a controller in its own process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controllers.link.transport import Outgoing
from controllers.replay import Inputs, Row
from sim.field_messages import FieldMessages
from sim.field_programs import FieldPrograms
from sim.lockstep_link import LockstepLink
from slic.control.group import NEVER_MS
from slic.control.segment import Action
from slic.errors import RunError

WINDOW_ROWS = 400
"""Inputs told between two ticks."""
AHEAD = 3
"""Ticks that may be unanswered when the next window is sent."""


def windows(rows: Sequence[Row], end_ms: int, size: int = WINDOW_ROWS) -> Iterator[tuple[Sequence[Row], int]]:
    """Rows before ``end_ms`` in parts, each with the moment of its tick; rows of one moment stay together."""
    stop = len(rows)
    while stop and rows[stop - 1][0] >= end_ms:
        stop -= 1
    at = 0
    while at < stop:
        until = min(at + size, stop)
        while until < stop and rows[until][0] == rows[until - 1][0]:
            until += 1
        yield rows[at:until], rows[until][0] if until < stop else end_ms
        at = until
    if not stop:
        yield (), end_ms


class RemoteController:
    """A night that a gateway has decided: what :class:`sim.street.Street` asks of a controller."""

    def __init__(self, first: list[Action], actions: list[Action]) -> None:
        self._first = first
        self._actions = actions
        self._at = 0

    @property
    def next_deadline_ms(self) -> int:
        """When the next command was sent [UTC ms]."""
        return self._actions[self._at].t_ms if self._at < len(self._actions) else NEVER_MS

    def start(self, t_ms: int) -> list[Action]:
        """The first levels of all lamps."""
        return self._first

    def due(self, t_ms: int) -> list[Action]:
        """Commands sent at or before ``t_ms`` and not given yet."""
        begin, actions = self._at, self._actions
        while self._at < len(actions) and actions[self._at].t_ms <= t_ms:
            self._at += 1
        return actions[begin : self._at]


class Lockstep:
    """Has a gateway decide the nights of one street, one after the other, each under a regime.

    Raises RunError when the gateway does not answer, or refuses a program or an override.
    """

    def __init__(self, link: LockstepLink, messages: FieldMessages, programs: FieldPrograms) -> None:
        self._link = link
        self._messages = messages
        self._programs = programs
        self._joined = False

    def play(self, regime: str, inputs: Inputs, start_ms: int, end_ms: int) -> RemoteController:
        """What the gateway decides in a night [UTC ms], with no memory of those before."""
        self._give_programs(regime, start_ms)
        self._link.forget()
        self._ask([self._messages.clock("begin", start_ms)], "the night to begin")
        first = self._link.announced
        self._tell(regime, inputs, end_ms)
        actions = [action for _, action in sorted(self._link.commands.items())]
        return RemoteController(actions[:first], actions[first:])

    def _give_programs(self, regime: str, t_ms: int) -> None:
        """The programs of the night. What lamps of the night before are told by them is not wanted any more."""
        if not self._joined:
            self._ask([self._messages.clock("join", t_ms)], "the gateway to answer")
            self._joined = True
        programs = self._programs.message(t_ms, regime)
        self._ask([programs, self._messages.clock("tick", t_ms)], "the programs to be taken")
        self._check_programs()

    def _tell(self, regime: str, inputs: Inputs, end_ms: int) -> None:
        """Say all inputs of a night, a few windows ahead of the gateway."""
        self._messages.begin_night(regime)
        for rows, tick_ms in windows(inputs.rows, end_ms):
            told = [self._messages.of(row, inputs) for row in rows]
            self._link.say([*told, self._messages.clock("tick", tick_ms)])
            self._link.wait(lambda: self._link.words_open <= AHEAD, "the clock to be answered")
        self._link.wait(lambda: self._link.settled, "the last commands of a night")
        self._check_programs()
        self._check_orders()

    def _ask(self, messages: Sequence[Outgoing], what: str) -> None:
        self._link.say(messages)
        self._link.wait(lambda: self._link.settled, what)

    def _check_programs(self) -> None:
        """Wait until every program set was answered; RunError for one that was refused."""
        sent, applied = self._programs.versions, self._link.applied
        self._link.wait(lambda: applied.keys() >= set(sent), "the answer to the programs")
        refused = next((applied[version] for version in sent if not applied[version].ok), None)
        if refused is not None:
            raise RunError(f"the gateway refused its programs: {'; '.join(refused.errors)}")
        sent.clear()

    def _check_orders(self) -> None:
        """Wait until every override was answered; RunError for one that was refused."""
        sent, acks = self._messages.orders, self._link.acks
        self._link.wait(lambda: acks.keys() >= set(sent), "the answer to an override")
        answers = [acks[order] for order in sent]
        refused = next((ack for ack in answers if ack.status == "rejected" or ack.code == "expired"), None)
        if refused is not None:
            raise RunError(f"the gateway refused an override: {refused.code} {refused.detail}".rstrip())
        sent.clear()
