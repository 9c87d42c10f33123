"""The field's end of a lockstep: says messages, and gathers what the gateway answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from controllers.link.transport import Outgoing, Received, Subscription, Transport
from controllers.service.gateway_folder import FieldNames
from slic.control.group import NEVER_MS
from slic.control.segment import Action
from slic.errors import RunError
from slic.lamps.level import pm_from_pct
from slic.messages.channels import CHANNELS
from slic.messages.codec import Refusal, decode
from slic.messages.payloads import Ack, Applied, Clock, ClockDone, LampCommand
from slic.messages.topics import GATEWAY, topic

_POLL_S = 0.2
_REPEAT_S = 1.0
"""What is not answered for so long is said again, then after pauses that double; a gateway drops what it knows."""

MonotonicS = Callable[[], float]


class _Said(NamedTuple):
    """A word of the clock that waits for its answer, with all that was said since the one before."""

    op: str
    t_ms: int
    messages: Sequence[Outgoing]


class LockstepLink:
    """Everything that goes between the field and the gateway of one street.

    check : raises RunError if there is no use in waiting; monotonic_s : seconds from any start
    patience_s : how long the gateway may say nothing while it is waited for
    ``commands`` : decisions by the gateway's message number; ``announced`` : how many it says it has sent
    ``acks``, ``applied`` : answers by command id and by program version
    """

    def __init__(
        self,
        transport: Transport,
        names: FieldNames,
        check: Callable[[], None],
        *,
        monotonic_s: MonotonicS,
        patience_s: float = 30,
    ) -> None:
        self._transport = transport
        self._names = names
        self._check = check
        self._monotonic_s = monotonic_s
        self._patience_s = patience_s
        self._lamps = {lamp: index for index, lamp in enumerate(names.lamps.values())}
        self._causes = _scenario_causes(names)
        self._clock_topic = topic(names.site, names.segment, GATEWAY, "clock")
        self._unanswered: list[_Said] = []
        self._dones: set[int] = set()
        self._forgotten = -1  # the gateway's number of its last answer before the commands that count
        self.commands: dict[int, Action] = {}
        self.announced = 0
        self.acks: dict[str, Ack] = {}
        self.applied: dict[int, Applied] = {}
        self.messages = 0

    def open(self) -> None:
        """Begin to connect."""
        names = self._names
        lamps = CHANNELS["lampCommand"].address(names.site, names.segment, "+")
        commands = Subscription(lamps, 1, commands=True)
        answers = [
            topic(names.site, names.segment, GATEWAY, channel) for channel in ("clock-done", "program-applied", "ack")
        ]
        self._transport.open([commands, *(Subscription(answer, 1) for answer in answers)])

    def forget(self) -> None:
        """Forget all commands heard so far, also those of them that come once more."""
        self.commands, self.announced = {}, 0
        self._forgotten = max(self._dones, default=-1)

    @property
    def words_open(self) -> int:
        """Words of the clock that the gateway has not answered."""
        return len(self._unanswered)

    @property
    def settled(self) -> bool:
        """Whether every word of the clock is answered and every command that the gateway announced is here."""
        return not self._unanswered and len(self.commands) >= self.announced

    def say(self, messages: Sequence[Outgoing]) -> None:
        """Send messages of which the last is a word of the clock."""
        part: list[Outgoing] = []
        for message in messages:
            part.append(message)
            if message.topic == self._clock_topic:
                word = Clock.model_validate_json(message.payload)
                self._unanswered.append(_Said(word.op, word.ts, part))
                part = []
        for message in messages:
            self._send(message)

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        """Listen until a condition holds. RunError, which names ``what``, when nothing comes for too long."""
        heard_s, pause_s = self._monotonic_s(), _REPEAT_S
        while not reached():
            silent_s = self._monotonic_s() - heard_s
            if self._listen(_POLL_S):
                heard_s, pause_s = self._monotonic_s(), _REPEAT_S
                continue
            self._check()
            if silent_s > self._patience_s:
                raise RunError(self._silence(what))
            if silent_s > pause_s:
                pause_s *= 2
                self._say_again()

    def close(self) -> None:
        """Leave the broker."""
        self._transport.close()

    def _silence(self, what: str) -> str:
        problem = f" ({self._transport.problem})" if self._transport.problem else ""
        who = f"{self._names.site}/{self._names.segment}"
        return (
            f"the gateway of {who} said nothing for {self._patience_s:g} s while the field waited for {what}{problem}"
        )

    def _send(self, message: Outgoing) -> None:
        self.messages += 1
        if self._transport.publish(message) is None:
            self.wait(lambda: self._transport.publish(message) is not None, "the broker to take a message")

    def _say_again(self) -> None:
        for said in self._unanswered:
            for message in said.messages:
                self._transport.publish(message)

    def _listen(self, timeout_s: float) -> bool:
        """Take what comes within a time; whether something came."""
        received = self._transport.wait(timeout_s)
        for one in received:
            self._take(one)
            if one.qos:
                self._transport.acknowledge(one)
        self._transport.delivered()
        self.messages += len(received)
        return bool(received)

    def _take(self, received: Received) -> None:
        decoded = decode(received.topic, received.payload)
        if isinstance(decoded, Refusal):
            raise RunError(f"{received.topic} is not what a gateway says: {decoded.detail or decoded.code}")
        message = decoded.message
        if isinstance(message, LampCommand):
            if message.seq > self._forgotten:
                self.commands[message.seq] = self._action(self._lamps[decoded.topic.node], message)
        elif isinstance(message, ClockDone):
            self._done(message)
        elif isinstance(message, Applied):
            self.applied[message.version] = message
        elif isinstance(message, Ack) and message.status != "applied":
            self.acks[message.cmd_id] = message

    def _done(self, done: ClockDone) -> None:
        if done.seq in self._dones:
            return
        self._dones.add(done.seq)
        self.announced += done.commands
        answered = next((said for said in self._unanswered if (said.op, said.t_ms) == (done.op, done.ts)), None)
        if answered is not None:
            self._unanswered.remove(answered)

    def _action(self, lamp: int, command: LampCommand) -> Action:
        return Action(
            command.ts,
            lamp,
            pm_from_pct(command.level_pct),
            round(command.fade_s * 1000),
            command.src,
            command.rule,
            self._causes.get(command.cause, command.cause),
            NEVER_MS if command.until is None else command.until,
            command.program,
        )


def _scenario_causes(names: FieldNames) -> dict[str, str]:
    """Causes with sensors as topics call them -> with those of the scenario, where they differ."""
    changed = [(theirs, ours) for ours, theirs in names.sensors.items() if ours != theirs]
    return {f"sensor {theirs}{end}": f"sensor {ours}{end}" for theirs, ours in changed for end in ("", " lost")}
