"""Commands that were accepted and wait until their lamps show them, and the answers to them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from controllers.gateway.post import Post
from controllers.link.transport import Outgoing
from controllers.store.port import Store
from slic.lamps.level import pct_from_pm, pm_from_pct


class OpenCommands:
    """Answers commands; each accepted one has one last answer, also after a restart.

    The store is told of a last answer by :meth:`settle`, once the caller has kept the answer: what comes between the
    two makes it come again, never fail to come.
    """

    def __init__(self, store: Store, post: Post) -> None:
        self._store = store
        self._post = post
        self._waiting: dict[str, set[int]] = {}  # command id -> lamps that do not show it yet
        self._answered: set[str] = set()

    def __contains__(self, command_id: str) -> bool:
        return command_id in self._waiting

    def ack(
        self, t_ms: int, command_id: str, status: str, code: str, detail: str = "", level_pm: int | None = None
    ) -> Outgoing:
        """An answer that others follow, or to a command that was not taken."""
        level_pct = None if level_pm is None else pct_from_pm(level_pm)
        return self._post.message(
            "ack", t_ms, cmd_id=command_id, status=status, code=code, detail=detail, level_pct=level_pct
        )

    def last(
        self, t_ms: int, command_id: str, status: str, code: str, detail: str = "", level_pm: int | None = None
    ) -> Outgoing:
        """The last answer to a command that was taken."""
        self._waiting.pop(command_id, None)
        self._answered.add(command_id)
        return self.ack(t_ms, command_id, status, code, detail, level_pm)

    def wait(self, command_id: str, lamps: Collection[int]) -> None:
        """A command is open until these lamps show it."""
        self._waiting[command_id] = set(lamps)

    def without(self, t_ms: int, command_id: str, lamps: Collection[int], level_pm: int | None) -> list[Outgoing]:
        """These lamps show a command or are another's now; it is applied when there is none left."""
        waiting = self._waiting.get(command_id)
        if waiting is None:
            return []
        waiting.difference_update(lamps)
        return [] if waiting else [self.last(t_ms, command_id, "applied", "ok", "", level_pm)]

    def end(self, t_ms: int, command_id: str, status: str, code: str, level_pm: int | None) -> list[Outgoing]:
        """A command that is open is so no more."""
        return [self.last(t_ms, command_id, status, code, "", level_pm)] if command_id in self._waiting else []

    def renumber(self, index: Mapping[str, int], old_lamps: Sequence[str]) -> None:
        """Wait for the lamps that there are now, by ``index``; before they were numbered by ``old_lamps``."""
        self._waiting = {
            command_id: {index[old_lamps[i]] for i in waiting if old_lamps[i] in index}
            for command_id, waiting in self._waiting.items()
        }

    def kept(self) -> dict[str, str]:
        """Commands that were open before a restart, oldest first: command id -> override id."""
        return self._store.open_commands()

    def level_pm(self, command_id: str) -> int | None:
        """The level of the answer that a command had before a restart; None if it is not known."""
        answer = self._store.answer_to(command_id) if command_id else None
        said: dict[str, Any] = {} if answer is None else json.loads(answer)
        level_pct = said.get("level_pct")
        return None if level_pct is None else pm_from_pct(level_pct)

    def end_others(self, t_ms: int) -> list[Outgoing]:
        """After a restart: the last answers to commands that are not open again, since their override is no more."""
        lost = [command_id for command_id in self.kept() if command_id not in self._waiting]
        return [self.last(t_ms, one, "superseded", "ended", "", self.level_pm(one)) for one in lost]

    def settle(self) -> None:
        """The last answers that were given are in the caller's hands."""
        if self._answered:
            self._store.answered(self._answered)
            self._answered = set()

    def forget(self) -> None:
        """Start anew: no command is open."""
        self._answered.update(self._waiting, self.kept())
        self._waiting = {}
        self.settle()
