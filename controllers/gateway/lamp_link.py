"""The gateway's side of its lamps: commands out, states in, and who has not heard yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controllers.envelope import Sender
from controllers.link.transport import Outgoing
from slic.control.group import NEVER_MS
from slic.control.segment import Action
from slic.lamps.level import pct_from_pm, pm_from_pct
from slic.messages.codec import encode
from slic.messages.payloads import LampCommand, LampState
from slic.messages.topics import topic

COMMAND_LIFE_MS = 60_000
"""A lamp command that is older is not obeyed: the gateway says again what holds then."""

LONGEST_PAUSE_MS = 600_000
"""Between two tellings of a lamp that does not answer."""

TEXT_BYTES = 200
"""Longer texts of a decision are cut (UTF-8). Three of this length fit into the largest payload of a lamp's channel."""


class LampLink:
    """Tells lamps their levels, and again with growing pauses until their state shows it.

    resend_s : first pause; 0: nothing is said again
    wanted : last decision per lamp, None before the first; told_pm : target that each lamp last reported, or None
    """

    def __init__(self, site: str, segment: str, lamp_ids: Sequence[str], sender: Sender, resend_s: float) -> None:
        self._topics = [topic(site, segment, lamp, "cmd") for lamp in lamp_ids]
        self._sender = sender
        self.resend_ms = round(resend_s * 1000)
        self.wanted: list[Action | None] = [None] * len(lamp_ids)
        self.told_pm: list[int | None] = [None] * len(lamp_ids)
        self.command_ids: list[str] = [""] * len(lamp_ids)
        self._unheard: dict[int, tuple[int, int]] = {}  # lamp -> when to say it again [ms], pause before that [ms]
        self.next_ms = NEVER_MS
        self.sent = 0

    @property
    def unheard(self) -> int:
        """Lamps whose state does not show their command yet."""
        return len(self._unheard)

    def commands(self, actions: Iterable[Action]) -> list[Outgoing]:
        """Messages for decisions, in order."""
        return [self._command(action, action.t_ms) for action in actions]

    def heard(self, t_ms: int, lamp: int, state: LampState) -> bool:
        """Take a lamp's state; whether it now holds the level that is wanted of it.

        One that held it and does so no more, as after a restart of its own, is told again, unless people lead it.
        """
        told_pm = self.told_pm[lamp] = pm_from_pct(state.target_pct)
        wanted = self.wanted[lamp]
        if wanted is None:
            return False
        if told_pm != wanted.level_pm:
            if lamp not in self._unheard and state.mode not in ("manual", "maintenance"):
                self._expect(lamp, t_ms, self.resend_ms)
            return False
        self._unheard.pop(lamp, None)
        return state.fade_end is None

    def clock_set(self, delta_ms: int) -> None:
        """The clock was set by so much: what is to be said again is so when it would have been."""
        self._unheard = {lamp: (at_ms + delta_ms, pause_ms) for lamp, (at_ms, pause_ms) in self._unheard.items()}
        self.next_ms = min((at_ms for at_ms, _ in self._unheard.values()), default=NEVER_MS)

    def again(self, t_ms: int) -> list[Outgoing]:
        """Say again what lamps should have shown by now."""
        if t_ms < self.next_ms:
            return []
        late = [lamp for lamp, (at_ms, _) in self._unheard.items() if at_ms <= t_ms]
        messages = [self._repeat(lamp, t_ms, 2 * self._unheard[lamp][1]) for lamp in late]
        self.next_ms = min((at_ms for at_ms, _ in self._unheard.values()), default=NEVER_MS)
        return messages

    def begin(self, t_ms: int, wanted: Sequence[Action]) -> None:
        """These decisions hold from now on; lamps whose last state does not show them are told again in time."""
        self.wanted = list(wanted)
        for lamp, action in enumerate(wanted):
            if self.told_pm[lamp] != action.level_pm and lamp not in self._unheard:
                self._expect(lamp, t_ms, self.resend_ms)

    def resync(self, t_ms: int) -> list[Outgoing]:
        """Say again what holds to each lamp whose last state does not show it, as after a lost connection."""
        lamps = [i for i, wanted in enumerate(self.wanted) if wanted is not None and self.told_pm[i] != wanted.level_pm]
        return [self._repeat(lamp, t_ms, self.resend_ms) for lamp in lamps]

    def _repeat(self, lamp: int, t_ms: int, pause_ms: int) -> Outgoing:
        wanted = self.wanted[lamp]
        assert wanted is not None
        message = self._command(wanted, t_ms)
        self._expect(lamp, t_ms, min(pause_ms, LONGEST_PAUSE_MS))
        return message

    def _command(self, action: Action, t_ms: int) -> Outgoing:
        lamp = action.lamp
        self.wanted[lamp] = action
        self._expect(lamp, t_ms, self.resend_ms)
        command = LampCommand(
            **self._sender.envelope(t_ms),
            level_pct=pct_from_pm(action.level_pm),
            fade_s=action.ramp_ms / 1000,
            exp=t_ms + COMMAND_LIFE_MS,
            src=action.source,
            rule=_short(action.rule),
            cause=_short(action.cause),
            until=action.until_ms if action.until_ms < NEVER_MS else None,
            program=_short(action.program),
        )
        self.command_ids[lamp] = command.id
        self.sent += 1
        return Outgoing(self._topics[lamp], encode(command), 1, False, COMMAND_LIFE_MS // 1000)

    def _expect(self, lamp: int, t_ms: int, pause_ms: int) -> None:
        if self.resend_ms:
            self._unheard[lamp] = (t_ms + pause_ms, pause_ms)
            self.next_ms = min(self.next_ms, t_ms + pause_ms)


def _short(text: str) -> str:
    if len(text) * 4 <= TEXT_BYTES:
        return text
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")
